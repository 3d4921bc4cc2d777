"""deploy/packages.sh on a machine without any package, as apt-get there would see it: what is missing costs nothing else."""
import os
import shutil
import subprocess

import pytest

from harness import ROOT, scratch

# Nothing is there but what a stand-in for apt-get has "installed"; BROKEN cannot be installed beside anything.
STUBS = {
    "sudo": 'exec "$@"',
    "dpkg-query": 'grep -qxF "${!#}" "$STATE/installed" 2>/dev/null && echo installed',
    "apt-cache": 'for name in "${@:2}"; do echo "$name:"; grep -qxF "$name" "$STATE/archive" &&'
                 ' echo "  Candidate: 1.0" || echo "  Candidate: (none)"; done',
    "apt-get": 'case " $* " in *" update "*) exit 0 ;; *" $BROKEN "*) echo "E: broken" >&2; exit 100 ;;'
               ' *" --simulate "*) exit 0 ;; esac; for name; do grep -qxF -- "$name" "$STATE/archive" &&'
               ' echo "$name" >>"$STATE/installed"; done; exit 0',
    "update-rc.d": "",
}


@pytest.fixture
def packages():
    """packages("test", archive=[...], broken="x"): what it says, its exit status, and what it has installed."""
    state = scratch()
    places = state / "bin"
    places.mkdir()
    for name, text in STUBS.items():
        (places / name).write_text(f"#!/bin/bash\n{text}\n")
        (places / name).chmod(0o755)
    state.chmod(0o777)
    installed = state / "installed"

    def run(*groups, archive, broken="none"):
        (state / "archive").write_text("\n".join(archive) + "\n")
        environment = {"PATH": f"{places}:/usr/bin:/bin", "STATE": str(state), "BROKEN": broken}
        by = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"] if os.getuid() == 0 else []
        with open(ROOT / "deploy/packages.sh") as script:  # nobody may be unable to read it by its name
            done = subprocess.run([*by, "bash", "-s", "--", *groups], stdin=script, env=environment, text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
        return done.stdout, done.returncode, installed.read_text().split() if installed.exists() else []
    yield run
    shutil.rmtree(state)


BUILD = ["gcc", "make", "pkgconf", "libc6-dev", "libfcgi-dev", "libcjson-dev", "libpq-dev", "libjwt-dev", "libcrypt-dev",
         "libssl-dev"]


def test_of_alternatives_the_first_that_the_archive_has_is_installed(packages):
    told, _, installed = packages("test", archive=["python3-jwt", "libclang-rt-dev", "libclang-rt-14-dev"])
    assert installed == ["python3-jwt", "libclang-rt-dev"]
    assert "python3-jwt" not in told.partition("are not available")[2]


def test_a_name_that_is_gone_costs_no_other_and_is_told_with_its_reason(packages):
    told, status, installed = packages("build", "test", archive=[*BUILD, "libcmocka-dev", "clang"])
    assert (status, installed) == (0, [*BUILD, "libcmocka-dev", "clang"])
    told = told.partition("are not available")[2]
    assert "python3-jose or python3-jwt tokens as another program makes them" in told and "libcmocka-dev" not in told


def test_a_package_that_goes_with_no_other_costs_no_other(packages):
    told, status, installed = packages("lint", archive=["clang-format", "clang-tidy", "cppcheck", "shellcheck"], broken="cppcheck")
    assert (status, installed) == (0, ["clang-format", "clang-tidy", "shellcheck"])
    assert "cppcheck" in told.partition("are not available")[2]


@pytest.mark.parametrize("group", ["build", "run"])
def test_without_what_the_service_needs_it_fails(packages, group):
    told, status, _ = packages(group, "test", archive=["clang"])
    assert status == 1 and "are not available" in told


def test_with_everything_there_it_says_nothing(packages):
    assert packages("build", archive=BUILD)[1] == 0
    assert packages("build", archive=[]) == ("", 0, BUILD)
