"""Ordinary habits of clients lose nobody anything: what cannot be meant is refused, what can is understood."""
import pytest

from client import check_problem
from listing import walk

UNKNOWN_ID = "01890a5d-ac96-774b-bcce-b302099a8057"
BODILESS = [("DELETE", "/tasks"), ("DELETE", "/tasks/{id}"), ("GET", "/tasks"), ("GET", "/tasks/{id}"), ("GET", "/tasks/stats"), ("GET", "/tags"),
            ("GET", "/auth/me"), ("GET", "/auth/sessions"), ("DELETE", f"/auth/sessions/{UNKNOWN_ID}"), ("GET", "/healthz")]


@pytest.mark.parametrize("body", [b'{"ids":["x"]}', b'{"completed":true}', b'["x"]', b"[]", b"null", b'""', b"0", b"{", b"x", b" ", b"{}{}", b"{ }x", b"\0{}"])
@pytest.mark.parametrize("media", ["application/json", "application/x-www-form-urlencoded"])
def test_a_body_where_none_is_read_is_refused_and_deletes_nothing(anna, body, media):
    task = anna.task()
    for method, path in BODILESS:
        check_problem(anna.request(method, path.replace("{id}", task["id"]), body=body, media=media), 422, fields=["body"])
    assert anna.titles() == ["Buy milk"]


@pytest.mark.parametrize("body", [b"", b"{}", b" {\r\n\t} "])
def test_an_empty_body_where_none_is_read_means_nothing(anna, body):
    task = anna.task()
    for method, path in BODILESS:
        answer = anna.request(method, path.replace("{id}", task["id"]), body=body)
        assert answer.status in (200, 204) or UNKNOWN_ID in path, answer
        if method == "DELETE":
            task = anna.task()


def test_a_wrong_body_is_told_beside_wrong_parameters(anna):
    check_problem(anna.request("DELETE", "/tasks?colour=red", {"ids": []}), 422, fields=["body", "colour"])


@pytest.mark.parametrize("query", ["q=", "q", "q=&completed=false", "q=%20", "q=%09%20", "q=%e3%80%80"])
def test_nobody_deletes_everything_by_searching_for_nothing(anna, query):
    anna.task()
    check_problem(anna.delete(f"/tasks?{query}"), 422, fields=["q"])
    assert anna.titles() == ["Buy milk"]
    assert anna.get(f"/tasks?{query}").status == 200


def test_a_search_deletes_what_it_finds(anna):
    for title in ("a b", "ab"):
        anna.task(title=title)
    assert anna.delete("/tasks?q=a%20b").status == 204
    assert anna.titles() == ["ab"]
    assert anna.delete("/tasks?q=b").status == 204
    assert anna.titles() == []


@pytest.mark.parametrize("coding", ["gzip", "br", "deflate", "GZIP", "gzip, identity", "x\u00ff"])
def test_a_compressed_body_is_415_and_the_sentence_names_it(server, anna, coding):
    problem = check_problem(anna.post("/tasks", {"title": "x"}, headers={"Content-Encoding": coding.encode("latin-1")}), 415)
    assert "Content-Encoding" in problem["detail"]
    assert not coding.isalpha() or not coding.isascii() or coding in problem["detail"]
    check_problem(server.post("/auth/login", {"email": "a@b.cd", "password": "x"}, headers={"Content-Encoding": "gzip"}), 415)
    assert anna.titles() == []


@pytest.mark.parametrize("coding", ["identity", "Identity"])
def test_a_body_as_it_is_may_say_so(anna, coding):
    assert anna.post("/tasks", {"title": "x"}, headers={"Content-Encoding": coding}).status == 201
    assert anna.get("/tasks", headers={"Content-Encoding": "gzip"}).status == 200


