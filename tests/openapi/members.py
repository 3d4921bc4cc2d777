"""The members of a task that a client may write, as the document has them, and two values for each."""
import validate

DOCUMENT = validate.load()
SCHEMAS = DOCUMENT["components"]["schemas"]
CHOSEN = {"id"}  # in a create, and never after it


def writable(name):
    """The members of a body that are not there to be ignored."""
    return [member for member, schema in SCHEMAS[name]["properties"].items()
            if schema.get("$ref") != "#/components/schemas/Ignored" and member not in CHOSEN]


MEMBERS = writable("TaskCreate")


def samples(schema):
    """Two values that are not the default, nor equal."""
    schema = next((part for part in schema.get("anyOf", ()) if part.get("type") != "null"), schema)
    kind = schema.get("type")
    kind = kind[0] if isinstance(kind, list) else kind
    if "enum" in schema:
        return [word for word in schema["enum"] if word not in (None, "medium")][:2]
    if schema.get("format") in ("date", "date-time") or "format" in str(schema.get("anyOf")):
        return ["2026-11-30", "2026-12-24T18:00:00Z"]
    if kind == "string":
        return ["one text", "another text"]
    if kind == "integer":
        return [7, -8]
    if kind == "array":
        return [["b", "a"], ["a", "b"]]
    if kind == "boolean":
        return [True, False]
    raise AssertionError(f"what are two values of {schema}? samples() must learn it")


def values(member):
    one, other = samples(validate.inline(DOCUMENT, SCHEMAS["TaskCreate"]["properties"][member]))
    assert one != other
    return one, other
