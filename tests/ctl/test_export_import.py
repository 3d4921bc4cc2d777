"""What export writes, import reads back, to the last microsecond; and in constant memory."""
import json
import subprocess
import uuid

import pytest

from harness import TODOCTL

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
    (HEAD + f'"tasks":[{TASK}]}}', '"user" must stand before "tasks"'), (HEAD, "ends too early")],
    ids=lambda value: value[:30])
def test_a_broken_file_is_refused_with_a_sentence(ctl, text, why):
    ctl.add()
    assert why in ctl("import", "anna@example.org", stdin=text, status=1).stderr


def test_bytes_that_are_not_utf8_are_refused(ctl):
    ctl.add()
    done = subprocess.run([TODOCTL, "--conf", "/nonexistent", "import", "anna@example.org"], capture_output=True,
                          input=b'[{"title":"\xff"}]', env=ctl.environment({}))
    assert done.returncode == 1 and b"UTF-8" in done.stderr


@pytest.mark.parametrize("rest, why", [("", "ends too early"), ("} 1", "follows")])
def test_a_broken_end_is_refused_with_a_sentence(ctl, rest, why):
    assert why in ctl("import", "x@example.org", stdin=HEAD + USER + f'"tasks":[{TASK}]{rest}', status=1).stderr


def test_tasks_without_an_account_have_nowhere_to_go(ctl):
    for text in (f"[{TASK}]", HEAD + f'"tasks":[{TASK}],' + USER[:-1] + "}"):
        assert "has no account" in ctl("import", "x@example.org", stdin=text, status=1).stderr
    assert "e-mail must" in ctl("import", "x", stdin=HEAD + USER + '"tasks":[]}', status=1).stderr
    assert ctl.table("user", "list") == []


@pytest.mark.parametrize("start", ["$9x$04$", "$2b$17$", "$2b$31$", "$2b$03$", "$2x$12$", "$2b$4x$"])
def test_a_hash_that_no_sign_in_could_verify_is_refused(ctl, start):
    """A cost of 31 would keep a worker busy for a day and a half."""
    wrong = HEAD + USER.replace("$2b$04$", start) + '"tasks":[]}'
    told = ctl("import", "x@example.org", stdin=wrong, status=1).stderr
    assert told.startswith("todoctl: user.hashed_password must be a bcrypt hash") and "4 to 16" in told
    ctl("import", "x@example.org", stdin=HEAD + USER.replace("$2b$04$", "$2a$16$") + '"tasks":[]}')


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


def test_the_tasks_of_somebody_else_are_refused(ctl):
    """Two e-mails that differ by case alone were two people where the file comes from."""
    mine, _ = ctl.add("anna@example.org")
    other = HEAD + USER.replace("x@example.org", "ANNA@example.org") + f'"tasks":[{TASK}]}}'
    told = ctl("import", "Anna@example.org", stdin=other, status=1).stderr
    assert all(part in told for part in ("--into", "anna@example.org", "ANNA@example.org", mine, "01a1fdde-c714-7000-9bc1-d88ad832b037"))
    assert ctl.sql("SELECT count(*) FROM tasks") == "0"
    assert ctl("import", "anna@example.org", "--into", stdin=other).stdout == "tasks stored: 1; there already: 0\n"


def test_a_file_that_tells_no_id_is_of_the_account_with_its_email(ctl):
    ctl.add("anna@example.org")
    ctl.add("bert@example.org")
    user = USER.replace('"id":"01a1fdde-c714-7000-9bc1-d88ad832b037",', "")
    for email in ("bert@example.org", "nobody@example.org"):
        other = HEAD + user.replace("x@example.org", email) + f'"tasks":[{TASK}]}}'
        assert email in ctl("import", "anna@example.org", stdin=other, status=1).stderr
    ctl("import", "anna@example.org", stdin=HEAD + user.replace("x@example.org", "ANNA@example.org") + f'"tasks":[{TASK}]}}')


@pytest.mark.parametrize("options", [(), ("--all",)])
def test_who_stands_behind_the_tasks_is_refused_before_they_are_stored(ctl, options):
    ctl.add("anna@example.org")
    late = HEAD + f'"tasks":[{TASK}],' + USER[:-1] + "}"
    told = ctl("import", *(options or ["anna@example.org"]), stdin=late, status=1).stderr
    assert '"user" must stand before "tasks"' in told and ctl.sql("SELECT count(*) FROM tasks") == "0"


def test_more_digits_than_microseconds_have_are_cut(ctl):
    ctl.add()
    ctl("import", "anna@example.org", stdin='[{"title":"t","created_at":"2020-08-18T09:03:05.8339192Z","due_date":"2020-08-25T04:00:00.000000000Z"}]')
    assert ctl.sql("SELECT created_at = '2020-08-18 09:03:05.833919Z', due_at = '2020-08-25 04:00Z' FROM tasks") == "t|t"


