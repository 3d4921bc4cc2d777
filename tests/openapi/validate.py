"""Holds one HTTP answer against app/openapi.json.

validate_response(method, path, status, headers, body) raises ContractError (an AssertionError) where the
answer is not one that the document describes. `path` is the address below the mount, with or without a query.
"""
import copy
import functools
import gzip
import json
import pathlib
import posixpath
import re
import urllib.parse

import jsonschema

DOCUMENT = pathlib.Path(__file__).resolve().parents[2] / "app" / "openapi.json"
METHODS = ("get", "head", "post", "put", "patch", "delete", "options", "trace")
# Headers that say something about the answer: where one comes, the document has to know it.
TOLD_HEADERS = ("Location", "ETag", "Link", "X-Total-Count", "Retry-After", "RateLimit", "RateLimit-Policy", "WWW-Authenticate", "Allow",
                "Set-Cookie")
# The web server answers these by itself (files; requests that it cannot or may not pass on).
STATIC = re.compile(r"/(?:$|ui/|docs/)")
SERVER_ERRORS = {400, 408, 411, 413, 414, 417, 421, 426, 431, 500, 501, 502, 503, 504, 505}
BODILESS = {204, 304}


class ContractError(AssertionError):
    """An answer that the document does not describe."""


def load(path=DOCUMENT):
    """The document, parsed strictly: a duplicate member is an error."""
    return strict_json(pathlib.Path(path).read_text(encoding="utf-8"))


def strict_json(text):
    def members(pairs):
        names = [name for name, _ in pairs]
        if len(set(names)) != len(names):
            raise ValueError(f"duplicate member in {sorted(names)}")
        return dict(pairs)

    def constant(name):
        raise ValueError(f"{name} is not JSON")

    return json.loads(text, object_pairs_hook=members, parse_constant=constant)


def pointer(document, ref):
    node = document
    for part in ref.removeprefix("#/").split("/"):
        node = node[part.replace("~1", "/").replace("~0", "~")]
    return node


def inline(document, node):
    """The node with every $ref replaced by what it names; members beside a $ref stay."""
    if isinstance(node, list):
        return [inline(document, item) for item in node]
    if not isinstance(node, dict):
        return node
    if isinstance(node.get("$ref"), str):
        beside = {name: value for name, value in node.items() if name != "$ref"}
        return {**copy.deepcopy(inline(document, pointer(document, node["$ref"]))), **inline(document, beside)}
    return {name: inline(document, value) for name, value in node.items()}


# ---- JSON Schema, with formats that are checked and patterns whose $ is the very end

DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)\Z", re.ASCII)
TIME = re.compile(r"[Tt](\d\d):(\d\d):(\d\d)(\.\d+)?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)\Z", re.ASCII)
UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\Z")
formats = jsonschema.FormatChecker(formats=())


def check_format(name):
    def register(function):
        formats.checks(name)(lambda value: not isinstance(value, str) or bool(function(value)))
        return function

    return register


@check_format("date")
def is_date(text):
    match = DATE.match(text)
    if not match:
        return False
    year, month, day = map(int, match.groups())
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return 1 <= month <= 12 and 1 <= day <= (31, 28 + leap, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)[month - 1]


@check_format("date-time")
def is_date_time(text):
    match = TIME.match(text[10:])
    return is_date(text[:10]) and match and int(match[1]) < 24 and int(match[2]) < 60 and int(match[3]) <= 60


