"""Rate limits: what somebody sees who asks too often, and that nobody else sees anything of it."""
import collections
import concurrent.futures
import itertools
import os
import re
import signal
import subprocess
import threading
import time

import pytest

import client
import harness
from client import PASSWORD, check_away, check_problem
from clusters import session
from harness import wait_until

ON = {"RATE_LIMITS": "on", "TRUSTED_PROXIES": "127.0.0.1"}
WRONG = "not the password"
numbers = itertools.count(1)


def fresh_address():
    number = next(numbers)
    return f"198.18.{number // 250}.{number % 250 + 1}"


class At(client.Calls):
    """A server as it is seen from an address, behind a proxy that is trusted."""

    def __init__(self, server, address=None):
        self.server = server
        self.address = address or fresh_address()

    def call(self, method, path, headers, body):
        return self.server.call(method, path, [*headers, ("X-Forwarded-For", self.address)], body)


@pytest.fixture(scope="module")
def limited(cluster):
    """A service with low limits, kept for this module: each test has accounts and addresses of its own."""
    low = {"RATE_SIGN_INS": 3, "RATE_SIGN_INS_ACCOUNT": 8, "RATE_SIGN_INS_ADDRESS": 20, "RATE_SIGN_UPS": 5, "RATE_REFRESHES": 2}
    with harness.Responder(cluster, {**ON, **low}) as one:
        yield one


@pytest.fixture
def home(limited):
    return At(limited)


@pytest.fixture
def anna(home):
    return home.user()


def read_fields(answer):
    """RateLimit-Policy and RateLimit as RFC 9651 has them, lists of strings with whole numbers: {name: (q, w, r, t)}."""
    found = collections.defaultdict(tuple)
    for field, first, second in (("RateLimit-Policy", "q", "w"), ("RateLimit", "r", "t")):
        for item in (answer.header(field) or "").split(", ") if answer.header(field) else []:
            name, *values = re.fullmatch(rf'"([a-z-]+)";{first}=(\d{{1,15}});{second}=(\d{{1,15}})', item).groups()
            found[name] += tuple(map(int, values))
    assert all(len(values) == 4 for values in found.values()), answer
    return dict(found)


def left(answer, name="sign-ins"):
    return read_fields(answer)[name][2]


def check_limited(answer, name, longest):
    """A refusal that says when to come back."""
    problem = check_problem(answer, 429, "rate_limited")
    seconds = int(answer.header("Retry-After"))
    assert 1 <= seconds <= longest, answer
    assert read_fields(answer)[name][2:] == (0, seconds)
    assert f"try again in {seconds} second{'s' if seconds > 1 else ''}." in problem["detail"]
    return seconds


def fail_until_limited(attempt, failure=401):
    """Fails until an attempt is refused; returns how often it failed, and the refusal."""
    for failures in itertools.count():
        answer = attempt()
        if answer.status == 429:
            return failures, answer
        assert answer.status == failure, answer


# --- signing in ---

def test_delays_begin_after_a_few_failures_and_grow(home, anna):
    failures = longest = 0
    while longest < 2:
        more, answer = fail_until_limited(lambda: home.login(anna.email, WRONG))
        failures += more
        assert failures >= 3
        longest = check_limited(answer, "sign-ins", 2 ** (failures - 3))
        wait_until(lambda: home.login(anna.email, WRONG).status == 401, "the delay is over")
        failures += 1


def test_the_right_password_has_to_wait_as_well_and_then_all_is_forgotten(home, anna):
    def signs_in():
        return home.login(anna.email).status == 200
    fail_until_limited(lambda: home.login(anna.email, WRONG))
    while signs_in():  # the delay was over already
        fail_until_limited(lambda: home.login(anna.email, WRONG))
    wait_until(signs_in, "the delay is over")
    assert left(home.login(anna.email, WRONG)) == 2


def test_failures_that_a_success_follows_are_never_many(home, anna):
    for _ in range(3):
        assert [left(home.login(anna.email, WRONG)) for _ in range(2)] == [2, 1]
        assert home.login(anna.email).status == 200


