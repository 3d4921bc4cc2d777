"""What export writes, import reads back, to the last microsecond; and in constant memory."""
import json
import subprocess
import uuid

import pytest

from conftest import TODOCTL

# Every field in every form; the smallest and the largest id; texts that need escapes.
TASKS = r"""
    INSERT INTO tasks (user_id, id, title, description, completed_at, priority, tags, due_at, due_is_date, sort_order,
                       created_at, updated_at)
    SELECT u.id, CASE i WHEN 1 THEN '00000000-0000-0000-0000-000000000000'
                        WHEN 2 THEN 'ffffffff-ffff-ffff-ffff-ffffffffffff' ELSE gen_random_uuid() END::uuid,
        'no ' || i || E' "q" \\ / é 😀 \u2028.', CASE i % 3 WHEN 0 THEN E'a\tb\n\u0001\u007f"' || i WHEN 1 THEN '' END,
        CASE WHEN i % 2 = 0 THEN timestamptz '2020-02-29 12:00:00.000001Z' + i * interval '1 microsecond' END, i % 3,
        CASE i % 4 WHEN 0 THEN '{}' WHEN 1 THEN ARRAY['b', 'a', 'ä"\'] ELSE ARRAY['home'] END,
        CASE i % 5 WHEN 0 THEN timestamptz '2026-11-30 00:00Z' WHEN 1 THEN timestamptz '0001-01-01 00:00:00.1Z'
                   WHEN 2 THEN timestamptz '9999-12-31 23:59:59.999999Z' END, i % 5 = 0,
        CASE i % 7 WHEN 0 THEN -2147483648 WHEN 1 THEN 2147483647 WHEN 2 THEN 0 END,
        timestamptz '2019-01-01Z' + i * interval '1.000003 seconds', timestamptz '2020-01-01Z' + i * interval '7 microseconds'
    FROM users u, generate_series(1, COUNT) i WHERE u.email = 'anna@example.org'"""


def fill(ctl, count):
    ctl.add()
    ctl.sql(TASKS.replace("COUNT", str(count)))


def rows(ctl):
    """All of the database that an account and its tasks are, but its sessions."""
    return ctl.sql("SELECT md5(string_agg(t::text, '' ORDER BY id)) FROM tasks t; SELECT id, email, hashed_password,"
                   " created_at, disabled_at FROM users")


@pytest.mark.parametrize("count", [0, 1, 999, 1000, 1001, 2345])
def test_an_account_moves_to_another_database_unchanged(new_ctl, count):
    here, there = new_ctl(), new_ctl()
    fill(here, count)
    exported = here("export", "anna@example.org").stdout
    assert len(json.loads(exported)["tasks"]) == count
    printed = there("import", "anna@example.org", stdin=exported).stdout
    assert printed == f"account made: anna@example.org\ntasks stored: {count}; there already: 0\n"
    assert rows(there) == rows(here)
    assert there("export", "anna@example.org").stdout == exported


def test_a_disabled_account_is_exported_and_comes_back_disabled(new_ctl):
    here, there = new_ctl(), new_ctl()
    fill(here, 3)
    here("user", "disable", "anna@example.org")
    there("import", "anna@example.org", stdin=here("export", "anna@example.org").stdout)
    assert rows(there) == rows(here)


def test_an_imported_account_signs_in_with_its_old_password(service, new_ctl):
    elsewhere = new_ctl()
    elsewhere("user", "add", "moved@example.org", "-", stdin="correct horse 7\n")
    service("import", "moved@example.org", stdin=elsewhere("export", "moved@example.org").stdout)
    login = {"email": "moved@example.org", "password": "correct horse 7"}
    assert service.web.post("/auth/login", login).status == 200


def test_the_same_import_again_changes_nothing(ctl):
    fill(ctl, 1500)
    exported = ctl("export", "anna@example.org").stdout
    before = rows(ctl)
    assert ctl("import", "anna@example.org", stdin=exported).stdout == "tasks stored: 0; there already: 1500\n"
    assert rows(ctl) == before


def test_deleted_tasks_come_back(ctl):
    fill(ctl, 1500)
    exported = ctl("export", "anna@example.org").stdout
    before = rows(ctl)
    ctl.sql("DELETE FROM tasks WHERE priority = 1")
    assert ctl("import", "anna@example.org", stdin=exported).stdout == "tasks stored: 500; there already: 1000\n"
    assert rows(ctl) == before


