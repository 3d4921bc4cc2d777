"""todo.fcgi behind each web server, by the very files of deploy/.

    with Cluster() as cluster, KINDS["nginx"](cluster, mount="/apps/todo") as server: …

As root, the web server runs as www-data and the responder as nobody, as they would in earnest.
"""
import contextlib
import fcntl
import os
import pathlib
import pwd
import re
import shutil
import signal
import socket
import subprocess

import client
import harness

HERE = pathlib.Path(__file__).resolve().parent
DEPLOY = harness.ROOT / "deploy"
IS_ROOT = os.getuid() == 0
WEB_USER, APP_USER = "www-data", "nobody"


class Cluster(harness.Cluster):
    """A PostgreSQL that the users of the web server and the responder can reach."""

    def __init__(self):
        super().__init__()
        self.sockets.chmod(0o711)


def give(path, user):
    if IS_ROOT:
        owner = pwd.getpwnam(user)
        os.chown(path, owner.pw_uid, owner.pw_gid)


def as_user(user):
    return ["setpriv", f"--reuid={user}", f"--regid={pwd.getpwnam(user).pw_gid}", "--clear-groups"] if IS_ROOT else []


def listen(path, user):
    """A socket as systemd opens it."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen(1024)
    path.chmod(0o600)
    give(path, user)
    return listener


def activate(listeners, command, **more):
    """Starts it under what todo.service says, with the sockets as systemd hands them over (sd_listen_fds(3))."""
    high = [fcntl.fcntl(one, fcntl.F_DUPFD, 20 + place) for place, one in enumerate(listeners)]
    places = " ".join(f"{3 + place}<&{number} {number}<&-" for place, number in enumerate(high))
    script = f'LISTEN_FDS={len(high)} LISTEN_PID=$$ exec "$@" {places}'
    try:
        return subprocess.Popen(
            ["bash", "-c", script, "sh", "setpriv", "--pdeathsig=TERM", "/usr/bin/python3", HERE / "sandbox.py", DEPLOY / "todo.service",
             *command], cwd="/", stdin=subprocess.DEVNULL, pass_fds=high, start_new_session=True, **more)
    finally:
        for number in high:
            os.close(number)


class Behind(harness.Server):
    """A web server on a free port, and a responder that spawn-fcgi has started on a unix socket."""
    starts_responder = False

    def __init__(self, cluster, settings=None, mount="", **more):
        self.prefix = mount
        self.responder = None
        super().__init__(cluster, settings, **more)

    root = property(lambda self: self.folder / "root")
    run = property(lambda self: self.folder / "run")
    program = property(lambda self: self.folder / "todo.fcgi")
    socket = property(lambda self: self.folder / "fcgi.sock")
    auth_socket = socket

    # What the calls see: an address below the mount, and the mount in every link.
    @property
    def base(self):
        return f"http://127.0.0.1:{self.port}{self.prefix}"

    def call(self, method, path, headers, body):
        return client.over_http(self.port, method, self.prefix + path, headers, body)

    def environment(self):
        own = {"PORT": str(self.port), "BIND": "127.0.0.1", "MOUNT": self.prefix, "RUN_DIR": str(self.run),
               "TODO_ROOT": str(self.root), "TODO_SOCKET": str(self.socket), "TODO_AUTH_SOCKET": str(self.auth_socket),
               "TODO_FCGI": str(self.program),
               "WEB_USER": WEB_USER}
        return harness.Process.environment(self) | own

    def spawn(self, command, environment):
        """Server names lighttpd's command; here every kind has its own."""
        if self.responder is None:
            self.lay_out()
            self.responder = [] if self.starts_responder else self.start_responder()
        super().spawn(self.command(), self.environment())

    def lay_out(self):
        """Copies, since the checkout may lie where other users cannot go."""
        shutil.copy(harness.BINARY, self.program)
        for name in ("web", "deploy"):
            shutil.copytree(harness.ROOT / name, self.root / name)
        self.run.mkdir()
        give(self.run, WEB_USER)

    def start_responder(self):
        """With the command that the configurations name."""
        users = [f"-U{WEB_USER}", f"-G{WEB_USER}", f"-u{APP_USER}", f"-g{pwd.getpwnam(APP_USER).pw_gid}"] if IS_ROOT else []
        command = ["spawn-fcgi", "-s", self.socket, "-b", "1024", "-M", "0600", *users, "-n", "--",
                   "/usr/bin/setpriv", "--pdeathsig=TERM", self.program]
        with open(self.folder / "responder.log", "ab") as log:
            return [subprocess.Popen(list(map(str, command)), env=harness.Process.environment(self), cwd="/",
                                     stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)]

    def parent(self):
        return self.responder[0].pid

    @property
    def has_auth_pool(self):
        return self.auth_socket != self.socket

    def stop(self, sign=signal.SIGTERM):
        family = [pid for one in self.responder or [] for pid in (one.pid, *harness.descendants(one.pid))]
        try:
            super().stop(sign)
        finally:
            for one in self.responder or []:
                one.terminate()
                one.wait(harness.PATIENCE)
        harness.wait_until(lambda: not any(map(harness.alive, family)), "the responder has ended")
        self.check_log()


