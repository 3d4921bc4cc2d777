"""Ordinary habits of clients lose nobody anything: what cannot be meant is refused, what can is understood."""
import pytest

from client import check_problem

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
