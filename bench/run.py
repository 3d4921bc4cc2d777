#!/usr/bin/python3
"""Measures todo.fcgi beside its limits and its peers, and prints one Markdown table. `make bench` runs it; README.md says more.

    bench/run.py --only list,get --rounds 3 --short
"""
import argparse
import contextlib
import json
import os
import subprocess
import sys
import time

import footprint
import goals
import growth
import load
import machine
import peers
import report
import rig
import workloads

HTTP = ("list", "get", "create", "update", "search", "deep")
PARTS = (*HTTP, "login", "storm", "peers", "memory", "start", "growth", "profile")
RATIOS = rig.BENCH / "ratios.json"
LIMITS = ("bare responder", "constant answer", "pgbench", "crypt() alone")
STORM_CLIENTS = 8


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", metavar="PARTS", help=f"of {','.join(PARTS)}")
    parser.add_argument("--rounds", type=int, help="times that everything is measured, in turns (3)")
    parser.add_argument("--seconds", type=int, help="seconds of one measurement (2)")
    parser.add_argument("--tasks", type=int, help="rows of the table (5000000)")
    parser.add_argument("--short", action="store_true", help="16 connections only, a table of 300000, 2 rounds")
    parser.add_argument("--soak", action="store_true", help="memory again after 2 million requests (some ten minutes)")
    parser.add_argument("--cpus", default="0,1", help="what all of it runs on (0,1)")
    parser.add_argument("--check", action="store_true", help="short, and fails where a ratio to a limit has fallen by more than 15 %%")
    options = parser.parse_args()
    options.short |= options.check
    if options.check and not RATIOS.exists():
        parser.error(f"there is nothing to compare with: make bench writes {RATIOS}")
    options.parts = tuple(options.only.split(",")) if options.only else (*HTTP, "login") if options.check else PARTS
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(unknown)}")
    options.connections = (16,) if options.short else (1, 16, 64)
    options.rounds = options.rounds or (2 if options.short and not options.check else 3)
    options.seconds = options.seconds or 2
    options.tasks = options.tasks or (300_000 if options.short else 5_000_000)
    options.cpus = {int(cpu) for cpu in options.cpus.split(",")} & os.sched_getaffinity(0)
    return options


def build():
    """What is measured is what stands in the sources."""
    folder = os.path.relpath(rig.BUILD, rig.ROOT)
    made = subprocess.run(["make", "-s", "--no-print-directory", f"BUILD={folder}", "all", f"{folder}/bench/bare", f"{folder}/bench/crypt"],
                          cwd=rig.ROOT, stdout=sys.stderr)
    if made.returncode:
        sys.exit("bench: the programs cannot be built; deploy/packages.sh build run bench installs what that takes")