WRONG_TASKS = [{"title": "good"}, {"title": ""}, {"title": "x", "priority": "urgent"}, {"title": "\n"}, 7, {"title": "also good"}]


def test_what_breaks_a_rule_is_left_out_named_and_counted(ctl):
    ctl.add()
    done = ctl("import", "anna@example.org", "--skip-invalid", stdin=json.dumps(WRONG_TASKS))
    assert done.stdout == ("tasks stored: 2; there already: 0; left out: 4\n"
                           "  2: title must be 1 to 200 characters\n"
                           "  1: priority must be low, medium or high\n"
                           "  1: must be a JSON object\n")
    assert [line.split()[3].split(".")[0] for line in done.stderr.splitlines()] == [f"tasks[{i}]" for i in range(1, 5)]
    assert ctl.sql("SELECT string_agg(title, ',' ORDER BY title) FROM tasks") == "also good,good"


def test_a_task_that_differs_is_left_out_too(ctl):
    fill(ctl, 1500)
    tasks = json.loads(ctl("export", "anna@example.org").stdout)["tasks"]
    ctl.sql("DELETE FROM tasks WHERE priority = 1")
    changed = [task | {"title": "mine"} if task["priority"] == "low" else task for task in tasks]
    twins = [{"id": str(uuid.UUID(int=7)), "title": title} for title in "abc"]
    done = ctl("import", "anna@example.org", "--skip-invalid", stdin=json.dumps(changed + twins))
    assert done.stdout == ("tasks stored: 501; there already: 500; left out: 502\n"
                           "  502: is another task there already, or in the input twice\n")
    assert ctl.sql("SELECT count(*), count(*) FILTER (WHERE title = 'mine'), count(*) FILTER (WHERE title = 'a') FROM tasks") == "1501|0|1"


def test_reasons_without_end_are_counted_together(ctl):
    ctl.add()
    tasks = [{"title": "t", f"strange{i}": 1} for i in range(100)]
    printed = ctl("import", "anna@example.org", "--skip-invalid", stdin=json.dumps(tasks)).stdout.splitlines()
    assert printed[0].endswith("left out: 100") and printed[-1] == "  60: other reasons" and len(printed) == 42


def test_a_dry_run_tells_what_would_happen_and_writes_nothing(ctl):
    fill(ctl, 1500)
    exported = json.loads(ctl("export", "anna@example.org").stdout)
    ctl.sql("DELETE FROM tasks WHERE priority = 1")
    before = rows(ctl)
    done = ctl("import", "anna@example.org", "--dry-run", stdin=json.dumps(exported))
    assert done.stdout == "tasks to be stored: 500; there already: 1000\n" and done.stderr == ""
    done = ctl("import", "new@example.org", "--dry-run", stdin=json.dumps(exported))
    assert done.stdout == "account to be made: new@example.org\ntasks to be stored: 1500; there already: 0\n"
    assert rows(ctl) == before
    ctl("import", "anna@example.org", stdin=json.dumps(exported))
    assert rows(ctl) != before


def test_a_dry_run_finds_all_that_is_wrong_and_fails_where_the_import_would(ctl):
    ctl.add()
    command = [TODOCTL, "--conf", "/nonexistent", "import", "anna@example.org", "--dry-run"]
    done = subprocess.run(command, capture_output=True, text=True, input=json.dumps(WRONG_TASKS), env=ctl.environment({}))
    assert done.returncode == 1 and "tasks to be stored: 2; there already: 0; left out: 4" in done.stdout
    assert len(done.stderr.splitlines()) == 5 and "--skip-invalid" in done.stderr.splitlines()[-1]
    ctl("import", "anna@example.org", "--dry-run", "--skip-invalid", stdin=json.dumps(WRONG_TASKS))
    assert ctl.sql("SELECT count(*) FROM tasks") == "0"


def accounts(ctl, *emails):
    """Such exports one after the other, as a loop over them prints."""
    return "".join(ctl("export", email).stdout for email in emails)


def test_many_accounts_move_in_one_file(new_ctl):
    here, there = new_ctl(), new_ctl()
    fill(here, 1100)
    emails = ["anna@example.org", *(f"user{i}@example.org" for i in range(5))]
    for email in emails[1:]:
        here.add(email)
        here("import", email, stdin='[{"title":"one"},{"title":"two"}]')
    here("user", "disable", emails[2])
    exported = accounts(here, *emails)
    printed = there("import", "--all", stdin=exported).stdout.splitlines()
    assert printed[:-2] == [f"account made: {email}" for email in emails]
    assert printed[-2:] == ["accounts made: 6; there already: 0; left out: 0", "tasks stored: 1110; there already: 0"]
    assert accounts(there, *emails) == exported
    again = there("import", "--all", stdin=exported).stdout.splitlines()
    assert again == ["accounts made: 0; there already: 6; left out: 0", "tasks stored: 0; there already: 1110"]


