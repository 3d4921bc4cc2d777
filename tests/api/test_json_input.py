"""The JSON reader: what the grammar forbids is 400, what it allows but cannot be meant is 422."""
import json
import random

import pytest

from client import check_problem


def post(user, body):
    return user.post("/tasks", body=body if isinstance(body, bytes) else body.encode())


def with_value(value):
    """A task whose description is written as given."""
    return b'{"title":"x","description":' + (value if isinstance(value, bytes) else value.encode()) + b"}"


def nested(depth):
    """Objects and arrays, one in the other; the task itself is the first level."""
    inner = depth - 1
    opening = "".join('{"a":' if level % 2 else "[" for level in range(inner))
    closing = "".join("}" if level % 2 else "]" for level in reversed(range(inner)))
    return f'{{"title":{opening}1{closing}}}' if inner else '{"title":1}'


MALFORMED_DOCUMENTS = [
    b"", b" ", b"\n", b"{", b"}", b"[", b"]", b'{"title"', b'{"title":', b'{"title":"x"', b'{"title":"x"}}',
    b'{"title":"x"}{}', b'{"title":"x"} x', b'{"title":"x"},', b'{"title":"x"}\0', b'\0{"title":"x"}',
    b'{"title":"x"}\x00\x00', b'\xef\xbb\xbf', b'\xef\xbb\xbf\xef\xbb\xbf{"title":"x"}', b'\xef\xbb{"title":"x"}', b' \xef\xbb\xbf{"title":"x"}', b"{'title':'x'}", b'{title:"x"}', b'{"title":"x",}',
    b'{,"title":"x"}', b'{"title":"x",,"order":1}', b'{"title" "x"}', b'{"title"::"x"}', b'{"title":"x" "order":1}',
    b'{"title","x"}', b'{"title":}', b'{:"x"}', b'{1:"x"}', b'{null:"x"}', b"{[1]:2}", b'{"title":"x"}/**/',
    b'/* c */{"title":"x"}', b'{"title":"x"// c\n}', b'#{"title":"x"}', b'\x0c{"title":"x"}', b'{\x0b"title":"x"}',
    b'{"title":\xc2\xa0"x"}', b'{"title":"x"}\xe2\x80\xa8', b'[{"title":"x"},]', b'[,{"title":"x"}]', b'[{"title":"x"}',
    b'[{"title":"x"}}', b'{"title":"x"]', b"[1,]", b"[1 2]", b"[[[", b"nul", b"nan", b"tru", b"True", b"NULL",
    b"undefined", b"'x'", b'"x', b'x"', b"title=x", b"<task/>", b"{" * 40, b"[" * 100000, b'{"a":' * 100000,
    '{"title":"x"}'.encode("utf-16"), '{"title":"x"}'.encode("utf-16-le"), '{"title":"x"}'.encode("utf-32-be"),
    b'{"title":"x"}\xff', b'{"title":"x","\xff":1}', b"*", b"{*}", b'{"a":"b"}#', b"[-]", b"[a]", b"[\"\"", b"\x1b[0m",
]


@pytest.mark.parametrize("body", MALFORMED_DOCUMENTS, ids=lambda body: repr(body[:40]))
def test_a_body_that_is_not_json_is_400(anna, body):
    check_problem(post(anna, body), 400)


MALFORMED_VALUES = [
    # numbers
    "01", "-01", "00", "-", "+1", ".5", "5.", "-.5", "1.e1", "0.e1", "1e", "1e+", "1E-", "1e1.5", "0x10", "1_000", "1,5",
    "Infinity", "-Infinity", "NaN", "inf", "1a", "--1", "-0x1", "1 000", "１", "0b1", "0o7", "1e1e1", "-e1", "1..2",
    # words
    "True", "FALSE", "None", "nil", "truefalse", "nulll", "tru", "trUe", "undefined",
    # strings: escapes
    r'"\x41"', r'"\a"', r'"\v"', r'"\0"', r'"\'"', r'"\u12"', r'"\u123"', r'"\uzzzz"', r'"\u+123"', r'"\u 123"', r'"\U0041"',
    r'"\u00e"', r'"\u{41}"', '"\\', '"\\"', r'"\u', r'"\ud83d\u"', r'"\ud83d\x"', "\"\\\n\"", r'"\é"', r'"\uD83D\u12',
    # strings: lone surrogates
    r'"\ud800"', r'"\udc00"', r'"\ud800\ud800"', r'"\udc00\ud800"', r'"\ud83d"', r'"x\ud83dx"', r'"\ud83d\u0041"',
    r'"\uDBFF"', r'"\uDFFF"', r'"\ud800\n"', r'"\ud800\\dc00"',
    # strings: raw control characters
    '"\x01"', '"a\tb"', '"a\nb"', '"a\rb"', '"\x1f"', '"\x00"', '"a\x00b"', '"\x08"', '"\x1b"',
    # structure
    "", ",", ":", '"a" "b"', "'a'", '[1', "[1,]", '{"a":1,}', '{"a"}', "[,1]", "[1,,2]", "{1:1}", "1]", '"a"]', "/**/1", "1//",
    "{]", "[}", '["a":1]', "[1:2]",
]


