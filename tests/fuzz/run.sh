#!/bin/sh
# Builds every driver with clang's libFuzzer, AddressSanitizer and UndefinedBehaviorSanitizer, and
# runs each for a while on a copy of its corpus. Any finding is a failure; it is kept as a file.
#
#   tests/fuzz/run.sh [SECONDS] [DRIVER...]     (5 seconds each, all drivers)
set -eu
cd "$(dirname "$0")/../.."

seconds=${1:-5}
[ $# -eq 0 ] || shift
build=build/fuzz
checks=address,undefined
findings=$build/findings

if [ $# -eq 0 ]; then
    for source in tests/fuzz/*_fuzz.c; do
        set -- "$@" "$(basename "$source" _fuzz.c)"
    done
fi

objects="$build/embedded/schema_sql.o $build/embedded/common_passwords.o $build/embedded/openapi_json.o $build/embedded/docs_html.o"
for source in app/*.c app/*/*.c lib/*/*.c; do
    [ "$source" = app/main.c ] || objects="$objects $build/${source%.c}.o"
done
drivers=
for name in "$@"; do
    drivers="$drivers $build/tests/fuzz/${name}_fuzz.o"
done

# shellcheck disable=SC2086 # lists of paths without spaces
make --no-print-directory -j2 BUILD=$build CC=clang OPTIMISE='-O1 -g -fno-omit-frame-pointer' \
    SANITIZE="-fsanitize=fuzzer-no-link,$checks -fno-sanitize-recover=all" $objects $drivers
libraries=$(pkg-config --libs fcgi libcjson libpq libjwt libcrypt libcrypto)
for name in "$@"; do
    # shellcheck disable=SC2086
    clang -fsanitize=fuzzer,$checks -o "$build/${name}_fuzz" "$build/tests/fuzz/${name}_fuzz.o" \
        $objects $libraries -lm
done

mkdir -p $findings
failed=
for name in "$@"; do
    corpus=$build/corpus/$name
    rm -rf "$corpus"
    mkdir -p "$corpus"
    cp tests/fuzz/corpus/"$name"/* "$corpus"/
    log=$build/$name.log
    if "$build/${name}_fuzz" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
        -artifact_prefix="$findings/$name-" -print_final_stats=1 "$corpus" >"$log" 2>&1; then
        runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
        echo "fuzz: $name: $runs inputs, no finding"
    else
        failed="$failed $name"
        echo "fuzz: $name: FINDING" >&2
        tail -n 40 "$log" >&2
    fi
done
[ -z "$failed" ] || { echo "fuzz: findings in$failed; see $findings" >&2; exit 1; }
