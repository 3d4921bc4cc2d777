"""Sessions, their refresh tokens, and how each of them ends."""
import base64
import hashlib
import re
import time

import pytest

from client import PASSWORD, check_problem, check_token_refused
from harness import SECRET, wait_until
from other_tokens import claims_of, jwt
from test_signup import TIMESTAMP, UUID7


def refresh(server, token):
    return server.post("/auth/refresh", {"refresh_token": token})


def valid(server, token):
    answer = server.get("/auth/me", token=token)
    if answer.status != 200:
        check_token_refused(answer)
    return answer.status == 200


def minted(user, **more):
    """A token without sid, as another service would write it."""
    return jwt.encode({"sub": user.id, "email": user.email, "exp": int(time.time()) + 600, **more}, SECRET)


def cookie_of(answer):
    """name=value of the one cookie set."""
    return answer.header("Set-Cookie").split(";")[0]


def age_spent(user, seconds):
    """Moves the moment at which the user's refresh tokens were spent into the past."""
    user.server.sql(f"UPDATE refresh_tokens SET spent_at = spent_at - interval '{seconds} s' WHERE user_id = '{user.id}'")


@pytest.fixture
def cara(server):
    """Somebody with a refresh token."""
    return server.user(refresh=True)


def test_a_refresh_answers_a_new_pair(server, cara):
    old = cara.session["refresh_token"]
    answer = refresh(server, old)
    assert answer.status == 200
    assert set(answer.json) == {"access_token", "token_type", "expires_in", "refresh_token"}
    assert (answer.json["token_type"], answer.json["expires_in"]) == ("bearer", 604800)
    assert answer.json["refresh_token"] != old and not answer.all("Set-Cookie")
    assert valid(server, answer.json["access_token"]) and valid(server, cara.token)
    sids = {claims_of(token)["sid"] for token in (cara.token, answer.json["access_token"])}
    assert len(sids) == 1
    assert len(cara.get("/auth/sessions").json) == 1


def test_refresh_tokens_go_on_for_many_rounds(server, cara):
    token, seen = cara.session["refresh_token"], set()
    for _ in range(10):
        seen.add(token)
        token = refresh(server, token).json["refresh_token"]
        age_spent(cara, 60)
    assert len(seen | {token}) == 11
    assert refresh(server, token).status == 200


def test_only_the_sha256_of_a_refresh_token_is_stored(server, cara):
    token = cara.session["refresh_token"]
    rows = server.sql(f"SELECT encode(token_hash, 'hex') FROM refresh_tokens WHERE user_id = '{cara.id}'")
    assert len(rows) == 64 and token not in server.sql("SELECT * FROM refresh_tokens")
    raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    assert rows in {hashlib.sha256(form).hexdigest() for form in (token.encode(), raw)}


def test_a_spent_token_within_ten_seconds_gets_another_successor(server, cara):
    old = cara.session["refresh_token"]
    first = refresh(server, old)
    age_spent(cara, 5)
    second = refresh(server, old)
    assert (first.status, second.status) == (200, 200)
    assert first.json["refresh_token"] != second.json["refresh_token"]
    for answer in (first, second):
        assert valid(server, answer.json["access_token"])
        assert refresh(server, answer.json["refresh_token"]).status == 200


def test_a_spent_token_after_ten_seconds_ends_its_session(server, cara):
    old = cara.session["refresh_token"]
    other = server.login(cara.email, refresh=True).json
    successor = refresh(server, old).json
    age_spent(cara, 11)
    check_problem(refresh(server, old), 401)
    assert not valid(server, cara.token)
    assert not valid(server, successor["access_token"])
    check_problem(refresh(server, successor["refresh_token"]), 401)
    assert valid(server, other["access_token"]) and refresh(server, other["refresh_token"]).status == 200


def test_the_grace_is_counted_from_the_first_use(server, cara):
    old = cara.session["refresh_token"]
    refresh(server, old)
    age_spent(cara, 6)
    assert refresh(server, old).status == 200
    age_spent(cara, 6)
    check_problem(refresh(server, old), 401)


def test_an_expired_refresh_token_is_401(server, cara):
    server.sql(f"UPDATE refresh_tokens SET expires_at = now() - interval '1 s' WHERE user_id = '{cara.id}'")
    check_problem(refresh(server, cara.session["refresh_token"]), 401)
    assert valid(server, cara.token)


@pytest.mark.parametrize("token", ["", "x", "A" * 43, "é" * 43, "x" * 100000, "' OR 1=1 --", "..", "=" * 43])
def test_an_unknown_refresh_token_is_401(server, token):
    answer = refresh(server, token)
    assert answer.status == {"": 422, "x" * 100000: 413}.get(token, 401), answer
    check_problem(answer, answer.status)


