"""A model of the task list: the orders of the contract, and a walk from page to page."""
import re
import urllib.parse

KEYS = ["created_at", "updated_at", "due_date", "priority", "title", "order"]
LINK = re.compile(r'<([^>]+)>; *rel="next"')


def query(**members):
    return "?" + urllib.parse.urlencode(members)


def icu_ranks(server, titles):
    """PostgreSQL knows ICU's root order; equal titles have equal ranks."""
    quoted = ", ".join("($t$%s$t$)" % title for title in titles)
    rows = server.sql(f'SELECT t FROM (VALUES {quoted}) AS v (t) GROUP BY t ORDER BY t COLLATE "und-x-icu"')
    return {title: rank for rank, title in enumerate(rows.split("\n"))}


def timestamp_key(text):
    """Makes timestamps with and without a fraction comparable as text."""
    whole, _, fraction = text.rstrip("Z").partition(".")
    return (whole + "T00:00:00")[:19] + "." + fraction.ljust(6, "0")


def in_order(server, tasks, sort):
    """The tasks as GET /tasks?sort= must give them."""
    name, backwards = sort.lstrip("-"), sort.startswith("-")
    ranks = icu_ranks(server, {task["title"] for task in tasks}) if name == "title" and tasks else {}
    keys = {"title": lambda task: ranks[task["title"]], "order": lambda task: task["order"],
            "priority": lambda task: ["low", "medium", "high"].index(task["priority"])}
    key = keys.get(name, lambda task: task[name] and timestamp_key(task[name]))
    known = [task for task in tasks if key(task) is not None]
    known.sort(key=lambda task: (key(task), task["id"]), reverse=backwards)
    unknown = sorted((task for task in tasks if key(task) is None), key=lambda task: task["id"], reverse=backwards)
    return known + unknown


def page(user, link):
    """Follows a Link header to the next page."""
    found = LINK.fullmatch(link)
    assert found, link
    assert found[1].startswith(user.server.base + user.server.mount + "/tasks?"), link
    return user.get(found[1].removeprefix(user.server.base + user.server.mount))


def walk(user, start, between=lambda: None):
    """All tasks, page after page; between() is called after each page."""
    answer, tasks = user.get("/tasks" + start), []
    while True:
        assert answer.status == 200, answer
        tasks += answer.json
        between()
        link = answer.header("Link")
        if not link:
            return tasks
        assert len(tasks) < 5000, "paging has no end"
        answer = page(user, link)
