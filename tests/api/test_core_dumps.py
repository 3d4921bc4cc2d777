"""The memory of the service, which holds secrets and passwords, is never written to a file."""
import os
import pathlib
import resource
import signal
import subprocess

from harness import BINARY, SECRET, children, wait_until


def allow_core_files():
    resource.setrlimit(resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2)


def leaves_core(command, folder, environment, ready=lambda process: True):
    process = subprocess.Popen(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                               preexec_fn=allow_core_files)
    wait_until(lambda: ready(process), "it has begun")
    os.kill(process.pid, signal.SIGSEGV)
    return os.WCOREDUMP(os.waitpid(process.pid, 0)[1])


def environment(cluster, workers):
    return {"PATH": "/usr/bin:/bin", "DATABASE_URL": cluster.url(cluster.new_database()), "JWT_SECRET": SECRET, "WORKERS": workers}


def test_a_crash_leaves_no_core_file(cluster, tmp_path):
    """Where a machine writes none at all this holds anyway: then the limits below say it alone."""
    socket = tmp_path / "socket"
    assert not leaves_core([str(BINARY), "-s", str(socket)], tmp_path, environment(cluster, "0"), lambda _: socket.exists())


def test_neither_the_parent_nor_a_worker_may_write_a_core_file(cluster, tmp_path):
    process = subprocess.Popen([str(BINARY), "-s", str(tmp_path / "socket")], env=environment(cluster, "1"), stdin=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, preexec_fn=allow_core_files)
    try:
        wait_until(lambda: children(process.pid), "a worker is there")
        for pid in (process.pid, *children(process.pid)):
            limits = pathlib.Path(f"/proc/{pid}/limits").read_text()
            assert [line.split()[4:6] for line in limits.splitlines() if line.startswith("Max core")] == [["1", "1"]]  # bytes
    finally:
        process.terminate()
        process.wait(30)