@pytest.mark.parametrize("token", [1, True, [], {}, ["x"]])
def test_a_refresh_token_of_another_type_is_422(server, token):
    check_problem(refresh(server, token), 422, fields=["refresh_token"])


def test_a_refresh_without_any_token_is_refused(server):
    assert server.post("/auth/refresh", {}).status in (401, 422)
    check_problem(server.post("/auth/refresh", {"token": "x"}), 422)


def test_an_access_token_is_no_refresh_token_and_the_other_way_round(server, cara):
    check_problem(refresh(server, cara.token), 401)
    check_token_refused(server.get("/auth/me", token=cara.session["refresh_token"]))


@pytest.mark.parametrize("headers", [{}, {"X-Forwarded-Proto": "https"}], ids=["http", "https"])
def test_the_cookie_is_renewed_by_a_cookie(server, anna, headers):
    login = server.login(anna.email, refresh="cookie", headers=headers)
    cookie = cookie_of(login)
    answer = server.post("/auth/refresh", {}, headers={"Cookie": cookie, **headers})
    assert answer.status == 200
    assert set(answer.json) == {"access_token", "token_type", "expires_in"}
    renewed = answer.header("Set-Cookie")
    assert cookie_of(answer) != cookie and cookie_of(answer).split("=")[0] == cookie.split("=")[0]
    attributes = {part.strip().lower() for part in renewed.split(";")[1:]}
    assert {"httponly", "samesite=strict", "path=/auth"} <= attributes
    assert ("secure" in attributes) == bool(headers)
    again = server.post("/auth/refresh", {}, headers={"Cookie": f"a=b; {cookie_of(answer)}; c=d", **headers})
    assert again.status == 200


def test_a_wrong_cookie_is_401(server, anna):
    name = cookie_of(server.login(anna.email, refresh="cookie")).split("=")[0]
    for value in ("x", "", "A" * 43):
        check_problem(server.post("/auth/refresh", {}, headers={"Cookie": f"{name}={value}"}), 401)


def test_a_token_in_the_body_goes_before_the_cookie(server, cara):
    cookie = cookie_of(server.login(cara.email, refresh="cookie"))
    answer = server.post("/auth/refresh", {"refresh_token": cara.session["refresh_token"]}, headers={"Cookie": cookie})
    assert "refresh_token" in answer.json and not answer.all("Set-Cookie")