check_format("uuid")(UUID.match)
check_format("uri")(lambda text: re.match(r"[A-Za-z][A-Za-z0-9+.-]*://[\x21-\x7e]+\Z", text))
check_format("uri-reference")(re.compile(r"[\x21-\x7e]*\Z").match)
check_format("idn-email")(re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+\Z").match)


def pattern(_validator, expression, value, _schema):
    expression = expression[:-1] + r"\Z" if expression.endswith("$") else expression
    if isinstance(value, str) and not re.search(expression, value):
        yield jsonschema.ValidationError(f"{value!r} does not match {expression!r}")


Schema = jsonschema.validators.extend(jsonschema.Draft202012Validator, {"pattern": pattern})


def schema_errors(schema, value):
    """Readable sentences: what is wrong with the value."""
    found = Schema(schema, format_checker=formats).iter_errors(value)
    return [f"{error.json_path}: {error.message[:300]}" for error in sorted(found, key=str)]


# ---- the document as a table

class Contract:
    def __init__(self, document):
        self.document = document
        self.paths = {path: inline(document, item) for path, item in document["paths"].items()}
        self.everywhere = inline(document, document["x-everywhere"]["responses"])
        self.validator = functools.lru_cache(maxsize=None)(self._build)

    def _build(self, key):
        path, method, status, media = key
        answers = self.everywhere if path is None else self.paths[path][method]["responses"]
        return Schema(answers[status]["content"][media]["schema"], format_checker=formats)

    def match(self, path):
        """The template of a concrete path, or None. {id} stands for a UUID: another text is an unknown path."""
        if path in self.paths:
            return path
        parts = path.split("/")
        for template in self.paths:
            wanted = template.split("/")
            if len(wanted) == len(parts) and all(
                UUID.match(part) if want == "{id}" else want == part for want, part in zip(wanted, parts)
            ):
                return template
        return None

    def methods(self, template):
        return {method.upper() for method in self.paths[template] if method in METHODS}


@functools.lru_cache(maxsize=None)
def contract():
    return Contract(load())


def header_map(headers):
    """Lower-case names; repeated ones joined by a comma, as RFC 9110 has it."""
    pairs = headers.items() if hasattr(headers, "items") else headers
    joined = {}
    for name, value in pairs:
        name = name.lower()
        joined[name] = f"{joined[name]}, {value}" if name in joined else value
    return joined


def check(condition, message):
    if not condition:
        raise ContractError(message)


def validate_response(method, path, status, headers, body):
    """Raises ContractError unless the document describes this answer; `body` is bytes or str."""
    path = urllib.parse.urlsplit("//host" + path).path or "/"
    headers = header_map(headers)
    body = body.encode() if isinstance(body, str) else (body or b"")
    try:
        _validate(method.upper(), path, int(status), headers, body)
    except ContractError as error:
        raise ContractError(f"{method} {path} -> {status}: {error}\n{headers}\n{body[:2000]!r}") from None


def normalise(path):
    """As the web server does it, before anything is matched: decoded, without dot segments and empty ones."""
    decoded = urllib.parse.unquote(path)
    plain = posixpath.normpath("/" + decoded.lstrip("/"))
    return plain + "/" if decoded.endswith(("/", "/.", "/..")) and plain != "/" else plain


def _validate(method, path, status, headers, body):
    known = contract()
    template = known.match(path)
    if template is None and status not in (400, 404):
        path = normalise(path)
        template = known.match(path)
    if template is None and STATIC.match(path):
        return
    template = template or known.match(path.removesuffix("/"))  # one slash at the end is ignored
    if "x-request-id" not in headers and status in SERVER_ERRORS:
        _validate_server_error(method, status, headers, body)
        return
    answers, key = _answers(known, template, method, status)
    answer = answers.get(str(status))
    check(answer, f"the document knows only {', '.join(answers)} here")
    _validate_headers(known, template, answer, headers, status)
    if method == "HEAD" or status in BODILESS:
        check(body == b"", "a body where none may be")
        return
    if headers.get("content-encoding") == "gzip":
        body = gzip.decompress(body)
    _validate_body(known, (*key, str(status)), answer, headers, body, status)


def _answers(known, template, method, status):
    """The answers that may come, and where they stand in the document."""
    if template is None:
        check(status != 405, "405 for a path that the document does not know")
        return known.everywhere, (None, None)
    operation = known.paths[template].get(method.lower())
    if operation is None:
        check(status != 404, "404 for a known path")
        return known.everywhere, (None, None)
    return operation["responses"], (template, method.lower())


def _validate_headers(known, template, answer, headers, status):
    described = {name.lower(): header for name, header in answer.get("headers", {}).items()}
    for name, header in described.items():
        if name not in headers:
            check(not header.get("required"), f"the header {name} is missing")
            continue
        value = headers[name]
        if header["schema"].get("type") == "integer":
            check(re.fullmatch(r"[0-9]+", value), f"{name}: {value!r} is not an integer")
            value = int(value)
        wrong = schema_errors(header["schema"], value)
        check(not wrong, f"{name}: {wrong}")
    for name in TOLD_HEADERS:
        check(name.lower() not in headers or name.lower() in described, f"the document knows no {name} here")
    if template and template.startswith(("/auth/", "/tasks")):
        wanted = "private, no-cache" if "etag" in headers and status < 400 else "no-store"
        check(headers.get("cache-control") == wanted, f"Cache-Control is not {wanted}")
    if "allow" in headers and template:
        allowed = {one.strip() for one in headers["allow"].split(",")}
        check(allowed == known.methods(template), f"Allow {sorted(allowed)}, documented {sorted(known.methods(template))}")


def _validate_body(known, key, answer, headers, body, status):
    content = answer.get("content")
    if content is None:
        check(body == b"", "a body where the document knows none")
        return
    media = headers.get("content-type", "").split(";")[0].strip().lower()
    check(media in content, f"Content-Type {media!r}, documented {list(content)}")
    if not media.endswith("json"):
        return
    value = _json(body)
    wrong = [f"{error.json_path}: {error.message[:300]}" for error in known.validator((*key, media)).iter_errors(value)]
    check(not wrong, "; ".join(wrong))
    if media == "application/problem+json":
        check(value["status"] == status, "the problem names another status")
        check(value.get("request_id") == headers["x-request-id"], "request_id is not X-Request-Id")


def _validate_server_error(method, status, headers, body):
    """The web server's own: a problem without a request id."""
    if method == "HEAD":
        return
    check(headers.get("content-type", "").split(";")[0] == "application/problem+json", "not a problem body")
    value = _json(body)
    wrong = schema_errors(inline(contract().document, {"$ref": "#/components/schemas/Problem"}), value)
    check(not wrong, "; ".join(wrong))
    check(value["status"] == status, "the problem names another status")


def _json(body):
    try:
        return strict_json(body.decode("utf-8"))
    except ValueError as error:
        raise ContractError(f"not JSON: {error}") from None