@pytest.mark.parametrize("value", MALFORMED_VALUES, ids=repr)
def test_a_malformed_value_is_400(anna, value):
    check_problem(post(anna, with_value(value)), 400)


INVALID_UTF8 = [
    b"\x80", b"\xbf", b"\xff", b"\xfe", b"\xc3", b"\xc3\x28", b"\xe2\x82", b"\xe2\x28\xa1", b"\xf0\x9f\x98", b"\xf0\x28\x8c\xbc",
    b"\xc0\x80", b"\xc0\xaf", b"\xc1\xbf", b"\xe0\x80\xaf", b"\xe0\x9f\xbf", b"\xf0\x80\x80\xaf", b"\xf0\x8f\xbf\xbf",
    b"\xed\xa0\x80", b"\xed\xbf\xbf", b"\xed\xa0\xbd\xed\xb8\x80", b"\xf4\x90\x80\x80", b"\xf5\x80\x80\x80",
    b"\xf8\x88\x80\x80\x80", b"\xfc\x84\x80\x80\x80\x80", b"caf\xe9", b"\xc3\xa9\x80",
]


@pytest.mark.parametrize("text", INVALID_UTF8, ids=repr)
def test_invalid_utf8_is_400_in_a_value_and_in_a_name(anna, text):
    check_problem(post(anna, with_value(b'"' + text + b'"')), 400)
    check_problem(post(anna, b'{"title":"x","' + text + b'":1}'), 400)


ACCEPTED = [
    ('"plain"', "plain"), ('""', ""), (r'"\" \\ \/ \b \f \n \r \t"', '" \\ / \b \f \n \r \t'), (r'"\u00e9"', "é"),
    (r'"\u00E9\u00e9"', "éé"), (r'"\ud83d\ude00"', "😀"), (r'"\uD83D\uDE00"', "😀"), ('"😀é\u2028\u2029\x7f"', "😀é\u2028\u2029\x7f"),
    (r'"\u0001"', "\x01"), (r'"\u001f"', "\x1f"), (r'"\uffff"', "\uffff"), (r'"\ufeff"', "\ufeff"),
    ('"\U0010ffff\ufffd"', "\U0010ffff\ufffd"), (r'"\udbff\udfff"', "\U0010ffff"), ('"\ue000\u0080"', "\ue000\x80"),
    (r'"\\u0000"', r"\u0000"), (r'"\\ud800"', r"\ud800"), ('"<script>&amp;\'"', "<script>&amp;'"), ("null", None),
    ('"\u0800\U00010000\u07ff\u0080"', "\u0800\U00010000\u07ff\x80"), (r'"a\\"', "a\\"),
]


@pytest.mark.parametrize("written, meant", ACCEPTED, ids=repr)
def test_what_the_grammar_allows_is_read_and_given_back(anna, written, meant):
    made = post(anna, with_value(written))
    assert made.status == 201, made
    assert made.json["description"] == meant
    assert anna.get(f"/tasks/{made.json['id']}").json["description"] == meant


@pytest.mark.parametrize("body", ['{"title":"x"}', ' \t\r\n{ "title"\n:\t"x"\r}\r\n \t', '{"\\u0074itle":"x"}'])
def test_white_space_and_escaped_names_mean_the_same(anna, body):
    made = post(anna, body)
    assert (made.status, made.json["title"]) == (201, "x")


@pytest.mark.parametrize("written, meant", [
    ("0", 0), ("-0", 0), ("1.0", 1), ("1e2", 100), ("1E+2", 100), ("100e-2", 1), ("-1.50e1", -15), ("2147483647", 2147483647),
    ("-2147483648", -2147483648), ("2147483647.0", 2147483647), ("0.0", 0), ("0e99999", 0), ("1" + "0" * 50 + "e-50", 1)])
def test_a_whole_number_is_an_integer_however_it_is_written(anna, written, meant):
    made = post(anna, f'{{"title":"x","order":{written}}}')
    assert made.status == 201, made
    assert (made.json["order"], type(made.json["order"])) == (meant, int)