ENDS = {
    "logout": lambda user, headers: user.post("/auth/logout", headers=headers),
    "logout everywhere": lambda user, headers: user.post("/auth/logout", {"everywhere": True}, headers=headers),
    "account deleted": lambda user, headers: user.delete("/auth/me", {"password": PASSWORD}, headers=headers),
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
@pytest.mark.parametrize("headers", [{}, {"X-Forwarded-Proto": "https"}], ids=["http", "https"])
def test_the_browser_is_told_to_drop_the_cookie_once_it_is_worth_nothing(server, end, headers):
    anna = server.user()
    given = server.login(anna.email, refresh="cookie", headers=headers).header("Set-Cookie")
    answer = end(anna, {"Cookie": f"a=b; {given.split(';')[0]}", **headers})
    assert answer.status == 204, answer
    emptied = re.sub("=[^;]+", "=", given, count=1)
    assert answer.header("Set-Cookie") == re.sub("Max-Age=[1-9][0-9]*;", "Max-Age=0;", emptied)


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
@pytest.mark.parametrize("headers", [{}, {"Cookie": "a=b; todo_refreshed=x"}, {"Cookie": "__Secure-todo_refresh=x"}],
                         ids=["none", "another", "https alone"])
def test_who_sent_no_refresh_cookie_is_told_of_none(server, end, headers):
    answer = end(server.user(), headers)
    assert answer.status == 204 and not answer.all("Set-Cookie"), answer


@pytest.mark.parametrize("path, body, status", [("/auth/logout", {"everywhere": 1}, 422), ("/auth/me", {"password": "wrong one"}, 403)])
def test_what_is_refused_leaves_the_cookie(server, anna, path, body, status):
    cookie = cookie_of(server.login(anna.email, refresh="cookie"))
    answer = anna.request("DELETE" if path == "/auth/me" else "POST", path, body, headers={"Cookie": cookie})
    check_problem(answer, status)
    assert not answer.all("Set-Cookie")
    assert server.post("/auth/refresh", {}, headers={"Cookie": cookie}).status == 200


def test_logout_ends_this_session_and_no_other(server, cara):
    other = server.login(cara.email, refresh=True).json
    assert cara.post("/auth/logout", {}).status == 204
    assert not valid(server, cara.token)
    check_problem(refresh(server, cara.session["refresh_token"]), 401)
    assert valid(server, other["access_token"]) and refresh(server, other["refresh_token"]).status == 200


def test_logout_needs_no_body(server, anna):
    answer = anna.post("/auth/logout")
    assert (answer.status, answer.body) == (204, b"")
    check_token_refused(anna.post("/auth/logout"))


def test_logout_everywhere_ends_all_sessions_of_this_user_only(server, cara, bert):
    other = server.login(cara.email, refresh=True).json
    sidless = minted(cara, iat=int(time.time()) - 5)
    assert valid(server, sidless)
    assert cara.post("/auth/logout", {"everywhere": True}).status == 204
    for token in (cara.token, other["access_token"], sidless, minted(cara)):
        assert not valid(server, token)
    for token in (cara.session["refresh_token"], other["refresh_token"]):
        check_problem(refresh(server, token), 401)
    assert valid(server, bert.token)
    assert valid(server, server.login(cara.email).json["access_token"])


def test_everywhere_false_is_an_ordinary_logout(server, anna):
    other = server.login(anna.email).json["access_token"]
    check_problem(anna.post("/auth/logout", {"everywhere": "yes"}), 422, fields=["everywhere"])
    assert anna.post("/auth/logout", {"everywhere": False}).status == 204
    assert not valid(server, anna.token) and valid(server, other)


def test_logout_by_a_token_without_sid_ends_all_such_tokens(server, anna):
    token, twin, plain = (minted(anna, iat=int(time.time()) - age) for age in (5, 60, 600))
    assert anna.post("/auth/logout", token=token).status == 204
    for one in (token, twin, plain, minted(anna)):
        assert not valid(server, one)
    assert valid(server, anna.token)


def test_a_token_without_sid_issued_after_the_end_is_good_again(server, anna):
    anna.post("/auth/logout", {"everywhere": True})
    wait_until(lambda: valid(server, minted(anna, iat=int(time.time()))), "a new iat is accepted")
    assert not valid(server, minted(anna, iat=int(time.time()) - 60))
    assert not valid(server, minted(anna))


def test_the_list_of_sessions(server, anna):
    browser = "Mozilla/5.0 (é) Firefox"
    other = server.login(anna.email, headers={"User-Agent": browser.encode()}).json["access_token"]
    mine = anna.get("/auth/sessions")
    assert mine.status == 200 and len(mine.json) == 2
    for session in mine.json:
        assert set(session) == {"id", "created_at", "last_used_at", "user_agent", "current"}
        assert re.fullmatch(UUID7, session["id"])
        assert re.fullmatch(TIMESTAMP, session["created_at"]) and re.fullmatch(TIMESTAMP, session["last_used_at"])
        assert session["last_used_at"] >= session["created_at"]
    current = {session["id"]: session["current"] for session in mine.json}
    assert current == {claims_of(anna.token)["sid"]: True, claims_of(other)["sid"]: False}
    assert browser in [session["user_agent"] for session in mine.json]


def test_an_odd_user_agent_hinders_no_login(server, anna):
    for agent in (b"\xff\xfe", b"x" * 5000, b"", "é".encode() * 300, b"a\tb"):
        assert server.login(anna.email, headers={"User-Agent": agent}).status == 200
    assert anna.get("/auth/sessions").status == 200


def test_one_session_can_be_ended_from_another(server, anna):
    other = server.login(anna.email, refresh=True).json
    sid = claims_of(other["access_token"])["sid"]
    assert anna.delete(f"/auth/sessions/{sid}").status == 204
    assert not valid(server, other["access_token"])
    check_problem(refresh(server, other["refresh_token"]), 401)
    check_problem(anna.delete(f"/auth/sessions/{sid}"), 404)
    assert len(anna.get("/auth/sessions").json) == 1


def test_the_current_session_too_can_be_ended_by_its_id(server, anna):
    sid = claims_of(anna.token)["sid"]
    assert anna.delete(f"/auth/sessions/{sid}").status == 204
    assert not valid(server, anna.token)


def test_a_session_that_is_not_yours_is_404(server, anna, bert):
    theirs = bert.get("/auth/sessions").json[0]["id"]
    for sid in (theirs, "01890a5d-ac96-774b-bcce-b302099a8057", "x", "1"):
        check_problem(anna.delete(f"/auth/sessions/{sid}"), 404)
    assert valid(server, bert.token)


def test_sessions_of_other_users_are_not_listed(anna, bert):
    for user in (anna, bert):
        assert len(user.get("/auth/sessions").json) == 1


def test_a_token_without_sid_sees_no_current_session(anna):
    listed = anna.get("/auth/sessions", token=minted(anna)).json
    assert [session["current"] for session in listed] == [False]


def test_a_new_login_leaves_the_old_ones_standing(server, anna):
    tokens = [server.login(anna.email, PASSWORD).json["access_token"] for _ in range(5)]
    assert all(valid(server, token) for token in [anna.token, *tokens])
