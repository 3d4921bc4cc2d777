#!/usr/bin/python3
"""Measures todo.fcgi beside its limits and its peers, and prints one Markdown table. `make bench` runs it.

    bench/run.py --only list,get --rounds 3 --short
"""
import argparse
import contextlib
import os
import sys

import load
import report
import rig
import workloads

HTTP = ("list", "get", "create", "update", "search", "deep")
PARTS = (*HTTP, "login")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", metavar="PARTS", default=",".join(PARTS), help=f"of {','.join(PARTS)}")
    parser.add_argument("--rounds", type=int, help="times that everything is measured, in turns (3)")
    parser.add_argument("--seconds", type=int, help="seconds of one measurement (3)")
    parser.add_argument("--tasks", type=int, help="rows of the table (5000000)")
    parser.add_argument("--short", action="store_true", help="16 connections only, a small table, 2 rounds of 2 s")
    parser.add_argument("--cpus", default="0,1", help="what all of it runs on, as the figures of issue 5 do (0,1)")
    options = parser.parse_args()
    options.parts = options.only.split(",")
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(unknown)}")
    options.connections = (16,) if options.short else (1, 16, 64)
    options.rounds = options.rounds or (2 if options.short else 3)
    options.seconds = options.seconds or (2 if options.short else 3)
    options.tasks = options.tasks or (300_000 if options.short else 5_000_000)
    options.cpus = {int(cpu) for cpu in options.cpus.split(",")}
    return options


class Bench:
    """The servers, all up at once, and what is to be measured of them: cells, each with a way to measure it."""

    def __init__(self, options, stack):
        self.options = options
        self.database = stack.enter_context(rig.Database(options.tasks))
        os.sched_setaffinity(0, options.cpus)
        self.database.stop()
        self.database.start()  # on these CPUs
        self.todo = stack.enter_context(rig.Todo(self.database))
        self.cursor = workloads.walk(self.todo, workloads.PAGES)
        self.statements = workloads.learn_statements(self.database, self.cursor, HTTP)
        self.bare = stack.enter_context(rig.Bare(self.database, self.statements))
        answers = {name: workloads.ask(self.todo, workloads.WORKLOADS[name], 5).content for name in ("list", "get")}
        for name, answer in answers.items():
            assert answer == workloads.ask(self.bare, workloads.WORKLOADS[name], 5).content, f"{name}: bare.c is outdated"
        self.constant = stack.enter_context(rig.Constant(self.database, answers["list"].decode()))
        self.requests = {}
        self.cells = {}
        for part in options.parts:
            if part in HTTP:
                self._plan_http(part)
        if "login" in options.parts:
            self._plan_login()

    def _plan_http(self, name):
        workload = workloads.WORKLOADS[name]
        path = rig.BUILD / "bench" / f"{name}.requests"
        workloads.write_requests(workload, path, cursor=self.cursor)
        script = workloads.pgbench_script(workload, self.statements[name])
        seconds, database = self.options.seconds, self.database
        targets = {"list": [self.todo, self.bare, self.constant], "get": [self.todo, self.bare]}.get(name, [self.todo])
        for connections in self.options.connections:
            # The limits of what is not the list: at 16 connections only.
            for target in targets if name == "list" or connections == 16 else [self.todo]:
                self.cells[workload.title, connections, target.label] = (
                    lambda target=target, connections=connections:
                    load.http(target, database, path, connections, seconds))
            if name == "list" or connections == 16:
                self.cells[workload.title, connections, load.Pgbench.label] = (
                    lambda connections=connections: load.pgbench(database, script, connections, seconds))

    def _plan_login(self):
        title, seconds = workloads.WORKLOADS["login"].title, 10
        self.cells[title, 8, self.todo.label] = lambda: load.sign_in(self.todo, self.database, 8, seconds)
        self.cells[title, 8, "crypt() alone"] = lambda: load.crypt(len(self.options.cpus), seconds)

    def measure(self):
        """All cells in turns, round by round."""
        samples = {cell: [] for cell in self.cells}
        for turn in range(self.options.rounds):
            for number, (cell, measure) in enumerate(self.cells.items(), 1):
                samples[cell].append(measure())
                rig.say(f"round {turn + 1} of {self.options.rounds}, {number} of {len(self.cells)}: {cell[0]},"
                        f" {cell[1]} connections, {cell[2]}: {samples[cell][-1].rate:,.1f} per second")
        return [report.make_row(cell, samples[cell]) for cell in self.cells]


def main():
    options = parse_arguments()
    with contextlib.ExitStack() as stack:
        rows = Bench(options, stack).measure()
    print(report.table(rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
