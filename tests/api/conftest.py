"""Fixtures: one PostgreSQL and one default server for each pytest process, new users for each test."""
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

pytest.register_assert_rewrite("client", "writer")

import harness  # noqa: E402

# AddressSanitizer and libfaketime must both be the first library: make test has the clock's tests, make test-asan has not.
if b"__asan_init" in harness.BINARY.read_bytes():
    collect_ignore = ["test_faults_clock.py"]


@pytest.fixture(scope="session")
def cluster():
    with harness.Cluster() as one:
        yield one


@pytest.fixture(scope="session")
def server(cluster):
    """The default settings. Closing it fails if its log tells of a crash."""
    with harness.Server(cluster) as one:
        yield one


@pytest.fixture(scope="session")
def responder(cluster):
    """The default settings, without a web server."""
    with harness.Responder(cluster) as one:
        yield one


def starter(kind, cluster, request):
    def start(settings=None, on=None, **more):
        one = kind(on or cluster, settings, **more)
        request.addfinalizer(one.close)
        return one
    return start


@pytest.fixture
def start_server(cluster, request):
    """start_server({"MAX_BODY": 2000}): another server, for this test only."""
    return starter(harness.Server, cluster, request)


@pytest.fixture
def start_responder(cluster, request):
    return starter(harness.Responder, cluster, request)


@pytest.fixture(scope="module")
def module_server(cluster, request):
    """As start_server, kept for the tests of one module."""
    return starter(harness.Server, cluster, request)


@pytest.fixture
def anna(server):
    return server.user()


@pytest.fixture
def bert(server):
    return server.user()