def test_a_copy_under_another_email_leaves_the_first_alone(ctl):
    fill(ctl, 10)
    exported = ctl("export", "anna@example.org").stdout
    ctl("import", "copy@example.org", stdin=exported)
    one, two = (json.loads(ctl("export", who).stdout) for who in ("anna@example.org", "copy@example.org"))
    assert one["tasks"] == two["tasks"] and one["user"]["id"] != two["user"]["id"]
    assert json.loads(exported) == one


def test_what_the_api_lists_can_be_imported(service):
    anna = service.web.user()
    anna.post("/tasks", {"title": "Buy milk", "tags": ["home"], "due_date": "2026-11-30"})
    anna.post("/tasks", {"title": "Done", "completed": True})
    listed = anna.get("/tasks").body.decode()
    service("user", "add", "array@example.org")
    service("import", "array@example.org", stdin=listed)
    exported = json.loads(service("export", "array@example.org").stdout)["tasks"]
    plain = [{k: v for k, v in task.items() if k != "url"} for task in json.loads(listed)]
    assert sorted(({k: v for k, v in t.items() if k != "url"} for t in exported), key=lambda t: t["id"]) == \
        sorted(plain, key=lambda t: t["id"])


def test_a_task_written_by_hand_gets_its_defaults(ctl):
    ctl.add()
    ctl("import", "anna@example.org", stdin='[{"title":" Buy milk ","completed":true}]')
    task, = json.loads(ctl("export", "anna@example.org").stdout)["tasks"]
    assert uuid.UUID(task["id"]).version == 7 and task["title"] == "Buy milk"
    assert task["created_at"] == task["updated_at"] == task["completed_at"] and task["priority"] == "medium"


HEAD = '{"format":"todo-account-1",'
USER = ('"user":{"id":"01a1fdde-c714-7000-9bc1-d88ad832b037","email":"x@example.org","hashed_password":"'
        + "$2b$04$" + "a" * 53 + '","created_at":"2026-01-01T00:00:00Z","disabled_at":null},')
TASK = '{"title":"t"}'


@pytest.mark.parametrize("text, why", [
    ("", "ends too early"), ("nonsense", "neither"), ("[", "ends too early"), (f"[{TASK}", "ends too early"),
    (f"[{TASK},]", "a value is expected"), (f"[{TASK} {TASK}]", "comma"), (f"[{TASK}] x", "follows"), ("[1]", "must be a JSON object"),
    ('[{"title":"t"', "ends too early"), ('[{"title":"t]', "ends too early"), ("[{]", "tasks[0]"), ("[{]}]", "tasks[0]"),
    ("[tru]", "tasks[0]"), ('[{"title":"a\\u0000b"}]', "NUL"), ('[{"title":"a","title":"b"}]', "more than once"),
    ('[{"title":""}]', "tasks[0].title must be 1 to 200"), (f'[{TASK},{{"nope":1}}]', "tasks[1].nope"),
    ('[{"title":"t","due_date":"soon"}]', "tasks[0].due_date"), ('[{"title":"t","created_at":"x"}]', "tasks[0].created_at"),
    ('[{"title":"t","completed_at":"2026-01-01T00:00:00Z"}]', "not completed"),
    ('[{"title":"' + "x" * 2**20 + '"}]', "too long"), ('["' + "[" * 100 + '"]', "must be a JSON object"),
    ("[" + "[" * 100 + "]" * 101, "tasks[0]"),
    ("[" + "1" * 2**21, "too long"), ("[" * 2**21, "too long"), (HEAD + '"user":', "ends too early"),
    ('{"format":', "ends too early"),
    ('{"format":"other"}', "format"), ('{"strange":1}', "something other"), ('{"format" 1}', "colon"),
    (HEAD + '"tasks":{}}', "array"), (HEAD + '"user":{}}', "user.hashed_password is required"), (HEAD + '"user":1}', "user"),
    (HEAD + f'"tasks":[{TASK}]', "ends too early"), (HEAD + f'"tasks":[{TASK}]}} 1', "follows"), (HEAD, "ends too early")],
    ids=lambda value: value[:30])
def test_a_broken_file_is_refused_with_a_sentence(ctl, text, why):
    ctl.add()
    assert why in ctl("import", "anna@example.org", stdin=text, status=1).stderr


