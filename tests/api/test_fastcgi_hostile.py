"""Raw records straight at the socket: whatever comes, the workers answer the next one within seconds."""
import contextlib
import os
import socket
import struct
import time

import pytest

import fcgi
from fcgi import ABORT, BEGIN, DATA, GET_VALUES, KEEP_CONN, PARAMS, STDIN, begin, pairs, params, record, stream
from harness import PATIENCE, Responder, wait_until

TIMEOUT = 1  # REQUEST_TIMEOUT of the server under attack


@pytest.fixture(scope="module")
def target(cluster):
    with Responder(cluster, {"WORKERS": "2", "REQUEST_TIMEOUT": str(TIMEOUT)}) as one:
        yield one


def healthz(**more):
    return params("GET", "/healthz", **more)


def check_alive(target, seconds=PATIENCE):
    """Both workers answer, and not only in the end."""
    begin_time = time.monotonic()
    for _ in range(6):
        assert fcgi.request(target.socket, healthz(), timeout=seconds).status == 200
    assert time.monotonic() - begin_time < seconds


def until_closed(link):
    """Waits for the service to close a connection; a service that never does fails."""
    link.settimeout(PATIENCE)
    return fcgi.read_all(link)


def send(target, data):
    """Sends what may be cut off in the middle, and returns what came back."""
    with target.connect() as link:
        with contextlib.suppress(ConnectionError):
            link.sendall(data)
        with contextlib.suppress(OSError):
            link.shutdown(socket.SHUT_WR)
        return until_closed(link)


GOOD = fcgi.message(healthz())
HEAD = begin() + stream(PARAMS, pairs(healthz()))
HUGE = 0x7ffffffe


def long_length(number):
    return struct.pack(">I", number | 0x80000000)


