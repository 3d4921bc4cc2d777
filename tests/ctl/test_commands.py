"""Accounts, sessions, purge: each command, and each way it can fail."""
import re
import subprocess

import pytest

from harness import TODOCTL

UNKNOWN = "01a1fdde-c714-7000-9bc1-d88ad832b037"


def log_in(service, email, password):
    return service.web.post("/auth/login", {"email": email, "password": password, "refresh": True})


def test_an_added_account_signs_in_with_the_password_that_was_printed(service):
    identifier, password = service.add("added@example.org")
    answer = log_in(service, "added@example.org", password)
    assert answer.status == 200
    me = service.web.get("/auth/me", token=answer.json["access_token"]).json
    assert (me["id"], me["email"]) == (identifier, "added@example.org")
    assert len(password) >= 16


def test_a_password_is_read_from_standard_input(service):
    printed = service("user", "add", "typed@example.org", "-", stdin="päss wörd 1\nmore\n").stdout
    assert "password" not in printed
    assert log_in(service, "typed@example.org", "päss wörd 1").status == 200


def test_a_typed_password_ends_before_the_line_end_of_windows(service):
    service("user", "add", "windows@example.org", "-", stdin="päss wörd 1\r\n")
    assert log_in(service, "windows@example.org", "päss wörd 1").status == 200


def test_a_terminal_does_not_show_the_password(ctl):
    status, shown = ctl.on_terminal("user", "add", "anna@example.org", "-", typed="never to be seen\n")
    assert status == 0 and "New password:" in shown and "never" not in shown


@pytest.mark.parametrize("password, why", [
    ("short\n", "at least 8 characters"), ("x" * 73 + "\n", "at most 72 bytes"), ("password1\n", "most-used"),
    ("ANNA@example.org\n", "the e-mail itself"), ("", "no password"), ("12345678\0\n", "NUL"),
    ("\udcff\udcfe2345678\n", "UTF-8")])
def test_a_bad_password_is_refused(ctl, password, why):
    command = [str(TODOCTL), "--conf", "/nonexistent", "user", "add", "anna@example.org", "-"]
    done = subprocess.run(command, input=password.encode("utf-8", "surrogateescape"), capture_output=True,
                          env=ctl.environment({}))
    assert done.returncode == 1 and why in done.stderr.decode()
    assert ctl.table("user", "list") == []


@pytest.mark.parametrize("email", ["anna", "a@b", "a b@example.org", "x" * 250 + "@example.org", "a\x1b@example.org"])
def test_what_is_no_email_is_refused(ctl, email):
    assert "the e-mail must" in ctl("user", "add", email, status=1).stderr


def test_an_email_has_one_account_whatever_its_case(ctl):
    ctl.add("anna@example.org")
    assert "already" in ctl("user", "add", "ANNA@example.org", status=1).stderr


def test_user_list_shows_state_tasks_and_sessions(service):
    identifier, password = service.add("listed@example.org")
    token = log_in(service, "listed@example.org", password).json["access_token"]
    service.web.post("/tasks", {"title": "one"}, token=token)
    row = next(r for r in service.table("user", "list") if r["EMAIL"] == "listed@example.org")
    assert (row["ID"], row["STATE"], row["TASKS"], row["SESSIONS"]) == (identifier, "enabled", "1", "1")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", row["CREATED"])


def test_user_list_goes_on_behind_its_first_page(ctl):
    ctl.sql("INSERT INTO users (email, hashed_password) SELECT 'u' || i || '@example.org',"
            " '$2b$04$' || repeat('a', 53) FROM generate_series(1, 2001) i")
    assert len({row["EMAIL"] for row in ctl.table("user", "list")}) == 2001


def test_a_disabled_account_is_signed_out_and_cannot_sign_in_until_it_is_enabled(service):
    _, password = service.add("shut@example.org")
    answer = log_in(service, "shut@example.org", password).json
    assert service("user", "disable", "SHUT@example.org").stdout == "shut@example.org: disabled; sessions ended: 1\n"
    assert service.web.get("/auth/me", token=answer["access_token"]).status == 401
    assert service.web.post("/auth/refresh", {"refresh_token": answer["refresh_token"]}).status == 401
    assert log_in(service, "shut@example.org", password).status == 401
    assert "enabled" in service("user", "enable", "shut@example.org").stdout
    assert "already" in service("user", "enable", "shut@example.org").stdout
    assert service.web.get("/auth/me", token=answer["access_token"]).status == 401
    assert log_in(service, "shut@example.org", password).status == 200


def test_disabling_twice_keeps_the_first_time(ctl):
    ctl.add()
    ctl("user", "disable", "anna@example.org")
    first = ctl.sql("SELECT disabled_at FROM users")
    ctl("user", "disable", "anna@example.org")
    assert ctl.sql("SELECT disabled_at FROM users") == first != ""


def test_a_reset_password_replaces_the_old_one_and_ends_the_sessions(service):
    identifier, old = service.add("reset@example.org")
    token = log_in(service, "reset@example.org", old).json["access_token"]
    printed = service("user", "reset-password", identifier).stdout
    new = re.search(r"^password: (\S+)$", printed, re.M).group(1)
    assert "sessions ended: 1" in printed
    assert service.web.get("/auth/me", token=token).status == 401
    assert [log_in(service, "reset@example.org", p).status for p in (old, new)] == [401, 200]
    assert "password:" not in service("user", "reset-password", identifier, "-", stdin="another one 1\n").stdout
    assert log_in(service, "reset@example.org", "another one 1").status == 200
    service("user", "reset-password", identifier, "-", stdin="short\n", status=1)
    assert log_in(service, "reset@example.org", "another one 1").status == 200


