"""What is told about the service itself: health, readiness, metrics, its document."""
import json
import re

import pytest

import fcgi
from exposition import samples
from harness import wait_until

def answered(server):
    """How many requests have been counted, over all workers, methods and statuses."""
    return sum(value for (name, _), value in samples(server.get("/metrics").body.decode()).items() if re.search(r"requests?_total$", name))


def test_healthz_says_ok(server):
    answer = server.get("/healthz")
    assert (answer.status, answer.json) == (200, {"status": "ok"})


def test_readyz_is_200(server):
    assert server.get("/readyz").status == 200


def test_metrics_are_prometheus_text(server):
    answer = server.get("/metrics")
    assert answer.status == 200
    assert answer.header("Content-Type").startswith("text/plain")
    text = answer.body.decode()
    assert text.endswith("\n") and samples(text)
    families = re.findall(r"^# TYPE (\S+) (\S+)$", text, re.M)
    assert len(families) == len({name for name, _ in families})
    assert {kind for _, kind in families} <= {"counter", "gauge", "histogram", "summary", "untyped"}
    for name, _ in samples(text):
        assert any(name == family or name.startswith(family + "_") for family, _ in families), name


def test_metrics_are_summed_over_all_workers(start_server):
    server = start_server({"WORKERS": "3"})
    before = answered(server)
    for _ in range(60):
        assert server.get("/healthz").status == 200
    wait_until(lambda: answered(server) >= before + 60, "all workers' requests are counted")


def test_metrics_survive_their_worker(start_server):
    server = start_server({"WORKERS": "1", "MAX_REQUESTS": "5"})
    before = answered(server)
    for _ in range(20):
        assert server.get("/healthz").status == 200
    wait_until(lambda: answered(server) >= before + 20, "requests of gone workers are counted")


def scrape(responder, address, *headers):
    values = fcgi.params("GET", "/metrics", headers, REMOTE_ADDR=address)
    return fcgi.request(responder.socket, values)


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_metrics_are_open_to_loopback(responder, address):
    assert scrape(responder, address).status == 200


@pytest.mark.parametrize("address", ["203.0.113.9", "10.0.0.1", "2001:db8::1", "127.0.0.1.example", "", "::ffff:203.0.113.9"])
def test_metrics_are_closed_to_others(responder, address):
    for headers in ([], [("X-Forwarded-For", "127.0.0.1")], [("Authorization", "Bearer ")], [("Authorization", "Bearer x")]):
        assert scrape(responder, address, *headers).status in (401, 403, 404)


def test_the_metrics_token_opens_them_from_anywhere(start_responder):
    responder = start_responder({"METRICS_TOKEN": "scrape me please, a long token"})
    for good in ("Bearer scrape me please, a long token", "bearer scrape me please, a long token"):
        assert scrape(responder, "203.0.113.9", ("Authorization", good)).status == 200
    for wrong in ("Bearer scrape me please", "Bearer scrape me please, a long tokenx", "scrape me please, a long token", "Bearer ", "Basic x"):
        assert scrape(responder, "203.0.113.9", ("Authorization", wrong)).status in (401, 403, 404)
    assert scrape(responder, "203.0.113.9").status in (401, 403, 404)
    assert scrape(responder, "127.0.0.1").status == 200


def test_the_document_is_openapi(server):
    answer = server.get("/openapi.json")
    assert answer.status == 200 and answer.header("Content-Type").startswith("application/json")
    document = json.loads(answer.body)
    assert document["openapi"].startswith("3.1") and "/tasks/{id}" in document["paths"]


def test_the_docs_are_a_page(server):
    answer = server.get("/docs")
    assert answer.status == 200 and answer.header("Content-Type").startswith("text/html")
    assert b"openapi.json" in answer.body


def test_the_start_page_is_served(server):
    answer = server.get("/")
    assert answer.status == 200 and answer.header("Content-Type").startswith("text/html")
