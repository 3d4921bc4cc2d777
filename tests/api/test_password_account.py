"""GET and DELETE /auth/me, PUT /auth/password."""
import time

import pytest

from client import PASSWORD, check_problem
from test_sessions_refresh import minted, refresh, valid

NEW = "a new password"


def change(user, current=PASSWORD, new=NEW, **more):
    return user.put("/auth/password", {"current_password": current, "new_password": new}, **more)


def test_me_tells_who_i_am(anna):
    answer = anna.get("/auth/me")
    assert answer.status == 200
    assert set(answer.json) == {"id", "email", "created_at"}
    assert (answer.json["id"], answer.json["email"]) == (anna.id, anna.email)


def test_a_changed_password_replaces_the_old_one(server, anna):
    answer = change(anna)
    assert (answer.status, answer.body) == (204, b"")
    check_problem(server.login(anna.email, PASSWORD), 401)
    assert server.login(anna.email, NEW).status == 200


def test_a_changed_password_ends_every_other_session(server):
    anna = server.user(refresh=True)
    other = server.login(anna.email, refresh=True).json
    sidless = minted(anna, iat=int(time.time()) - 5)
    assert change(anna).status == 204
    assert valid(server, anna.token) and refresh(server, anna.session["refresh_token"]).status == 200
    check_problem(refresh(server, other["refresh_token"]), 401)
    for token in (other["access_token"], sidless, minted(anna)):
        assert not valid(server, token)
    assert len(anna.get("/auth/sessions").json) == 1


def test_a_changed_password_by_a_token_without_sid_ends_the_sessions(server, anna):
    assert change(anna, token=minted(anna, iat=int(time.time()) - 5)).status == 204
    assert not valid(server, anna.token)


@pytest.mark.parametrize("current", ["wrong one", PASSWORD + " ", PASSWORD.upper(), "x"])
def test_a_wrong_current_password_is_403_and_the_session_goes_on(server, anna, current):
    other = server.login(anna.email).json["access_token"]
    check_problem(change(anna, current), 403, "wrong_password")
    assert valid(server, anna.token) and valid(server, other)
    assert server.login(anna.email, PASSWORD).status == 200


@pytest.mark.parametrize("new", ["", "x" * 7, "é" * 7, "x" * 73, "é" * 37, "password", "12345678", None, 12345678, []])
def test_a_bad_new_password_is_422_and_changes_nothing(server, anna, new):
    check_problem(change(anna, new=new), 422, fields=["new_password"])
    assert server.login(anna.email, PASSWORD).status == 200


def test_the_new_password_may_not_be_the_email(server, anna):
    check_problem(change(anna, new=anna.email), 422, fields=["new_password"])


@pytest.mark.parametrize("new", ["8 letter", "ab" * 36, "é" * 36])
def test_the_limits_of_a_new_password_are_those_of_a_signup(server, anna, new):
    assert change(anna, new=new).status == 204
    assert server.login(anna.email, new).status == 200


@pytest.mark.parametrize("body, fields", [
    ({}, ["current_password", "new_password"]), ({"current_password": "x"}, ["new_password"]), ({"new_password": NEW}, ["current_password"]),
    ({"current_password": 1, "new_password": NEW}, ["current_password"]),
    ({"current_password": PASSWORD, "new_password": NEW, "again": NEW}, ["again"])])
def test_every_wrong_field_of_a_password_change_is_named(anna, body, fields):
    check_problem(anna.put("/auth/password", body), 422, fields=fields)


def test_one_users_password_is_not_anothers(server, anna, bert):
    assert change(anna).status == 204
    assert server.login(bert.email, PASSWORD).status == 200
    check_problem(change(bert, NEW, "something else"), 403, "wrong_password")


def test_a_deleted_account_is_gone_with_all_its_data(server):
    anna = server.user(refresh=True)
    anna.task()
    answer = anna.delete("/auth/me", {"password": PASSWORD})
    assert (answer.status, answer.body) == (204, b"")
    assert not valid(server, anna.token)
    check_problem(server.login(anna.email), 401)
    check_problem(refresh(server, anna.session["refresh_token"]), 401)
    for table in ("tasks", "sessions", "refresh_tokens"):
        assert server.sql(f"SELECT count(*) FROM {table} WHERE user_id = '{anna.id}'") == "0"
    assert server.sql(f"SELECT count(*) FROM users WHERE id = '{anna.id}'") == "0"


def test_a_deleted_accounts_email_is_free_again(server):
    anna = server.user()
    anna.task()
    anna.delete("/auth/me", {"password": PASSWORD})
    assert server.post("/auth/signup", {"email": anna.email, "password": PASSWORD}).status == 201
    again = server.login(anna.email).json["access_token"]
    assert server.get("/tasks", token=again).json == []
    assert not valid(server, anna.token)


@pytest.mark.parametrize("password", ["wrong one", "x", PASSWORD + " "])
def test_no_account_is_deleted_by_a_wrong_password(server, anna, password):
    check_problem(anna.delete("/auth/me", {"password": password}), 403, "wrong_password")
    assert valid(server, anna.token)


@pytest.mark.parametrize("body", [{}, {"password": None}, {"password": 1}, {"password": []}])
def test_no_account_is_deleted_without_a_password(server, anna, body):
    check_problem(anna.delete("/auth/me", body), 422, fields=["password"])
    assert valid(server, anna.token)


def test_no_account_is_deleted_without_a_body(server, anna):
    assert anna.delete("/auth/me").status in (400, 422)
    assert anna.delete("/auth/me", body=b"").status in (400, 422)
    assert valid(server, anna.token)


def test_deleting_one_account_leaves_the_others(server, anna, bert):
    bert.task(title="Bert's")
    assert anna.delete("/auth/me", {"password": PASSWORD}).status == 204
    assert bert.titles() == ["Bert's"]
