"""A task that was changed elsewhere in between: both versions are shown, nothing is overwritten silently."""
import pathlib
import sys

import pytest
from selenium.webdriver.common.keys import Keys

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "openapi"))

from members import MEMBERS, values  # noqa: E402


@pytest.fixture
def milk(anna):
    return anna.post("/tasks", {"title": "Buy milk", "tags": ["home"]}).json


@pytest.fixture
def editing(page, anna, milk):
    """Anna edits, and meanwhile the title was changed on her telephone."""
    page.sign_in(anna)
    page.edit("Buy milk")
    page.type(".editor [name=description]", "two litres")
    page.type(".editor [name=title]", "Buy oat milk")
    assert anna.patch(f"/tasks/{milk['id']}", {"title": "Buy soy milk", "priority": "high"}).status == 200
    page.click(".editor .primary")
    page.find("dialog h2", "Changed elsewhere")
    return page


def now(anna, milk):
    return anna.get(f"/tasks/{milk['id']}").json


def test_both_versions_are_shown_and_nothing_is_written(editing, anna, milk):
    table = editing.find("dialog table").text
    assert "Buy oat milk" in table and "Buy soy milk" in table and "two litres" in table
    assert now(anna, milk)["title"] == "Buy soy milk"


def test_mine_keeps_what_i_did_not_touch(editing, anna, milk):
    editing.click("dialog button", "Save mine")
    editing.row("Buy oat milk")
    task = now(anna, milk)
    assert (task["title"], task["description"], task["priority"]) == ("Buy oat milk", "two litres", "high")


def test_theirs(editing, anna, milk):
    before = now(anna, milk)
    editing.click("dialog button", "Take the saved one")
    editing.row("Buy soy milk")
    assert now(anna, milk) == before


@pytest.mark.parametrize("how", ["key", "button"])
def test_back_to_editing_loses_nothing(editing, anna, milk, how):
    if how == "key":
        editing.keys(Keys.ESCAPE)
    else:
        editing.click("dialog button", "Back")
    editing.gone("dialog")
    editing.find(".editor .form-error", "changed elsewhere")
    assert editing.find(".editor [name=title]").get_attribute("value") == "Buy oat milk"
    editing.click(".editor .primary")
    editing.click("dialog button", "Save mine")
    editing.row("Buy oat milk")


def test_changed_again_while_the_question_stood(editing, anna, milk):
    anna.patch(f"/tasks/{milk['id']}", {"title": "Buy rice milk"})
    editing.click("dialog button", "Save mine")
    editing.wait(lambda: "Buy rice milk" in editing.find("dialog").text, "the question is asked again")
    editing.click("dialog button", "Save mine")
    editing.row("Buy oat milk")


def test_the_same_change_elsewhere_is_no_conflict(page, anna, milk):
    page.sign_in(anna)
    page.edit("Buy milk")
    page.type(".editor [name=title]", "Buy oat milk")
    anna.patch(f"/tasks/{milk['id']}", {"title": "Buy oat milk"})
    page.click(".editor .primary")
    page.row("Buy oat milk")
    assert not page.maybe("dialog")


@pytest.mark.parametrize("choice, titles", [("Save mine as a new task", ["Buy oat milk"]), ("Let it go", [])])
def test_deleted_elsewhere_while_editing(page, anna, milk, choice, titles):
    page.sign_in(anna)
    page.edit("Buy milk")
    page.type(".editor [name=title]", "Buy oat milk")
    anna.delete(f"/tasks/{milk['id']}")
    page.click(".editor .primary")
    page.click("dialog button", choice)
    page.gone(".editor")
    page.wait_titles(*titles)
    assert [t["title"] for t in anna.get("/tasks").json] == titles


def test_a_task_saved_as_a_new_one_has_all_that_the_old_one_had(page, anna):
    """Every member that a client may write, as the API's description lists them, also those that no form shows."""
    old = anna.task(**{member: values(member)[0] for member in MEMBERS if member != "completed"})
    page.sign_in(anna)
    page.edit(old["title"])
    page.type(".editor [name=title]", "Buy oat milk")
    anna.delete(f"/tasks/{old['id']}")
    page.click(".editor .primary")
    page.click("dialog button", "Save mine as a new task")
    page.row("Buy oat milk")
    [new] = anna.get("/tasks").json
    assert {name: new[name] for name in MEMBERS} == {name: old[name] for name in MEMBERS} | {"title": "Buy oat milk"}
    assert new["id"] != old["id"]


@pytest.mark.parametrize("choice, done", [("Mark it done as it is now", True), ("Leave it", False)])
def test_a_tick_on_a_changed_task(page, anna, milk, choice, done):
    page.sign_in(anna)
    anna.patch(f"/tasks/{milk['id']}", {"title": "Buy soy milk"})
    page.inside(page.row("Buy milk"), ".check").click()
    page.click("dialog button", choice)
    page.gone("dialog")
    page.wait_titles(*([] if done else ["Buy soy milk"]))
    assert now(anna, milk)["completed"] is done and now(anna, milk)["title"] == "Buy soy milk"


def test_a_tick_on_a_deleted_task(page, anna, milk):
    page.sign_in(anna)
    anna.delete(f"/tasks/{milk['id']}")
    page.inside(page.row("Buy milk"), ".check").click()
    page.find(".toast", "It was deleted elsewhere.")
    page.wait_titles()


@pytest.mark.parametrize("choice, titles", [("Delete it as it is now", []), ("Keep it", ["Buy soy milk"])])
def test_a_deletion_of_a_changed_task(page, anna, milk, choice, titles):
    page.sign_in(anna)
    anna.patch(f"/tasks/{milk['id']}", {"title": "Buy soy milk"})
    page.delete("Buy milk")
    page.dismiss("Deleted: Buy milk")
    page.click("dialog button", choice)
    page.gone("dialog")
    if not titles:
        page.dismiss("Deleted: Buy soy milk")
    page.wait(lambda: [t["title"] for t in anna.get("/tasks").json] == titles, "what was chosen")
    page.wait_titles(*titles)


def test_a_deletion_of_a_deleted_task_is_done(page, anna, milk):
    page.sign_in(anna)
    anna.delete(f"/tasks/{milk['id']}")
    page.delete("Buy milk")
    page.dismiss("Deleted: Buy milk")
    page.wait_count("all", 0)
    page.wait_titles()
