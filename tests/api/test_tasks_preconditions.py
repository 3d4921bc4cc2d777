"""If-Match, If-None-Match: who changes what somebody else changed meanwhile is told."""
import concurrent.futures
import itertools

import pytest

from client import check_problem

# method, path below the task, body
WRITES = [("PUT", "", {"title": "new"}), ("PATCH", "", {"title": "new"}), ("PATCH", "/complete", None), ("POST", "/complete", None),
          ("POST", "/complete", {"completed": True}), ("DELETE", "", None)]


def forms(etag):
    """Ways to send one entity tag that all mean it."""
    opaque = etag.removeprefix("W/")
    gzip = opaque[:-1] + '-gzip"'
    return [etag, opaque, "W/" + opaque, gzip, "W/" + gzip, "*", f'"other", {opaque}', f'{opaque} , "x"', f'W/"a",{gzip}', f" {opaque} "]


def others(etag):
    opaque = etag.removeprefix("W/")
    return ['"other"', 'W/"other"', '""', opaque[:-1] + 'x"', f'"x{opaque[1:]}', '"*"', '"a", "b", W/"c"']


@pytest.mark.parametrize("method, below, body", WRITES)
@pytest.mark.parametrize("form", range(len(forms('"x"'))))
def test_a_write_goes_through_while_its_etag_holds(anna, method, below, body, form):
    made = anna.post("/tasks", {"title": "old"})
    header = {"If-Match": forms(made.etag)[form]}
    answer = anna.request(method, f"/tasks/{made.json['id']}{below}", body, headers=header)
    assert answer.status == (204 if method == "DELETE" else 200), answer


@pytest.mark.parametrize("method, below, body", WRITES)
def test_a_write_with_an_old_etag_is_412_and_changes_nothing(anna, method, below, body):
    made = anna.post("/tasks", {"title": "old"})
    path = f"/tasks/{made.json['id']}"
    changed = anna.patch(path, {"order": 1}).json
    for sent in (made.etag, "W/" + made.etag.removeprefix("W/"), *others(made.etag)):
        check_problem(anna.request(method, path + below, body, headers={"If-Match": sent}), 412)
    assert anna.get(path).json == changed


@pytest.mark.parametrize("method, below, body", WRITES)
def test_a_tag_that_was_never_given_is_412(anna, method, below, body):
    made = anna.post("/tasks", {"title": "old"})
    path = f"/tasks/{made.json['id']}"
    for sent in others(made.etag):
        check_problem(anna.request(method, path + below, body, headers={"If-Match": sent}), 412)
    assert anna.get(path).json == made.json


@pytest.mark.parametrize("method, below, body", WRITES)
def test_a_task_that_is_not_yours_is_404_whatever_the_tag(anna, bert, method, below, body):
    made = anna.post("/tasks", {"title": "old"})
    for sent in (made.etag, '"x"', "*"):
        answer = bert.request(method, f"/tasks/{made.json['id']}{below}", body, headers={"If-Match": sent})
        assert answer.status in (404, 412), answer
    assert anna.get(f"/tasks/{made.json['id']}").json == made.json


def test_the_etag_of_each_write_is_good_for_the_next(anna):
    answer = anna.post("/tasks", {"title": "x"})
    path = f"/tasks/{answer.json['id']}"
    for method, where, body in [("PATCH", path, {"order": 1}), ("PUT", path, {"title": "y"}), ("POST", path + "/complete", None),
                                ("PATCH", path + "/complete", {"completed": True}), ("PATCH", path, {})]:
        before = answer.etag
        answer = anna.request(method, where, body, headers={"If-Match": before})
        assert answer.status == 200, answer
    assert anna.delete(path, headers={"If-Match": answer.etag}).status == 204


def test_a_compressed_answers_tag_is_accepted(server, anna):
    made = anna.post("/tasks", {"title": "x", "description": "long " * 1000})
    path = f"/tasks/{made.json['id']}"
    got = anna.get(path, headers={"Accept-Encoding": "gzip"})
    assert got.etag
    assert anna.get(path, headers={"Accept-Encoding": "gzip", "If-None-Match": got.etag}).status == 304
    assert anna.patch(path, {"order": 1}, headers={"If-Match": got.etag}).status == 200


@pytest.mark.parametrize("method, below, body", WRITES)
def test_of_fifty_writes_at_once_with_one_etag_exactly_one_wins(anna, method, below, body):
    made = anna.post("/tasks", {"title": "old"})
    path = f"/tasks/{made.json['id']}"
    numbers = itertools.count()

    def write(_):
        sent = {**body, "order": next(numbers)} if method in ("PUT", "PATCH") and not below else body
        return anna.request(method, path + below, sent, headers={"If-Match": made.etag})
    with concurrent.futures.ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(write, range(50)))
    won = [answer for answer in answers if answer.status in (200, 204)]
    assert len(won) == 1
    assert {answer.status for answer in answers if answer not in won} <= ({404, 412} if method == "DELETE" else {412})
    if method != "DELETE":
        assert anna.get(path).json == won[0].json


