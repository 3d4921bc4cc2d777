"""On what the figures were measured."""
import os
import pathlib
import re
import subprocess

import rig


def first_line(*command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    except OSError:
        return None
    return (done.stdout or done.stderr).strip().partition("\n")[0] or None


def find(pattern, path):
    found = re.search(pattern, pathlib.Path(path).read_text(), re.M)
    return found.group(1).strip() if found else "unknown"


def describe(options):
    """Lines of Markdown."""
    commit = first_line("git", "-C", str(rig.ROOT), "log", "-1", "--format=%h %cs") or "unknown"
    if first_line("git", "-C", str(rig.ROOT), "status", "--porcelain", "-uno"):
        commit += ", with changes"
    memory = int(find(r"^MemTotal: +(\d+)", "/proc/meminfo")) // 1024
    system = find(r'^PRETTY_NAME="(.*)"', "/etc/os-release")
    libraries = [first_line("dpkg-query", "-W", "-f", "${Package} ${Version}", name)
                 for name in ("libfcgi-dev", "libpq-dev", "libjwt-dev", "libcrypt-dev", "python3-fastapi", "python3-sqlmodel",
                              "golang-go", "golang-github-lib-pq-dev")]
    versions = [first_line(rig.Database.program("postgres"), "--version"), first_line("lighttpd", "-v"),
                first_line("cc", "--version"), first_line("/usr/bin/python3", "--version"),
                (node := first_line("node", "--version")) and f"node {node}",
                first_line("dpkg-query", "-W", "-f", "wrk ${Version}", "wrk"), *libraries]
    settings = ", ".join(f"{name} {value}" for name, value in rig.POSTGRES.items())
    own = ", ".join(f"{name} {value}" for name, value in rig.SETTINGS.items() if name != "JWT_SECRET")
    return "\n".join([
        f"- commit {commit}",
        f"- {find('^model name.*: (.*)', '/proc/cpuinfo')}, {os.cpu_count()} CPUs, of them {len(options.cpus)} for all of this"
        f" (load, web server, programs, PostgreSQL); {memory:,} MiB; Linux {os.uname().release}, {system}",
        f"- {'; '.join(version for version in versions if version)}",
        f"- {options.tasks:,} tasks; {options.rounds} rounds in turns, {options.seconds} s each: medians, and half of the range",
        f"- PostgreSQL: {settings}",
        f"- todo.fcgi: {own}"])
