"""DB_PREPARE=off behind PgBouncer in transaction mode: connections are shared, statements must not be missed."""
import concurrent.futures
import contextlib
import os
import pwd
import shutil
import subprocess

import pytest

from client import check_problem
from harness import Responder, free_port, scratch, wait_until
from listing import query, walk

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
logfile = {folder}/pgbouncer.log
"""


@pytest.fixture(scope="module")
def pooled(cluster):
    """A responder with more workers than the pooler has connections."""
    folder, port = scratch(), free_port()
    (folder / "pgbouncer.ini").write_text(CONFIG.format(sockets=cluster.sockets, folder=folder, port=port))
    command = ["pgbouncer", str(folder / "pgbouncer.ini")]
    if os.getuid() == 0:
        owner = pwd.getpwnam("postgres")
        os.chown(folder, owner.pw_uid, owner.pw_gid)
        command = ["setpriv", f"--reuid={owner.pw_uid}", f"--regid={owner.pw_gid}", "--clear-groups", "--pdeathsig=INT", *command]
    with open(folder / "out.log", "wb") as out:
        pooler = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
    try:
        wait_until(lambda: (folder / f".s.PGSQL.{port}").exists(), "PgBouncer listens")
        database = cluster.new_database()
        url = f"postgresql://todo@/{database}?host={folder}&port={port}"
        with Responder(cluster, {"DATABASE_URL": url, "DB_PREPARE": "off", "WORKERS": "6", "DB_TIMEOUT": "30000"}, database) as responder:
            yield responder
    finally:
        pooler.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            pooler.wait(20)
        shutil.rmtree(folder)


def life(server, number):
    """One user's day; everything is checked."""
    user = server.user(refresh=True)
    tasks = [user.task(title=f"{number}.{count}", tags=[f"t{count % 2}"]) for count in range(4)]
    path = f"/tasks/{tasks[0]['id']}"
    assert user.patch(path, {"title": "changed"}).status == 200
    assert user.put(path, {"title": "put", "completed": True}).status == 200
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
