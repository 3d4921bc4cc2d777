"""make install and uninstall, the Debian package, the manual pages, the completion."""
import os
import re
import shutil
import subprocess

import pytest

from harness import TODOCTL
from harness import BINARY, ROOT, Responder

INSTALLED = {"usr/libexec/todo/todo.fcgi", "usr/sbin/todoctl", "usr/share/man/man8/todo.fcgi.8",
             "usr/share/man/man8/todoctl.8", "usr/share/bash-completion/completions/todoctl",
             "usr/lib/sysusers.d/todo.conf", "usr/share/todo/web/index.html", "usr/share/todo/deploy/errors/503.html",
             "usr/share/todo/examples/lighttpd.conf", "usr/share/todo/examples/grafana.json",
             "usr/share/doc/todo/README.md", "usr/share/doc/todo/CHANGELOG.md", "usr/share/doc/todo/smoke.sh",
             "usr/share/doc/todo/docs/tasks.png"}


# Nothing of the make that has started the tests: not its BUILD, not its flags.
ENVIRONMENT = {"PATH": os.environ["PATH"] + ":/usr/sbin:/sbin", "HOME": os.environ.get("HOME", "/"), "LANG": "C.UTF-8",
               "DEBIAN_FRONTEND": "noninteractive"}


def run(*command, env=ENVIRONMENT, **more):
    done = subprocess.run([str(word) for word in command], env=env, text=True, capture_output=True, timeout=900, **more)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def files(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    """A copy of what is committed or about to be: nothing here is built or cleaned in the checkout."""
    copy = tmp_path_factory.mktemp("sources")
    listed = run("git", "ls-files", "-co", "--exclude-standard", cwd=ROOT).split("\n")
    for name in filter(None, listed):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name)
    return copy


@pytest.fixture(scope="module")
def package(sources):
    """The package, made by make deb, which holds it against lintian."""
    shutil.rmtree(sources / "build", ignore_errors=True)
    run("git", "init", "-q", cwd=sources)
    run("make", "deb", cwd=sources)
    made, = (path for path in (sources / "build" / "deb").glob("todo_*.deb"))
    return made


def works(root):
    """The installed programs run, and todo.service starts the one that is there."""
    assert run(root / "usr/libexec/todo/todo.fcgi", "--version").startswith("todo.fcgi ")
    assert run(root / "usr/sbin/todoctl", "--version").startswith("todoctl ")
    unit = next(root.glob("**/systemd/system/todo.service")).read_text()
    assert re.search(r"^ExecStart=/usr/libexec/todo/todo\.fcgi\b", unit, re.M)
    assert (root / "etc/todo/secrets").stat().st_mode & 0o777 == 0o700
    for link in re.findall(r'src="(docs/[^"]+)"', (root / "usr/share/doc/todo/README.md").read_text()):
        assert (root / "usr/share/doc/todo" / link).exists(), f"README.md shows {link}"


def test_make_install_and_uninstall(sources, tmp_path):
    places = [f"DESTDIR={tmp_path}", "PREFIX=/usr"]
    run("make", "install", *places, cwd=sources)
    assert INSTALLED | {"etc/todo/todo.env"} <= files(tmp_path)
    works(tmp_path)
    root = tmp_path / "usr/share/todo"
    for config in root.rglob("*.conf"):
        for name in re.findall(r'TODO_ROOT(?:\}?|\s*\+\s*")(/[\w./-]+)', config.read_text()):
            assert (root / name[1:]).exists(), f"{config.name} wants TODO_ROOT{name}"
    config = tmp_path / "etc/todo/todo.env"
    config.write_text("WORKERS=3\n")
    run("make", "install", *places, cwd=sources)
    assert config.read_text() == "WORKERS=3\n"
    run("make", "uninstall", *places, cwd=sources)
    assert files(tmp_path) == {"etc/todo/todo.env"}


def test_the_debian_package_has_swagger_ui_for_its_docs(package, tmp_path):
    run("dpkg-deb", "--extract", package, tmp_path)
    page = (ROOT / "deploy/docs/index.html").read_text()
    for name in re.findall(r'"docs/([^"]+)"', page):
        assert (tmp_path / "usr/share/todo/build/docs" / name).exists(), name
    assert "swagger-ui-bundle.js" in page


def test_the_debian_package_is_installed_upgraded_removed_and_purged(package, tmp_path):
    """Into a folder of its own, with stand-ins for the programs of systemd that the package's scripts call."""
    admin = tmp_path / "var/lib/dpkg"
    (admin / "info").mkdir(parents=True)
    (admin / "updates").mkdir()
    (admin / "status").touch()
    for name in ("usr/bin", "bin", "sbin", "usr/sbin"):
        (tmp_path / name).mkdir(parents=True, exist_ok=True)
    dpkg = ["dpkg", f"--root={tmp_path}", "--force-depends", "--force-not-root", "--force-script-chrootless",
            f"--log={tmp_path}/dpkg.log"]
    stubs = tmp_path / "stubs"
    stubs.mkdir()
    for name in ("systemd-sysusers", "deb-systemd-helper", "deb-systemd-invoke", "systemctl"):
        (stubs / name).write_text(f'#!/bin/sh\necho "{name} $*" >>{tmp_path}/called\n')
        (stubs / name).chmod(0o755)
    environment = ENVIRONMENT | {"PATH": f"{stubs}:{ENVIRONMENT['PATH']}"}
    run(*dpkg, "--install", package, env=environment)
    works(tmp_path)
    called = (tmp_path / "called").read_text()
    assert "systemd-sysusers --root=" in called and "deb-systemd-invoke" not in called
    secret = tmp_path / "etc/todo/secrets/jwt_secret"
    secret.write_text("kept\n")
    config = tmp_path / "etc/todo/todo.env"
    config.write_text("WORKERS=3\n")
    run(*dpkg, "--install", package, env=environment)
    assert config.read_text() == "WORKERS=3\n" and secret.exists()
    run(*dpkg, "--remove", "todo", env=environment)
    assert not (tmp_path / "usr/sbin/todoctl").exists() and secret.exists() and config.exists()
    run(*dpkg, "--purge", "todo", env=environment)
    left = [path for path in tmp_path.glob("*/**/*todo*") if "var" not in path.parts]
    assert left == [], "what a purge leaves behind"


