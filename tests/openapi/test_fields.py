"""The document's field tables are the program's: what a schema allows is accepted, the next value is 422.

Values come from the schemas (each limit from both sides, each type, each word), the expectation too.
"""
import json
import urllib.parse

import pytest

import client
import validate

DOCUMENT = validate.load()
NIL = "00000000-0000-7000-8000-000000000000"
ID = "1b4e28ba-2fa1-11d2-883f-0016d3cca427"
DATES = ("2026-11-30", "2028-02-29", "2026-11-30T18:00:00Z", "2026-11-30T18:00:00.5+02:00", "2026-11-30T18:00:00", "2026-11-30T18:00",
         "2026-11-30T18:00Z", "2026-11-30T18:00:00.1234567Z")
NO_DATES = ("2026-02-29", "2026-13-01", "30.11.2026", "2026-11-30T18", "2026-11-30T18:00:", "2026-11-30T25:00:00Z", "today", "")
OTHER_TYPES = (None, True, 7, 1.5, "some words", [], {}, ["some words"])


def text_of(schema, length):
    """A string of so many characters that breaks no rule but, perhaps, the length."""
    if schema.get("format") == "idn-email":
        return "m" * (length - 12) + "@example.org"
    if schema.get("format") == "password":
        return ("correct horse battery staple, " * 3)[:length]
    return ("aé漢🙂" * length)[:length]


def values(schema):
    """Values around every limit that the schema names."""
    for part in schema.get("anyOf", ()):
        yield from values(part)
    yield from schema.get("enum", ())
    if "const" in schema:
        yield schema["const"]
    if "maxLength" in schema:
        yield from (text_of(schema, schema["maxLength"] + more) for more in (0, 1))
        if not schema.get("format"):
            yield from (f"a{control}b" for control in "\x01\t\n\r\x1f\x7f\x80\x9f\xa0\u2028")
    if "minLength" in schema and schema.get("format") != "idn-email":
        yield from (text_of(schema, schema["minLength"] + more) for more in (-1, 0))
    if "maximum" in schema:
        yield from (schema["maximum"] + more for more in (0, 1))
        yield from (schema["minimum"] + more for more in (-1, 0))
    if "maxItems" in schema:
        yield from ([f"t{index}" for index in range(schema["maxItems"] + more)] for more in (0, 1))
        yield from ([item] for item in values(schema["items"]))
    if schema.get("format") in ("date", "date-time"):
        yield from DATES + NO_DATES
    if schema.get("format") == "uuid":
        yield from (ID, ID.upper(), NIL[:-1], "x" * 36)
    if schema.get("format") == "idn-email":
        yield from ("plain", "@example.org", "two@at@example.org", "no@dot", "bell\x07@example.org", "a@.org", "a@b..c", "white space@example.org")
    if not schema.get("format") == "password":
        yield from OTHER_TYPES
    else:
        yield from (None, True, 7, [], {})


# Where a body is sent, and one that is right. {id}: an own task; a number makes it another each time.
TARGETS = {
    "Signup": ("POST", "/auth/signup", {"email": "{email}", "password": client.PASSWORD}),
    "Login": ("POST", "/auth/login", {"email": "{own email}", "password": client.PASSWORD}),
    "RefreshRequest": ("POST", "/auth/refresh", {"refresh_token": "x"}),
    "PasswordChange": ("PUT", "/auth/password", {"current_password": client.PASSWORD, "new_password": client.PASSWORD + "!"}),
    "AccountDeletion": ("DELETE", "/auth/me", {"password": "not " + client.PASSWORD}),
    "TaskCreate": ("POST", "/tasks", {"title": "Buy milk"}),
    "TaskPatch": ("PATCH", "/tasks/{id}", {}),
    "Completion": ("POST", "/tasks/{id}/complete", {}),
    "LogoutRequest": ("POST", "/auth/logout", {}),
}
# Well-formed and still not what the call wants: wrong credentials.
REFUSED = {"Login": 401, "RefreshRequest": 401, "PasswordChange": 403, "AccountDeletion": 403}


def schema_of(name):
    return validate.inline(DOCUMENT, DOCUMENT["components"]["schemas"][name])


