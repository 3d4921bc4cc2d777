#!/usr/bin/python3
"""How much the tests would notice: breaks the program in one place at a time, at random, and says which test sees it.

    tests/mutate.py [--count 20] [--seed 0] [--minutes 60] [PATH...]      (make mutants MUTANTS='--count 100 --seed 7')

A mutant is a condition turned round, && for ||, another comparison, + for -, another small number, or a call left out,
in a function of app/, lib/ or ctl/ (or of the sources that PATH begins). What does not compile, or compiles to the
same, is no mutant. Each meets the unit tests and the corpora of the fuzz drivers, then the tests that TESTS names for
its file, and dies of the first that fails or takes too long. A line for each tells of what; those that live are listed
at the end, to be judged by a reader: a gap in the tests, or a change that nobody can see. The same seed makes the same
mutants of the same sources. It works on a copy; the working tree is left alone. Its exit status is 0 unless it could
not work.
"""
import argparse
import contextlib
import os
import pathlib
import random
import re
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
UNIT_SECONDS, SUITE_SECONDS = 30, 150
MAKE = ["make", "-j2", "OPTIMISE=-O1", "BUILD=build"]
PYTEST = ["/usr/bin/python3", "-m", "pytest", "-q", "-x", "-n", "2", "-p", "no:cacheprovider", "--tb=line"]

# Which files of tests/ look at what; all rows that fit, in this order.
TESTS = (
    (r"app/settings|app/main", "api/test_run api/test_service api/test_process_life ctl/test_settings_check"),
    (r"app/process/(records|worker|deadline)", "api/test_fastcgi_hostile api/test_process_life"),
    (r"app/process/(listener|notify)", "servers/test_systemd"),
    (r"app/process|app/shared/s", "api/test_processes api/test_process_life api/test_metrics api/test_purge"),
    (r"app/shared/metrics", "api/test_metrics"),
    (r"app/shared/rate|app/limits/rate", "api/test_rate_limits"),
    (r"app/limits/hashing|lib/auth/password", "api/test_password_hashes api/test_login"),
    (r"app/http/(cors|client)", "api/test_cors api/test_rate_limits api/test_logs"),
    (r"app/http/re", "api/test_conventions api/test_tasks_preconditions api/test_mount"),
    (r"app/http/(json|field)", "api/test_json_input api/test_tasks_fields openapi/test_fields"),
    (r"app/pipeline", "api/test_conventions api/test_isolation api/test_logs api/test_metrics openapi/test_routes"),
    (r"app/resources/a", "api/test_login api/test_signup api/test_password_account api/test_audit"),
    (r"app/resources/(auth|refresh)", "api/test_sessions_refresh api/test_tokens"),
    (r"app/resources/service", "api/test_service api/test_metrics"),
    (r"app/resources/(task_list|cursor)|lib/data/task_(list|query)",
     "api/test_tasks_list api/test_tasks_paging api/test_stats_tags api/test_plans"),
    (r"app/resources/task|lib/data/(task|value|prec)",
     "openapi/test_every_way api/test_tasks_patch_put_complete api/test_tasks_preconditions api/test_tasks_batch"
     " api/test_stats_tags api/test_races"),
    (r"lib/auth/(token|keyed)", "api/test_tokens api/test_sessions_refresh"),
    (r"lib/core/log", "api/test_logs"),
    (r"lib/core", "api/test_tasks_fields"),
    (r"lib/data/(db|sql|actor|back|prepared|sock)",
     "api/test_logs api/test_faults_database api/test_database_away api/test_database_life api/test_races"),
    (r"lib/data/(session|user)", "api/test_sessions_refresh api/test_login api/test_signup api/test_password_account"
                                 " api/test_purge"),
    (r"lib/data/(schema|admin)|ctl/(?!check|import|export|json|main|conf)", "ctl/test_commands"),
    (r"lib/data/admin|ctl/(import|export|json)", "ctl/test_export_import"),
    (r"ctl/(check|probe|finding|main|conf|ctl)", "ctl/test_settings_check ctl/test_commands"),
    (r"app|lib", "api/test_tasks_crud api/test_login"),
)

HIDDEN = re.compile(r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|^#(?:\\\n|[^\n])*"
                    r"|\bassert\([^;]*;|^ +static const [^;]*;", re.S | re.M)