@pytest.mark.parametrize("written", ["0.5", "1.5", "1e-1", "2147483648", "-2147483649", "1e400", "-1e400", "9" * 400,
                                     "2147483647.5", "1e10", "9007199254740993", "18446744073709551617"])
def test_another_number_is_422_not_400(anna, written):
    check_problem(post(anna, f'{{"title":"x","order":{written}}}'), 422, fields=["order"])


def test_thirty_two_levels_are_read_and_thirty_three_are_400(anna):
    check_problem(post(anna, nested(32)), 422, fields=["title"])
    check_problem(post(anna, nested(33)), 400)
    check_problem(post(anna, '{"title":' + "[" * 31 + "]" * 31 + "}"), 422, fields=["title"])
    check_problem(post(anna, '{"title":' + "[" * 32 + "]" * 32 + "}"), 400)
    check_problem(post(anna, "[" * 33 + "]" * 33), 400)


def is_json(body):
    """Python's reader, made as strict as ours; so deep an array as ours refuses does not come here."""
    def refuse(name):
        raise ValueError(name)
    try:
        json.dumps(json.loads(body.decode("utf-8"), parse_constant=refuse), ensure_ascii=False).encode("utf-8")
        return True
    except ValueError:  # also a lone surrogate, which cannot be encoded
        return False


@pytest.mark.parametrize("seed", range(8))
def test_damaged_json_is_400_exactly_where_pythons_reader_refuses_it(anna, seed):
    """Bodies with a byte or two changed, added or taken away."""
    dice = random.Random(seed)
    pieces = [bytes([byte]) for byte in b'{}[]:,"\\/ \t\n0123456789.eE+-untrflas'] + [b"\\u", b"\\ud83d", b"\xc3\xa9", b"\xff", b"\0", b"null", b'"a":1']
    for _ in range(150):
        body = '{"title":"a\\u00e9 \\ud83d\\ude00 é😀","order":-1.5e+3,"tags":["x",true,null,{}],"due_date":{"a":[0,10]}} '.encode()
        for _ in range(dice.randint(1, 2)):
            place = dice.randrange(len(body))
            body = body[:place] + dice.choice([b"", *[dice.choice(pieces)] * 3]) + body[place + dice.randint(0, 2):]
        answer = post(anna, body)
        assert answer.status == (422 if is_json(body) else 400), (body, answer)


@pytest.mark.parametrize("body", [
    '{"title":"x","title":"y"}', '{"title":"x","title":"x"}', '{"title":"x","\\u0074itle":"y"}',
    '{"title":"x","id":null,"id":null}', '{"title":"x","due_date":{"a":1,"a":2}}', '[{"title":"x","title":"y"}]',
    '{"title":"x","zzz":1,"zzz":1}', '{"title":"x","":1,"":2}'])
def test_a_duplicate_member_is_422(anna, body):
    check_problem(post(anna, body), 422)
    assert anna.titles() == []


def test_names_differ_by_case(anna):
    check_problem(post(anna, '{"title":"x","Title":"y"}'), 422, fields=["Title"])
    check_problem(post(anna, '{"TITLE":"x"}'), 422, fields=["TITLE", "title"])


def test_a_byte_order_mark_in_front_is_skipped(server, anna):
    mark = b"\xef\xbb\xbf"
    task = post(anna, mark + b'{"title":"x"}')
    assert (task.status, task.json["title"]) == (201, "x")
    assert anna.patch(f"/tasks/{task.json['id']}", body=mark + b'{"title":"y"}').json["title"] == "y"
    assert anna.delete("/tasks", body=mark + b"{}").status == 204


@pytest.mark.parametrize("body", [
    r'{"title":"a\u0000b"}', r'{"title":"\u0000"}', r'{"title":"x","description":"\u0000"}', r'{"title":"x","tags":["\u0000"]}',
    r'{"title":"x","a\u0000b":1}', r'{"title\u0000":"x"}', r'{"title":"x","priority":"low\u0000"}', r'{"title":"x","due_date":"2026-01-01\u0000"}',
    r'[{"title":"x\u0000"}]'])
def test_an_escaped_nul_is_422_and_nothing_is_cut(anna, body):
    check_problem(post(anna, body), 422)
    assert anna.titles() == []


@pytest.mark.parametrize("body, fields", [
    (r'{"title":"a\u0000b"}', ["title"]), (r'{"title":"x","tags":["a","\u0000"]}', ["tags"]), (r'{"title":"x","priority":"\\\u0000"}', ["priority"]),
    (r'[{"title":"x"},{"title":"x"},{"title":"y"},{"title":"\u0000"}]', ["[3].title"]), (r'{"title":"\u0000","order":"x","id":"\u0000"}', ["title", "order", "id"]),
    (r'{"title":"x","colour":{"a":[{"b":"\u0000"}]}}', ["colour"]), (r'{"title":"x","url":"\u0000"}', ["url"]), (r'{"title":"x","a\u0000b":1}', ["body"]),
    (r'{"title":"x","due_date":{"\u0000":1}}', ["due_date"]), (r'"\u0000"', ["body"]), (r'["\u0000"]', ["[0]"]), (r'{"title":"x","\u0000":1,"\u0000":1}', ["body"])])
