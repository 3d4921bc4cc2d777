#!/bin/sh
# Prepares build/docs, the files behind /docs: our script, and Swagger UI as deploy/docs/package-lock.json pins it.
# Without npm or network the page still says where the API's description is, so this is no failure.
set -eu
cd "$(dirname "$0")/.."
lock=deploy/docs/package-lock.json
out=build/docs
stamp=build/docs.lock

mkdir -p "$out"
cmp -s deploy/docs/init.js "$out/init.js" || cp deploy/docs/init.js "$out/init.js"
if [ -f "$out/swagger-ui-bundle.js" ] && cmp -s "$lock" "$stamp"; then
    exit 0
fi
if ! command -v npm >/dev/null 2>&1; then
    echo "docs: without npm, /docs stays a plain page: apt-get install npm, then run deploy/docs.sh" >&2
    exit 0
fi

# A folder of its own: two runs at once must not meet, and a run that is broken off leaves nothing half-made.
work=$(mktemp -d build/docs.XXXXXX)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
cp deploy/docs/package.json "$lock" "$work/"
# No install scripts: a dependency of Swagger UI would report the installation to a third party.
if ! (cd "$work" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error --fetch-retries=1 --fetch-retry-mintimeout=1000 >&2); then
    echo "docs: npm could not fetch Swagger UI (see above), so /docs stays a plain page; run deploy/docs.sh again when there is a network" >&2
    exit 0
fi
for file in swagger-ui.css swagger-ui-bundle.js swagger-ui-bundle.js.LICENSE.txt LICENSE NOTICE; do
    mv "$work/node_modules/swagger-ui-dist/$file" "$out/$file"
done
cp "$lock" "$stamp"
