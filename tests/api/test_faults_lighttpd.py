"""lighttpd is stopped, killed and started again while others write: nothing acknowledged is lost, and it serves at once."""
import signal

import pytest

import fcgi
from harness import alive, children, idle_files, open_files, wait_until
from writer import Writer


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_restart_of_lighttpd_loses_nothing_acknowledged(start_server, sign):
    server = start_server()
    with Writer(server.user(), 16) as writer:
        for _ in range(5):
            writer.goes_on()
            server.restart(sign)
        writer.goes_on()
    assert {answer.status for answer in writer.refused} <= {500, 503}, writer
    writer.check()


def test_a_graceful_restart_of_lighttpd_loses_no_request(start_server):
    """SIGUSR1: after a change of its configuration, or a new certificate."""
    server = start_server()
    with Writer(server.user(), 16) as writer:
        for _ in range(5):
            writer.goes_on()
            before = server.parent()
            server.process.send_signal(signal.SIGUSR1)
            wait_until(lambda: not alive(before), "the service is started anew, too")
        writer.goes_on()
    assert not writer.refused and not writer.cut, writer
    writer.check()


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGKILL])
def test_a_lighttpd_started_while_the_service_before_still_drains_serves(start_server, sign):
    server = start_server({"DRAIN_SECONDS": "60", "REQUEST_TIMEOUT": "60"})
    anna, parent = server.user(), server.parent()
    values = fcgi.params("POST", "/tasks", [("Authorization", f"Bearer {anna.token}"), ("Content-Type", "application/json")], b'{"title":"late"}')
    workers = server.workers()
    idle = idle_files(workers)
    with fcgi.connect(next(server.folder.glob("fcgi-*.sock-0"))) as link:
        link.sendall(fcgi.begin() + fcgi.stream(fcgi.PARAMS, fcgi.pairs(values)) + fcgi.record(fcgi.STDIN, b'{"title"'))
        wait_until(lambda: any(open_files(worker) > idle for worker in workers), "a worker reads the body")
        server.restart(sign)
        wait_until(lambda: len(children(parent)) == 1, "the other workers before have gone")
        server.wait_ready()
        assert anna.task(title="early")
        link.sendall(fcgi.stream(fcgi.STDIN, b':"late"}'))
        assert fcgi.parse(fcgi.read_all(link)).status == 201
    wait_until(lambda: not alive(parent), "the service before has ended")
    server.wait_every_worker()
    assert sorted(anna.titles()) == ["early", "late"]
