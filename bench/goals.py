"""What the figures should be (issue 5): rows of (what, its value of these rows, at least or at most, the goal)."""
import report

AT_MOST = {"MB": 16, "kB": 1000, "ms": 60}
LIST, STORM = "list of 20", "list during the storm"


def goals(rows):
    """Lines of Markdown; goals whose rows were not measured are left out."""
    by_key = {(row.what, row.connections, row.who): row for row in rows}
    ratios = report.ratios(rows)

    def ours(what, connections=16):
        return by_key.get((what, connections, report.OURS))

    found = []

    def add(text, value, goal, at_least=True):
        if value is not None:
            good = value >= goal if at_least else value <= goal
            found.append(f"| {text} | {report.number(value)} | {'≥' if at_least else '≤'} {report.number(goal)} |"
                         f" {'reached' if good else '**missed**'} |")

    def add_ratio(text, key, goal, part=0):
        if key in ratios and ratios[key][part] is not None:
            add(text, ratios[key][part], goal)

    add_ratio("list of 20 through the bare responder's", (LIST, 16, "bare responder"), 0.90)
    add_ratio("… through FastAPI with SQLModel", (LIST, 16, "FastAPI, SQLModel"), 20)
    add_ratio("… through FastAPI with asyncpg", (LIST, 16, "FastAPI, asyncpg"), 5)
    add_ratio("… through Go", (LIST, 16, "Go, net/http"), 1.25)
    add_ratio("… through Node", (LIST, 16, "Node, fastify"), 2)
    add_ratio("… through Go behind lighttpd", (LIST, 16, "Go behind lighttpd"), 2)
    for name in ("get", "create", "update"):
        add_ratio(f"{name}: CPU of pgbench through CPU of responder and PostgreSQL", (name, 16, "pgbench"), 0.80, part=1)
        bare, pgbench = by_key.get((name, 16, "bare responder")), by_key.get((name, 16, "pgbench"))
        if bare and pgbench:
            found.append(f"| … the bare responder's | {report.number(pgbench.work / bare.work)} | | |")
    for name, goal in ((LIST, 60), ("get", 45)):
        if ours(name):
            add(f"{name}: responder's CPU, µs", ours(name).cpu["app"], goal, at_least=False)
    add_ratio("sign-ins through crypt() alone", ("sign-in", 8, "crypt() alone"), 0.97)
    if ours(STORM) and ours(LIST):
        add("lists during the storm: p99 through the quiet p99", ours(STORM).p99 / ours(LIST).p99, 3, at_least=False)
        add("… throughput through the quiet one", ours(STORM).figure / ours(LIST).figure, 0.80)
    for row in rows:
        if row.who == report.OURS and row.unit in AT_MOST:
            add(f"{row.what}, {row.unit}", row.figure, AT_MOST[row.unit], at_least=False)
    growth = [(row, ratios[row.what, row.connections, row.who][0]) for row in rows
              if row.who == "user with 20 tasks" and "no index" not in row.what]
    for searching, goal in ((False, 1.5), (True, 3)):
        some = [(ratio, row.what) for row, ratio in growth if ("search" in row.what) == searching]
        if some:
            worst, what = max(some)
            add(f"a row in {what.partition(': ')[2]}, through that of a user with 20 tasks (the worst of {len(some)})", worst,
                goal, at_least=False)
    return "\n".join(["| goal | measured | wanted | |", "|---|---:|---:|---|", *found])