class Bench:
    """The servers, all up at once, and what is to be measured of them: cells, each with a way to measure it."""

    def __init__(self, options, stack):
        self.options = options
        self.database = stack.enter_context(rig.Database(options.tasks))
        os.sched_setaffinity(0, options.cpus)
        self.database.restart()  # on these CPUs
        self.servers = stack.enter_context(contextlib.ExitStack())
        self.todo = self.servers.enter_context(rig.Todo(self.database, {"HASH_CONCURRENCY": len(options.cpus)}))
        self.cursor = workloads.walk(self.todo, workloads.PAGES)
        self.statements = workloads.learn_statements(self.database, self.cursor, HTTP)
        self.bare = self.servers.enter_context(rig.Bare(self.database, self.statements))
        self.constant = self.servers.enter_context(rig.Constant(self.database, self._check_answers()))
        self.peers, self.left_out = peers.start_all(self.database, self.servers) if "peers" in options.parts else ([], [])
        self.cells = {}
        self._plan()

    def _check_answers(self):
        """The bare responder must send what we send; returns the list."""
        answers = {name: workloads.ask(self.todo, workloads.WORKLOADS[name], 5).content for name in ("list", "get")}
        for name, answer in answers.items():
            assert answer == workloads.ask(self.bare, workloads.WORKLOADS[name], 5).content, f"{name}: bare.c is outdated"
        return answers["list"].decode()

    def _requests(self, name):
        path = rig.BUILD / "bench" / f"{name}.requests"
        return workloads.write_requests(workloads.WORKLOADS[name], path, cursor=self.cursor)

    def _plan(self):
        parts = self.options.parts
        for name in HTTP:
            if name in parts:
                self._plan_http(name)
        if "login" in parts:
            self._plan_login()
        if "storm" in parts:
            self._plan_storm()
        if "start" in parts:
            self.cells["start to first answer", 1, self.todo.label] = lambda: [footprint.start(self.database)]
        if "memory" in parts:
            self.cells["program with debugging symbols", 1, self.todo.label] = lambda: [footprint.size(self.todo.program)]
        if "growth" in parts:
            for cell, measure in growth.plan(self.todo, self.database).items():
                self.cells[cell] = lambda measure=measure: [measure()]

    def _plan_http(self, name):
        workload, seconds, requests = workloads.WORKLOADS[name], self.options.seconds, self._requests(name)
        script = workloads.pgbench_script(workload, self.statements[name])
        limits = {"list": [self.bare, self.constant], "get": [self.bare]}.get(name, [])
        others = self.peers if name in ("list", "create") else []
        for connections in self.options.connections:
            targets = [self.todo]
            if name == "list" or connections == 16:
                targets += limits
                self.cells[workload.title, connections, load.Pgbench.label] = (
                    lambda connections=connections: [load.pgbench(self.database, script, connections, seconds)])
            if connections == 16:
                targets += others
            for target in targets:
                self.cells[workload.title, connections, target.label] = (
                    lambda target=target, connections=connections:
                    [load.http(target, self.database, requests, connections, seconds)])

    def _plan_login(self):
        title = workloads.WORKLOADS["login"].title
        seconds = 5 * self.options.seconds
        self.cells[title, STORM_CLIENTS, self.todo.label] = (
            lambda: [load.sign_in(self.todo, self.database, STORM_CLIENTS, seconds)])
        self.cells[title, STORM_CLIENTS, "crypt() alone"] = lambda: [load.crypt(len(self.options.cpus), seconds)]

    def _plan_storm(self):
        requests = self._requests("list")
        for target in (self.todo, *self.peers):
            self.cells[(goals.STORM, 16, target.label), ("sign-in during the storm", STORM_CLIENTS, target.label)] = (
                lambda target=target: load.storm(target, self.database, requests, STORM_CLIENTS, 2 * self.options.seconds))

    def measure(self):
        """All cells in turns, round by round."""
        samples = {}
        for turn in range(self.options.rounds):
            for number, (cells, measure) in enumerate(self.cells.items(), 1):
                cells = cells if isinstance(cells[0], tuple) else (cells,)
                for cell, sample in zip(cells, measure(), strict=True):
                    samples.setdefault(cell, []).append(sample)
                    rig.say(f"round {turn + 1} of {self.options.rounds}, {number} of {len(self.cells)}: {cell[0]},"
                            f" {cell[1]} connections, {cell[2]}: {report.number(sample.figure)} {sample.unit}")
        return [report.make_row(cell, found) for cell, found in samples.items()]

    def measure_memory(self):
        """Each alone: pages that are shared with another's processes would not be counted in full. Ends the servers."""
        self.servers.close()
        rig.say("memory")
        requests = footprint.mix_requests(HTTP, cursor=self.cursor)
        counts = {"memory (PSS)": 100_000, "memory (PSS), 100,000 requests later": 200_000}
        if self.options.soak:
            counts["memory (PSS), after 2 million requests"] = 2_000_000
        own = footprint.memory(self.database, requests, counts.values())
        samples = {(what, 16, self.todo.label): [sample] for what, sample in zip(counts, own, strict=True)}
        for peer in self.peers:
            samples["memory (PSS)", 16, peer.label] = [footprint.memory_of_peer(
                type(peer), self.database, self._requests("list"), self.options.seconds)]
        return [report.make_row(cell, found) for cell, found in samples.items()]

    def profile(self):
        rig.say("profile")
        return footprint.profile(self.todo, self.database, self._requests("list"))


def find_falls(rows):
    """A sentence for each ratio to a limit that has fallen by more than 15 % from the recorded one."""
    recorded = json.loads(RATIOS.read_text())
    falls = {}
    for (what, connections, who), (ratio, _) in report.ratios(rows).items():
        key = f"{what}, {connections}, {who}"
        if ratio < recorded.get(key, 0) * 0.85:
            falls[key] = f"{what}, {connections} connections: {ratio:.2f} of {who}, {recorded[key]:.2f} is recorded"
    return falls


def check(bench, rows):
    """What has fallen twice: a machine that has other things to do is no fall."""
    falls = find_falls(rows)
    if falls:
        rig.say("something has fallen; measuring once more")
        falls = {key: sentence for key, sentence in find_falls(bench.measure()).items() if key in falls}
    for sentence in falls.values():
        print(f"\ncheck: {sentence}")
    return 1 if falls else 0


def write_results(options, bench, rows, profile):
    """RESULTS.md, and the ratios that the short form measures, too, for bench/check."""
    ratios = {f"{what}, {connections}, {who}": round(ratio, 3)
              for (what, connections, who), (ratio, _) in report.ratios(rows).items()
              if who in LIMITS and connections in (16, STORM_CLIENTS)}
    parts = ["# What `make bench` has measured", "bench/README.md says how, and what the columns are.", machine.describe(options),
             *(f"Left out: {sentence}" for sentence in bench.left_out), report.table(rows), "## Goals", goals.goals(rows),
             "## Where the responder's CPU goes", "Lists of 20 at 16 connections; perf, shares of all samples.",
             f"```\n{profile}\n```"]
    RATIOS.write_text(json.dumps(ratios, indent=1) + "\n")  # only now: before, the commit would seem changed
    (rig.BENCH / "RESULTS.md").write_text("\n\n".join(parts) + "\n")


def main():
    options = parse_arguments()
    build()
    began = time.monotonic()
    status = 0
    with contextlib.ExitStack() as stack:
        bench = Bench(options, stack)
        rows = bench.measure()
        if options.check:
            status = check(bench, rows)
        profile = bench.profile() if "profile" in options.parts else None
        if "memory" in options.parts or options.soak:
            rows += bench.measure_memory()
    rows = report.in_order(rows)
    print(report.table(rows))
    for sentence in bench.left_out:
        print(f"\nLeft out: {sentence}")
    rig.say(f"done after {time.monotonic() - began:.0f} s")
    if options.parts == PARTS and not options.short:
        write_results(options, bench, rows, profile)
    return status


if __name__ == "__main__":
    sys.exit(main())