def test_a_nul_names_the_field_that_holds_it(anna, body, fields):
    check_problem(post(anna, body), 422, fields=fields)
    assert anna.titles() == []


def test_what_only_looks_like_a_nul_is_read(anna):
    task = post(anna, r'{"title":"\\u0000","description":"\u00000 ÿ \u00ff"}')
    check_problem(task, 422, fields=["description"])
    task = post(anna, r'{"title":"\\u0000","description":"ÿ \u00ff \\\\u0000"}')
    assert (task.json["title"], task.json["description"]) == (r"\u0000", r"ÿ ÿ \\u0000")


@pytest.mark.parametrize("count", [99, 100, 101, 1000])
def test_a_hundred_errors_are_listed_and_the_others_counted(anna, count):
    problem = check_problem(anna.post("/tasks", {"title": "x", **{f"m{number}": 1 for number in range(count)}}), 422)
    assert [error["field"] for error in problem["errors"]] == [f"m{number}" for number in range(min(count, 100))]
    assert problem.get("errors_left_out", 0) == max(count - 100, 0)
    assert "and more" in problem["detail"]


def test_a_batch_has_its_hundred_errors_too(anna):
    problem = check_problem(anna.post("/tasks", [{"title": ""}] * 1000), 422)
    assert (len(problem["errors"]), problem["errors"][99]["field"], problem["errors_left_out"]) == (100, "[99].title", 900)


@pytest.mark.parametrize("body", ["null", "true", "1", '"x"', "1.5", "0"])
def test_a_scalar_where_an_object_is_needed_names_the_body(server, anna, body):
    task = anna.task()
    calls = [("POST", "/tasks"), ("PUT", f"/tasks/{task['id']}"), ("PATCH", f"/tasks/{task['id']}"), ("POST", "/auth/login"),
             ("POST", "/auth/signup"), ("POST", "/auth/refresh"), ("PUT", "/auth/password"), ("DELETE", "/auth/me"),
             ("PATCH", f"/tasks/{task['id']}/complete"), ("POST", "/auth/logout")]
    for method, path in calls:
        check_problem(anna.request(method, path, body=body.encode()), 422, fields=["body"])


def test_an_array_where_an_object_is_needed_names_the_body(server, anna):
    task = anna.task()
    for method, path in [("PUT", f"/tasks/{task['id']}"), ("PATCH", f"/tasks/{task['id']}"), ("POST", "/auth/login"),
                         ("POST", "/auth/signup"), ("POST", "/auth/logout"), ("PUT", "/auth/password")]:
        check_problem(anna.request(method, path, body=b'[{"title":"x"}]'), 422, fields=["body"])
    assert anna.get("/auth/me").status == 200


def test_every_unknown_member_is_named(anna):
    check_problem(anna.post("/tasks", {"title": "x", "colour": 1, "é": None, "a b": {}}), 422, fields=["colour", "é", "a b"])
    check_problem(anna.post("/tasks", {"title": "", "colour": 1, "order": "x"}), 422, fields=["title", "colour", "order"])


def test_a_big_well_formed_body_is_answered(anna):
    members = {f"member{number}": number for number in range(20000)}
    check_problem(anna.post("/tasks", body=json.dumps(members).encode()), 422)
    check_problem(anna.post("/tasks", body=b'{"title":[' + b"1," * 500000 + b"1]}"), 422)
    check_problem(anna.post("/tasks", body=b'{"title":"' + b"x" * 1000000 + b'"}'), 422, fields=["title"])
    check_problem(anna.post("/tasks", body=b"[" + b"0," * 500000 + b"0]"), 422)


@pytest.mark.parametrize("path, method", [("/auth/signup", "POST"), ("/auth/login", "POST"), ("/auth/password", "PUT")])
def test_every_call_reads_json_as_strictly(anna, path, method):
    for body in (b"", b"{", b'{"email":"\xff"}', b'{"password":"\\ud800"}', b'{"a":01}'):
        check_problem(anna.request(method, path, body=body), 400)
    for body in (b'{"email":"a@b.cd\\u0000","password":"long enough"}', b'{"password":"long enough\\u0000","email":"a@b.cd"}'):
        check_problem(anna.request(method, path, body=body), 422)
