"""POST /auth/login: by JSON and by the OAuth 2 password form."""
import re
import urllib.parse

import pytest

from client import PASSWORD, check_problem
from harness import cpu_ticks

FORM = "application/x-www-form-urlencoded"


def form_login(server, fields, media=FORM):
    body = fields if isinstance(fields, bytes) else urllib.parse.urlencode(fields).encode()
    return server.post("/auth/login", body=body, media=media)


def without_id(answer):
    return {name: value for name, value in answer.json.items() if name != "request_id"}


def test_a_login_answers_exactly_two_members(server, anna):
    answer = server.login(anna.email)
    assert answer.status == 200
    assert set(answer.json) == {"access_token", "token_type"}
    assert answer.json["token_type"] == "bearer"
    assert not answer.all("Set-Cookie")
    assert server.get("/auth/me", token=answer.json["access_token"]).json["email"] == anna.email


def test_refresh_false_is_no_refresh(server, anna):
    assert set(server.login(anna.email, refresh=False).json) == {"access_token", "token_type"}


def test_refresh_true_adds_two_members(server, anna):
    answer = server.login(anna.email, refresh=True)
    assert set(answer.json) == {"access_token", "token_type", "expires_in", "refresh_token"}
    assert answer.json["expires_in"] == 604800
    assert len(answer.json["refresh_token"]) >= 32
    assert not answer.all("Set-Cookie")


def test_refresh_cookie_sets_the_token_as_a_cookie_instead(server, anna):
    answer = server.login(anna.email, refresh="cookie")
    assert set(answer.json) == {"access_token", "token_type", "expires_in"}
    cookie = answer.header("Set-Cookie")
    name, value = cookie.split(";")[0].split("=", 1)
    attributes = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert {"httponly", "samesite=strict", "path=/auth"} <= attributes
    assert "secure" not in attributes and not name.startswith("__")
    assert len(value) >= 32


def test_over_https_the_cookie_is_secure(server, anna):
    answer = server.login(anna.email, refresh="cookie", headers={"X-Forwarded-Proto": "https"})
    cookie = answer.header("Set-Cookie")
    attributes = {part.strip().lower() for part in cookie.split(";")[1:]}
    assert cookie.startswith("__Secure-")
    assert {"secure", "httponly", "samesite=strict", "path=/auth"} <= attributes


@pytest.mark.parametrize("value", ["maybe", "true", "", 1, 0, [], {}, "Cookie"])
def test_another_refresh_is_422(server, anna, value):
    check_problem(server.login(anna.email, refresh=value), 422, fields=["refresh"])


def test_the_email_is_compared_without_case_and_white_space_around_it(server, anna):
    for email in (anna.email.upper(), f" {anna.email}\u2003", anna.email.title()):
        assert server.login(email).status == 200


@pytest.mark.parametrize("password", [PASSWORD.upper(), PASSWORD + "x", PASSWORD[:-1], " " + PASSWORD, "x"])
def test_a_wrong_password_is_401(server, anna, password):
    check_problem(server.login(anna.email, password), 401)


def test_an_unknown_email_and_a_wrong_password_answer_alike(server, anna):
    wrong = server.login(anna.email, "not the password")
    unknown = server.login(server.fresh_email(), "not the password")
    check_problem(wrong, 401)
    check_problem(unknown, 401)
    assert without_id(wrong) == without_id(unknown)
    names = [sorted(name.lower() for name, _ in answer.pairs) for answer in (wrong, unknown)]
    assert names[0] == names[1]
    assert wrong.header("WWW-Authenticate") == unknown.header("WWW-Authenticate")


def test_an_unknown_email_takes_as_long_as_a_wrong_password(start_server):
    """By the processor's clock: the other one tells how busy the machine is."""
    server = start_server({"BCRYPT_COST": "9", "WORKERS": "2"}).wait_every_worker()
    anna = server.user()

    def ticks(email):
        begin = sum(map(cpu_ticks, server.auth_workers()))
        for _ in range(9):
            assert server.login(email, "not the password").status == 401
        return sum(map(cpu_ticks, server.auth_workers())) - begin
    wrong, unknown = ticks(anna.email), ticks("nobody@example.com")
    assert 0.5 < wrong / unknown < 2, (wrong, unknown)


def test_a_password_beyond_72_bytes_never_logs_in(server):
    anna = server.user()
    long = "x" * 72
    assert anna.put("/auth/password", {"current_password": PASSWORD, "new_password": long}).status == 204
    assert server.login(anna.email, long).status == 200
    assert server.login(anna.email, long + "y").status in (401, 422)