ATTACKS = {
    "nothing": b"", "one byte": b"\x01", "half a header": GOOD[:5], "a header alone": GOOD[:8], "half a begin": GOOD[:12], "begin alone": begin(),
    "no params": begin() + record(PARAMS) + record(STDIN), "no params, no stdin": begin() + record(PARAMS), "params cut": GOOD[:60], "params without an end": begin() + record(PARAMS, pairs(healthz())),
    "stdin without an end": HEAD, "garbage": bytes(range(256)) * 20, "zeros": b"\0" * 10000, "ones": b"\xff" * 10000, "text": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "tls": b"\x16\x03\x01\x02\0\x01\0\x01\xfc" + b"\x03" * 500,
    "version 0": record(BEGIN, struct.pack(">HB5x", 1, 0), version=0), "version 9": record(BEGIN, struct.pack(">HB5x", 1, 0), version=9) + GOOD,
    "role authorizer": begin(role=2) + GOOD[16:], "role filter": begin(role=3) + GOOD[16:], "role 0": begin(role=0) + GOOD[16:], "role 77": begin(role=77) + GOOD[16:],
    "request 0": fcgi.begin(request=0) + GOOD[16:], "another request's params": begin() + stream(PARAMS, pairs(healthz()), request=7) + record(STDIN),
    "begin twice": begin() + GOOD, "begin of another": begin() + begin(request=2) + GOOD[16:], "short begin": record(BEGIN, b"\0\1"), "long begin": record(BEGIN, b"\0\1" + b"\0" * 1000) + GOOD[16:],
    "params first": stream(PARAMS, pairs(healthz())) + GOOD, "stdin first": record(STDIN, b"x") + GOOD, "abort alone": record(ABORT), "abort after begin": begin() + record(ABORT),
    "abort after params": HEAD + record(ABORT), "data": HEAD + record(DATA, b"x") + record(STDIN), "stdout from us": record(fcgi.STDOUT, b"Status: 200\r\n\r\n") + GOOD, "end from us": record(fcgi.END, b"\0" * 8) + GOOD,
    "unknown type": record(99) + GOOD, "unknown type later": begin() + record(200, b"x" * 100) + GOOD[16:], "type 0": record(0, b"x") + GOOD,
    "get values": record(GET_VALUES, pairs([("FCGI_MAX_CONNS", ""), ("FCGI_MPXS_CONNS", "")]), request=0),
    "get values, many": record(GET_VALUES, pairs([("FCGI_MAX_CONNS", "")] * 4), request=0),
    "get values, very many": record(GET_VALUES, pairs([("FCGI_MAX_CONNS", "")] * 2000), request=0),
    "get values after begin": begin() + record(GET_VALUES, pairs([("FCGI_MAX_CONNS", "")] * 40), request=0) + GOOD[16:],
    "get values after params": HEAD + record(GET_VALUES, pairs([("FCGI_MAX_CONNS", "")] * 40), request=0),
    "get values within params": begin() + record(PARAMS, pairs(healthz())) + record(GET_VALUES, pairs([("FCGI_MAX_CONNS", "")] * 40), request=0) + record(PARAMS) + record(STDIN),
    "get values in the body": begin() + stream(PARAMS, pairs(healthz(CONTENT_LENGTH="5"))) + record(STDIN, b"12") + record(GET_VALUES, pairs([("FCGI_MAX_CONNS", "")] * 40), request=0),
    "management flood": record(99, b"x" * 60000, request=0) * 20,
    "huge name": begin() + record(PARAMS, long_length(HUGE) + long_length(HUGE) + b"x") + record(PARAMS) + record(STDIN),
    "huge name, odd": begin() + record(PARAMS, long_length(HUGE) + long_length(HUGE + 1) + b"x" * 100) + record(PARAMS) + record(STDIN),
    "huge value": begin() + record(PARAMS, b"\x01" + long_length(0x7fffffff) + b"ab") + record(PARAMS) + record(STDIN),
    "lengths that wrap": begin() + record(PARAMS, long_length(0x7fffffff) * 2 + b"x" * 64) + record(PARAMS) + record(STDIN),
    "a length too long": begin() + record(PARAMS, b"\x05\x7fab") + record(PARAMS) + record(STDIN), "a length cut": begin() + record(PARAMS, b"\x80\x00") + record(PARAMS) + record(STDIN),
    "empty names": begin() + record(PARAMS, b"\0\0" * 5000) + record(PARAMS) + record(STDIN),
    "nul in a name": begin() + stream(PARAMS, pairs([("REQUEST_METHOD\0X", "GET"), ("PATH_INFO", "/health\0z")])) + record(STDIN),
    "no method": begin() + stream(PARAMS, pairs([("PATH_INFO", "/healthz")])) + record(STDIN), "only a method": begin() + stream(PARAMS, pairs([("REQUEST_METHOD", "GET")])) + record(STDIN),
    "padding": record(BEGIN, struct.pack(">HB5x", 1, 0), padding=255) + GOOD[16:], "tiny records": begin() + b"".join(record(PARAMS, bytes([byte])) for byte in pairs(healthz())) + record(PARAMS) + record(STDIN),
    "body without end": HEAD + record(STDIN, b"x" * 60000) * 5, "two messages": GOOD + GOOD, "kept connection": fcgi.message(healthz(), flags=KEEP_CONN) * 2,
    "odd flags": fcgi.message(healthz(), flags=0xff),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_odd_records_end_their_own_connection_and_nothing_else(target, name):
    before = sorted(target.workers())
    send(target, ATTACKS[name])
    check_alive(target)
    assert sorted(target.workers()) == before, "a worker died"


@pytest.mark.parametrize("name", [name for name in ATTACKS if name != "nothing"])
def test_one_who_sends_odd_records_and_waits_is_cut_off(target, name):
    with target.connect() as one, target.connect() as two:
        for link in (one, two):
            with contextlib.suppress(ConnectionError):
                link.sendall(ATTACKS[name])
        for link in (one, two):
            until_closed(link)
    check_alive(target)


def test_as_many_idle_connections_as_workers_block_nobody_for_long(target):
    with contextlib.ExitStack() as stack:
        for _ in range(6):
            stack.enter_context(target.connect())
        check_alive(target)


@pytest.mark.parametrize("part", ["params", "body"])
def test_one_who_drips_is_cut_off(target, part):
    """A byte every 50 ms for ever, each of them in time for a timeout that counts from the last."""
    endless = record(PARAMS, b"\x01\x00x" * 21000) if part == "params" else record(STDIN, b"x" * 65000)
    start = begin() if part == "params" else begin() + stream(PARAMS, pairs(healthz(CONTENT_LENGTH="1000000")))
    end = time.monotonic() + PATIENCE
    with target.connect() as link:
        link.sendall(start)
        link.settimeout(0.05)
        with contextlib.suppress(ConnectionError):
            for byte in endless:
                link.sendall(bytes([byte]))
                with contextlib.suppress(TimeoutError):
                    if not link.recv(4096):
                        break
                assert time.monotonic() < end, "dripping goes on for ever"
    check_alive(target)


def test_one_who_reads_nothing_is_cut_off(target):
    """An answer larger than the socket's buffer, and a peer that does not take it."""
    anna = target.user()
    for _ in range(5):
        assert anna.post("/tasks", [{"title": "x", "description": "y" * 10000}] * 40).status == 201
    values = params("GET", "/tasks?limit=200", [("Authorization", f"Bearer {anna.token}")])
    with contextlib.ExitStack() as stack:
        for _ in range(2):
            link = stack.enter_context(target.connect())
            link.sendall(fcgi.message(values))
        check_alive(target)


@pytest.mark.parametrize("claimed", [0, 10, 21, 1000, 2000000])
def test_a_body_shorter_or_longer_than_it_says_is_never_taken_for_a_whole_one(target, claimed):
    anna = target.user()
    body = b'{"title":"exact fit"}'
    assert len(body) == 21
    values = params("POST", "/tasks", [("Authorization", f"Bearer {anna.token}"), ("Content-Type", "application/json")], CONTENT_LENGTH=str(claimed))
    with contextlib.suppress(fcgi.Broken):
        answer = fcgi.parse(send(target, fcgi.message(values, body)))
        assert (answer.status == 201) == (claimed == 21), answer
        assert answer.status in (201, 400, 413, 500), answer
    assert anna.titles() == (["exact fit"] if claimed == 21 else [])


@pytest.mark.parametrize("claimed", ["-1", "x", "1e1", " 21", "99999999999999999999", "0x15", "21abc", "+21"])
def test_a_content_length_that_is_no_number_makes_no_task(target, claimed):
    anna = target.user()
    values = params("POST", "/tasks", [("Authorization", f"Bearer {anna.token}"), ("Content-Type", "application/json")], CONTENT_LENGTH=claimed)
    with contextlib.suppress(fcgi.Broken):
        answer = fcgi.parse(send(target, fcgi.message(values, b'{"title":"exact fit"}')))
        assert 400 <= answer.status < 600
    assert anna.titles() == []
    check_alive(target)


def test_a_body_of_an_unknown_length_has_the_same_bound(start_responder):
    responder = start_responder({"MAX_BODY": "1024"})
    anna = responder.user()
    values = params("POST", "/tasks", [("Authorization", f"Bearer {anna.token}"), ("Content-Type", "application/json")],
                    CONTENT_LENGTH=None)
    for size, status in ((1024, 201), (1025, 413), (100000, 413)):
        assert fcgi.parse(send(responder, fcgi.message(values, b'{"title":"Buy milk"}'.ljust(size)))).status == status
    assert anna.titles() == ["Buy milk"]


def test_a_body_cut_by_the_end_of_the_connection_makes_no_task(target):
    anna = target.user()
    values = params("POST", "/tasks", [("Authorization", f"Bearer {anna.token}"), ("Content-Type", "application/json")], CONTENT_LENGTH="21")
    for piece in (b"", b'{"title":"x"}', b'{"title":"exact fi'):
        send(target, begin() + stream(PARAMS, pairs(values)) + (record(STDIN, piece) if piece else b""))
        send(target, begin() + stream(PARAMS, pairs(values)) + (record(STDIN, piece) if piece else b"") + record(ABORT))
        send(target, fcgi.message(values, piece))
    assert anna.titles() == []


def test_a_body_may_come_once_its_head_has_been_taken(responder):
    """A web server owes the whole head and then the body, not both at once (FastCGI specification, 6.2)."""
    anna = responder.user()
    body = b'{"title":"Buy milk"}'
    values = params("POST", "/tasks", [("Authorization", f"Bearer {anna.token}"), ("Content-Type", "application/json")], body)
    with responder.connect() as link:
        for piece in (begin() + stream(PARAMS, pairs(values)), record(STDIN, body[:5]), record(STDIN, body[5:])):
            link.sendall(piece)
            wait_until(lambda: fcgi.is_read(link), "a worker has taken what there is")
        link.sendall(record(STDIN))
        assert fcgi.parse(fcgi.read_all(link)).status == 201
    assert anna.titles() == ["Buy milk"]


def test_a_head_that_no_body_follows_is_a_bad_request(target):
    """Even one without a single parameter; what is kept open instead is cut off, as all that is odd."""
    for head in (ATTACKS["no params, no stdin"], ATTACKS["stdin without an end"]):
        assert fcgi.parse(send(target, head)).status == 400


@pytest.mark.parametrize("flags", [0, KEEP_CONN])
@pytest.mark.parametrize("before", [0, 1, 8000, 8176, 8184, 8192, 16384, 70000, 1100000])
def test_a_request_forged_inside_a_body_is_never_executed(target, flags, before):
    anna, victim = target.user(), target.user()
    forged_values = params("POST", "/tasks", [("Authorization", f"Bearer {victim.token}"), ("Content-Type", "application/json")], b'{"title":"forged"}')
    forged = fcgi.message(forged_values, b'{"title":"forged"}')
    body = b"x" * before + forged * 3
    for path, headers in (("/tasks", [("Authorization", f"Bearer {anna.token}"), ("Content-Type", "application/json")]), ("/nothing", []), ("/tasks", []),
                          ("/tasks", [("Authorization", f"Bearer {anna.token}"), ("Content-Type", "text/plain")])):
        answer = send(target, fcgi.message(params("POST", path, headers, body), body, flags))
        assert sum(kind == fcgi.END for kind, _, _ in fcgi.records(answer)) <= 1
        short = params("POST", path, headers, CONTENT_LENGTH="0")
        send(target, fcgi.message(short, body, flags))
    assert victim.titles() == []
    check_alive(target)


def test_a_kept_connection_is_closed_after_its_answer(target):
    with target.connect() as link:
        link.sendall(fcgi.message(healthz(), flags=KEEP_CONN))
        assert fcgi.parse(until_closed(link)).status == 200


@pytest.mark.parametrize("count, size", [(100, 100), (3000, 20), (10, 60000), (1, 2000000), (60000, 8)])
def test_many_or_large_params_are_answered_or_cut(target, count, size):
    values = healthz() + [(f"HTTP_X_{number}", "x" * size) for number in range(count)]
    with contextlib.suppress(fcgi.Broken):
        answer = fcgi.parse(send(target, fcgi.message(values)))
        assert answer.status in (200, 400, 413, 414, 431, 500)
    check_alive(target)


def test_params_without_end_use_bounded_memory(target):
    workers = target.workers()

    def largest():
        return max(int(line.split()[1]) for pid in workers if os.path.exists(f"/proc/{pid}/status") for line in open(f"/proc/{pid}/status") if line.startswith("VmRSS"))
    before = largest()
    flood = begin() + record(PARAMS, (b"\x04\x3cNAME" + b"v" * 60) * 900) * 600
    for _ in range(2):
        send(target, flood)
    assert largest() - before < 200_000, "kilobytes"
    check_alive(target)


def test_the_same_header_twice_fools_nobody(target):
    anna, bert = target.user(), target.user()
    values = params("GET", "/auth/me", [("Authorization", f"Bearer {anna.token}")]) + [("HTTP_AUTHORIZATION", f"Bearer {bert.token}")]
    answer = fcgi.request(target.socket, values)
    assert answer.status in (200, 400, 401)
    assert answer.status != 200 or answer.json["id"] in (anna.id, bert.id)


@pytest.mark.parametrize("name, value", [
    ("REQUEST_METHOD", ""), ("REQUEST_METHOD", "G\0T"), ("REQUEST_METHOD", "get"), ("REQUEST_METHOD", "X" * 5000), ("PATH_INFO", "healthz"), ("PATH_INFO", "/" * 3000), ("PATH_INFO", "/\udcff\udcfe"),
    ("PATH_INFO", "/tasks/\x01"), ("PATH_INFO", "/é"), ("QUERY_STRING", "\udcff=\udcff"), ("QUERY_STRING", "&" * 5000), ("QUERY_STRING", "=" * 5000), ("HTTP_HOST", ""), ("HTTP_HOST", "a b\r\nX: y"), ("HTTP_HOST", "x" * 5000),
    ("HTTP_HOST", "<script>"), ("HTTP_X_REQUEST_ID", "a\r\nSet-Cookie: x=y"), ("HTTP_ORIGIN", "x\r\ny: z"), ("HTTP_COOKIE", ";" * 5000), ("HTTP_COOKIE", "="), ("HTTP_AUTHORIZATION", "Bearer \0"),
    ("HTTP_IF_NONE_MATCH", '"' * 5000), ("HTTP_IF_MATCH", ","), ("CONTENT_TYPE", ";"), ("CONTENT_TYPE", "x" * 5000), ("REMOTE_ADDR", "x"), ("SCRIPT_NAME", "\udcff"), ("SCRIPT_NAME", "/a\r\nb"), ("HTTP_X_FORWARDED_PROTO", "javascript"),
    ("HTTP_X_FORWARDED_PROTO", "https\r\nx: y"), ("HTTP_USER_AGENT", "\udcff\x01")])
def test_an_odd_param_is_answered_without_injection(target, name, value):
    anna = target.user()
    for method, path in (("GET", "/healthz"), ("GET", "/tasks"), ("POST", "/tasks")):
        headers = [("Authorization", f"Bearer {anna.token}"), ("Content-Type", "application/json")]
        values = dict(params(method, path, headers, b'{"title":"x"}')) | {name: value}
        data = fcgi.message(list(values.items()), b'{"title":"x"}')
        try:
            answer = fcgi.parse(send(target, data))
        except fcgi.Broken:
            continue
        assert 200 <= answer.status < 500, answer
        for header, content in answer.pairs:
            assert header.lower() not in ("x", "y") and "x=y" not in content, answer
    check_alive(target)


def test_a_storm_of_all_attacks_at_once_leaves_the_service_whole(target):
    links = []
    for data in list(ATTACKS.values()) * 2:
        link = target.connect()
        link.settimeout(5)
        links.append(link)
        with contextlib.suppress(OSError):
            link.sendall(data)
    for link in links:
        link.close()
    wait_until(lambda: fcgi.request(target.socket, healthz()).status == 200, "served again")
    check_alive(target)
