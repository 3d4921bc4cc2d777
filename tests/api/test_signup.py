"""POST /auth/signup, and what is an e-mail or a password."""
import datetime
import re
import secrets

import pytest

from client import PASSWORD, check_problem

UUID7 = r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
TIMESTAMP = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z"


def signup(server, email, password=PASSWORD, **more):
    return server.post("/auth/signup", {"email": email, "password": password, **more})


def address(size, domain="@example.com"):
    """An e-mail of exactly so many characters, never the same twice."""
    local = secrets.token_hex(8)
    return local + "x" * (size - len(local) - len(domain)) + domain


def test_a_new_account_is_201_with_its_location(server):
    email = server.fresh_email()
    answer = signup(server, email)
    assert answer.status == 201
    assert set(answer.json) == {"id", "email", "created_at"}
    assert answer.json["email"] == email
    assert re.fullmatch(UUID7, answer.json["id"])
    assert re.fullmatch(TIMESTAMP, answer.json["created_at"])
    assert answer.header("Location") == server.base + "/auth/me"
    made = datetime.datetime.fromisoformat(answer.json["created_at"].replace("Z", "+00:00"))
    assert abs(datetime.datetime.now(datetime.timezone.utc) - made) < datetime.timedelta(minutes=5)
    token = server.login(email).json["access_token"]
    assert server.get("/auth/me", token=token).json == answer.json


def test_the_password_is_kept_only_as_a_hash(server):
    email = server.fresh_email()
    signup(server, email)
    stored = server.sql(f"SELECT hashed_password FROM users WHERE email = '{email}'")
    assert re.fullmatch(r"\$2b\$04\$[./A-Za-z0-9]{53}", stored)
    assert PASSWORD not in server.log()


def test_an_email_taken_is_409_in_any_case(server):
    email = address(30)
    assert signup(server, email).status == 201
    for same in (email, email.upper(), email.title(), f"  {email}\n"):
        check_problem(signup(server, same), 409, "email_taken")


def test_case_is_no_matter_in_all_of_unicode(server):
    mark = secrets.token_hex(6)
    assert signup(server, f"épsilon{mark}@exämple.com").status == 201
    check_problem(signup(server, f"ÉPSILON{mark}@EXÄMPLE.COM"), 409, "email_taken")


def test_an_email_keeps_its_case_and_loses_white_space_around_it(server):
    email = "Anna." + address(30)
    answer = signup(server, f"\u00a0\t {email}\u2003\r\n")
    assert (answer.status, answer.json["email"]) == (201, email)


@pytest.mark.parametrize("size, status", [(253, 201), (254, 201), (255, 422), (1000, 422)])
def test_an_email_has_at_most_254_characters(server, size, status):
    assert signup(server, address(size)).status == status


def test_the_limit_of_an_email_counts_characters_not_bytes(server):
    email = "é" * 200 + address(54)
    assert len(email) == 254
    assert signup(server, email).status == 201
    check_problem(signup(server, "é" + email), 422, fields=["email"])


@pytest.mark.parametrize("email", [
    "", " ", "anna", "anna@", "@example.com", "@", "anna@example", "anna@@example.com", "an@na@example.com", "an na@example.com",
    "anna@exam ple.com", "anna@example.com bert@example.com", "anna\t@example.com", "an\nna@example.com", "an\u00a0na@example.com",
    "an\u3000na@example.com", "anna@exa\u2003mple.com", "anna\x7f@example.com", "anna\x01@example.com", "an\x85na@example.com",
    "an\u009fna@example.com", "anna\u2028@example.com",
    None, 1, True, [], {}, ["anna@example.com"]])
def test_what_is_no_email_is_422(server, email):
    check_problem(signup(server, email), 422, fields=["email"])


@pytest.mark.parametrize("form", ["a+b.c_d-{}@example.com", "{}@sub.example.co.uk", "o'brien{}@example.com", "{}@例え.jp", "é{}@example.com",
                                  "😀{}@example.com", "{}!#$%&*/=?^`|~@example.com", '"{}"@example.com', "{}@xn--bcher-kva.example"])
def test_unusual_emails_are_welcome(server, form):
    email = form.format(secrets.token_hex(8))
    answer = signup(server, email)
    assert (answer.status, answer.json["email"]) == (201, email)
    assert server.login(email).status == 200


@pytest.mark.parametrize("password", [
    "8 letter", "x" * 7 + "y", "é" * 8, "ab" * 36, "é" * 36, "😀" * 8, "  spaces around  ", "tab\tand\nnewline",
    "'; DROP TABLE users; --", "\\\"quotes\"\\", "%s%n%x%s%n", "пароль и ещё"])
def test_a_password_of_8_characters_to_72_bytes_is_taken_as_it_is(server, password):
    email = server.fresh_email()
    assert signup(server, email, password).status == 201
    assert server.login(email, password).status == 200
    assert server.login(email, password + " ").status in (401, 422)
    assert server.login(email, password[:-1]).status == 401


@pytest.mark.parametrize("password", [
    "", "x" * 7, "7chars!", "é" * 7, "😀" * 7, "x" * 73, "é" * 37, "xy" * 36 + "z", "long " * 1000,
    "password", "12345678", "123456789", "iloveyou", "password1", "qwertyuiop", None, 12345678, True, [], {}, ["long enough"]])
def test_another_password_is_422(server, password):
    email = server.fresh_email()
    check_problem(signup(server, email, password), 422, fields=["password"])
    assert server.sql(f"SELECT count(*) FROM users WHERE email = '{email}'") == "0"


def test_the_password_may_not_be_the_email_itself(server):
    email = address(40)
    check_problem(signup(server, email, email), 422, fields=["password"])


@pytest.mark.parametrize("body, fields", [
    ({}, ["email", "password"]), ({"email": "a@b.cd"}, ["password"]), ({"password": "long enough"}, ["email"]),
    ({"email": "x", "password": "x", "name": "Anna"}, ["email", "password", "name"]),
    ({"email": None, "password": None}, ["email", "password"])])
def test_every_wrong_field_is_named(server, body, fields):
    check_problem(server.post("/auth/signup", body), 422, fields=fields)


def test_read_only_members_are_ignored(server):
    email = server.fresh_email()
    answer = signup(server, email, created_at="2000-01-01T00:00:00Z", user_id="x", updated_at=None)
    assert answer.status == 201
    assert not answer.json["created_at"].startswith("2000")


def test_a_form_is_not_json(server):
    check_problem(server.post("/auth/signup", body=b"email=a@b.cd&password=long+enough",
                              media="application/x-www-form-urlencoded"), 415)


def test_the_documents_of_a_signup_hold_no_password(server):
    secret = "top " + secrets.token_hex(8)
    email = server.fresh_email()
    answers = [signup(server, email, secret), signup(server, email, secret), signup(server, "x", secret)]
    assert all(secret.encode() not in answer.body for answer in answers)
    assert secret not in server.log()