FUNCTION = re.compile(r"^\{\n.*?^\}", re.S | re.M)
SWAPS = {"<": ("<=", ">="), "<=": ("<", ">"), ">": (">=", "<="), ">=": (">", "<"), "==": ("!=",), "!=": ("==",),
         "&&": ("||",), "||": ("&&",), "+": ("-",), "-": ("+",), "+=": ("-=",), "-=": ("+=",)}
OPERATOR = re.compile(r"(?<= )(?:<=?|>=?|[=!]=|&&|\|\||[-+]=?)(?= |\n)")
NUMBER = re.compile(r"(?<![\w.])\d{1,3}(?![\w.])")
CONDITION = re.compile(r"\b(?:if|while) (?=\()")
TERNARY = re.compile(r"\s+\? ")
BINDS_LESS = re.compile(r"[,;{}?:]|(?<![=!<>])=(?!=)|(?<=\breturn)\s")
CALL = re.compile(r"^ {4,}((?:\(void\)!?)?[a-z_]\w*)(?=\()", re.M)


def closing(text, place):
    """Where the parenthesis at `place` is closed."""
    depth = 0
    for end in range(place, len(text)):
        depth += (text[end] == "(") - (text[end] == ")")
        if depth == 0:
            return end
    return len(text) - 1


def opening(text, place):
    """Where the condition begins that a ? at `place` is about."""
    depth = 0
    for start in range(place - 1, 0, -1):
        depth += (text[start] == ")") - (text[start] == "(")
        if depth < 0 or (depth == 0 and BINDS_LESS.match(text, start)):
            return start + 1
    return place


def find_places(text, rng):
    """Every change that could be made: (begin, end, what stands there instead)."""
    seen = HIDDEN.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)
    for function in FUNCTION.finditer(seen):
        begin, end = function.span()
        for found in OPERATOR.finditer(seen, begin, end):
            yield *found.span(), rng.choice(SWAPS[found[0]])
        for found in NUMBER.finditer(seen, begin, end):
            yield *found.span(), str(int(found[0]) + (rng.choice((-1, 1)) if int(found[0]) else 1))
        for found in CONDITION.finditer(seen, begin, end):
            stop = closing(seen, found.end()) + 1
            yield found.end(), stop, f"(!{text[found.end():stop]})"
        for found in TERNARY.finditer(seen, begin, end):
            start = opening(seen, found.start())
            yield start, found.start(), f" !({text[start:found.start()].strip()})"
        for found in CALL.finditer(seen, begin, end):
            stop = closing(seen, found.end()) + 1
            if seen[stop] == ";":
                yield found.start(1), stop, ""


def find_mutants(tree, prefixes, rng):
    """All of them in an order of chance: (source, begin, end, replacement)."""
    files = sorted(path for folder in ("app", "lib", "ctl") for path in (tree / folder).rglob("*.c"))
    sources = [path.relative_to(tree) for path in files]
    sources = [source for source in sources if str(source).startswith(tuple(prefixes))]
    mutants = [(source, *place) for source in sources for place in find_places((tree / source).read_text(), rng)]
    rng.shuffle(mutants)
    return mutants


def tests_of(source):
    return list(dict.fromkeys(name for rows, files in TESTS if re.match(rows, str(source)) for name in files.split()))