def test_one_slash_at_the_end_of_a_path_is_ignored(server, anna):
    task = anna.post("/tasks/", {"title": "x"})
    assert task.status == 201
    assert task.header("Location") == task.json["url"] == f"{server.base}/tasks/{task.json['id']}"
    for path in ("/tasks", "/tasks/stats", "/tags", "/auth/me", "/auth/sessions", "/healthz", f"/tasks/{task.json['id']}"):
        assert anna.get(path + "/").json == anna.get(path).json
        assert anna.options(path + "/").header("Allow") == anna.options(path).header("Allow")
    assert anna.get("/tasks/?limit=1").json == [task.json]
    assert anna.post(f"/tasks/{task.json['id']}/complete/").json["completed"] is True
    check_problem(anna.put("/tasks/"), 405)
    check_problem(anna.get("/nothing/"), 404)
    email = server.fresh_email()
    assert server.post("/auth/signup/", {"email": email, "password": "long enough"}).status == 201
    assert server.post("/auth/login/", {"email": email, "password": "long enough"}).status == 200
    anna.post("/tasks", [{"title": "x"}] * 2)
    assert f"<{server.base}/tasks?" in anna.get("/tasks/?limit=1").header("Link")


def test_two_slashes_are_not(responder):
    check_problem(responder.user().get("/tasks//"), 400)


@pytest.mark.parametrize("method, path", [("POST", "/auth/signup"), ("POST", "/auth/login"), ("POST", "/auth/refresh"), ("POST", "/auth/logout"), ("PUT", "/auth/password"),
                                          ("DELETE", "/auth/me"), ("POST", "/auth/nothing"), ("POST", "/auth/login/")])
def test_a_body_under_auth_may_be_sixteen_kibibytes(anna, method, path):
    for size, large in ((16384, False), (16385, True), (200000, True)):
        answer = anna.request(method, path, body=b'{"x":1}' + b" " * (size - 7))
        assert (answer.status == 413) == large, answer
        check_problem(answer, answer.status)


@pytest.mark.parametrize("name", ["completed", "overdue", "count"])
@pytest.mark.parametrize("word", ["true", "True", "TRUE", "false", "False", "FALSE", "fAlse"])
def test_true_and_false_in_a_query_are_read_in_any_case(anna, name, word):
    for title, members in (("done", {"completed": True, "due_date": "2020-01-01"}), ("late", {"due_date": "2020-01-01"})):
        anna.task(title=title, **members)
    answer, plain = anna.get(f"/tasks?{name}={word}"), anna.get(f"/tasks?{name}={word.lower()}")
    assert (answer.status, answer.json, answer.header("X-Total-Count")) == (200, plain.json, plain.header("X-Total-Count"))
    for wrong in ("yes", "1", "tru", "truee", ""):
        check_problem(anna.get(f"/tasks?{name}={wrong}"), 422, fields=[name])
    check_problem(anna.get(f"/tasks?{name}=true&{name}=true"), 422, fields=[name])
    check_problem(anna.get(f"/tasks?{name}[]=true"), 422, fields=[f"{name}[]"])


def test_words_in_a_query_keep_their_case_otherwise(anna):
    check_problem(anna.get("/tasks?priority=LOW&sort=Title&status=Pending"), 422, fields=["priority", "sort", "status"])
    check_problem(anna.post("/tasks", {"title": "x", "completed": "True", "priority": "Low"}), 422, fields=["completed", "priority"])


@pytest.mark.parametrize("query", ["priority=low,high", "priority=low&priority=high", "priority[]=low&priority[]=high", "priority%5B%5D=low&priority=high", "priority=low&priority=high,low"])
def test_a_list_comes_by_commas_or_as_the_parameter_again(anna, query):
    for priority in ("low", "medium", "high"):
        anna.task(title=priority, priority=priority)
    assert anna.titles(f"?{query}&sort=title") == ["high", "low"]
    assert [task["title"] for task in walk(anna, f"?{query}&sort=title&limit=1")] == ["high", "low"]
    check_problem(anna.get(f"/tasks?{query}&priority="), 422, fields=["priority"])


def test_tags_come_with_brackets_too(anna):
    for tags in (["a"], ["b"], ["a", "b"]):
        anna.task(title="".join(tags), tags=tags)
    assert anna.titles("?tag[]=a&tag%5B%5D=b") == anna.titles("?tag=a&tag[]=b") == ["ab"]
    assert anna.delete("/tasks?tag[]=a&tag[]=b").status == 204
    check_problem(anna.get("/tasks?tag[0]=a&q[]=a&[]=1&limit[]=1"), 422, fields=["tag[0]", "q[]", "[]", "limit[]"])
