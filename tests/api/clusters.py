"""PostgreSQL in special circumstances: a hot standby, a small disk."""
import contextlib
import os
import pathlib
import shlex
import shutil
import subprocess

from harness import BINARY, Cluster, Server, alive, scratch, wait_until


@contextlib.contextmanager
def session(cluster, database, user, text=""):
    """Runs SQL that returns nothing, and stays connected for the length of a with statement, which can print more to it."""
    psql = subprocess.Popen([cluster.program("psql"), "-h", str(cluster.sockets), "-U", user, "-d", database, "-Xqf-"],
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        psql.stdin.write(f"{text};\n\\echo done\n")
        psql.stdin.flush()
        assert psql.stdout.readline() == "done\n"
        yield psql.stdin
    finally:
        psql.communicate()


class Standby(Cluster):
    """Follows a primary, and can be read meanwhile."""

    def __init__(self, primary):
        self.primary = primary
        super().__init__()

    def create(self):
        self._run("pg_basebackup", "--username=postgres", f"--host={self.primary.sockets}", f"--pgdata={self.data}",
                  "--write-recovery-conf", "--checkpoint=fast", "--no-sync")
        self.start()

    def promote(self):
        assert self.admin("SELECT pg_promote()") == "t"


class SmallDisk(Cluster):
    """Its data lie on a file system of their own, in a mount namespace that ends with us."""

    def __init__(self, megabytes):
        self.megabytes = megabytes
        super().__init__()

    def create(self):
        rights = [] if os.getuid() == 0 else ["--user", "--map-current-user", "--keep-caps"]
        owner = self.data.stat()
        script = (f"mount -t tmpfs -o size={self.megabytes}m,mode=700,uid={owner.st_uid},gid={owner.st_gid} none {self.data}"
                  " && echo mounted && exec cat")
        self.keeper = subprocess.Popen(["unshare", *rights, "--mount", "sh", "-c", script],
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self.keeper.stdout.readline() == b"mounted\n"
        super().create()

    def _joining(self, *command):
        """Within the namespace."""
        rights = [] if os.getuid() == 0 else ["--user", "--preserve-credentials"]
        return ["nsenter", f"--target={self.keeper.pid}", *rights, "--mount", *command]

    def _command(self, *arguments, **options):
        return self._joining(*super()._command(*arguments, **options))

    def _shell(self, script):
        return subprocess.run(self._joining("sh", "-c", f"cd {self.data} && {script}"), stderr=subprocess.DEVNULL)

    def fill(self):
        assert self._shell("cat /dev/zero >filler").returncode != 0

    def clear(self):
        assert self._shell("rm filler").returncode == 0

    def use_up_log(self):
        """Until PostgreSQL ends: the next piece of its log cannot be made."""
        def has_ended():
            with contextlib.suppress(AssertionError):  # it ends before it has answered
                self.admin("SELECT pg_switch_wal()")
            return self.process.poll() is not None
        wait_until(has_ended, "PostgreSQL ends")
        self.process = None

    def close(self):
        super().close()
        self.keeper.communicate()


class Clock:
    """A clock for the processes that are started with its environment: it can be set while they run. What measures how long
    something takes, CLOCK_MONOTONIC, goes on as it does on any machine whose clock is set."""

    def __init__(self):
        [library] = pathlib.Path("/usr/lib").glob("*/faketime/libfaketime.so.1")
        self.folder = scratch()
        self.file = self.folder / "offset"
        self.environment = {"LD_PRELOAD": library, "FAKETIME_TIMESTAMP_FILE": self.file, "FAKETIME_NO_CACHE": "1",
                            "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        self.set(0)

    def set(self, seconds):
        """So many ahead of the machine's clock, or behind."""
        new = self.folder / "new"
        new.write_text(f"{seconds:+d}\n")
        new.rename(self.file)

    def program(self):
        """Starts todo.fcgi on this clock."""
        path = self.folder / "todo.fcgi"
        settings = " ".join(f"{name}={value}" for name, value in self.environment.items())
        path.write_text(f'#!/bin/sh\nexec env {settings} {shlex.quote(str(BINARY))} "$@"\n')
        path.chmod(0o755)
        return path

    def close(self):
        shutil.rmtree(self.folder)
        for file in pathlib.Path("/dev/shm").glob("*faketime_*"):  # it leaves those of processes that exec
            if not alive(file.name.split("_")[-1]):
                file.unlink(missing_ok=True)


class ClockedCluster(Cluster):
    """With a clock of its own."""

    def __init__(self, clock):
        self.clock = clock
        super().__init__()

    def create(self):
        self.as_user += ["env", *(f"{name}={value}" for name, value in self.clock.environment.items())]
        super().create()


class ClockedServer(Server):
    """lighttpd goes on by the machine's clock: it starts anew, and its service with it, a second after its clock was set."""

    def __init__(self, clock, cluster, settings):
        self.clock = clock
        super().__init__(cluster, settings)

    def environment(self):
        return super().environment() | {"TODO_FCGI": str(self.clock.program())}
