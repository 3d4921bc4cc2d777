"""The document by itself: valid, complete in form, examples that hold."""
import jsonschema
import pytest

import validate

ERRORS = validate.DOCUMENT.parents[1] / "deploy" / "errors"
OPERATIONS = [
    (method, path, operation)
    for path, item in validate.load()["paths"].items()
    for method, operation in item.items()
    if method in validate.METHODS
]
OPERATION_NAMES = [f"{method} {path}" for method, path, _ in OPERATIONS]
each_operation = pytest.mark.parametrize("method, path, operation", OPERATIONS, ids=OPERATION_NAMES)


def walk(node, at="#"):
    """Every object of the document with its place."""
    if isinstance(node, dict):
        yield at, node
        for name, value in node.items():
            if name not in ("example", "examples", "value"):
                yield from walk(value, f"{at}/{name}")
            elif name == "examples" and isinstance(value, dict):
                yield from walk(list(value.values()), f"{at}/examples")
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from walk(value, f"{at}/{index}")


def test_is_valid_openapi_3_1(document, tool):
    assert document["openapi"].startswith("3.1.")
    status, output = tool("validate-api", validate.DOCUMENT)
    assert status == 0, output


def test_linter_finds_nothing(tool):
    status, output = tool("redocly", "lint", "--config", "redocly.yaml", validate.DOCUMENT)
    assert status == 0, output
    assert "warning" not in output.replace("Deprecation warning", ""), output


def test_every_schema_is_valid_json_schema(document):
    for name, schema in document["components"]["schemas"].items():
        jsonschema.Draft202012Validator.check_schema(schema)
        assert schema.get("description") or schema.get("type") or "anyOf" in schema, name


def test_every_reference_leads_somewhere(document):
    for at, node in walk(document):
        if "$ref" in node:
            assert validate.pointer(document, node["$ref"]), at


def test_every_component_is_used(document):
    used = {node["$ref"] for _, node in walk(document) if "$ref" in node}
    for kind, components in document["components"].items():
        for name in components:
            assert kind == "securitySchemes" or f"#/components/{kind}/{name}" in used, f"{kind}/{name}"


def test_every_example_holds(document):
    found = 0
    for at, node in walk(validate.inline(document, document)):
        examples = [one["value"] for one in node["examples"].values()] if isinstance(node.get("examples"), dict) else []
        examples += [node["example"]] if "example" in node else []
        schema = node.get("schema", {})
        if isinstance(node.get("examples"), list):
            examples, schema = node["examples"], node
        for example in examples:
            found += 1
            assert validate.schema_errors(schema, example) == [], at
    assert found > 100


def server_errors():
    """What the web server answers by itself."""
    return {int(path.stem): validate.strict_json(path.read_text()) for path in ERRORS.glob("*.html")}


def test_the_web_servers_own_errors_are_problems(document):
    schema = validate.inline(document, document["components"]["schemas"]["Problem"])
    assert server_errors().keys() >= validate.SERVER_ERRORS
    for status, problem in server_errors().items():
        assert validate.schema_errors(schema, problem) == [], status
        assert problem["status"] == status


def test_every_code_word_is_shown(document):
    shown = set()
    for _, node in walk(document):
        problem = node.get("content", {}).get("application/problem+json", {})
        for name, example in problem.get("examples", {}).items():
            assert example["value"]["code"] == name
            shown.add(name)
    by_server = {problem["code"] for problem in server_errors().values()}
    assert shown | by_server == set(document["components"]["schemas"]["ProblemCode"]["enum"])


def test_operation_ids_are_unique():
    names = [operation["operationId"] for _, _, operation in OPERATIONS]
    assert len(set(names)) == len(names)


@each_operation
def test_every_answer_tells_the_request_id(document, method, path, operation):
    for status, answer in operation["responses"].items():
        assert "X-Request-Id" in validate.inline(document, answer)["headers"], status


@each_operation
def test_every_error_is_a_problem(document, method, path, operation):
    for status, answer in operation["responses"].items():
        if status >= "400":
            assert list(validate.inline(document, answer)["content"]) == ["application/problem+json"], status


@each_operation
def test_every_request_body_has_an_example_and_is_closed(document, method, path, operation):
    for media, content in operation.get("requestBody", {}).get("content", {}).items():
        assert "example" in content or "examples" in content, media
        for at, node in walk(validate.inline(document, content["schema"])):
            if node.get("type") == "object" and media != "application/x-www-form-urlencoded":
                assert node.get("additionalProperties") is False, at


def test_every_get_has_its_head_and_every_path_its_options(document):
    for path, item in document["paths"].items():
        assert "options" in item, path
        assert ("get" in item) == ("head" in item), path
        if "get" in item:
            get, head = item["get"], item["head"]
            assert head.get("parameters") == get.get("parameters"), path
            assert head["security"] == get["security"], path
            assert list(head["responses"]) == list(get["responses"]), path
            for status, answer in head["responses"].items():
                told = {key: value for key, value in get["responses"][status].items() if key != "content"}
                assert answer == told, (path, status)


def test_works_under_any_mount(document):
    """The server and the token address are relative to the document."""
    assert document["servers"][0]["url"] == "."
    flow = document["components"]["securitySchemes"]["password"]["flows"]["password"]
    assert flow["tokenUrl"] == "auth/login"
    assert "/" + flow["tokenUrl"] in document["paths"]
