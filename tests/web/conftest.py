"""Fixtures: a real browser on the real service; every test ends with a look at what the browser complained about."""
import contextlib
import pathlib
import subprocess
import sys
import tempfile

import pytest

HERE = pathlib.Path(__file__).resolve().parent
# Appended: this folder has a conftest of its own.
sys.path += [str(HERE), str(HERE.parent / "api")]

pytest.register_assert_rewrite("pages")

import harness  # noqa: E402
import pages  # noqa: E402


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config):
    """In parallel a file's tests stay together, so that what they share is made once."""
    if getattr(config.option, "numprocesses", None):
        config.option.dist = "loadfile"


@pytest.fixture(scope="session")
def cluster():
    with harness.Cluster() as one:
        yield one


@pytest.fixture(scope="session")
def server(cluster):
    with harness.Server(cluster) as one:
        yield one


@pytest.fixture
def start_server(cluster):
    """start_server({"ACCESS_TOKEN_TTL": 1}): another server, for this test only."""
    with contextlib.ExitStack() as stack:
        yield lambda settings=None, on=None: stack.enter_context(harness.Server(on or cluster, settings))


@pytest.fixture(scope="session")
def axe_script(tmp_path_factory):
    """axe-core as package-lock.json pins it."""
    script = HERE / "node_modules" / "axe-core" / "axe.min.js"
    with pages.locked(HERE / "package-lock.json"):
        if not script.exists():
            subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=HERE, check=True)
    return script.read_text()


@pytest.fixture(scope="session")
def browsers():
    """browsers(n): the n-th browser of this session. They share nothing, as two people's computers."""
    with contextlib.ExitStack() as stack:
        started = {}

        def get(number):
            if number not in started:
                folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="todo-chrome-", ignore_cleanup_errors=True))
                started[number] = pages.start_browser(folder)
                stack.callback(started[number].quit)
            return started[number]
        yield get


@pytest.fixture
def open_browser(browsers, server):
    """open_browser(): a browser like new, at most three in a test. At the end nothing may have been complained about."""
    used = []

    def get(base=None):
        page = pages.Page(browsers(len(used)), base or server.base)
        page.clean()
        used.append(page)
        return page
    yield get
    complaints = [line for page in used for line in page.complaints()]
    for page in used:
        page.clean()
    assert not complaints, complaints


@pytest.fixture
def page(open_browser):
    return open_browser()


@pytest.fixture
def anna(server):
    return server.user()


@pytest.fixture
def bert(server):
    return server.user()


@pytest.fixture
def signed_in(page, anna):
    """Anna's browser, on her tasks page."""
    page.sign_in(anna)
    return page