@pytest.mark.parametrize("body, fields", [
    ({}, ["email", "password"]), ({"email": "a@b.cd"}, ["password"]), ({"password": "x"}, ["email"]),
    ({"email": 1, "password": []}, ["email", "password"]), ({"email": "a@b.cd", "password": "x", "otp": 1}, ["otp"]),
    ({"username": "a@b.cd", "password": "x"}, ["email", "username"])])
def test_every_wrong_field_is_named(server, body, fields):
    check_problem(server.post("/auth/login", body), 422, fields=fields)


def test_the_oauth2_form_logs_in(server, anna):
    fields = {"grant_type": "password", "username": anna.email, "password": PASSWORD}
    for media in (FORM, FORM + "; charset=UTF-8", FORM.title()):
        answer = form_login(server, fields, media)
        assert answer.status == 200
        assert set(answer.json) == {"access_token", "token_type"}
        assert answer.json["token_type"] == "bearer"
        assert server.get("/auth/me", token=answer.json["access_token"]).status == 200


def test_the_forms_scope_offline_access_asks_for_a_refresh_token(server, anna):
    fields = {"grant_type": "password", "username": anna.email, "password": PASSWORD}
    for scope, more in [("offline_access", True), ("openid offline_access", True), ("", False), ("read", False),
                        ("offline_accessory", False)]:
        answer = form_login(server, {**fields, "scope": scope})
        assert answer.status == 200, answer
        assert ("refresh_token" in answer.json) == more and ("expires_in" in answer.json) == more


def test_parameters_that_oauth2_may_add_are_ignored(server, anna):
    fields = {"grant_type": "password", "username": anna.email, "password": PASSWORD,
              "client_id": "web", "client_secret": "", "resource": "x", "audience": "y"}
    assert form_login(server, fields).status == 200


def test_a_form_is_decoded(server):
    password = "p+ss & w=rd% é😀"
    email = f"plus+{server.fresh_email()}"
    assert server.post("/auth/signup", {"email": email, "password": password}).status == 201
    fields = {"grant_type": "password", "username": email, "password": password}
    assert form_login(server, fields).status == 200
    lower = re.sub(rb"%..", lambda code: code[0].lower(), urllib.parse.urlencode(fields).encode())
    assert form_login(server, lower).status == 200


@pytest.mark.parametrize("body", [
    b"grant_type=password&username=%zz&password=x", b"username=a&password=%", b"username=a&password=%2",
    b"username=a&password=%4g", b"%zz=1&username=a&password=b", b"username=a&password=x\0", b"\0", b"username=a\0b&password=x"])
def test_a_malformed_form_is_400(server, body):
    check_problem(form_login(server, body), 400)


@pytest.mark.parametrize("body", [b"username=%ff&password=x", b"username=\xff&password=x", b"username=a%00b&password=x",
                                  b"username=%ed%a0%80&password=x", b"username=a&password=%c0%80"])
def test_a_form_that_is_no_text_is_refused(server, body):
    answer = form_login(server, b"grant_type=password&" + body)
    assert answer.status in (400, 422), answer


@pytest.mark.parametrize("body, fields", [
    (b"grant_type=password", ["password", "username"]), (b"grant_type=password&username=a%40b.cd", ["password"]),
    (b"grant_type=password&password=x", ["username"])])
def test_a_form_that_lacks_a_field_is_422(server, body, fields):
    check_problem(form_login(server, body), 422, fields=fields)


def test_another_grant_type_is_refused(server, anna):
    answer = form_login(server, {"grant_type": "client_credentials", "username": anna.email, "password": PASSWORD})
    assert answer.status in (400, 422), answer


def test_a_wrong_password_in_a_form_is_401(server, anna):
    check_problem(form_login(server, {"grant_type": "password", "username": anna.email, "password": "wrong one"}), 401)


@pytest.mark.parametrize("media", ["text/plain", "multipart/form-data; boundary=x", "application/xml"])
def test_neither_json_nor_form_is_415(server, media):
    check_problem(server.post("/auth/login", body=b"username=a&password=b", media=media), 415)


def test_a_login_opens_a_session_of_its_own(server, anna):
    server.login(anna.email)
    form_login(server, {"grant_type": "password", "username": anna.email, "password": PASSWORD})
    assert len(anna.get("/auth/sessions").json) == 3


def test_a_failed_login_opens_no_session(server, anna):
    server.login(anna.email, "not the password")
    assert len(anna.get("/auth/sessions").json) == 1


def test_passwords_and_tokens_stand_in_no_log(server, anna):
    answer = server.login(anna.email, refresh=True)
    server.login(anna.email, "hunter2 is not it")
    text = server.log()
    for secret in (answer.json["access_token"], answer.json["refresh_token"], anna.token, PASSWORD, "hunter2"):
        assert secret not in text
