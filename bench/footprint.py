"""What todo.fcgi takes besides time: memory, the time to its first answer, and where its CPU goes."""
import pathlib
import random
import re
import subprocess
import tempfile
import time

import load
import rig
import workloads


def pss(pids):
    """Megabytes: each page counted once, shared ones by their share."""
    total = 0
    for pid in pids:
        total += int(re.search(r"^Pss: +(\d+) kB", pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text(), re.M).group(1))
    return total * 1024 / 1e6


def size(program):
    return load.Sample(program.stat().st_size / 1000, unit="kB")


def mix_requests(names, **more):
    """A file with requests of several workloads, shuffled, always in the same way."""
    requests = []
    for name in names:
        workload = workloads.WORKLOADS[name]
        requests += [workload.request(user, **more) for user in list(workload.users)[:500]] * (500 // len(workload.users) or 1)
    random.Random(1).shuffle(requests)
    return workloads.write_file(requests, rig.BUILD / "bench" / "mixed.requests")


def memory(database, requests, counts):
    """Parent, 8 workers and those of /auth, none ever replaced: a sample after each of `counts` requests."""
    with rig.Todo(database, {"WORKERS": 8}) as todo:
        samples, done = [], 0
        for count in counts:
            while done < count:
                done += load.wrk(todo, requests, 16, 2)[0]["requests"]
            samples.append(load.Sample(pss(todo.processes()["app"]), unit="MB"))
        return samples


def memory_of_peer(kind, database, requests, seconds):
    """A peer's after a few seconds of lists."""
    with kind(database) as peer:
        load.wrk(peer, requests, 16, seconds)
        return load.Sample(pss(peer.processes()["app"]), unit="MB")


class Starting(rig.Todo):
    """Asks for its first answer without a pause."""

    def spawn(self, command, environment):
        self.began = time.monotonic()
        super().spawn(command, environment)

    def wait_ready(self, path="/readyz"):
        workload = workloads.WORKLOADS["list"]
        while self.process.poll() is None:
            try:
                if workloads.ask(self, workload, workload.users[0]).status == 200:
                    self.took = time.monotonic() - self.began
                    return self
            except OSError:
                time.sleep(0.0005)  # nobody listens yet
        raise AssertionError(self.log())


def start(database):
    with Starting(database) as todo:
        return load.Sample(todo.took * 1000, unit="ms")


def profile(target, database, requests):
    """Where the responder's CPU goes under lists: perf's first lines, or a sentence why there are none."""
    with tempfile.TemporaryDirectory() as folder:
        data = pathlib.Path(folder) / "perf.data"
        pids = ",".join(map(str, target.processes()["app"]))
        try:
            recording = subprocess.Popen(["perf", "record", "-q", "-F", "2000", "-p", pids, "-o", data, "--", "sleep", "4"],
                                         stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        except OSError as error:
            return f"No profile: {error}."
        load.http(target, database, requests, 16, 5)
        problem = recording.communicate()[1].strip()
        lines = read_perf(data, "dso", 12) + [""] + read_perf(data, "dso,symbol", 40)
    return "\n".join(lines) if any(lines) else f"No profile: {problem}."


def read_perf(data, keys, count):
    told = subprocess.run(["perf", "report", "-q", "--stdio", "--no-children", "--sort", keys, "-i", data],
                          capture_output=True, text=True)
    lines = [re.sub(r"[ -]+$", "", line) for line in told.stdout.splitlines() if line.strip()]
    return lines[:count]
