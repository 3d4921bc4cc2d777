#!/usr/bin/python3
"""The house rules that a machine can check: who may include what, sizes, layout; and the analysers' findings.

The rules are the tables below; what breaks them stands in tests/lint_cases.py, and is tried first."""
import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys

import lint_cases

ROOT = pathlib.Path(__file__).resolve().parent.parent
MAX_FUNCTION, MAX_FILE, MAX_PARAMETERS, MAX_DEPTH = 60, 400, 4, 3

# What a folder may include of ours besides itself: folders, or single headers of theirs. Dependencies run down this
# table. A file that differs from its folder has a row of its own. Tests may include anything.
MAY_INCLUDE = {
    "ctl": {"app/settings.h", "app/resources/task_api.h", "app/resources/task_json.h", "app/resources/read_only.h",
            "app/http", "lib/auth", "lib/data", "lib/core"},
    "bench": set(),
    "app/main.c": {"app/process", "app/pipeline/routes.h", "app/limits", "app/settings.h", "app/shared",
                   "lib/auth/token_cache.h", "lib/data/db_health.h", "lib/data/schema.h", "lib/data/schema_inspect.h",
                   "lib/core"},
    "app/process": {"app/pipeline/dispatch.h", "app/pipeline/report.h", "app/limits/hashing.h", "app/services.h",
                    "app/settings.h", "app/shared", "lib/data/schema.h", "lib/data/session_store.h", "lib/core"},
    "app/pipeline/routes.c": {"app/pipeline", "app/resources"},
    "app/pipeline": {"app/resources/read_only.h", "app/limits/rate_limit.h", "app/services.h", "app/http",
                     "lib/data/db_health.h", "lib/data/user_store.h", "lib/core"},
    "app/resources": {"app/limits", "app/services.h", "app/http", "lib/auth", "lib/data", "lib/core"},
    "app/limits": {"app/services.h", "app/http/client.h", "app/http/response.h", "app/shared",
                   "lib/auth/keyed_hash.h", "lib/auth/password.h", "lib/core"},
    "app/services.h": {"app/settings.h", "app/shared/metrics.h", "lib/auth/token.h", "lib/data/db.h"},
    "app/settings.c": {"app/settings.h", "app/http/client.h", "app/http/cors.h", "app/shared/rate_table.h", "lib/auth", "lib/data/db.h"},
    "app/settings.h": set(),
    "app/http": {"lib/auth/password.h", "lib/data/actor.h", "lib/data/precondition.h", "lib/core"},
    "app/shared": {"lib/core"},
    "lib/auth": {"lib/core"},
    "lib/data": {"lib/core"},
    "lib/core": set(),
}
# One foreign header, one file: another driver costs one file.
FOREIGN = {
    "fcgiapp.h": {"app/process/worker.c", "bench/bare.c"},
    "libpq-fe.h": {"lib/data/db.c", "bench/bare.c"},
    "jwt.h": {"lib/auth/token.c"},
    "crypt.h": {"lib/auth/password.c", "bench/crypt.c"},
    "openssl/crypto.h": {"lib/auth/password.c", "app/resources/service_api.c"},
    "openssl/evp.h": {"lib/auth/keyed_hash.c", "lib/auth/token.c", "lib/auth/token_cache.c"},
    "openssl/hmac.h": {"lib/auth/keyed_hash.c"},
    "cjson/cJSON.h": {"app"},
}
# The C library's and Linux's: for every file. A header that is in neither list is a complaint.
SYSTEM = set("""
    arpa/inet.h assert.h endian.h errno.h fcntl.h getopt.h limits.h math.h poll.h pthread.h setjmp.h signal.h spawn.h
    stdalign.h stdarg.h stdatomic.h stdbool.h stddef.h stdint.h stdio.h stdlib.h string.h strings.h sys/epoll.h
    sys/mman.h sys/prctl.h sys/resource.h sys/socket.h sys/stat.h sys/time.h sys/types.h sys/un.h sys/wait.h termios.h
    time.h unistd.h
""".split())
# Handlers and stores neither free nor speak to a library: the arena and db.c do.
FORBIDDEN = re.compile(r"\b(free|malloc|calloc|PQ\w+|cJSON_Delete|FCGX_\w+)\s*\(")

INCLUDE = re.compile(r'\s*#\s*include\s*([<"])([^>"]+)[>"]')

problems = []


def complain(path, line, text):
    problems.append(f"{path}:{line}: {text}")


def covers(places, path):
    """Whether a path, or a folder that it is in, is among these."""
    return any(str(place) in places for place in (path, *path.parents))


def find_row(path):
    """The row of a file: its own, or else its folder's; None for a folder that is on no list."""
    return str(path) if str(path) in MAY_INCLUDE else str(path.parent) if str(path.parent) in MAY_INCLUDE else None


def find_ours(path, header):
    """The file of ours that a quoted header is, or None."""
    for place in (ROOT / path.parent / header, ROOT / header):
        if place.is_file() and place.resolve().is_relative_to(ROOT):
            return place.resolve().relative_to(ROOT)
    return None


def list_includes(text):
    for number, line in enumerate(text.splitlines(), 1):
        include = INCLUDE.match(line)
        if include:
            yield number, include[1] == "<", include[2]


def check_ours(path, line, header):
    target = find_ours(path, header)
    row = find_row(path)
    if target is None:
        complain(path, line, f"there is no {header} here; those of the system stand in < >")
    elif row is None:
        complain(path, line, f"{path.parent} is on no list: say in MAY_INCLUDE what it may include")
    elif target.suffix != ".h":
        complain(path, line, f"{target} is no header")
    elif path.stem.endswith("_api") and target.stem.endswith("_api") and target.stem != path.stem:
        complain(path, line, "handlers do not include each other")
    elif not covers(MAY_INCLUDE[row], target) and (row != str(path.parent) or target.parent != path.parent):
        complain(path, line, f"{row} must not include {target}: dependencies run down the table MAY_INCLUDE")


