#!/usr/bin/python3
"""Which lines no test runs: runs the suites that are named on a program built with gcc --coverage, and prints the
lines of app/, lib/ and ctl/ that were not reached. Below 95 % of all, or when a test fails, it ends with status 1.

    BUILD=build/coverage tests/coverage.py unit api ctl      (make coverage)

A process that is killed outright takes its counts with it; all others add theirs when they end.
"""
import collections
import json
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / os.environ.get("BUILD", "build/coverage")
FOLDERS = ("app", "lib", "ctl")
ENOUGH = 95.0
BUILDS_ITS_OWN = "tests/ctl/test_install.py"  # slowly, and without counting


def forget():
    for counts in BUILD.rglob("*.gcda"):
        counts.unlink()


def read_counts():
    """{file: {line: how often it ran}}. A line of a header counts once, however many sources include it."""
    counts = collections.defaultdict(collections.Counter)
    objects = [str(note) for folder in FOLDERS for note in sorted((BUILD / folder).rglob("*.gcno"))
               if (ROOT / note.relative_to(BUILD)).with_suffix(".c").exists()]
    if not objects:
        sys.exit(f"coverage: nothing in {BUILD} was built with --coverage")
    told = subprocess.run(["gcov", "--json-format", "--stdout", *objects], cwd=ROOT, capture_output=True, text=True,
                          check=True).stdout
    for report in map(json.loads, told.splitlines()):
        for source in report["files"]:
            if source["file"].startswith(tuple(f"{folder}/" for folder in FOLDERS)):
                for line in source["lines"]:
                    counts[source["file"]][line["line_number"]] += line["count"]
    return counts


def ranges(lines):
    """Those that never ran as "12, 15-17"; a range goes on over lines that are no code."""
    found, last = [], None
    for number, count in sorted(lines.items()):
        if count == 0 and last == 0:
            found[-1][1] = number
        elif count == 0:
            found.append([number, number])
        last = count
    return ", ".join(str(first) if first == end else f"{first}-{end}" for first, end in found)


def percent(lines):
    return 100 * sum(count > 0 for count in lines) / len(lines)


def report(counts):
    """Prints it all; the share of all lines in per cent."""
    folders = collections.defaultdict(list)
    for name, lines in sorted(counts.items()):
        folders[str(pathlib.PurePath(name).parent)] += lines.values()
        if min(lines.values()) == 0:
            print(f"{name}: {ranges(lines)}")
    everything = [count for lines in folders.values() for count in lines]
    for name, lines in [*sorted(folders.items()), ("all", everything)]:
        print(f"{name:15} {percent(lines):5.1f} % of {len(lines)} lines")
    return percent(everything)


def main():
    forget()
    environment = os.environ | {"BUILD": str(BUILD), "PYTEST_ADDOPTS": f"--ignore={BUILDS_ITS_OWN}"}
    tests = subprocess.run([ROOT / "tests" / "run.py", *sys.argv[1:]], env=environment)
    share = report(read_counts())
    if share < ENOUGH:
        print(f"coverage: {share:.1f} % is less than {ENOUGH:.0f} %", file=sys.stderr)
    return 1 if tests.returncode or share < ENOUGH else 0


if __name__ == "__main__":
    sys.exit(main())
