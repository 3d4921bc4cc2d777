"""deploy/docs.sh prepares the files behind /docs, and is no obstacle where that cannot be done."""
import os
import pathlib
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PREPARED = {"init.js", "swagger-ui.css", "swagger-ui-bundle.js", "swagger-ui-bundle.js.LICENSE.txt", "LICENSE", "NOTICE"}


@pytest.fixture
def checkout(tmp_path):
    """A checkout with just what the script needs."""
    for name in ("deploy/docs.sh", "deploy/docs/init.js", "deploy/docs/package.json", "deploy/docs/package-lock.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def prepare(checkout, **environment):
    done = subprocess.run(["sh", "deploy/docs.sh"], cwd=checkout, env={**os.environ, **environment},
                          capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stderr


def files(checkout):
    return {path.name for path in (checkout / "build" / "docs").iterdir()}


def without_npm(folder):
    """A PATH with what the script calls, and no npm."""
    folder.mkdir()
    for name in "sh dirname mkdir cp cmp mktemp rm mv".split():
        (folder / name).symlink_to(shutil.which(name))
    return str(folder)


def test_copies_swagger_ui_and_the_second_time_does_nothing(checkout):
    prepare(checkout)
    assert files(checkout) == PREPARED
    assert {path.name for path in (checkout / "build").iterdir()} == {"docs", "docs.lock"}
    assert prepare(checkout, PATH=without_npm(checkout / "bin")) == ""


def test_changed_lock_file_is_fetched_again(checkout):
    prepare(checkout)
    (checkout / "build" / "docs.lock").write_text("another one")
    (checkout / "build" / "docs" / "swagger-ui.css").write_text("an old one")
    prepare(checkout)
    assert (checkout / "build" / "docs" / "swagger-ui.css").stat().st_size > 100000


def test_without_npm_leaves_the_plain_page_and_says_how_to_get_it(checkout):
    said = prepare(checkout, PATH=without_npm(checkout / "bin"))
    assert said.count("\n") == 1 and "apt-get install npm" in said
    assert files(checkout) == {"init.js"}


def test_without_network_leaves_the_plain_page_and_says_so(checkout):
    said = prepare(checkout, npm_config_registry="http://127.0.0.1:1/", npm_config_cache=str(checkout / "cache"))
    assert "could not fetch Swagger UI" in said
    assert files(checkout) == {"init.js"}
    assert {path.name for path in (checkout / "build").iterdir()} == {"docs"}