def test_bytes_that_are_not_utf8_are_refused(ctl):
    ctl.add()
    done = subprocess.run([TODOCTL, "--conf", "/nonexistent", "import", "anna@example.org"], capture_output=True,
                          input=b'[{"title":"\xff"}]', env=ctl.environment({}))
    assert done.returncode == 1 and b"UTF-8" in done.stderr


def test_tasks_without_an_account_have_nowhere_to_go(ctl):
    for text in (f"[{TASK}]", HEAD + f'"tasks":[{TASK}],' + USER[:-1] + "}"):
        assert "has no account" in ctl("import", "x@example.org", stdin=text, status=1).stderr
    assert "e-mail must" in ctl("import", "x", stdin=HEAD + USER + '"tasks":[]}', status=1).stderr
    bad = USER.replace("$2b$04$", "$9x$04$")
    assert "refuses" in ctl("import", "x@example.org", stdin=HEAD + bad + '"tasks":[]}', status=1).stderr
    assert ctl.table("user", "list") == []


def test_a_task_that_differs_stops_the_import_and_loses_nothing(ctl):
    fill(ctl, 2500)
    exported = json.loads(ctl("export", "anna@example.org").stdout)
    ctl.sql("DELETE FROM tasks")
    changed = exported["tasks"][1200]["id"]
    ctl("import", "anna@example.org", stdin=json.dumps([exported["tasks"][1200] | {"title": "mine"}]))
    told = ctl("import", "anna@example.org", stdin=json.dumps(exported), status=1).stderr
    assert changed in told and "can be run again" in told
    assert ctl.sql("SELECT count(*), count(*) FILTER (WHERE title = 'mine') FROM tasks") == "1001|1"


def test_an_id_twice_in_the_input_is_refused(ctl):
    ctl.add()
    one = {"id": "01a1fdde-c714-7000-9bc1-d88ad832b037", "title": "one"}
    told = ctl("import", "anna@example.org", stdin=json.dumps([one, one | {"title": "two"}]), status=1).stderr
    assert one["id"] in told and ctl.sql("SELECT count(*) FROM tasks") == "0"


def test_a_terminal_shows_the_progress_of_an_export_to_a_file(ctl, tmp_path):
    fill(ctl, 1500)
    with open(tmp_path / "exported.json", "w") as output:
        status, shown = ctl.on_terminal("export", "anna@example.org", typed="", output=output)
    assert status == 0 and shown == "\r1000 of 1500 tasks\r1500 of 1500 tasks\r\n"
    assert len(json.loads((tmp_path / "exported.json").read_text())["tasks"]) == 1500


def test_an_export_to_a_terminal_is_nothing_but_the_export(ctl):
    fill(ctl, 1500)
    status, shown = ctl.on_terminal("export", "anna@example.org", typed="")
    assert status == 0 and shown.replace("\r\n", "\n") == ctl("export", "anna@example.org").stdout


def peak(command, environment, stdin, stdout):
    """Runs it; the most memory that it held, in KiB: not less than the some 10 MiB of the Python that started it."""
    script = ("import resource,subprocess,sys;"
              "r=subprocess.run(sys.argv[1:]).returncode;"
              "sys.stderr.write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss));sys.exit(r)")
    done = subprocess.run(["/usr/bin/python3", "-c", script, *map(str, command)], env=environment, stdin=stdin,
                          stdout=stdout, stderr=subprocess.PIPE, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    return int(done.stderr)


def test_a_hundred_times_as_many_tasks_take_no_more_memory(new_ctl, tmp_path):
    used = {}
    for count in (1000, 100_000):
        here, there = new_ctl(), new_ctl()
        for one in (here, there):
            one.sql("DROP INDEX tasks_search")  # costly to fill, and nothing to todoctl
        fill(here, count)
        file = tmp_path / f"{count}.json"
        command = [TODOCTL, "--conf", "/nonexistent"]
        with open(file, "w") as out:
            exported = peak([*command, "export", "anna@example.org"], here.environment({}), subprocess.DEVNULL, out)
        with open(file) as source:
            imported = peak([*command, "import", "anna@example.org"], there.environment({}), source, subprocess.DEVNULL)
        used[count] = (exported, imported)
        assert rows(there) == rows(here)
    for few, many in zip(used[1000], used[100_000]):
        assert many < few * 1.3, used
