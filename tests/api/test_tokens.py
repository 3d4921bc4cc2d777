"""Access tokens: what we sign others can read, what others sign we read, and nothing else gets in."""
import base64
import hashlib
import hmac
import json
import time
import uuid

import pytest

from client import check_problem, check_token_refused
from harness import SECRET
from other_tokens import claims_of, jwt

OTHER_SECRET = "another secret, also longer than 32 bytes"
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def b64(data):
    data = data if isinstance(data, bytes) else json.dumps(data).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def sign(text, secret=SECRET, digest=hashlib.sha256):
    return b64(hmac.new(secret.encode(), text.encode(), digest).digest())


def forge(header, payload, secret=SECRET, digest=hashlib.sha256):
    """A token of any header and payload with a right signature."""
    text = f"{b64(header)}.{b64(payload)}"
    return f"{text}.{sign(text, secret, digest)}"


HS256 = {"alg": "HS256", "typ": "JWT"}


def claims(user, **more):
    """As python-jose users write them: sub, email, exp. None takes a claim away."""
    base = {"sub": user.id, "email": user.email, "exp": int(time.time()) + 600, **more}
    return {name: value for name, value in base.items() if value is not None}


def me(user, token):
    return user.server.get("/auth/me", token=token)


def test_another_program_reads_our_tokens(anna):
    assert jwt.get_unverified_header(anna.token)["alg"] == "HS256"
    payload = jwt.decode(anna.token, SECRET, algorithms=["HS256"])
    assert set(payload) == {"sub", "email", "sid", "iat", "exp"}
    assert (payload["sub"], payload["email"]) == (anna.id, anna.email)
    assert payload["exp"] - payload["iat"] == 604800
    assert abs(payload["iat"] - time.time()) < 300
    assert str(uuid.UUID(payload["sid"])) == payload["sid"] and uuid.UUID(payload["sid"]).version == 7


def test_we_read_another_programs_tokens(anna):
    answer = me(anna, jwt.encode(claims(anna), SECRET, algorithm="HS256"))
    assert (answer.status, answer.json["id"]) == (200, anna.id)


def test_another_service_may_sign_for_a_session(anna):
    sid = claims_of(anna.token)["sid"]
    assert me(anna, jwt.encode(claims(anna, sid=sid), SECRET)).status == 200


@pytest.mark.parametrize("header", [HS256, {"alg": "HS256"}, {"typ": "JWT", "alg": "HS256", "kid": "1"}, {**HS256, "x": [1]}])
def test_headers_that_change_nothing_are_accepted(anna, header):
    assert me(anna, forge(header, claims(anna))).status == 200


@pytest.mark.parametrize("more", [{"iat": 1}, {"nbf": 1}, {"nbf": int(time.time()) - 5}, {"aud": "x"}, {"iss": "y"}, {"jti": "z"},
                                  {"role": "admin"}, {"email": None}, {"exp": 4102444800}])
def test_claims_that_forbid_nothing_are_accepted(anna, more):
    assert me(anna, forge(HS256, claims(anna, **more))).status == 200


def test_no_token_is_401_without_an_error(server):
    for headers in ({}, {"Authorization": "Basic YTpi"}):
        answer = server.get("/auth/me", headers=headers)
        check_problem(answer, 401)
        if not headers:
            assert answer.header("WWW-Authenticate") == 'Bearer realm="todo"'


@pytest.mark.parametrize("value", ["Bearer", "Bearer ", "bearer", "{token}", "Token {token}", "Bearer {token} x", "Bearer,{token}",
                                   "Basic {token}", "Bearer {token},{token}", "BearerX {token}", "Bearer={token}", 'Bearer "{token}"'])
def test_only_a_bearer_header_signs_in(server, anna, value):
    check_problem(server.get("/auth/me", headers={"Authorization": value.format(token=anna.token)}), 401)


def test_the_scheme_is_read_without_case(server, anna):
    for scheme in ("Bearer", "bearer", "BEARER"):
        assert server.get("/auth/me", headers={"Authorization": f"{scheme} {anna.token}"}).status == 200


def test_a_token_in_the_address_or_a_cookie_signs_nobody_in(server, anna):
    assert server.get(f"/auth/me?access_token={anna.token}").status in (401, 422)
    assert server.get("/auth/me", headers={"Cookie": f"access_token={anna.token}"}).status == 401


GARBAGE = ["x", "a.b", "a.b.c", "..", "...", ".", "a..c", "{}.{}.{}", "null", "a.b.c.d", "a.b.c.d.e", "=.=.=", "é.é.é",
           "A" * 4000, "A" * 5000, "." * 3000, "eyJ.eyJ.", "%00.%00.%00", "a b", "eyJhbGciOiJIUzI1NiJ9.e30.", "-._.-"]