def test_the_owner_signs_in_from_elsewhere_while_an_attacker_waits(limited, anna):
    attacker, elsewhere = At(limited), At(limited)
    fail_until_limited(lambda: attacker.login(anna.email, WRONG))
    answer = elsewhere.login(anna.email)
    assert answer.status == 200 and left(answer) == 2
    answer = attacker.login(anna.email, WRONG)
    assert answer.status in (401, 429) and left(answer) == 0


def test_an_attack_from_everywhere_leaves_each_address_one_try(limited, anna):
    for _ in range(8):
        assert read_fields(At(limited).login(anna.email, WRONG))["sign-ins"][0] == 3
    stranger = At(limited)
    answer = stranger.login(anna.email, WRONG)
    assert answer.status == 401 and read_fields(answer)["sign-ins"] == (1, 900, 0, 1)
    fail_until_limited(lambda: stranger.login(anna.email, WRONG))
    assert At(limited).login(anna.email).status == 200
    bert = At(limited).user()
    assert read_fields(At(limited).login(bert.email, WRONG))["sign-ins"][0] == 3


def test_an_address_that_tries_many_accounts_is_delayed_for_all_of_them(limited, home, anna):
    failures, answer = fail_until_limited(lambda: home.login(limited.fresh_email(), WRONG))
    assert failures >= 20
    check_limited(answer, "sign-ins", 2 ** (failures - 20))
    assert "from your address" in answer.json["detail"]
    assert At(limited).login(anna.email).status == 200


def test_no_answer_tells_whether_there_is_such_an_account(limited, anna):
    def walk(email):
        """What three failures and the refusal after them look like."""
        stranger = At(limited)
        answers = [stranger.login(email, WRONG) for _ in range(3)]
        answers.append(fail_until_limited(lambda: stranger.login(email, WRONG))[1])
        return [(answer.status, answer.json["code"], sorted(name for name, _ in answer.pairs), read_fields(answer)["sign-ins"][:3],
                 re.sub(r"\d+ seconds?", "", answer.json["detail"])) for answer in answers]
    assert walk(anna.email) == walk(limited.fresh_email())


@pytest.mark.parametrize("known", [True, False])
def test_spellings_of_an_email_share_their_tries(home, anna, known):
    email = anna.email if known else home.fresh_email()
    # Long s, dotless i and the Kelvin sign are letters of other spellings, as the database folds them.
    spellings = (email.upper(), f"  {email.title()} ", email.replace("s", "\u017f"))
    assert [left(home.login(spelling, WRONG)) for spelling in spellings] == [2, 1, 0]


def test_spellings_of_an_email_that_is_not_ascii_share_their_tries(home):
    name = f"stra\u00dfe-\u00e9ti{next(numbers)}@example.com"
    assert home.post("/auth/signup", {"email": name, "password": PASSWORD}).status == 201
    spellings = (name, name.upper(), name.replace("i", "\u0131"))
    assert [left(home.login(spelling, WRONG)) for spelling in spellings] == [2, 1, 0]


def test_a_form_counts_as_json_does(home, anna):
    form = f"username={anna.email}&password=wrong".encode()
    answers = [home.post("/auth/login", body=form, media="application/x-www-form-urlencoded"), home.login(anna.email, WRONG)]
    assert [left(answer) for answer in answers] == [2, 1]


def test_a_wrong_current_password_counts_as_a_failed_sign_in(home, anna):
    def change():
        return anna.put("/auth/password", {"current_password": WRONG, "new_password": "another good one"})
    answers = [change(), anna.delete("/auth/me", {"password": WRONG}), home.login(anna.email, WRONG)]
    assert [answer.status for answer in answers] == [403, 403, 401]
    assert [left(answer) for answer in answers] == [2, 1, 0]
    assert "requests" in read_fields(answers[0])
    _, answer = fail_until_limited(change, 403)
    assert read_fields(answer)["sign-ins"][2] == 0 and check_problem(answer, 429, "rate_limited")
    fail_until_limited(lambda: anna.delete("/auth/me", {"password": WRONG}), 403)