def body_cases():
    for name in TARGETS:
        for member, schema in schema_of(name)["properties"].items():
            seen = set()
            for value in values(schema):
                key = json.dumps(value)
                if key not in seen:
                    seen.add(key)
                    yield pytest.param(name, member, value, id=f"{name}.{member}={key[:40]}~{len(key)}")


@pytest.fixture(scope="module")
def anna(server):
    return server.user()


def fill(server, user, name):
    """The target with a fresh e-mail, an own task; logging out and new passwords get a user of their own."""
    method, path, body = TARGETS[name]
    if name in ("LogoutRequest", "PasswordChange"):
        user = server.user()
    names = {"{email}": server.fresh_email(), "{own email}": user.email}
    if "{id}" in path:
        path = path.replace("{id}", user.task()["id"])
    return user, method, path, {key: names.get(value, value) for key, value in body.items()}


def fields(answer):
    return {error["field"] for error in answer.json["errors"]}


@pytest.mark.parametrize("name, member, value", body_cases())
def test_member_is_taken_as_documented(server, anna, name, member, value):
    user, method, path, body = fill(server, anna, name)
    body[member] = value
    wrong = validate.schema_errors(schema_of(name), body)
    sent = json.dumps(body, ensure_ascii=False).encode()  # not escaped: a body under /auth holds 16 KiB
    answer = user.request(method, path, body=sent)
    if wrong:
        assert answer.status == 422, (answer, wrong)
        assert {field.split("[")[0] for field in fields(answer)} == {member}, answer
    else:
        assert answer.status < 300 or answer.status == REFUSED.get(name), answer


@pytest.mark.parametrize("name", TARGETS)
def test_every_required_member_is_asked_for_at_once(server, anna, name):
    user, method, path, _ = fill(server, anna, name)
    answer = user.request(method, path, {})
    required = set(schema_of(name).get("required", ()))
    assert (fields(answer) if answer.status == 422 else set()) == required, answer


@pytest.mark.parametrize("name", TARGETS)
def test_unknown_member_is_named(server, anna, name):
    user, method, path, body = fill(server, anna, name)
    answer = user.request(method, path, {**body, "colour": "red"})
    assert answer.status == 422 and fields(answer) == {"colour"}, answer


def batch_limits():
    content = DOCUMENT["paths"]["/tasks"]["post"]["requestBody"]["content"]["application/json"]
    array = next(one for one in content["schema"]["oneOf"] if one.get("type") == "array")
    return array["minItems"], array["maxItems"]


@pytest.mark.parametrize("size, good", [(batch_limits()[0] - 1, False), (batch_limits()[0], True),
                                        (batch_limits()[1], True), (batch_limits()[1] + 1, False)])
def test_batch_is_as_large_as_documented(anna, size, good):
    answer = anna.post("/tasks", [{"title": "one of many"}] * size)
    assert answer.status == (201 if good else 422), answer


# ---- the login form

def form_cases():
    schema = schema_of("LoginForm")
    yield {}, None
    yield {"client_id": "any"}, None
    for name, member in schema["properties"].items():
        if "maxLength" in member:
            yield {name: "x" * (member["maxLength"] + 1)}, name
        if member.get("minLength"):
            yield {name: ""}, name
        if "enum" in member:
            yield {name: "another"}, name
        yield {name: None}, name if name in schema["required"] else None


@pytest.mark.parametrize("changes, wrong", form_cases(), ids=str)
def test_login_form_is_taken_as_documented(server, anna, changes, wrong):
    form = {"grant_type": "password", "username": anna.email, "password": anna.password, "scope": ""} | changes
    body = urllib.parse.urlencode({name: value for name, value in form.items() if value is not None})
    answer = server.request("POST", "/auth/login", body=body.encode(), media="application/x-www-form-urlencoded")
    assert answer.status == (422 if wrong else 200), answer
    assert not wrong or fields(answer) == {wrong}, answer


# ---- query parameters

def operations():
    for path, item in DOCUMENT["paths"].items():
        for method, operation in item.items():
            if method in validate.METHODS and method != "options":
                yield method.upper(), path, validate.inline(DOCUMENT, operation)


