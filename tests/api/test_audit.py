"""The audit lines: who signed up, signed in, failed to, and what ended; and nothing that must stay secret."""
import re

from client import PASSWORD
from harness import wait_until


def events(responder, user_id):
    return re.findall(rf"msg=audit event=(\w+) user={user_id} client=\S+", responder.log())


def test_each_step_of_an_account_leaves_its_line(start_responder):
    responder = start_responder()
    anna = responder.user()
    other = responder.login(anna.email)
    responder.login(anna.email, "a wrong password")
    session = next(one for one in anna.get("/auth/sessions").json if not one["current"])
    anna.delete(f"/auth/sessions/{session['id']}")
    anna.put("/auth/password", {"current_password": "wrong again", "new_password": "another good one"})
    anna.put("/auth/password", {"current_password": PASSWORD, "new_password": "another good one"})
    anna.post("/auth/logout", {"everywhere": True})
    anna.token = responder.login(anna.email, "another good one").json["access_token"]
    anna.post("/auth/logout", {})
    anna.token = responder.login(anna.email, "another good one").json["access_token"]
    anna.delete("/auth/me", {"password": "another good one"})
    expected = ["signup", "login", "login", "login_failed", "session_ended", "wrong_password", "password_changed",
                "sessions_ended", "login", "logout", "login", "account_deleted"]
    wait_until(lambda: len(events(responder, anna.id)) >= len(expected), "all lines are written")
    assert events(responder, anna.id) == expected
    log = responder.log()
    for secret in (anna.email, PASSWORD, "a wrong password", "another good one", other.json["access_token"]):
        assert secret not in log


def test_a_failed_sign_in_to_no_account_names_no_user(start_responder):
    responder = start_responder()
    responder.login("nobody@example.org")
    wait_until(lambda: re.search(r"msg=audit event=login_failed client=", responder.log()), "the line is written")
    assert "nobody@" not in responder.log()
