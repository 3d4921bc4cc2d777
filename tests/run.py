#!/usr/bin/python3
"""Runs the suites that are named and ends with one line: N passed, N failed.

    tests/run.py unit api ctl openapi servers web
    tests/run.py web-smoke

BUILD names the folder of the program and of the unit tests (build).
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / os.environ.get("BUILD", "build")
RESULTS = BUILD / "results"


def run_unit():
    return tuple(map(sum, zip(run_cmocka(), replay_corpora())))


def replay_corpora():
    """Every tests/fuzz/*_fuzz.c must take what is in its corpus; a process for each input, so that one is to blame."""
    passed = failed = 0
    for source in sorted((ROOT / "tests" / "fuzz").glob("*_fuzz.c")):
        program = BUILD / "tests" / "fuzz" / source.stem
        inputs = sorted((ROOT / "tests" / "fuzz" / "corpus" / source.stem.removesuffix("_fuzz")).glob("*"))
        problems = [problem for problem in (replay(program, path) for path in inputs) if problem]
        if not inputs:
            problems.append("there is nothing in its corpus")
        for problem in problems:
            print(f"{source.relative_to(ROOT)}: {problem}")
        passed, failed = passed + max(len(inputs) - len(problems), 0), failed + len(problems)
    return passed, failed


def replay(program, path):
    """What is wrong with it, or None."""
    name = path.relative_to(ROOT)
    try:
        done = subprocess.run([program, path], cwd=ROOT, capture_output=True, text=True, errors="replace", timeout=60)
    except subprocess.TimeoutExpired:
        return f"{name}: takes more than a minute"
    return f"{name}: exit status {done.returncode}\n{done.stdout}{done.stderr}" if done.returncode else None


def run_cmocka():
    """Every tests/unit/*_test.c is a cmocka program."""
    passed = failed = 0
    for source in sorted((ROOT / "tests" / "unit").glob("*_test.c")):
        program = BUILD / "tests" / "unit" / source.stem
        if not program.exists():
            print(f"{source.relative_to(ROOT)}: not built")
            failed += 1
            continue
        done = subprocess.run([program], cwd=ROOT, capture_output=True, text=True, errors="replace")
        output = done.stdout + done.stderr
        good = sum(map(int, re.findall(r"^\[  PASSED  \] (\d+) test", output, re.M)))
        bad = sum(map(int, re.findall(r"^\[  FAILED  \] \S+: *(\d+) test", output, re.M)))
        if done.returncode != 0 and bad == 0:  # it died, or leaked
            bad = 1
        if bad or good == 0:
            print(output)
            print(f"{source.relative_to(ROOT)}: exit status {done.returncode}")
            bad = bad or 1
        passed, failed = passed + good, failed + bad
    return passed, failed


def run_pytest(suite, *options, only=("",)):
    report = RESULTS / f"{suite}.xml"
    report.unlink(missing_ok=True)
    done = subprocess.run(["/usr/bin/python3", "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=short",
                           "--continue-on-collection-errors", f"--junitxml={report}", *options,
                           *(f"tests/{suite}/{name}" for name in only)], cwd=ROOT)
    if not report.exists():
        return 0, 1
    counts = [node.attrib for node in xml.etree.ElementTree.parse(report).getroot().iter("testsuite")]
    total, failures, errors, skipped = (sum(int(c[k]) for c in counts)
                                        for k in ("tests", "failures", "errors", "skipped"))
    failed = failures + errors + skipped  # a skipped case is a case that nobody looked at
    if done.returncode not in (0, 1) or total == 0:
        failed += 1
    return max(total - failed, 0), failed


SUITES = {
    "unit": run_unit,
    "api": lambda: run_pytest("api", "-n", "2"),
    "ctl": lambda: run_pytest("ctl", "-n", "2"),
    "openapi": lambda: run_pytest("openapi"),
    "servers": lambda: run_pytest("servers", "-n", "2", "--dist", "loadgroup"),
    "web": lambda: run_pytest("web", "-n", "2"),
    "web-smoke": lambda: run_pytest("web", "-n", "2", only=("test_sign.py", "test_tasks.py", "test_docs.py")),
}


def others_can_read():
    """As root, tests become other users too, who must be able to read what is tested."""
    if os.getuid() != 0:
        return True
    nobody = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"]
    return subprocess.run([*nobody, "test", "-r", __file__], cwd="/", stderr=subprocess.DEVNULL).returncode == 0


def run_in_a_copy():
    """Where nobody else may look, as below /root: the same in a copy, all but the secrets and data of make run."""
    with tempfile.TemporaryDirectory(prefix="todo-checkout-", dir="/tmp") as folder:
        shutil.copytree(ROOT, folder, symlinks=True, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".run"))
        subprocess.run(["chmod", "-R", "a+rX", folder], check=True)
        done = subprocess.run([os.path.join(folder, "tests", "run.py"), *sys.argv[1:]])
        if BUILD.is_relative_to(ROOT):
            shutil.copytree(os.path.join(folder, BUILD.relative_to(ROOT), "results"), RESULTS, dirs_exist_ok=True)
        return done.returncode


def main():
    if not others_can_read():
        return run_in_a_copy()
    RESULTS.mkdir(parents=True, exist_ok=True)
    os.environ["TODO_FCGI"] = str(BUILD / "todo.fcgi")
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    passed = failed = 0
    for name in sys.argv[1:]:
        began = time.monotonic()
        good, bad = SUITES[name]()
        print(f"{name}: {good} good, {bad} bad, {time.monotonic() - began:.0f} s", flush=True)
        passed, failed = passed + good, failed + bad
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
