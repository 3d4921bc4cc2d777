#!/usr/bin/python3
"""The house rules that a machine can check: include directions, foreign headers, lengths, formatting."""
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
MAX_FUNCTION, MAX_FILE, MAX_PARAMETERS, MAX_DEPTH = 60, 400, 5, 4

# One foreign header, one file: another driver costs one file.
FOREIGN = {
    "fcgiapp.h": {"app/process/worker.c"},
    "libpq-fe.h": {"lib/data/db.c"},
    "jwt.h": {"lib/auth/token.c"},
    "crypt.h": {"lib/auth/password.c"},
}
# What a folder may include of ours, besides itself.
MAY_INCLUDE = {"lib/core": set(), "lib/auth": {"lib/core"}, "lib/data": {"lib/core"}}
# Dependencies run down this list; what is not on it stands below all of it.
ORDER = ["main", "prefork", "worker", "dispatch", "report", "authenticate", "routes", "_api"]
# Handlers and stores neither free nor speak to a library: the arena and db.c do.
FORBIDDEN = re.compile(r"\b(free|malloc|calloc|PQ\w+|cJSON_Delete|FCGX_\w+)\s*\(")

problems = []


def complain(path, line, text):
    problems.append(f"{path}:{line}: {text}")


def rank(stem):
    for place, name in enumerate(ORDER):
        if stem == name or (name == "_api" and stem.endswith("_api")):
            return place
    return len(ORDER)


def check_include(path, line, header):
    folder, stem = str(path.parent), path.stem
    if header in FOREIGN and str(path) not in FOREIGN[header] and folder != "bench":
        complain(path, line, f"{header} belongs into {', '.join(FOREIGN[header])} alone")
    if header.startswith("cjson/") and not folder.startswith("app"):
        complain(path, line, "cJSON is for app/ alone")
    included = (ROOT / header) if "/" in header else (ROOT / folder / header)
    if not included.exists():
        return
    target = included.relative_to(ROOT)
    other = str(target.parent)
    if folder in MAY_INCLUDE and other != folder and other not in MAY_INCLUDE[folder]:
        complain(path, line, f"{folder} must not include {other}")
    if folder.startswith("app") and other.startswith("app") and target.stem != stem:
        upwards = rank(target.stem) < rank(stem)
        sideways = rank(target.stem) == rank(stem) < len(ORDER)
        if upwards or sideways:
            complain(path, line, f"{stem} must not include {target.stem}: dependencies run one way")


def check_functions(path, lines):
    start = None
    for number, line in enumerate(lines, 1):
        if line == "{" and start is None:
            start = number
            head = []
            for before in reversed(lines[: number - 1]):
                if not before.strip() or before.startswith(("}", "#", "/*", " *")) or before.endswith(";"):
                    break
                head.insert(0, before.strip())
            parameters = " ".join(head).partition("(")[2]
            if parameters.count(",") + 1 > MAX_PARAMETERS:
                complain(path, number, f"more than {MAX_PARAMETERS} parameters")
        elif line == "}" and start is not None:
            if number - start - 1 > MAX_FUNCTION:
                complain(path, start, f"a function of {number - start - 1} lines; {MAX_FUNCTION} at most")
            start = None
        elif start is not None and re.match(r" {%d,}(if|for|while|switch|do)\b" % (4 * (MAX_DEPTH + 1)), line):
            complain(path, number, f"nested deeper than {MAX_DEPTH}")


def check_file(path):
    text = (ROOT / path).read_text()
    lines = text.splitlines()
    if not text.startswith("/*"):
        complain(path, 1, "begins with no sentence about what it owns")
    if path.suffix == ".c" and not str(path).startswith("tests/") and len(lines) > MAX_FILE:
        complain(path, len(lines), f"longer than {MAX_FILE} lines")
    for number, line in enumerate(lines, 1):
        include = re.match(r'#include [<"]([^>"]+)[>"]', line)
        if include and not str(path).startswith("tests/"):
            check_include(path, number, include.group(1))
        if path.stem.endswith(("_api", "_store")) and FORBIDDEN.search(line):
            complain(path, number, "handlers and stores leave memory and libraries to the arena and db.c")
    if path.suffix == ".c" and not str(path).startswith("tests/"):
        check_functions(path, lines)


def run(*command):
    if shutil.which(command[0]) is None:
        problems.append(f"{command[0]} is not installed: deploy/packages.sh lint")
        return
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode != 0:
        problems.append((done.stdout + done.stderr).strip())


def main():
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True,
                            text=True, check=True).stdout.split()
    sources = [pathlib.Path(f) for f in listed if f.endswith((".c", ".h")) and (ROOT / f).exists()]
    scripts = [f for f in listed if f.endswith(".sh") or f in (".ci/run", "bench/check")]
    for path in sources:
        check_file(path)
    run("clang-format", "--dry-run", "-Werror", *map(str, sources))
    run("cppcheck", "--quiet", "--error-exitcode=1", "--inline-suppr", "--std=c11", "-I.", "-j2",
        "--enable=warning,portability", "--suppress=missingIncludeSystem",
        *(str(s) for s in sources if s.suffix == ".c" and not str(s).startswith("tests/")))
    run("shellcheck", "--severity=warning", *scripts)
    print("\n".join(problems) if problems else f"lint: {len(sources)} C files and {len(scripts)} scripts are clean")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
