"""Fixtures: the names of tests/api, through every web server at every mount.

TODO_SERVER=nginx and TODO_MOUNT=/apps/todo (or / for the root) choose one.
"""
import os
import pathlib
import sys

import pytest

sys.path[:0] = [str(pathlib.Path(__file__).parents[1] / "api"), str(pathlib.Path(__file__).parent)]

pytest.register_assert_rewrite("client")

import behind  # noqa: E402
from test_cors import ORIGINS  # noqa: E402

CHOSEN = os.environ.get("TODO_SERVER"), os.environ.get("TODO_MOUNT")
PLACES = [(kind, mount) for kind in behind.KINDS for mount in behind.MOUNTS[kind]
          if CHOSEN[0] in (None, kind) and CHOSEN[1] in (None, mount or "/")]


def name_of(place):
    return place[0] + (place[1] or "/")


@pytest.fixture(scope="session")
def cluster():
    with behind.Cluster() as one:
        yield one


@pytest.fixture(scope="session", params=PLACES, ids=name_of)
def server(cluster, request):
    kind, mount = request.param
    with behind.KINDS[kind](cluster, {"CORS_ORIGINS": ",".join(ORIGINS)}, mount=mount) as one:
        yield one


@pytest.fixture(scope="session")
def exact(server):
    """As test_cors calls it."""
    return server


@pytest.fixture
def start(cluster, request):
    """start("nginx", {"WORKERS": 2}): another server, for this test only."""
    def start(kind, settings=None, mount=""):
        one = (behind.KINDS[kind] if isinstance(kind, str) else kind)(cluster, settings, mount=mount)
        request.addfinalizer(one.close)
        return one
    return start


@pytest.fixture
def anna(server):
    return server.user()


@pytest.fixture
def bert(server):
    return server.user()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """With -n and --dist loadgroup: a server's tests stay in one process, so that it starts once."""
    for item in items:
        place = getattr(item, "callspec", None) and item.callspec.params.get("server")
        item.add_marker(pytest.mark.xdist_group(name_of(place) if place else item.name))
