"""What is asked of the servers, and the statements that todo.fcgi asks of PostgreSQL for it."""
import dataclasses
import json
import re

import rig

HOST = "todo.example"
SEARCH = "boiler"
PAGES = 500  # into the list of the user with very many tasks, for the deep page


@dataclasses.dataclass
class Workload:
    """What each of some users asks for."""
    name: str
    title: str
    method: str
    target: str
    users: range
    body: dict | None = None

    def request(self, user, **more):
        target = self.target.format(task=rig.task_id(user, 7), **more)
        lines = [f"{self.method} {target} HTTP/1.1", f"Host: {HOST}", f"Authorization: Bearer {rig.token(user)}"]
        body = b""
        if self.body is not None:
            body = json.dumps({name: value.format(user=user) for name, value in self.body.items()}).encode()
            lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


WORKLOADS = {w.name: w for w in [
    Workload("list", "list of 20", "GET", "/tasks?limit=20", rig.READERS),
    Workload("get", "get", "GET", "/tasks/{task}", rig.READERS),
    Workload("create", "create", "POST", "/tasks", rig.WRITERS, {"title": "Buy milk", "priority": "high"}),
    Workload("update", "update", "PATCH", "/tasks/{task}", rig.WRITERS, {"title": "Buy milk and bread"}),
    Workload("search", "search", "GET", f"/tasks?limit=20&q={SEARCH}", rig.READERS),
    Workload("deep", "deep page", "GET", "/tasks?limit=20&cursor={cursor}", range(rig.BIG_USER, rig.BIG_USER + 1)),
    Workload("login", "sign-in", "POST", "/auth/login", rig.READERS,
             {"email": "user{user}@example.com", "password": rig.PASSWORD}),
]}


def write_requests(workload, path, **more):
    """The requests of all its users, in an order that is not the table's."""
    users = workload.users
    return write_file([workload.request(users[step * 7919 % len(users)], **more) for step in range(len(users))], path)


def write_file(requests, path):
    """The form that load.lua reads."""
    with open(path, "wb") as file:
        for request in requests:
            file.write(b"%010d" % len(request) + request)
    return path


@dataclasses.dataclass
class Statement:
    """A statement as it was sent, $1 and so on in it, and its parameters as texts; None for NULL."""
    sql: str
    parameters: list
    prepared: bool  # or planned anew at every call


def ask(target, workload, user, **more):
    """One request of a workload; its answer, read."""
    return target.exchange(workload.request(user, **more))


def walk(target, page, user=rig.BIG_USER, limit=20):
    """The cursor that leads to a page of a user's list."""
    cursor = ""
    for _ in range(page - 1):
        step = Workload("", "", "GET", f"/tasks?limit={limit}{cursor and f'&cursor={cursor}'}", range(user, user + 1))
        cursor = re.search(r"cursor=([^&>]+)", ask(target, step, user).getheader("Link")).group(1)
    return cursor


def learn_statements(database, cursor, names):
    """Runs each workload once with PostgreSQL's log on, and reads the statements from there."""
    database.root_sql(f"ALTER DATABASE {database.name} SET log_statement = 'all'")
    found = {}
    try:
        with rig.Todo(database, {"WORKERS": 1}) as server:
            for name in names:
                workload = WORKLOADS[name]
                before = database.log.stat().st_size
                answer = ask(server, workload, workload.users[0], cursor=cursor)
                assert answer.status in (200, 201), answer
                with open(database.log, encoding="utf-8") as log:
                    log.seek(before)
                    found[name] = parse_log(log.read())
    finally:
        database.root_sql(f"ALTER DATABASE {database.name} RESET log_statement")
    return found


def parse_log(text):
    """The first statement in a piece of PostgreSQL's log that acts for a user."""
    match = re.search(r"LOG:  execute (\S+): (WITH actor.*)\n.*DETAIL:  parameters: (.*)", text)
    assert match, f"no statement in PostgreSQL's log:\n{text}"
    values = re.findall(r"\$\d+ = (NULL|'(?:[^']|'')*')", match.group(3))
    return Statement(match.group(2), [None if v == "NULL" else v[1:-1].replace("''", "'") for v in values],
                     match.group(1) != "<unnamed>")


# Every hundredth transaction goes on to another user: pgbench cannot make a uuid of a number by itself.
CHANGE_USER = """\
\\set r random(1, 100)
\\if :r = 1
\\set n random({first}, {last})
SELECT '00000000-0000-7000-8000-' || lpad(to_hex(:n::int), 12, '0') AS u, \
'00000000-0000-7001-8000-' || lpad(to_hex(:n::int), 12, '0') AS s, \
'00000007-0000-7002-8000-' || lpad(to_hex(:n::int), 12, '0') AS t \\gset
\\endif
"""


def pgbench_script(workload, statement):
    """The statement as a pgbench script, its variables, and how it is sent."""
    user = workload.users[0]
    variables = {"u": rig.user_id(user), "s": rig.session_id(user), "t": rig.task_id(user, 7)}
    known = {value: name for name, value in variables.items()}

    def replace(match):
        number = int(match.group(1))
        value = statement.parameters[number - 1]
        if value is None:
            return "NULL"
        if workload.name == "create" and number == 4:
            return "gen_random_uuid()"
        name = known.get(value, f"p{number}")
        variables[name] = value
        return f":{name}"

    sql = re.sub(r"\$(\d+)", replace, statement.sql)
    change = CHANGE_USER.format(first=user, last=workload.users[-1]) if len(workload.users) > 1 else ""
    return f"{change}{sql};\n", variables, "prepared" if statement.prepared else "extended"
