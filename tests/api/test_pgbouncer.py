"""DB_PREPARE=off behind PgBouncer in transaction mode: connections are shared, statements must not be missed."""
import concurrent.futures
import contextlib
import os
import pwd
import shutil
import socket
import subprocess

import pytest

from client import check_away, check_problem
from harness import PATIENCE, Cluster, Responder, Server, free_port, scratch, wait_until
from listing import query, walk
from writer import Writer

CONFIG = """
[databases]
* = host={sockets} user=todo
[pgbouncer]
listen_addr = 
unix_socket_dir = {folder}
listen_port = {port}
auth_type = any
pool_mode = transaction
default_pool_size = 2
max_client_conn = 100
server_login_retry = 0.1
logfile = {folder}/pgbouncer.log
"""


class Pooler:
    """PgBouncer before a cluster."""

    def __init__(self, cluster):
        self.folder, self.port, self.prefix = scratch(), free_port(), []
        (self.folder / "pgbouncer.ini").write_text(CONFIG.format(sockets=cluster.sockets, folder=self.folder, port=self.port))
        if os.getuid() == 0:
            owner = pwd.getpwnam("postgres")
            os.chown(self.folder, owner.pw_uid, owner.pw_gid)
            self.prefix = [f"--reuid={owner.pw_uid}", f"--regid={owner.pw_gid}", "--clear-groups"]
        self.start()

    def start(self):
        command = ["setpriv", *self.prefix, "--pdeathsig=INT", "pgbouncer", str(self.folder / "pgbouncer.ini")]
        with open(self.folder / "out.log", "ab") as out:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        wait_until(self.listens, "PgBouncer listens")

    def listens(self):
        with socket.socket(socket.AF_UNIX) as probe, contextlib.suppress(OSError):
            probe.connect(str(self.folder / f".s.PGSQL.{self.port}"))
            return True
        return False

    def restart(self):
        """As after a crash."""
        self.process.kill()
        self.process.wait(PATIENCE)
        self.start()

    def settings(self, database):
        url = f"postgresql://todo@/{database}?host={self.folder}&port={self.port}"
        return {"DATABASE_URL": url, "DB_PREPARE": "off", "WORKERS": "6"}

    def close(self):
        self.process.terminate()
        self.process.wait(PATIENCE)
        shutil.rmtree(self.folder)


@pytest.fixture(scope="module")
def pooled(cluster):
    """A service with more workers than the pooler has connections."""
    with contextlib.closing(Pooler(cluster)) as pooler:
        database = cluster.new_database()
        with Responder(cluster, pooler.settings(database), database) as responder:
            yield responder


def life(server, number):
    """One user's day; everything is checked."""
    user = server.user(refresh=True)
    tasks = [user.task(title=f"{number}.{count}", tags=[f"t{count % 2}"]) for count in range(4)]
    path = f"/tasks/{tasks[0]['id']}"
    assert user.patch(path, {"title": "changed"}).status == 200
    assert user.put(path, {"title": "put", "completed": True, "tags": []}).status == 200
    assert user.post(path + "/complete").json["completed"] is False
    assert user.post("/tasks", [{"title": "a"}, {"title": "b"}]).status == 201
    check_problem(user.post("/tasks", [{"title": "a"}, {"title": ""}]), 422)
    assert len(walk(user, query(limit=2, sort="title"))) == 6
    assert len(user.get("/tasks?q=put&status=pending").json) == 1
    assert user.get("/tasks/stats").json["total"] == 6
    assert user.get("/tags").json[0] == {"tag": "t1", "count": 2}
    assert server.post("/auth/refresh", {"refresh_token": user.session["refresh_token"]}).status == 200
    assert user.delete(path).status == 204
    assert user.put("/auth/password", {"current_password": user.password, "new_password": "a new password"}).status == 204
    assert user.post("/auth/logout").status == 204
    return True


def test_many_users_share_few_connections(pooled):
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        assert all(pool.map(lambda number: life(pooled, number), range(24)))


def test_no_statement_was_missed_or_mixed_up(pooled):
    life(pooled, 0)
    log = pooled.log()
    for trouble in ("sqlstate=42P05", "sqlstate=26000", "sqlstate=25P02", "level=error"):
        assert trouble not in log, log


def test_a_pooler_and_a_database_that_crash_lose_nothing_acknowledged():
    with Cluster() as cluster, contextlib.closing(Pooler(cluster)) as pooler:
        database = cluster.new_database()
        with Server(cluster, pooler.settings(database), database) as server, Writer(server.user()) as writer:
            for fault in (pooler.restart, cluster.crash, pooler.restart):
                writer.goes_on()
                fault()
            writer.goes_on()
        assert not writer.cut, writer
        for answer in writer.refused:
            check_away(answer)
        writer.check()