def test_an_account_that_cannot_be_made_ends_the_import_or_is_left_out_with_its_tasks(new_ctl):
    here, there = new_ctl(), new_ctl()
    for email in ("anna@example.org", "bert@example.org", "carl@example.org", "dora@example.org"):
        here.add(email)
        here("import", email, stdin='[{"title":"one"},{"title":"two"}]')
    there.add("dora@example.org")
    exported = accounts(here, "anna@example.org", "bert@example.org", "carl@example.org", "dora@example.org")
    exported = exported.replace("bert@example.org", "bert").replace("$2b$04$", "$1b$04$", 3).replace("$1b$04$", "$2b$04$", 2)
    told = there("import", "--all", stdin=exported, status=1).stderr
    assert told.startswith("todoctl: account 2: user.email must be") and "can be run again" in told
    done = there("import", "--all", "--skip-invalid", stdin=exported)
    assert done.stdout.splitlines()[:2] == ["accounts made: 0; there already: 1; left out: 3", "tasks stored: 0; there already: 2; left out: 6"]
    assert [line.split(": ", 2)[2].split(" ")[0] for line in done.stderr.splitlines()] == ["account", "carl@example.org:", "dora@example.org"]
    assert [user["EMAIL"] for user in there.table("user", "list")] == ["anna@example.org", "dora@example.org"] or \
        there.sql("SELECT count(*) FROM users") == "2"


@pytest.mark.parametrize("text, why", [("", "ends too early"), ("[]", "an account as export writes it"), ("{} []", "an account as export writes it"),
                                       ("{} x", "an account as export writes it")])
def test_what_is_no_row_of_exports_is_refused(ctl, text, why):
    assert why in ctl("import", "--all", stdin=text, status=1).stderr


def test_import_takes_a_user_or_all(ctl):
    assert "one USER, or --all" in ctl("import", status=2).stderr
    assert "one USER, or --all" in ctl("import", "anna@example.org", "--all", status=2).stderr


def test_an_option_of_another_command_is_refused(ctl):
    ctl.add()
    assert "user delete takes no --dry-run" in ctl("user", "delete", "anna@example.org", "--yes", "--dry-run", status=2).stderr
    assert len(ctl.table("user", "list")) == 1


def test_an_exported_file_is_its_owners_alone(ctl, tmp_path):
    fill(ctl, 3)
    file = tmp_path / "anna.json"
    assert ctl("export", "anna@example.org", "-o", file).stdout == ""
    assert file.stat().st_mode & 0o777 == 0o600 and file.read_text() == ctl("export", "anna@example.org").stdout


def test_an_export_writes_over_nothing_and_follows_no_link(ctl, tmp_path):
    fill(ctl, 3)
    there, link, dangling = tmp_path / "there", tmp_path / "link", tmp_path / "dangling"
    there.write_text("mine")
    link.symlink_to(there)
    dangling.symlink_to(tmp_path / "elsewhere")
    for path in (there, link, dangling):
        assert "File exists" in ctl("export", "anna@example.org", "--output", path, status=1).stderr
    assert there.read_text() == "mine" and not (tmp_path / "elsewhere").exists()
    assert "no account" in ctl("export", "nobody@example.org", "--output", tmp_path / "none", status=1).stderr
    assert not (tmp_path / "none").exists()


def test_a_terminal_shows_the_progress_of_an_export_to_a_file(ctl, tmp_path):
    fill(ctl, 1500)
    with open(tmp_path / "exported.json", "w") as output:
        status, shown = ctl.on_terminal("export", "anna@example.org", typed="", output=output)
    assert status == 0 and shown == "\r1000 of 1500 tasks\r1500 of 1500 tasks\r\n"
    assert len(json.loads((tmp_path / "exported.json").read_text())["tasks"]) == 1500


def test_a_terminal_shows_the_progress_of_an_import(ctl, tmp_path):
    ctl.add()
    (tmp_path / "tasks.json").write_text(json.dumps([{"title": f"no {number}"} for number in range(1500)]))
    with open(tmp_path / "tasks.json") as given:
        status, shown = ctl.on_terminal("import", "anna@example.org", given=given)
    assert status == 0 and shown.startswith("\r1000 tasks\r1500 tasks\r\n"), shown


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