@pytest.mark.parametrize("shape", ['"0x{0}"', '"00{0}"', '"{0}-other"', '"{0}-br-gzip"', '"{0} "', '{0}', '""'])
def test_what_is_not_exactly_the_etag_never_matches(anna, shape):
    task = anna.post("/tasks", {"title": "x"})
    tag = shape.format(task.etag.strip('"'))
    check_problem(anna.patch(f"/tasks/{task.json['id']}", {"title": "y"}, headers={"If-Match": tag}), 412)


def test_the_right_etag_counts_behind_a_hundred_others(anna):
    task = anna.post("/tasks", {"title": "x"})
    tags = ", ".join([f'"{number:x}"' for number in range(100)] + [task.etag])
    assert anna.patch(f"/tasks/{task.json['id']}", {"title": "y"}, headers={"If-Match": tags}).status == 200


@pytest.mark.parametrize("path", ["/tasks?cursor=bad", "/tasks?limit=0"])
def test_a_token_that_was_ended_is_401_before_any_wrong_value_is(anna, path):
    assert anna.post("/auth/logout", {}).status == 204
    check_problem(anna.get(path), 401)
    twins = [{"title": "x", "id": "00000000-0000-0000-0000-000000000001"}] * 2
    check_problem(anna.post("/tasks", twins), 401)


def test_a_twin_id_in_a_batch_is_named_with_its_place(anna):
    twins = [{"title": "x", "id": "00000000-0000-0000-0000-000000000001"}] * 2
    answer = anna.post("/tasks", twins)
    assert answer.status == 422 and answer.json["errors"][0]["field"] in ("[0].id", "[1].id")


@pytest.mark.parametrize("method, below, body", WRITES)
def test_if_none_match_refuses_the_version_that_stands(anna, method, below, body):
    made = anna.post("/tasks", {"title": "old"})
    path = f"/tasks/{made.json['id']}"
    for sent in forms(made.etag):
        check_problem(anna.request(method, path + below, body, headers={"If-None-Match": sent}), 412)
    for both in ({"If-Match": made.etag, "If-None-Match": made.etag}, {"If-Match": "*", "If-None-Match": "*"}, {"If-Match": '"x"', "If-None-Match": '"y"'}):
        check_problem(anna.request(method, path + below, body, headers=both), 412)
    assert anna.get(path).json == made.json


@pytest.mark.parametrize("method, below, body", WRITES)
@pytest.mark.parametrize("place", range(len(others('"x"'))))
def test_if_none_match_lets_another_version_pass(anna, method, below, body, place):
    made = anna.post("/tasks", {"title": "old"})
    headers = {"If-None-Match": others(made.etag)[place]}
    if place % 2:
        headers["If-Match"] = made.etag
    answer = anna.request(method, f"/tasks/{made.json['id']}{below}", body, headers=headers)
    assert answer.status == (204 if method == "DELETE" else 200), answer


def test_a_version_of_before_is_not_the_one_that_stands(anna):
    made = anna.post("/tasks", {"title": "old"})
    path = f"/tasks/{made.json['id']}"
    assert anna.patch(path, {"order": 1}).status == 200
    assert anna.patch(path, {"order": 2}, headers={"If-None-Match": made.etag}).status == 200


def test_if_none_match_on_a_task_that_is_not_there_is_404(anna):
    path = "/tasks/01890a5d-ac96-774b-bcce-b302099a8057"
    for sent in ("*", '"x"'):
        for method, body in (("PUT", {"title": "x"}), ("PATCH", {"title": "x"}), ("DELETE", None)):
            check_problem(anna.request(method, path, body, headers={"If-None-Match": sent}), 404)


COLLECTION_WRITES = [("DELETE", "/tasks", None), ("DELETE", "/tasks?completed=false", None), ("POST", "/tasks", {"title": "x"}), ("POST", "/tasks", [{"title": "x"}])]


@pytest.mark.parametrize("method, path, body", COLLECTION_WRITES)
def test_a_stale_list_deletes_and_makes_nothing(anna, method, path, body):
    anna.task()
    now = anna.get("/tasks").etag
    for header in [{"If-Match": sent} for sent in (now, 'W/"1"', '"x"', '"*"', f'*, {now}')] + [{"If-None-Match": sent} for sent in (now, "*", '"x"')]:
        problem = check_problem(anna.request(method, path, body, headers=header), 412)
        assert "If-Match" in problem["detail"]
    assert anna.titles() == ["Buy milk"]


@pytest.mark.parametrize("method, path, body", COLLECTION_WRITES)
def test_a_list_is_there_so_that_any_version_of_it_is_good(anna, method, path, body):
    assert anna.request(method, path, body, headers={"If-Match": "*"}).status in (201, 204)


def test_the_account_is_not_deleted_by_a_version_it_does_not_have(anna):
    for method, path, body in (("DELETE", "/auth/me", {"password": anna.password}), ("PUT", "/auth/password", {"current_password": anna.password, "new_password": "quite another one"}),
                               ("POST", "/auth/logout", {})):
        check_problem(anna.request(method, path, body, headers={"If-Match": '"x"'}), 412)
    assert anna.get("/auth/me").status == 200


def test_what_is_wrong_with_the_request_comes_before_its_precondition(anna):
    check_problem(anna.delete("/tasks?q=", headers={"If-Match": '"x"'}), 422, fields=["q"])
    assert anna.post("/auth/logout", {}).status == 204
    check_problem(anna.delete("/tasks", headers={"If-Match": '"x"'}), 401)
