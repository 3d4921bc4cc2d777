"""struct settings, its table, and who reads it: no setting without a row, and none that changes nothing."""
import re

from harness import ROOT, run

ROW = re.compile(r'^ *\{?(?:NUMBER|WORD|TEXT|SECRET)\("(\w+)", (\w+),', re.M)


def members():
    body = re.search(r"^struct settings \{\n(.*?)^\};", (ROOT / "app/settings.h").read_text(), re.M | re.S)[1]
    plain = re.sub(r"/\*.*?\*/", "", body, flags=re.S)
    return {name for declared in re.findall(r"(?:int64_t|const char \*)([^;]+);", plain) for name in re.findall(r"\w+", declared)}


def rows():
    """{NAME: member}"""
    return dict(ROW.findall((ROOT / "app/settings.c").read_text()))


def test_every_member_has_a_row_of_its_own_name():
    assert len(members()) > 20
    assert {name.lower() for name in rows()} == set(rows().values()) == members()
    assert all(name.lower() == member for name, member in rows().items()), rows()


def test_help_lists_every_row():
    listed = re.findall(r"^  ([A-Z_]+) ", run(["--help"]).stdout.partition("\nSettings")[2], re.M)
    assert listed == list(rows())


def test_every_setting_is_read_somewhere():
    own = {ROOT / "app/settings.c", ROOT / "app/settings.h"}
    sources = {path for folder in ("app", "ctl") for path in (ROOT / folder).rglob("*.[ch]")} - own
    code = "\n".join(re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.S) for path in sources)
    unread = members() - set(re.findall(r"\bsettings(?:->|\.)(\w+)\b(?!\s*=[^=])", code))
    assert not unread, f"read by nothing: {', '.join(sorted(unread))}"