def check_foreign(path, line, header):
    if header in FOREIGN and not covers(FOREIGN[header], path):
        complain(path, line, f"{header} is for {', '.join(sorted(FOREIGN[header]))} alone")
    elif header not in FOREIGN and header not in SYSTEM:
        complain(path, line, f"{header} is on no list: say in FOREIGN which file is to include it")


def check_includes(path, text):
    if find_row(path) is None:
        complain(path, 1, f"{path.parent} is on no list: say in MAY_INCLUDE what it may include")
    for line, is_foreign, header in list_includes(text):
        (check_foreign if is_foreign else check_ours)(path, line, header)


def find_circle(arrows):
    """A way that leads back to its beginning, or None. `arrows`: for each place those that it leads to."""
    finished, way = set(), []

    def walk(place):
        if place in way:
            return [*way[way.index(place):], place]
        if place in finished:
            return None
        way.append(place)
        circle = next(filter(None, map(walk, sorted(arrows.get(place, ())))), None)
        way.pop()
        finished.add(place)
        return circle

    return next(filter(None, map(walk, sorted(arrows))), None)


def check_circles(texts):
    """Neither the files nor the table of what they may include lead in a circle."""
    arrows = {str(path): {str(find_ours(path, header)) for _, is_foreign, header in list_includes(text)
                          if not is_foreign} for path, text in texts.items()}
    rows = {row: {find_row(pathlib.Path(place)) if place.endswith(".h") else place for place in places} - {row}
            for row, places in MAY_INCLUDE.items()}
    for graph in (arrows, rows):
        circle = find_circle(graph)
        if circle:
            complain(circle[0], 1, f"includes itself: {' -> '.join(circle)}")


def count_parameters(head):
    """Of the last lines before a body: `type name(one, two)`."""
    inner = head.partition("(")[2]
    while re.search(r"\([^()]*\).*\)", inner):
        inner = re.sub(r"\([^()]*\)(?=.*\))", "", inner, count=1)
    return inner.count(",") + 1


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
            parameters = count_parameters(" ".join(head))
            if parameters > MAX_PARAMETERS:
                complain(path, number, f"a function of {parameters} parameters; {MAX_PARAMETERS} at most")
        elif line == "}" and start is not None:
            if number - start - 1 > MAX_FUNCTION:
                complain(path, start, f"a function of {number - start - 1} lines; {MAX_FUNCTION} at most")
            start = None
        elif start is not None and re.match(r" {%d,}(if|for|while|switch|do)\b" % (4 * MAX_DEPTH), line):
            complain(path, number, f"indented by more than {MAX_DEPTH} levels")


def check_file(path, text):
    lines = text.splitlines()
    if not text.startswith("/*"):
        complain(path, 1, "begins with no sentence about what it owns")
    if path.parts[0] == "tests":
        return
    check_includes(path, text)
    check_functions(path, lines)
    if len(lines) > MAX_FILE:
        complain(path, len(lines), f"longer than {MAX_FILE} lines")
    for number, line in enumerate(lines, 1):
        if path.stem.endswith(("_api", "_store")) and FORBIDDEN.search(line):
            complain(path, number, "handlers and stores leave memory and libraries to the arena and db.c")


def check_itself():
    """Every rule complains where it is broken, and nowhere else."""
    for path, text, expected in lint_cases.FILES:
        problems.clear()
        check_file(pathlib.Path(path), text)
        if [problem.partition(": ")[2] for problem in problems] != expected:
            sys.exit(f"lint: of {path} with {text!r}\n  it says {problems},\n  and should say {expected}")
    for arrows, expected in lint_cases.CIRCLES:
        if find_circle(arrows) != expected:
            sys.exit(f"lint: the circle in {arrows} is {expected}, not {find_circle(arrows)}")
    problems.clear()


def run(command):
    """What a program complains of."""
    if shutil.which(command[0]) is None:
        return f"{command[0]} is not installed: deploy/packages.sh lint"
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.stdout.strip() if done.returncode != 0 else ""


def list_commands(sources, scripts):
    """The programs that look at the sources; the one that takes longest by far, a file at a time."""
    code = [str(path) for path in sources if path.suffix == ".c" and path.parts[0] != "tests"]
    flags = subprocess.run(["make", "-s", "print-flags"], cwd=ROOT, capture_output=True, text=True,
                           check=True).stdout.splitlines()
    return [
        ["clang-format", "--dry-run", "-Werror", *map(str, sources)],
        ["cppcheck", "--quiet", "--error-exitcode=1", "--inline-suppr", "--std=c11", "-I.",
         "--enable=warning,portability", "--suppress=missingIncludeSystem", *code],
        ["shellcheck", "--severity=warning", *scripts],
        *(["clang-tidy", "--quiet", path, "--", *flags] for path in code if not path.startswith("bench/")),
    ]


def main():
    check_itself()
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True,
                            text=True, check=True).stdout.split()
    sources = [pathlib.Path(f) for f in listed if f.endswith((".c", ".h")) and (ROOT / f).exists()]
    scripts = [f for f in listed if f.endswith(".sh") or f in (".ci/run", "bench/check")]
    texts = {path: (ROOT / path).read_text() for path in sources}
    for path, text in texts.items():
        check_file(path, text)
    check_circles(texts)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        problems.extend(filter(None, pool.map(run, list_commands(sources, scripts))))
    print("\n".join(problems) if problems else f"lint: {len(sources)} C files and {len(scripts)} scripts are clean")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
