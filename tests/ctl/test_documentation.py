"""README.md, docs/ and the manual pages say of settings, calls, options and commands what the programs say."""
import itertools
import re
import subprocess

from harness import TODOCTL
from harness import ROOT, run

MANUAL = ROOT / "deploy" / "man"
NAME = re.compile(r"\b[A-Z][A-Z_]+\b")  # of a setting; _FILE alone is none
METHOD_OR_PATH = re.compile(r"\b(GET|POST|PUT|PATCH|DELETE)\b|/[\w/{}.-]+")


def check(problems):
    """All that is wrong is told at once."""
    assert not problems, "\n" + "\n".join(problems)


def missing(where, found, known):
    return [f"{where}: {what} is missing" for what in sorted(known) if what not in found]


def unknown(found, known):
    """found: {what: its place}."""
    return [f"{place}: the program has no {what}" for what, place in found.items() if what not in known]


# ---- what the programs say

def settings():
    """{name: (default, whether it may be in a file)}"""
    lines = run(["--help"]).stdout.partition("\nSettings")[2].splitlines()[1:]
    rows = [re.fullmatch(r"  ([A-Z_]+) +(\S+) +(\S.*)", line).groups() for line in lines]
    return {name: (default, meaning.endswith("(or _FILE)")) for name, default, meaning in rows}


def routes():
    return {" ".join(line.split()[:2]) for line in run(["--routes"]).stdout.splitlines()}


def options():
    """-s, --check and the like; some stand in the usage only."""
    text = run(["--help"]).stdout.partition("\nSettings")[0]
    return set(re.findall(r"(?<=[ [])--?[a-z]+(?=\s)", text))


def has_option(flag):
    return "Try: " not in run([flag, "/nowhere"]).stderr


def ctl_help():
    return subprocess.run([TODOCTL, "--help"], capture_output=True, text=True, check=True).stdout


def commands():
    """Such as "user add"."""
    return {words.strip() for words in re.findall(r"^  ((?:[a-z][a-z-]* )+)", ctl_help(), re.M)}


# ---- what the documents say

def cells(line):
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def rows(*headings):
    """Of all tables whose first column has one of these headings: (their place, {heading: text})."""
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))):
        lines = path.read_text().splitlines()
        for rule in (at for at in range(1, len(lines)) if re.fullmatch(r"(\| *:?-+:? *)+\|", lines[at])):
            head = [cell.lower() for cell in cells(lines[rule - 1])]
            for at in itertools.takewhile(lambda at: lines[at].startswith("|"), range(rule + 1, len(lines))):
                if head[0] in headings:
                    yield f"{path.relative_to(ROOT)}:{at + 1}", dict(zip(head, cells(lines[at])))


def calls(text):
    """Of "GET · PUT /a · /b" there are three: a path without a method of its own has those of the path before it."""
    methods, after_path = [], True
    for word in METHOD_OR_PATH.finditer(text):
        if word[1]:
            methods = [word[1]] if after_path else [*methods, word[1]]
        else:
            yield from (f"{method} {word[0]}" for method in methods)
        after_path = not word[1]


def entries(page, macro):
    """Of a manual page's lists: (their place, what follows the macro, the text below)."""
    lines = (MANUAL / page).read_text().splitlines()
    for number, line in enumerate(lines, 1):
        if line.startswith(f".It {macro} "):
            below = itertools.takewhile(lambda text: not re.match(r"\.(It|El)\b", text), lines[number:])
            yield f"deploy/man/{page}:{number}", line.removeprefix(f".It {macro} "), "\n".join(below)


def flags(page):
    """{"-s": its place, "--socket": …} of "s Ar socket , Fl -socket Ar socket"."""
    return {f"-{flag}": place for place, text, _ in entries(page, "Fl") for flag in re.findall(r"(?:^|Fl )(\S+)", text)}


# ---- whether that is the same

def wrong_in_row(place, row, known):
    """Of a table of settings; the names themselves are looked at elsewhere."""
    names, default, has_file = NAME.findall(row["setting"]), row["default"].strip("`"), "_FILE" in row["setting"]
    if len(names) != 1:
        return [f"{place}: {' and '.join(names) or 'nothing'} instead of one setting"]
    if known.get(names[0]) in (None, (default, has_file)):
        return []
    return [f"{place}: {names[0]} has the default {known[names[0]][0]}, and {'may' if known[names[0]][1] else 'cannot'} be in a file"]


def test_the_table_of_settings_is_the_programs():
    known, table = settings(), list(rows("setting"))
    found = {name: place for place, row in table for name in NAME.findall(row["setting"])}
    check([wrong for place, row in table for wrong in wrong_in_row(place, row, known)]
          + missing("table of settings", found, known) + unknown(found, known))


def test_the_table_of_calls_is_the_programs():
    table = [(place, " ".join(row.get(heading, "") for heading in ("call", "method", "path"))) for place, row in rows("call", "method")]
    found = {call: place for place, text in table for call in calls(text)}
    check(missing("table of calls", found, routes()) + unknown(found, routes()))


def test_the_manual_page_of_the_program_has_its_options():
    found = flags("todo.fcgi.8")
    check(missing("deploy/man/todo.fcgi.8", found, options()) + unknown(found, set(filter(has_option, found))))


def test_the_manual_pages_name_no_other_settings_and_no_other_defaults():
    known, problems = settings(), []
    names = {"NAME_FILE", *known, *(f"{name}_FILE" for name, (_, has_file) in known.items() if has_file)}
    for page in ("todo.fcgi.8", "todoctl.8"):
        for number, line in enumerate((MANUAL / page).read_text().splitlines(), 1):
            said = NAME.findall(line) if re.match(r"\.(It )?Ev ", line) else []
            problems += unknown(dict.fromkeys(said, f"deploy/man/{page}:{number}"), names)
        for place, name, below in entries(page, "Ev"):
            told = re.search(r"\b\d+(?= by default)|(?<=\()\d+(?=\))", below)
            if told and name in known and told[0] != known[name][0]:
                problems.append(f"{place}: the default of {name} is {known[name][0]}")
    check(problems)


def test_the_manual_page_of_todoctl_has_its_commands_and_options():
    found, listed = {text: place for place, text, _ in entries("todoctl.8", "Cm")}, flags("todoctl.8")
    named = set(re.findall(r"--[a-z][a-z-]*", ctl_help())) - {"--help", "--version"}
    check(missing("deploy/man/todoctl.8", {**found, **listed}, commands() | named)
          + unknown(found, commands()) + unknown(listed, named | {"-y", "-o"}))


def test_the_shipped_settings_are_the_programs():
    lines = enumerate((ROOT / "deploy/conf/todo.env").read_text().splitlines(), 1)
    found = {line.partition("=")[0].lstrip("#"): f"deploy/conf/todo.env:{number}" for number, line in lines if re.match("#?[A-Z_]+=", line)}
    assert found
    check(unknown(found, settings()))
