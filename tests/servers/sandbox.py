#!/usr/bin/python3
"""Runs a program under what a unit file says, as far as that goes without systemd as process 1.

    sandbox.py UNIT PROGRAM [ARGUMENT…]

Its system calls (SystemCallFilter, RestrictAddressFamilies, RestrictNamespaces, MemoryDenyWriteExecute), where what is
forbidden kills, so that no test passes over it; no new privileges; as root also no capabilities, another user, and a
read-only view of all files. Standard input is left as it is: the listening socket.
"""
import ctypes
import errno
import os
import pathlib
import resource
import socket
import subprocess
import sys

ALLOW, KILL, FAIL = 0x7FFF0000, 0x80000000, 0x00050000
EQUAL, MASKED_EQUAL = 4, 7
PROT_WRITE, PROT_EXEC = 2, 4
NAMESPACES = 0x7E020000 | 0x80  # CLONE_NEW*
IS_ROOT = os.getuid() == 0


class Comparison(ctypes.Structure):
    _fields_ = [("argument", ctypes.c_uint), ("operator", ctypes.c_int), ("first", ctypes.c_uint64), ("second", ctypes.c_uint64)]


def settings(unit):
    """{name: [values]}, as systemd adds them up."""
    found = {}
    for line in pathlib.Path(unit).read_text().splitlines():
        name, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            found.setdefault(name, []).append(value)
    return found


def groups():
    """{@group: [members]} as the installed systemd knows them."""
    listed = subprocess.run(["systemd-analyze", "syscall-filter", "--no-pager"], capture_output=True, text=True, check=True)
    found, group = {}, None
    for line in listed.stdout.splitlines():
        word = line.strip()
        if line.startswith("@"):
            group = found.setdefault(word, [])
        elif line.startswith(" ") and group is not None and not word.startswith("#"):
            group.append(word)
        elif not line.startswith(" "):
            group = None
    return found


def expand(words, known):
    out = set()
    for word in words:
        out |= expand(known[word], known) if word.startswith("@") else {word}
    return out


def allowed_calls(unit):
    known, allowed = groups(), expand(["@default"], groups())
    for value in settings(unit)["SystemCallFilter"]:
        calls = expand(value.lstrip("~").split(), known)
        allowed = allowed - calls if value.startswith("~") else allowed | calls
    # What starts the program is the launcher's business, as it is systemd's.
    return allowed | {"execve"}


class Filter:
    def __init__(self):
        self.library = ctypes.CDLL("libseccomp.so.2", use_errno=True)
        self.library.seccomp_init.restype = ctypes.c_void_p
        self.context = ctypes.c_void_p(self.library.seccomp_init(ctypes.c_uint32(KILL)))

    def add(self, name, *comparisons, action=ALLOW):
        number = self.library.seccomp_syscall_resolve_name(name.encode())
        if number < 0:
            return  # of another architecture
        array = (Comparison * len(comparisons))(*comparisons)
        done = self.library.seccomp_rule_add_array(self.context, ctypes.c_uint32(action), number, len(comparisons), array)
        assert done == 0, f"{name}: {os.strerror(-done)}"

    def load(self):
        done = self.library.seccomp_load(self.context)
        assert done == 0, os.strerror(-done)


def make_filter(unit):
    families = [getattr(socket, name) for name in settings(unit)["RestrictAddressFamilies"][0].split()]
    special = {
        "socket": [(Comparison(0, EQUAL, family),) for family in families],
        "mmap": [(Comparison(2, MASKED_EQUAL, bit, 0),) for bit in (PROT_WRITE, PROT_EXEC)],
        "mprotect": [(Comparison(2, MASKED_EQUAL, PROT_EXEC, 0),)],
        "clone": [(Comparison(0, MASKED_EQUAL, NAMESPACES, 0),)],
    }
    made = Filter()
    for name in sorted(allowed_calls(unit) - {"clone3", "pkey_mprotect", "shmat"}):
        for comparisons in special.get(name, [()]):
            made.add(name, *comparisons)
    made.add("clone3", action=FAIL | errno.ENOSYS)  # its flags cannot be seen: the C library then takes clone
    return made


def main():
    unit, *command = sys.argv[1:]
    if IS_ROOT and os.environ.pop("SANDBOX_STAGE", None) is None:
        os.environ["SANDBOX_STAGE"] = "2"
        read_only = 'mount --make-rprivate / && mount --rbind / / && mount -o remount,bind,ro / && exec "$@"'
        os.execvp("unshare", ["unshare", "--mount", "--ipc", "sh", "-c", read_only, "sh", "setpriv", "--reuid=nobody", "--regid=nogroup",
                              "--clear-groups", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs", "--pdeathsig=TERM",
                              sys.executable, *sys.argv])
    os.environ.pop("SANDBOX_STAGE", None)
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.prctl(38, 1, 0, 0, 0) == 0  # PR_SET_NO_NEW_PRIVS
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.umask(0o077)
    made = make_filter(unit)
    made.load()
    os.execv(command[0], command)


if __name__ == "__main__":
    main()