class Copy:
    """The sources in a folder of their own, built, and one of them changed at a time."""

    def __init__(self, folder):
        self.tree = pathlib.Path(folder) / "tree"
        self.tree.mkdir()
        pack = subprocess.run("git ls-files -z -co --exclude-standard | tar --null -c -T - --ignore-failed-read",
                              shell=True, cwd=ROOT, check=True, capture_output=True)
        subprocess.run(["tar", "-x", "-C", self.tree], input=pack.stdout, check=True)
        self.environment = os.environ | {"TODO_FCGI": str(self.tree / "build" / "todo.fcgi"),
                                         "PYTHONDONTWRITEBYTECODE": "1"}
        self.units = sorted((self.tree / "tests" / "unit").glob("*_test.c"))
        self.fuzzed = sorted((self.tree / "tests" / "fuzz").glob("*_fuzz.c"))

    def run(self, command, seconds):
        """Its exit status (None when it took too long) and what it printed. Nothing that it started is left."""
        with tempfile.TemporaryFile() as output:
            process = subprocess.Popen(command, cwd=self.tree, env=self.environment, stdin=subprocess.DEVNULL,
                                       stdout=output, stderr=subprocess.STDOUT, start_new_session=True)
            status = None
            try:
                status = process.wait(seconds)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGINT)  # pytest clears up after itself
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(20)
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            output.seek(0)
            return status, output.read().decode(errors="replace")

    def build(self, *targets):
        return self.run([*MAKE, *(targets or ("all", "unit-tests"))], 600)

    def object(self, source):
        """The source compiled; None where the compiler refuses it."""
        path = (pathlib.Path("build") / source).with_suffix(".o")
        return (self.tree / path).read_bytes() if self.build(path)[0] == 0 else None

    def programs(self, stem):
        """The unit tests and the replays, that of the source first."""
        for source in sorted(self.units + self.fuzzed, key=lambda path: not path.stem.startswith(f"{stem}_")):
            program = self.tree / "build" / source.relative_to(self.tree).with_suffix("")
            corpus = source.parent / "corpus" / source.stem.removesuffix("_fuzz")
            yield source.stem, [program, *(sorted(corpus.glob("*")) if source in self.fuzzed else ())]

    def failing_program(self, stem):
        """The first unit test or replay that fails, or None."""
        for number, (name, command) in enumerate(self.programs(stem)):
            if number < 2:  # most die of the first, so the others need not be linked
                self.build(*([command[0].relative_to(self.tree)] if number == 0 else []))
            status, _ = self.run(command, UNIT_SECONDS)
            if status != 0:
                return f"{name}, which takes too long" if status is None else name
        return None

    def failing_case(self, source):
        """The first case of a suite that fails, or None."""
        for name in tests_of(source):
            status, output = self.run([*PYTEST, f"tests/{name}.py"], SUITE_SECONDS)
            if status != 0:
                failed = re.search(r"^(?:FAILED|ERROR) (?:tests/)?(\S+)", output, re.M)
                return f"{name}, which takes too long" if status is None else failed[1] if failed else name
        return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=20, help="how many mutants (20)")
    parser.add_argument("--seed", type=int, default=0, help="which ones (0)")
    parser.add_argument("--minutes", type=float, default=60, help="begin no other mutant after that (60)")
    parser.add_argument("paths", nargs="*", default=[""], help="app/http, lib/core/utf8.c, …: these alone")
    wanted = parser.parse_args()
    end = time.monotonic() + 60 * wanted.minutes
    signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever started us may have had it ignored
    lost = [name for _, files in TESTS for name in files.split() if not (ROOT / "tests" / f"{name}.py").exists()]
    if lost:
        sys.exit(f"mutate: TESTS names what is not there: {', '.join(lost)}")
    with tempfile.TemporaryDirectory(prefix="todo-mutants-", dir="/tmp") as folder:
        os.chmod(folder, 0o755)
        copy = Copy(folder)
        status, output = copy.build()
        killer = output if status != 0 else copy.failing_program("")
        if killer:
            sys.exit(f"mutate: the sources as they are fail already: {killer}")
        hunt(copy, find_mutants(copy.tree, wanted.paths, random.Random(wanted.seed)), wanted.count, end)


def hunt(copy, mutants, count, end):
    living, made = [], 0
    originals = {source: copy.object(source) for source in {source for source, *_ in mutants}}
    for source, begin, stop, replacement in mutants:
        if made == count or time.monotonic() > end:
            break
        if sys.stderr.isatty():
            print(f"{made + 1} of {count}: {source} …\033[K", end="\r", file=sys.stderr, flush=True)
        text, began = (copy.tree / source).read_text(), time.monotonic()
        changed = text[:begin] + replacement + text[stop:]
        (copy.tree / source).write_text(changed)
        if copy.object(source) not in (None, originals[source]):
            made += 1
            number = text.count("\n", 0, begin) + 1
            after = " ".join(changed.splitlines()[number - 1:number + replacement.count("\n")]).strip()
            killer = copy.failing_program(source.stem) or copy.failing_case(source)
            print(f"{made:3} {time.monotonic() - began:5.1f} s  {source}:{number}: "
                  f"{'killed by ' + killer if killer else 'LIVES'}: {after}", flush=True)
            if not killer:
                living.append(f"{source}:{number}: {text.splitlines()[number - 1].strip()}\n    -> {after}")
        (copy.tree / source).write_text(text)
    print(*living, f"{made} mutants, {made - len(living)} killed, {len(living)} live", sep="\n")


if __name__ == "__main__":
    main()