def test_a_changed_password_forgets_what_failed(home, anna):
    home.login(anna.email, WRONG)
    home.login(anna.email, WRONG)
    assert anna.put("/auth/password", {"current_password": PASSWORD, "new_password": "another good one"}).status == 204
    assert left(home.login(anna.email, WRONG)) == 2


def test_what_cannot_be_a_sign_in_is_no_attempt(home, anna):
    for _ in range(5):
        assert home.post("/auth/login", {"email": anna.email}).status == 422
    assert left(home.login(anna.email, WRONG)) == 2


# --- signing up ---

def test_an_address_may_sign_up_so_often_and_no_more(limited, home):
    answers = [home.post("/auth/signup", {"email": home.fresh_email(), "password": PASSWORD}) for _ in range(5)]
    assert [answer.status for answer in answers] == [201] * 5
    assert [read_fields(answer)["sign-ups"][:3] for answer in answers] == [(5, 3600, count) for count in (4, 3, 2, 1, 0)]
    refused = home.post("/auth/signup", {"email": home.fresh_email(), "password": PASSWORD})
    check_limited(refused, "sign-ups", 720)
    assert "from your address" in refused.json["detail"]
    At(limited).user()


def test_sign_ups_that_fail_count_but_not_those_that_are_refused_at_sight(home, anna):
    body = {"email": anna.email, "password": PASSWORD}
    assert home.post("/auth/signup", {**body, "password": "short"}).status == 422
    assert home.post("/auth/signup", {**body, "password": body["email"]}).status == 422
    taken = home.post("/auth/signup", body)
    assert taken.status == 409 and left(taken, "sign-ups") == 3  # Anna's own was the first


def test_a_sign_up_that_the_database_has_not_taken_does_not_count(start_responder):
    responder = start_responder({**ON, "RATE_SIGN_UPS": "1", "DB_TIMEOUT": "1000"})
    home = At(responder)
    body = {"email": home.fresh_email(), "password": PASSWORD}
    with session(responder.cluster, responder.database, "todo", "BEGIN; LOCK TABLE users"):
        check_away(home.post("/auth/signup", body))
    assert home.post("/auth/signup", body).status == 201
    check_limited(home.post("/auth/signup", {**body, "email": home.fresh_email()}), "sign-ups", 3600)


def test_all_addresses_of_an_ipv6_network_are_one(limited):
    network = f"2001:db8:{next(numbers):x}"
    answers = [At(limited, f"{network}:2:{number}::1").post("/auth/signup", {"email": limited.fresh_email(), "password": PASSWORD})
               for number in range(5)]
    assert [left(answer, "sign-ups") for answer in answers] == [4, 3, 2, 1, 0]
    assert At(limited, f"{network}:3::1").post("/auth/signup", {"email": limited.fresh_email(), "password": PASSWORD}).status == 201


# --- sessions ---

def refresh(server, token):
    return server.post("/auth/refresh", {"refresh_token": token})


def test_a_session_may_be_refreshed_so_often_and_its_token_is_not_spent(limited, home):
    anna = home.user(refresh=True)
    other = home.login(anna.email, refresh=True).json["refresh_token"]
    token = anna.session["refresh_token"]
    for remaining in (1, 0):
        answer = refresh(home, token)
        assert answer.status == 200 and read_fields(answer)["refreshes"][:3] == (2, 60, remaining)
        token = answer.json["refresh_token"]
    for _ in range(3):
        check_limited(refresh(home, token), "refreshes", 60)
    assert refresh(home, other).status == 200
    limited.sql(f"UPDATE sessions SET renewals_until = renewals_until - interval '1 minute' WHERE user_id = '{anna.id}'")
    assert left(refresh(home, token), "refreshes") == 1


