"""Puts load on a target for a while, and counts: requests, times, and who has used the CPU."""
import contextlib
import dataclasses
import json
import os
import pathlib
import statistics
import subprocess
import tempfile
import threading
import time
from http.client import HTTPException

import rig
import workloads

ROLES = ("client", "web", "app", "postgres")


@dataclasses.dataclass
class Sample:
    """One measurement: a figure (mostly requests a second), times in milliseconds, CPU in microseconds per request."""
    figure: float
    p50: float | None = None
    p99: float | None = None
    cpu: dict = dataclasses.field(default_factory=dict)
    unit: str = "/s"


TICK = 1e9 / os.sysconf("SC_CLK_TCK")


def cpu_nanoseconds(pids):
    """What processes have used so far, with all threads that they have had, and those of their children that have ended."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):  # it has just ended
            total += time.clock_gettime_ns(~pid << 3 | 2)  # as clock_getcpuclockid(3) makes it
            children = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[13:15]
            total += sum(map(int, children)) * TICK
    return total


class Meter:
    """with Meter(find_roles) as meter: ...; then meter.used[role], in nanoseconds."""

    def __init__(self, find_roles):
        self.find_roles = find_roles
        self.used = {}

    def __enter__(self):
        self.used = {role: -cpu_nanoseconds(pids) for role, pids in self.find_roles().items()}
        return self

    def __exit__(self, *_):
        """Processes may have come and gone; the latter's time has gone to their parents."""
        for role, pids in self.find_roles().items():
            self.used[role] += cpu_nanoseconds(pids)


def run(command, environment=None):
    """A program to its end: what it printed, and the nanoseconds of CPU it has used."""
    process = subprocess.Popen([str(word) for word in command], env=environment, text=True, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, cwd=tempfile.gettempdir())
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stdout.close()
    if process.returncode != 0:
        raise RuntimeError(f"{command[0]} failed:\n{output}")
    return output, (usage.ru_utime + usage.ru_stime) * 1e9


def measure(target, database, load):
    """Runs load(), which returns (count, Sample, its own CPU), and tells who used how much per request."""
    with Meter(lambda: target.processes() | {"postgres": database.processes()}) as meter:
        count, sample, own = load()
    used = meter.used | {"client": own}
    sample.cpu = {role: used[role] / count / 1000 for role in ROLES if role in used and count}
    return sample


def wrk(target, requests, connections, seconds):
    """wrk with the requests of a file: what load.lua tells, and its CPU. An answer that is an error is one for us, too."""
    output, own = run(["wrk", "-t", min(connections, 2), "-c", connections, "-d", f"{seconds}s", "--timeout", "30s", "-s",
                       rig.BENCH / "load.lua", target.base], os.environ | {"REQUESTS": str(requests)})
    told = json.loads(output.strip().splitlines()[-1])
    if told["refused"] or told["broken"] or not told["requests"]:
        raise RuntimeError(f"{target.label}: {told['refused']} answers were errors, {told['broken']} did not come,"
                           f" of {told['requests']}")
    return told, own


def http(target, database, requests, connections, seconds):
    def load():
        told, own = wrk(target, requests, connections, seconds)
        rate = told["requests"] / told["micros"] * 1e6
        return told["requests"], Sample(rate, told["p50"] / 1000, told["p99"] / 1000), own
    return measure(target, database, load)


class Pgbench:
    """The statements alone."""
    label = "pgbench"

    @staticmethod
    def processes():
        return {}


GONE = "SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'pgbench')"


def pgbench(database, script, connections, seconds):
    text, variables, mode = script
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "script.sql"
        path.write_text(text)

        def load():
            output, own = run([
                database.program("pgbench"), "-h", database.sockets, "-U", "todo", "-n", "-M", mode, "-f", path,
                "-c", connections, "-j", min(connections, 2), "-T", seconds, "--log", f"--log-prefix={folder}/log",
                "--sampling-rate=0.1", *[f"-D{name}={value}" for name, value in variables.items()], database.name])
            rig.harness.wait_until(lambda: database.root_sql(GONE) == "t", "pgbench's connections are closed")
            words = {line.split("=")[0].split(":")[0].strip(): line for line in output.splitlines()}
            count = int(words["number of transactions actually processed"].split(":")[1].split("/")[0])
            rate = float(words["tps"].split("=")[1].split()[0])
            times = sorted(int(line.split()[2]) / 1000 for log in pathlib.Path(folder).glob("log*")
                           for line in log.read_text().splitlines())
            return count, Sample(rate, times[len(times) // 2], times[len(times) * 99 // 100]), own
        return measure(Pgbench, database, load)


def crypt(processes, seconds):
    """Hashes per second."""
    output, own = run([rig.BUILD / "bench" / "crypt", processes, seconds, rig.HASH, rig.PASSWORD])
    rate = float(output)
    return Sample(rate, cpu={"app": own / 1000 / (rate * seconds)})


class SignIns:
    """Clients that sign in without pause, each by itself, but wait as Retry-After says."""

    def __init__(self, target, clients):
        self.target = target
        self.users = iter(workloads.WORKLOADS["login"].users)
        self.lock = threading.Lock()
        self.stopping = threading.Event()
        self.times, self.ended, self.failures = [], 0.0, []
        self.threads = [threading.Thread(target=self._client) for _ in range(clients)]

    def _client(self):
        try:
            while not self.stopping.is_set() and not self.failures:
                with self.lock:
                    user = next(self.users)
                self._sign_in(user)
        except (OSError, HTTPException) as error:
            self.failures.append(error)

    def _sign_in(self, user):
        """Until it is done; the time that it takes includes what had to be waited."""
        began = time.monotonic()
        while not self.stopping.is_set():
            answer = workloads.ask(self.target, workloads.WORKLOADS["login"], user)
            if answer.status == 200:
                self.ended = time.monotonic()
                self.times.append((self.ended - began) * 1000)
                return
            if answer.status not in (429, 503) or not answer.getheader("Retry-After"):
                raise OSError(f"{answer.status}: {answer.content[:200]}")
            self.stopping.wait(float(answer.getheader("Retry-After")))

    def __enter__(self):
        self.began = time.monotonic()
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        """Whoever has begun ends: up to the last answer there was no gap."""
        self.stopping.set()
        for thread in self.threads:
            thread.join()
        if self.failures or not self.times:
            raise RuntimeError(f"{self.target.label}: signing in failed: {self.failures}")

    def sample(self):
        cuts = statistics.quantiles(self.times, n=100, method="inclusive") if len(self.times) > 1 else self.times * 99
        return Sample(len(self.times) / (self.ended - self.began), cuts[49], cuts[98])


def sign_in(target, database, clients, seconds):
    def load():
        with SignIns(target, clients) as signing:
            time.sleep(seconds)
        return len(signing.times), signing.sample(), 0
    sample = measure(target, database, load)
    sample.cpu.pop("client")
    return sample


def storm(target, database, requests, clients, seconds):
    """Lists at 16 connections while others sign in: a sample of each."""
    with SignIns(target, clients) as signing:
        lists = http(target, database, requests, 16, seconds)
    lists.cpu = {}
    return lists, signing.sample()