def test_deleting_takes_the_tasks_along(service):
    _, password = service.add("gone@example.org")
    token = log_in(service, "gone@example.org", password).json["access_token"]
    service.web.post("/tasks", {"title": "one"}, token=token)
    assert "--yes" in service("user", "delete", "gone@example.org", status=2).stderr
    assert service("user", "delete", "gone@example.org", "--yes").stdout == "gone@example.org: deleted, with 1 tasks\n"
    assert service.web.get("/tasks", token=token).status == 401
    assert "there is no account" in service("user", "delete", "gone@example.org", "--yes", status=1).stderr


def test_on_a_terminal_deleting_asks_for_the_email(ctl):
    ctl.add()
    for typed in ("yes\n", "\x04"):
        assert ctl.on_terminal("user", "delete", "anna@example.org", typed=typed)[0] == 1
    assert len(ctl.table("user", "list")) == 1
    assert ctl.on_terminal("user", "delete", "anna@example.org", typed="anna@example.org\n")[0] == 0
    assert ctl.table("user", "list") == []


def test_sessions_are_listed_and_ended(service):
    identifier, password = service.add("sessions@example.org")
    login = {"email": "sessions@example.org", "password": password}
    tokens = [service.web.post("/auth/login", login, headers={"User-Agent": agent}).json["access_token"]
              for agent in ("first client", "second client")]
    rows = service.table("session", "list", identifier)
    assert [row["CLIENT"] for row in rows] == ["second client", "first client"]
    assert service("session", "end", identifier, rows[0]["ID"]).stdout == "sessions@example.org: sessions ended: 1\n"
    assert [service.web.get("/auth/me", token=token).status for token in tokens] == [200, 401]
    assert "has no session" in service("session", "end", identifier, rows[0]["ID"], status=1).stderr
    assert service("session", "end", identifier).stdout == "sessions@example.org: sessions ended: 1\n"
    assert service.web.get("/auth/me", token=tokens[0]).status == 401
    assert service.table("session", "list", identifier) == []


def test_a_session_of_another_account_is_not_ended(service):
    _, password = service.add("owner@example.org")
    service.add("other@example.org")
    log_in(service, "owner@example.org", password)
    session = service.table("session", "list", "owner@example.org")[0]["ID"]
    service("session", "end", "other@example.org", session, status=1)
    assert len(service.table("session", "list", "owner@example.org")) == 1
    assert "UUID" in service("session", "end", "owner@example.org", "mine", status=2).stderr


def test_a_clients_name_cannot_steer_the_terminal(ctl):
    identifier, _ = ctl.add()
    ctl.sql("INSERT INTO sessions (user_id, id, epoch, user_agent, expires_at) VALUES"
            f" ('{identifier}', gen_random_uuid(), 0, E'a\\x1b[2J\\u009b\\nb ü', now() + interval '1 day')")
    assert ctl.table("session", "list", identifier)[0]["CLIENT"] == "a?[2J??b ü"


def test_purge_deletes_what_has_ended_and_nothing_else(ctl):
    identifier, _ = ctl.add()
    ctl.sql(f"""
        INSERT INTO sessions (user_id, id, epoch, expires_at)
            SELECT '{identifier}', gen_random_uuid(), i % 3, now() + (i % 2 * 2 - 1) * interval '1 day'
            FROM generate_series(1, 60) i;
        UPDATE users SET session_epoch = 1;
        INSERT INTO refresh_tokens (token_hash, user_id, session_id, expires_at)
            SELECT sha256((id::text || n)::bytea), user_id, id, now() + (n * 2 - 1) * interval '1 hour'
            FROM sessions, generate_series(0, 1) n""")
    assert ctl("purge").stdout == "sessions deleted: 50\nexpired refresh tokens deleted: 10\n"
    assert ctl.sql("SELECT count(*), bool_and(epoch = 1 AND expires_at > now()) FROM sessions") == "10|t"
    assert ctl.sql("SELECT count(*), bool_and(expires_at > now()) FROM refresh_tokens") == "10|t"
    assert ctl("purge").stdout == "sessions deleted: 0\nexpired refresh tokens deleted: 0\n"


@pytest.mark.parametrize("command", ["user disable", "user enable", "user reset-password", "user delete --yes",
                                     "session list", "session end", "export"])
def test_an_unknown_account_is_refused(ctl, command):
    words = command.split()
    for who in ("nobody@example.org", UNKNOWN):
        assert ctl(*words, who, status=1).stderr == f"todoctl: there is no account {who}\n"


@pytest.mark.parametrize("arguments", ["", "nothing", "user", "user nothing", "user add", "user add a b", "user add a - b",
                                       "user list x", "export", "export a b", "session end", "check x", "--nothing"])
def test_wrong_arguments_are_exit_status_2(ctl, arguments):
    assert ctl(*arguments.split(), status=2).stdout == ""


def test_help_and_version_need_no_settings(empty):
    for option in ("--help", "-h", "--version"):
        assert empty(option, DATABASE_URL=None).stdout.startswith("todoctl ")


def test_output_that_cannot_be_written_is_an_error(ctl):
    ctl.add()
    for command in (["user", "list"], ["export", "anna@example.org"], ["--help"]):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([TODOCTL, "--conf", "/nonexistent", *command], stdout=full,
                                  stderr=subprocess.PIPE, env=ctl.environment({}))
        assert done.returncode == 1 and b"cannot be written" in done.stderr