@pytest.mark.parametrize("limits", ["on", "off"])
def test_a_clock_that_is_set_back_stops_no_refresh(start_responder, limits):
    responder = start_responder({**ON, "RATE_LIMITS": limits})
    anna = responder.user(refresh=True)
    token = refresh(responder, anna.session["refresh_token"]).json["refresh_token"]
    for ahead in ("90 seconds", "1 hour") if limits == "off" else ("1 hour",):
        responder.sql(f"UPDATE sessions SET renewals_until = now() + interval '{ahead}'")
        answer = refresh(responder, token)
        assert answer.status == 200
        token = answer.json["refresh_token"]
    assert refresh(responder, token).status == 200


def test_of_many_refreshes_at_once_no_more_are_allowed(start_responder):
    responder = start_responder({**ON, "WORKERS": "4", "RATE_REFRESHES": "10"})
    token = responder.user(refresh=True).session["refresh_token"]
    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        statuses = collections.Counter(pool.map(lambda _: refresh(responder, token).status, range(40)))
    later = int((time.monotonic() - began) / 6)  # one more every six seconds
    assert set(statuses) == {200, 429} and 10 <= statuses[200] <= 10 + later, statuses


# --- every request of a user ---

def test_a_users_budget_is_for_all_that_needs_a_token(start_responder):
    responder = start_responder({**ON, "RATE_REQUESTS": "1"})
    anna, bert = responder.user(), responder.user()
    answer = anna.get("/tasks")
    assert answer.status == 200 and read_fields(answer) == {"requests": (1, 60, 0, 60)}
    routes = subprocess.run([harness.BINARY, "--routes"], text=True, capture_output=True, check=True).stdout.splitlines()
    refused = 0
    for method, path, access in (route.split()[:3] for route in routes):
        if access == "user":
            path = path.replace("{id}", "019a9f40-1b7e-7c33-9a52-6f0e8d7c4b21")
            check_limited(anna.request(method, path, {} if method in ("POST", "PUT", "PATCH") else None), "requests", 60)
            refused += 1
    assert refused > 10
    assert bert.get("/tasks").status == 200
    assert anna.get("/healthz").status == 200 and responder.login(anna.email).status == 200


def test_the_token_of_an_ended_session_uses_nothing_up(start_responder):
    responder = start_responder({**ON, "RATE_REQUESTS": "2"})
    anna = responder.user()
    stolen = anna.token
    assert anna.post("/auth/logout", {}).status == 204
    for _ in range(5):
        assert responder.get("/tasks", token=stolen).status == 401
    anna.token = responder.login(anna.email).json["access_token"]
    assert anna.get("/tasks").status == 200


# --- over all workers ---

def sign_up_from(server, count, parallel):
    """How many of so many sign-ups from one address succeed; never more at once than may hash."""
    def sign_up(_):
        return server.post("/auth/signup", {"email": server.fresh_email(), "password": PASSWORD}).status
    with concurrent.futures.ThreadPoolExecutor(parallel) as pool:
        return collections.Counter(pool.map(sign_up, range(count)))


def test_eight_workers_count_as_one_and_what_they_know_outlives_them(start_responder):
    responder = start_responder({**ON, "WORKERS": "8", "HASH_CONCURRENCY": "7", "RATE_SIGN_UPS": "20"})
    responder.may_crash = True
    home = At(responder)
    assert sign_up_from(home, 40, 7) == {201: 20, 429: 20}
    before = responder.workers()
    harness.signal_all(before, signal.SIGKILL)
    wait_until(lambda: len(now := responder.workers()) == 8 and not {*now} & {*before}, "all workers are new")
    assert sign_up_from(home, 10, 7) == {429: 10}
    before = responder.workers()
    os.kill(responder.parent(), signal.SIGHUP)
    wait_until(lambda: len(now := responder.workers()) == 8 and not {*now} & {*before}, "all workers are new")
    assert sign_up_from(home, 10, 7) == {429: 10}
    assert sign_up_from(At(responder), 25, 7) == {201: 20, 429: 5}