@pytest.mark.parametrize("token", GARBAGE, ids=lambda token: repr(token[:20]))
def test_garbage_is_401(server, token):
    check_problem(server.get("/auth/me", headers={"Authorization": b"Bearer " + token.encode()}), 401)


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "nOnE", "", None, "hs256", "Hs256", "HS256 ", "HS384", "HS512", "RS256",
                                 "ES256", "PS256", "EdDSA", "HS1", 256, True, ["HS256"], {"HS256": 1}])
def test_any_algorithm_but_hs256_is_401_whatever_the_signature(anna, alg):
    header = {"alg": alg, "typ": "JWT"}
    text = f"{b64(header)}.{b64(claims(anna))}"
    for digest in (hashlib.sha256, hashlib.sha384, hashlib.sha512):
        check_problem(me(anna, forge(header, claims(anna), digest=digest)), 401)
    for signature in ("", sign(text, ""), anna.token.split(".")[2]):
        check_problem(me(anna, f"{text}.{signature}"), 401)
    check_problem(me(anna, text), 401)


@pytest.mark.parametrize("header", [{}, {"typ": "JWT"}, {**HS256, "crit": ["exp"]}, {**HS256, "crit": []}, {**HS256, "crit": ["b64"], "b64": False},
                                    {**HS256, "crit": None}, {**HS256, "crit": "x"}])
def test_a_header_without_alg_or_with_crit_is_401(anna, header):
    check_token_refused(me(anna, forge(header, claims(anna))))


@pytest.mark.parametrize("header", [b"", b"{", b"[]", b"null", b'"HS256"', b"{}{}", b"\xff", b'{"alg":"HS256"', b'{"alg":"HS256"}x',
                                    b'{"alg":"none","alg":"HS256"', b'{"alg":"HS256","x":"' + b"[" * 30])
def test_a_header_that_is_no_json_object_is_401(anna, header):
    check_problem(me(anna, forge(header, claims(anna))), 401)


@pytest.mark.parametrize("payload", [b"", b"{", b"[]", b"null", b"1", b'"x"', b"\xff\xfe", b"{}", b"[{}]", b'{"exp":4102444800}'])
def test_a_payload_that_says_nothing_is_401(anna, payload):
    check_problem(me(anna, forge(HS256, payload)), 401)


def test_a_payload_with_bytes_behind_it_is_401(anna):
    good = json.dumps(claims(anna)).encode()
    assert me(anna, forge(HS256, good)).status == 200
    for tail in (b"x", b"{}", b"\0junk", b"\0"):
        check_problem(me(anna, forge(HS256, good + tail)), 401)


BAD_CLAIMS = [
    {"exp": None}, {"exp": 0}, {"exp": 1}, {"exp": -1}, {"exp": "4102444800"}, {"exp": True}, {"exp": []}, {"exp": {}}, {"exp": ""},
    {"sub": None}, {"sub": 1}, {"sub": ""}, {"sub": "1"}, {"sub": "admin"}, {"sub": True}, {"sub": []}, {"sub": "' OR 1=1 --"},
    {"sub": "01890a5d-ac96-774b-bcce-b302099a8057"}, {"sub": "x\0y"}, {"nbf": 4102444800}, {"nbf": 99999999999},
    {"sid": "01890a5d-ac96-774b-bcce-b302099a8057"}, {"sid": "x"}, {"sid": ""}, {"sid": 1}, {"sid": []}, {"sid": True},
]


@pytest.mark.parametrize("more", BAD_CLAIMS, ids=str)
def test_a_wrong_claim_is_401(anna, more):
    check_token_refused(me(anna, forge(HS256, claims(anna, **more))))


def test_a_token_that_expired_one_second_ago_is_401(anna):
    check_token_refused(me(anna, forge(HS256, claims(anna, exp=int(time.time()) - 1))))
    assert me(anna, forge(HS256, claims(anna, exp=int(time.time()) + 30))).status == 200


@pytest.mark.parametrize("exp", [1e300, 10 ** 40, 2 ** 63, 2 ** 64 + 1, -2 ** 63, 4102444800.5, float("nan"), float("inf")])
def test_an_odd_exp_never_upsets_the_service(anna, exp):
    assert me(anna, forge(HS256, claims(anna, exp=exp))).status in (200, 401)


def test_another_users_session_is_401(anna, bert):
    sid = claims_of(bert.token)["sid"]
    check_token_refused(me(anna, forge(HS256, claims(anna, sid=sid))))


@pytest.mark.parametrize("secret", ["", OTHER_SECRET, SECRET + " ", SECRET[:-1], SECRET.upper(), "\0", "secret"])
def test_a_signature_by_another_secret_is_401(anna, secret):
    check_token_refused(me(anna, forge(HS256, claims(anna), secret)))


def test_a_key_that_the_token_brings_along_is_401(anna):
    key = {"kty": "oct", "k": b64(OTHER_SECRET.encode())}
    for more in ({"jwk": key}, {"jku": "http://127.0.0.1/"}, {"kid": "/dev/null"}, {"kid": "' UNION SELECT 'x"}, {"x5u": "x"}):
        for secret in (OTHER_SECRET, ""):
            check_token_refused(me(anna, forge({**HS256, **more}, claims(anna), secret)))