# A copy of this machine, as far as it is written to: what the package does to it is gone with the mount.
ON_A_COPY = r"""
set -e
mount -t tmpfs none "$1" && mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/root"
cp "$2" "$1/root/todo.deb"
chroot "$1/root" bash -e -c '
    mount -t proc proc /proc
    say() { echo "$1: $2"; }
    # As if systemd ran, and the service: what it is told is written down.
    rm -f /usr/sbin/policy-rc.d
    mkdir -p /run/systemd/system /stubs
    printf "%s\n" "#!/bin/sh" "case \$1 in is-enabled) SYSTEMD_OFFLINE=1 exec /usr/bin/systemctl \"\$@\" ;; esac" \
        "echo \"\$*\" >>/calls" >/stubs/systemctl
    chmod 755 /stubs/systemctl
    PATH=/stubs:$PATH
    calls() { grep -E "start|stop|reload" /calls | sed "s/--[a-z]* //" | tr "\n" ","; rm -f /calls; touch /calls; }
    touch /calls
    dpkg -i /todo.deb >&2
    say calls_of_installation "$(calls)"
    say version "$(/usr/libexec/todo/todo.fcgi --version)"
    say user "$(id -un todo)"
    say secrets "$(stat -c "%a %U" /etc/todo/secrets)"
    say socket "$(systemctl is-enabled todo.socket || true)"
    say unit "$(systemd-analyze verify --man=no todo.service todo.socket 2>&1 | grep todo || true)"
    echo WORKERS=3 >/etc/todo/todo.env
    dpkg -i /todo.deb >&2
    say upgraded "$(cat /etc/todo/todo.env)"
    say calls_of_upgrade "$(calls)"
    dpkg -r todo >&2
    say calls_of_removal "$(calls)"
    say removed "$(ls -d /usr/sbin/todoctl /usr/libexec/todo /etc/todo/todo.env 2>/dev/null | tr "\n" " ")"
    dpkg -P todo >&2
    say purged "$(find /etc /usr /var/lib -path "*todo*" -not -path "/usr/share/*/todo-*" -newer /todo.deb | tr "\n" " ")"
'
"""

if os.getuid() == 0:
    def test_on_this_machine_it_is_installed_upgraded_removed_and_purged(package, tmp_path):
        """With systemd's own programs and dpkg's own folders, in a copy of the file system."""
        told = run("unshare", "--mount", "bash", "-c", ON_A_COPY, "bash", tmp_path, package)
        assert dict(line.split(": ", 1) for line in told.splitlines()) == {
            "version": run(ROOT / "build/todo.fcgi", "--version").strip(), "user": "todo", "secrets": "700 root",
            "socket": "disabled", "unit": "", "upgraded": "WORKERS=3", "removed": "/etc/todo/todo.env ", "purged": "",
            "calls_of_installation": "", "calls_of_upgrade": "daemon-reload,reload todo.service,",
            "calls_of_removal": "stop todo.socket todo.service,daemon-reload,"}


def test_every_place_that_tells_the_version_tells_the_same(cluster):
    version = re.match(r"todo \((.*?)\) ", (ROOT / "debian/changelog").read_text())[1]
    assert run(TODOCTL, "--version") == f"todoctl {version}\n"
    assert run(BINARY, "--version") == f"todo.fcgi {version}\n"
    with Responder(cluster) as service:
        assert service.get("/openapi.json").json["info"]["version"] == version
        assert f'\ntodo_build_info{{version="{version}"}} 1\n' in service.get("/metrics").body.decode()


def test_the_manual_pages_are_sound():
    pages = sorted((ROOT / "deploy/man").glob("*.8"))
    assert len(pages) == 2
    run("mandoc", "-T", "lint", "-W", "warning", *pages)


def commands():
    """The commands as --help lists them: ["user", "add"], ..."""
    lines = re.findall(r"^  (\w.*)$", run(TODOCTL, "--help"), re.M)
    return [re.match(r"[a-z -]*[a-z]", line).group(0).split() for line in lines]


def complete(*words):
    """What bash offers for the last word."""
    script = ('source "$1"; shift; COMP_WORDS=(todoctl "$@"); COMP_CWORD=$(($# )); _todoctl;'
              ' printf "%s\\n" "${COMPREPLY[@]}"')
    return set(run("bash", "-c", script, "bash", ROOT / "deploy/todoctl.bash-completion", *words).split())


def test_the_completion_knows_every_command():
    assert len(commands()) > 10
    for words in commands():
        assert words[0] in complete("")
        if len(words) > 1:
            assert words[1] in complete(words[0], "")
            assert complete(words[0], words[1][:4]) == {words[1]} or words[1][:4] in ("dele", "disa", "rese")
    assert complete("user", "d") == {"disable", "delete"}
    assert complete("--conf", "/etc", "us") == {"user"} and complete("nothing", "") == set()
    assert complete("user", "delete", "anna@example.org", "-") == {"--yes"} and complete("check", "--u") == {"--url"}