def test_a_user_who_asks_eight_workers_at_once_gets_one_budget(start_responder):
    responder = start_responder({**ON, "WORKERS": "8", "RATE_REQUESTS": "300"})
    anna = responder.user()
    began = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = collections.Counter(pool.map(lambda _: anna.get("/auth/me").status, range(600)))
    regained = (time.monotonic() - began) * 300 / 60
    assert set(answers) <= {200, 429} and min(300 + regained, 600) >= answers[200] - 1 and answers[200] >= 300, (answers, regained)


# --- who is asking ---

def test_without_trusted_proxies_what_a_client_says_of_itself_is_ignored(start_responder):
    responder = start_responder({"RATE_LIMITS": "on", "RATE_SIGN_UPS": "1"})
    assert [At(responder).post("/auth/signup", {"email": responder.fresh_email(), "password": PASSWORD}).status
            for _ in range(2)] == [201, 429]


def test_a_client_cannot_write_the_field_of_its_proxy_with_underscores(start_server):
    server = start_server(ON)
    body = b'{"email":"nobody@example.com","password":"not this one"}'
    head = (f"POST /auth/login HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
            "X-Forwarded-For: 198.18.255.1\r\nX_Forwarded_For: 198.18.255.2\r\n\r\n")
    assert server.raw(head.encode() + body).startswith(b"HTTP/1.1 401")
    wait_until(lambda: "event=login_failed" in server.log(), "the line is written")
    assert "event=login_failed client=127.0.0.1" in server.log()


def test_the_audit_line_names_the_client_and_not_the_proxy(limited, home):
    home.login(limited.fresh_email(), WRONG)
    wait_until(lambda: re.search(rf"event=login_failed client={home.address}\b", limited.log()), "the line is written")


def test_proxies_that_are_no_networks_are_told_at_start(cluster):
    done = harness.run(["--check"], cluster, {"TRUSTED_PROXIES": "10.0.0.0/33"})
    assert done.returncode == 1
    assert done.stderr.startswith("TRUSTED_PROXIES must be addresses and networks such as 10.0.0.0/8"), done.stderr


# --- off ---

def test_without_limits_nothing_is_said_or_refused(responder):
    anna = responder.user(refresh=True)
    answers = [responder.login(anna.email, WRONG) for _ in range(30)]
    answers += [anna.get("/tasks"), refresh(responder, anna.session["refresh_token"])]
    assert [answer.status for answer in answers] == [401] * 30 + [200, 200]
    for answer in answers:
        assert not {name.lower() for name, _ in answer.pairs} & {"ratelimit", "ratelimit-policy", "retry-after"}


# --- hashing passwords ---

def read_metric(responder, name):
    return float(re.search(rf"^{name} (\S+)$", responder.get("/metrics").body.decode(), re.M)[1])


def test_a_flood_of_sign_ins_leaves_workers_for_everybody_else(start_responder):
    responder = start_responder({"WORKERS": "6", "HASH_CONCURRENCY": "2", "BCRYPT_COST": "10"})
    anna = responder.user()
    hashed, began = read_metric(responder, "todo_password_hash_seconds_total"), time.monotonic()
    answers, over = [], threading.Event()

    def flood(_):
        body = b'{"email":"%s","password":"wrong"}' % responder.fresh_email().encode()
        while not over.is_set():
            answers.append(responder.call("POST", "/auth/login", [("Content-Type", "application/json")], body))

    def enough():
        return {401, 503} <= {answer.status for answer in answers} and len(answers) > 100

    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        floods = pool.map(flood, range(12))
        try:
            for _ in range(20):
                assert anna.get("/tasks").status == 200
            wait_until(enough, "some have had their turn, and some were turned away")
        finally:
            over.set()
        list(floods)
    took = time.monotonic() - began
    assert {answer.status for answer in answers} == {401, 503}
    for answer in answers:
        if answer.status == 503:
            problem = check_problem(answer, 503, "unavailable")
            assert problem["detail"] == "Too many people are signing in at this moment: try again shortly."
            assert answer.header("Retry-After") == "1"
    assert 0 < read_metric(responder, "todo_password_hash_seconds_total") - hashed <= 2 * took
    assert read_metric(responder, "todo_password_hash_refusals_total") == sum(answer.status == 503 for answer in answers)
