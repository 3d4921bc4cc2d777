"""The document and the program's route table name the same routes, with the same access."""
import re

import validate

# Every GET answers HEAD and every path OPTIONS by rule: the table need not name them.
BY_RULE = {"HEAD", "OPTIONS"}


def shape(path):
    """A path without the names of its parameters."""
    return re.sub(r"\{[^}]*\}|:\w+", "{}", path)


def table(program):
    rows = {}
    for line in program("--routes").splitlines():
        method, path, access = line.split()
        assert access in ("public", "user"), line
        assert (method, shape(path)) not in rows, f"twice: {line}"
        rows[method, shape(path)] = access
    return {row: access for row, access in rows.items() if row[0] not in BY_RULE}


def documented(document):
    return {
        (method.upper(), shape(path)): "user" if {"bearer": []} in operation["security"] else "public"
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method in validate.METHODS and method.upper() not in BY_RULE
    }


def test_every_route_is_documented(document, program):
    assert sorted(set(table(program)) - set(documented(document))) == []


def test_every_documented_route_exists(document, program):
    assert sorted(set(documented(document)) - set(table(program))) == []


def test_access_is_documented_as_it_is(document, program):
    assert documented(document) == table(program)


def test_version_is_the_programs(server, program):
    assert server.get("/openapi.json").json["info"]["version"] in program("--version").split()