def test_only_the_canonical_encoding_of_the_signature_is_accepted(anna):
    head, _, signature = anna.token.rpartition(".")
    last = ALPHABET.index(signature[-1])
    assert last % 4 == 0
    same_bits = [f"{head}.{signature[:-1]}{ALPHABET[last + spare]}" for spare in (1, 2, 3)]
    for token in [*same_bits, anna.token + "=", anna.token + "==", anna.token + "A", anna.token[:-1], f"{head}.", head,
                  f"{head}.{signature}.", f"{head}.{signature}.x", f".{anna.token}", anna.token + "\u00e9",
                  f"{head}.{signature}{signature}", f"{head}.{signature.lower()}", f"{head}.{signature[:20]}"]:
        check_problem(anna.server.get("/auth/me", headers={"Authorization": b"Bearer " + token.encode()}), 401)
    assert me(anna, anna.token).status == 200


def test_the_standard_alphabet_is_no_base64url(anna):
    for number in range(10000):
        token = forge(HS256, claims(anna, jti=str(number)))
        if "-" in token.rpartition(".")[2] or "_" in token.rpartition(".")[2]:
            break
    assert me(anna, token).status == 200
    check_problem(me(anna, token.replace("-", "+").replace("_", "/")), 401)


def test_every_flipped_bit_of_the_token_is_401(anna):
    for place in range(0, len(anna.token), 7):
        if anna.token[place] != ".":
            other = "A" if anna.token[place] != "A" else "B"
            check_problem(me(anna, anna.token[:place] + other + anna.token[place + 1:]), 401)


def test_duplicate_claims_fool_nobody(anna, bert):
    payload = json.dumps(claims(anna))[:-1] + f', "sub": "{bert.id}"}}'
    assert me(anna, forge(HS256, payload.encode())).status in (200, 401)
    header = b'{"alg":"HS256","alg":"none"}'
    check_problem(me(anna, f"{b64(header)}.{b64(claims(anna))}."), 401)


def test_a_deleted_users_token_is_401(server):
    anna = server.user()
    minted = forge(HS256, claims(anna))
    assert me(anna, minted).status == 200
    assert anna.delete("/auth/me", {"password": anna.password}).status == 204
    check_token_refused(me(anna, anna.token))
    check_token_refused(me(anna, minted))


def test_the_lifetime_of_a_token_is_a_setting(start_server):
    server = start_server({"ACCESS_TOKEN_TTL": "90"})
    anna = server.user(refresh=True)
    payload = jwt.decode(anna.token, SECRET, algorithms=["HS256"])
    assert anna.session["expires_in"] == payload["exp"] - payload["iat"] == 90


def test_a_secret_is_rotated_with_nobody_logged_out(cluster, start_server):
    database = cluster.new_database()
    before = start_server({"JWT_SECRET": SECRET}, database=database)
    anna = before.user(refresh=True)
    after = start_server({"JWT_SECRET": OTHER_SECRET, "JWT_SECRET_PREVIOUS": SECRET}, database=database)
    assert after.get("/auth/me", token=anna.token).status == 200
    fresh = after.login(anna.email).json["access_token"]
    jwt.decode(fresh, OTHER_SECRET, algorithms=["HS256"])
    assert after.get("/auth/me", token=fresh).status == 200
    check_token_refused(before.get("/auth/me", token=fresh))
    check_token_refused(after.get("/auth/me", token=forge(HS256, claims(anna), "a third secret of at least 32 bytes")))
    refreshed = after.post("/auth/refresh", {"refresh_token": anna.session["refresh_token"]}).json["access_token"]
    jwt.decode(refreshed, OTHER_SECRET, algorithms=["HS256"])


def test_a_secret_of_an_account_opens_no_other_account(anna, bert):
    anna.task(title="Anna's")
    token = forge(HS256, claims(anna, email=bert.email))
    assert bert.get("/tasks", token=token).status in (200, 401)
    assert bert.titles() == []


def test_a_disabled_account_is_401_everywhere_until_it_is_enabled_again(cluster, server):
    anna = server.user(refresh=True)
    refresh = {"refresh_token": anna.session["refresh_token"]}
    cluster.sql(f"UPDATE users SET disabled_at = now() WHERE id = '{anna.id}'", server.database)
    check_problem(anna.get("/auth/me"), 401)
    check_problem(anna.post("/tasks", {"title": "x"}), 401)
    check_problem(server.login(anna.email), 401)
    check_problem(server.post("/auth/refresh", refresh), 401)
    cluster.sql(f"UPDATE users SET disabled_at = NULL WHERE id = '{anna.id}'", server.database)
    assert anna.get("/auth/me").status == 200
    assert server.login(anna.email).status == 200
    assert server.post("/auth/refresh", refresh).status == 200