class LighttpdSocket(Behind):
    def environment(self):
        return super().environment() | {"MOUNT": self.prefix or "/"}

    def command(self):
        return [*as_user(WEB_USER), "lighttpd", "-D", "-f", DEPLOY / "lighttpd-socket.conf"]


class Activated:
    """With a responder as todo.socket and todo.service start it: what their system call filter forbids would kill it."""
    auth_socket = property(lambda self: self.folder / "auth.sock")

    def start_responder(self):
        with contextlib.ExitStack() as stack:
            log = stack.enter_context(open(self.folder / "responder.log", "ab"))
            listeners = [stack.enter_context(listen(path, WEB_USER)) for path in (self.socket, self.auth_socket)]
            environment = {**harness.Process.environment(self), "AUTH_SOCKET": str(self.auth_socket)}
            return [activate(listeners, [self.program], env=environment, stdout=log, stderr=log)]


class LighttpdActivated(Activated, LighttpdSocket):
    pass


class Nginx(Behind):
    site = DEPLOY / "nginx.conf"
    names = "$BIND $PORT $MOUNT $TODO_ROOT $TODO_SOCKET $TODO_AUTH_SOCKET"  # as the file says

    def edit(self, text):
        return text

    def command(self):
        filled = self.fill(self.site, self.names)
        (self.run / "site.conf").write_text(self.edit(filled))
        (self.run / "main.conf").write_text(self.fill(HERE / "nginx.conf", "$RUN_DIR $WEB_USER"))
        return ["nginx", "-p", self.run, "-e", self.folder / "nginx.log", "-c", self.run / "main.conf"]

    def fill(self, path, names):
        return subprocess.run(["envsubst", names], env=self.environment(), stdin=open(path), text=True, check=True,
                              capture_output=True).stdout


class NginxActivated(Activated, Nginx):
    pass


class NginxKeepAlive(Nginx):
    """With a store of kept connections, which the shipped file leaves out."""

    def edit(self, text):
        return re.sub(r"(upstream todo \{.*?\n)\}", r"\1    keepalive 16;\n}", text, flags=re.S)


class Apache(Behind):
    site = ""

    def environment(self):
        return super().environment() | {"SITE": str(DEPLOY / self.site), "TODO_CONF": str(self.folder / "conf")}

    def command(self):
        return ["apache2", "-DFOREGROUND", "-f", HERE / "apache2.conf"]


class ApacheProxy(Apache):
    site = "apache-proxy.conf"


class ApacheProxyActivated(Activated, ApacheProxy):
    pass


class ApacheFcgid(Apache):
    site = "apache-fcgid.conf"
    starts_responder = True

    def wait_workers(self):
        """Apache starts them as it needs them."""

    def lay_out(self):
        super().lay_out()
        folder = self.folder / "conf"
        folder.mkdir()
        values = harness.Process.environment(self)
        for name in ("DATABASE_URL", "JWT_SECRET"):
            path = folder / name.lower()
            path.write_text(values[name])
            path.chmod(0o400)
            give(path, WEB_USER)
        rest = {**{name: value for name, value in self.settings.items() if name not in ("DATABASE_URL", "JWT_SECRET", "WORKERS")},
                **{name: value for name, value in values.items() if name.endswith("SAN_OPTIONS")}}
        (folder / "fcgid-settings.conf").write_text("".join(f'FcgidInitialEnv {name} "{value}"\n' for name, value in rest.items()))

    def environment(self):
        """None of the app's settings: they must come by the files."""
        return {name: value for name, value in super().environment().items() if name not in self.settings}


class LighttpdSpawned(harness.Server):
    """The shipped lighttpd.conf, for the root alone: tests/api runs through it, here only what is asked of every server."""
    prefix = ""

    def __init__(self, cluster, settings=None, mount="", **more):
        assert mount == "", "lighttpd.conf is for the root of a host"
        super().__init__(cluster, settings, **more)


KINDS = {"lighttpd": LighttpdSpawned, "lighttpd-socket": LighttpdSocket, "apache-fcgid": ApacheFcgid,
         "apache-proxy": ApacheProxy, "nginx": Nginx, "systemd": LighttpdActivated}
MOUNTS = {kind: [""] if kind in ("lighttpd", "systemd") else ["", "/apps/todo"] for kind in KINDS}