def texts(schema):
    """Texts for a query parameter, with whether the document allows them."""
    kind = schema.get("type")
    if kind == "boolean":
        return {"true": True, "false": True, "yes": False, "": False, "1": False, "True": True, "FALSE": True}
    if kind == "integer":
        low, high = schema["minimum"], schema["maximum"]
        return {str(low): True, str(high): True, str(low - 1): False, str(high + 1): False, "x": False, "": False, "1.5": False}
    if "enum" in schema:
        return {**dict.fromkeys(schema["enum"], True), "colour": False, "": False}
    if kind == "array":
        one = texts(schema["items"])
        return {**one, ",".join(text for text, good in one.items() if good): True} if "enum" in schema["items"] else one
    if "anyOf" in schema:
        return {**dict.fromkeys(DATES, True), **dict.fromkeys(NO_DATES, False)}
    longest = schema["maxLength"]
    sized = text_of if longest <= 200 else lambda _, length: "x" * length  # an address holds 8,192 bytes
    some = {"%_\\": True, "É": True, "a\x01b": False, "a\x85b": False}
    some |= {sized(schema, longest): True, sized(schema, longest + 1): False}
    return some | {"": "minLength" not in schema}


def query_cases():
    for method, path, operation in operations():
        for parameter in operation.get("parameters", ()):
            if parameter["in"] == "query" and parameter["name"] != "cursor":
                for text, good in texts(parameter["schema"]).items():
                    name = parameter["name"]
                    yield pytest.param(method, path, name, text, good, id=f"{method} {path}?{name}={text[:12]}~{len(text)}")


@pytest.mark.parametrize("method, path, name, text, good", query_cases())
def test_query_parameter_is_taken_as_documented(anna, method, path, name, text, good):
    answer = anna.request(method, f"{path}?{urllib.parse.urlencode({name: text})}")
    if good:
        assert answer.status in (200, 204), answer
    else:
        assert answer.status == 422, answer
        assert method == "HEAD" or fields(answer) == {name}, answer


def right_body(operation):
    """A body that the document shows as right, or no body."""
    content = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if content is None:
        return None
    return content["example"] if "example" in content else next(iter(content["examples"].values()))["value"]


@pytest.mark.parametrize("method, path, operation", operations(), ids=lambda value: value if isinstance(value, str) else "")
def test_unknown_query_parameter_is_named(server, anna, method, path, operation):
    answer = anna.request(method, path.replace("{id}", NIL) + "?colour=red", right_body(operation))
    assert answer.status == 422, answer
    assert method == "HEAD" or fields(answer) == {"colour"}, answer


# ---- each operation, once

def test_served_document_is_the_one_that_is_tested(server):
    served = server.get("/openapi.json").json
    served["info"]["version"] = "@VERSION@"
    assert served == DOCUMENT


def examples():
    """Every request body that the document shows, with each type that it may have."""
    for method, path, operation in operations():
        for media, content in operation.get("requestBody", {}).get("content", {}).items():
            shown = content.get("examples") or {"example": {"value": content["example"]}}
            for name, example in shown.items():
                yield pytest.param(method, path, media, example["value"], id=f"{method} {path} {media} {name}")


@pytest.mark.parametrize("method, path, media, example", examples())
def test_request_example_works(server, method, path, media, example):
    user = server.user()
    if isinstance(example, dict):
        own = {"email": server.fresh_email() if path == "/auth/signup" else user.email, "username": user.email}
        example = {name: own.get(name, value) for name, value in example.items()}
    body = urllib.parse.urlencode(example) if "form" in media else json.dumps(example)
    if "{id}" in path:
        path = path.replace("{id}", user.task()["id"])
    answer = user.request(method, path, body=body.encode(), media=media)
    assert answer.status == 401 if path == "/auth/refresh" else answer.status < 300, answer


@pytest.mark.parametrize("path", DOCUMENT["paths"])
def test_every_path_names_its_methods(server, path):
    documented = {method.upper() for method in DOCUMENT["paths"][path] if method in validate.METHODS}
    answer = server.options(path.replace("{id}", NIL))
    assert answer.status == 204
    assert {one.strip() for one in answer.header("Allow").split(",")} == documented


@pytest.mark.parametrize("method, path", [(method, path) for method, path, one in operations() if {"bearer": []} in one["security"]])
def test_documented_as_protected_is_protected(server, method, path):
    assert server.request(method, path.replace("{id}", NIL), body=b"").status == 401
