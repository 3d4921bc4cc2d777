"""Two people, two tabs, sessions that end, and the account page."""
import pytest
from selenium.webdriver.common.keys import Keys

from test_tasks import hold_lists, release


@pytest.fixture
def two_tabs(page, anna):
    """Anna's browser with two tabs: (page, first, second); the second is shown."""
    page.sign_in(anna)
    first = page.driver.current_window_handle
    second = page.new_tab()
    page.open_tasks()
    return page, first, second


def test_two_people_see_their_own(open_browser, anna, bert):
    one, two = open_browser().sign_in(anna), open_browser().sign_in(bert)
    one.add("Anna's plants")
    two.add("Bert's milk")
    one.open_tasks()
    assert one.titles() == ["Anna's plants"]
    assert two.titles() == ["Bert's milk"]


def test_the_next_person_at_the_same_browser_finds_nothing(page, anna, bert):
    page.sign_in(anna)
    page.add("Anna's plants")
    page.click("#signout")
    page.find("h1", "Welcome back")
    page.fill_sign(bert.email, bert.password)
    page.find(".empty h2", "Nothing to do")
    assert "Anna" not in page.js("return document.documentElement.outerHTML")


def test_what_one_tab_does_the_other_shows(two_tabs):
    page, first, second = two_tabs
    page.add("Buy milk")
    page.tab(first)
    page.wait_titles("Buy milk")
    page.edit("Buy milk")
    page.keys(" and eggs", Keys.ENTER)
    page.row("Buy milk and eggs")
    page.tab(second)
    page.row("Buy milk and eggs")
    page.inside(page.row("Buy milk and eggs"), ".check").click()
    page.wait_titles()
    page.tab(first)
    page.wait_titles()
    page.wait_count("done", 1)


def test_what_another_tab_adds_while_the_list_is_on_its_way_stays(two_tabs):
    page, first, second = two_tabs
    hold_lists(page)
    page.tab(first)
    page.add("Buy milk")
    page.tab(second)
    page.row("Buy milk")
    release(page)
    assert page.titles() == ["Buy milk"]


def test_a_task_deleted_in_one_tab_goes_in_the_other(two_tabs):
    page, first, second = two_tabs
    page.add("Buy milk")
    page.delete("Buy milk")
    page.dismiss("Deleted: Buy milk")
    page.tab(first)
    page.wait_titles()


def test_an_edit_in_one_tab_meets_a_change_in_the_other(two_tabs):
    page, first, second = two_tabs
    page.add("Buy milk")
    page.edit("Buy milk")
    page.keys(" today")
    page.tab(first)
    page.edit("Buy milk")
    page.keys(" and eggs", Keys.ENTER)
    page.row("Buy milk and eggs")
    page.tab(second)
    assert page.find(".editor [name=title]").get_attribute("value") == "Buy milk today"
    page.click(".editor .primary")
    page.find("dialog", "Buy milk and eggs")
    page.keys(Keys.ESCAPE)
    page.find(".editor")


def test_clearing_in_one_tab_does_not_disturb_typing_in_the_other(two_tabs, anna):
    page, first, second = two_tabs
    anna.post("/tasks", [{"title": "Buy milk"}, {"title": "Read", "completed": True}])
    page.open_tasks("#/tasks?show=done")
    page.driver.refresh()
    page.wait_titles("Read")
    page.tab(first)
    page.driver.refresh()
    page.edit("Buy milk")
    page.keys(" and")
    page.tab(second)
    page.click("#clear-done")
    page.click("dialog button", "Delete them")
    page.wait_titles()
    page.tab(first)
    page.wait_count("done", 0)
    page.settled()
    page.keys(" eggs")
    assert page.find(".editor [name=title]").get_attribute("value") == "Buy milk and eggs"


def test_signing_out_in_one_tab_signs_out_the_other(two_tabs):
    page, first, second = two_tabs
    page.click("#signout")
    page.find("h1", "Welcome back")
    page.tab(first)
    page.find(".lead", "You signed out in another tab.")


def test_signing_in_in_one_tab_signs_in_the_other(page, anna):
    page.open()
    page.find("h1", "Welcome back")
    first = page.driver.current_window_handle
    page.new_tab()
    page.open()
    page.fill_sign(anna.email, anna.password)
    page.find(".tasks-view")
    page.tab(first)
    page.find(".tasks-view")


def test_another_person_in_another_tab_is_told_and_nothing_is_mixed(page, anna, bert):
    page.sign_in(anna)
    page.add("Anna's plants")
    first = page.driver.current_window_handle
    second = page.new_tab()
    page.open_tasks()
    # As a third tab would: Anna goes, Bert comes, while the first tab hears nothing of her going.
    page.js("""const [hash, email, password] = ['#/signin', ...arguments];
        return fetch('auth/login', {method: 'POST', headers: {'Content-Type': 'application/json'},
            body: JSON.stringify({email, password, refresh: 'cookie'})})
            .then(() => new BroadcastChannel('todo /').postMessage({kind: 'in'}));""", bert.email, bert.password)
    page.tab(first)
    page.find(".toast", f"Another tab signed in as {bert.email}.")
    page.settled()
    page.wait_titles()
    page.add("Bert's milk")
    assert [t["title"] for t in bert.get("/tasks").json] == ["Bert's milk"]
    assert [t["title"] for t in anna.get("/tasks").json] == ["Anna's plants"]
    page.tab(second)
    page.wait_titles("Bert's milk")


def test_an_access_token_that_runs_out_is_renewed_without_a_word(open_browser, start_server):
    server = start_server({"ACCESS_TOKEN_TTL": 5})  # long enough for a new one to be used before it runs out, too
    page = open_browser(server.base).sign_in(server.user())
    first = page.driver.current_window_handle
    second = page.new_tab()
    page.open_tasks()
    expired = "return import('./ui/api.js').then((api) => api.claims().exp < Date.now() / 1000)"
    for handle in (first, second):
        page.tab(handle)
        page.wait(lambda: page.js(expired), "the token has run out")
    # Both tabs at the same moment, and several requests in each.
    many = "window.all = import('./ui/api.js').then((api) => Promise.all([1, 2, 3, 4].map(() => api.call('GET', 'tasks'))));"
    for handle in (first, second):
        page.tab(handle)
        page.js(many)
    for handle in (first, second):
        page.tab(handle)
        assert page.js("return window.all.then((a) => a.map(({data}) => data.length))") == [0] * 4
        assert not page.maybe("dialog")


def end_session(anna):
    """From another device."""
    token = anna.server.login(anna.email, anna.password).json["access_token"]
    anna.token = token
    others = [s for s in anna.get("/auth/sessions").json if not s["current"]]
    for session in others:
        assert anna.delete(f"/auth/sessions/{session['id']}").status == 204


def test_a_session_that_has_ended_asks_for_the_password_and_loses_nothing(signed_in, anna):
    signed_in.add("Buy milk")
    signed_in.wait_count("open", 1)  # or this question would be the first to meet the end
    signed_in.edit("Buy milk")
    signed_in.keys(" and eggs")
    end_session(anna)
    signed_in.click(".editor .primary")
    signed_in.find("dialog h2", "Please sign in again")
    signed_in.keys(Keys.ESCAPE, Keys.ESCAPE)
    signed_in.find("dialog", anna.email)
    signed_in.type("dialog [name=password]", "not the password" + Keys.ENTER)
    signed_in.find("dialog .error, dialog .form-error")
    signed_in.type("dialog [name=password]", anna.password + Keys.ENTER)
    signed_in.row("Buy milk and eggs")
    assert anna.get("/tasks").json[0]["title"] == "Buy milk and eggs"


def test_a_new_task_survives_the_end_of_the_session(signed_in, anna):
    end_session(anna)
    signed_in.type("#new-title", "Buy milk" + Keys.ENTER)
    signed_in.type("dialog [name=password]", anna.password + Keys.ENTER)
    signed_in.row("Buy milk")
    assert [t["title"] for t in anna.get("/tasks").json] == ["Buy milk"]


def test_leaving_instead_of_signing_in_again(signed_in, anna):
    end_session(anna)
    signed_in.type("#new-title", "Buy milk" + Keys.ENTER)
    signed_in.click("dialog button", "Leave")
    signed_in.find("h1", "Welcome back")
    signed_in.gone("dialog")


def test_signing_in_again_in_another_tab_helps_this_one_too(two_tabs, anna):
    page, first, second = two_tabs
    end_session(anna)
    page.type("#new-title", "Buy milk" + Keys.ENTER)
    page.find("dialog h2", "Please sign in again")
    page.tab(first)
    page.type("#new-title", "Buy eggs" + Keys.ENTER)
    page.type("dialog [name=password]", anna.password + Keys.ENTER)
    page.row("Buy eggs")
    page.tab(second)
    page.gone("dialog")
    page.row("Buy milk")


def test_a_reload_after_the_session_ended_shows_sign_in(signed_in, anna):
    end_session(anna)
    signed_in.driver.refresh()
    signed_in.find("h1", "Welcome back")


def account(page):
    page.click("#me a", "Account")
    page.find("h1", "Account")
    page.wait(lambda: not page.all(".devices[aria-busy]"), "the devices")
    return page


def test_the_password_is_changed(signed_in, anna):
    account(signed_in)
    signed_in.type("[name=current_password]", anna.password)
    signed_in.type("[name=new_password]", "a quiet river bends" + Keys.ENTER)
    signed_in.find(".toast", "Your password is changed.")
    assert signed_in.find("[name=new_password]").get_attribute("value") == ""
    assert anna.get("/auth/me").status == 401
    signed_in.click("#me a", "Tasks")
    signed_in.add("Buy milk")
    assert anna.server.login(anna.email, "a quiet river bends").status == 200


@pytest.mark.parametrize("current, new, field", [
    ("not the password", "a quiet river bends", "current_password"), (None, "short", "new_password"), ("", "", "current_password")])
def test_a_wrong_password_change_says_where(signed_in, anna, current, new, field):
    account(signed_in)
    signed_in.type("[name=current_password]", anna.password if current is None else current)
    signed_in.type("[name=new_password]", new + Keys.ENTER)
    assert signed_in.error_of(field).endswith(".")
    assert anna.server.login(anna.email, anna.password).status == 200


def test_a_device_is_signed_out_from_here(open_browser, anna):
    here, there = open_browser().sign_in(anna), open_browser().sign_in(anna)
    account(here)
    # The API client of this test is a device too.
    assert len(here.all(".devices li")) == 3 and len(here.all(".devices .here")) == 1
    here.find(".devices li", "Chrome on Linux")
    for left in (2, 1):
        here.click(".devices button")
        here.wait(lambda: len(here.all(".devices li")) == left, "one device less")
    there.type("#new-title", "Buy milk" + Keys.ENTER)
    there.find("dialog h2", "Please sign in again")
    here.click("#me a", "Tasks")
    here.add("Buy eggs")


def test_sign_out_everywhere(open_browser, anna):
    here, there = open_browser().sign_in(anna), open_browser().sign_in(anna)
    account(here)
    here.click("#everywhere")
    here.find("dialog", "Sign out everywhere?")
    here.keys(Keys.ESCAPE)
    here.gone("dialog")
    assert anna.get("/auth/me").status == 200
    here.click("#everywhere")
    here.click("dialog button", "Sign out everywhere")
    here.find(".lead", "You are signed out on every device.")
    there.type("#new-title", "Buy milk" + Keys.ENTER)
    there.find("dialog h2", "Please sign in again")
    there.driver.refresh()
    there.find("h1", "Welcome back")
    assert anna.get("/auth/me").status == 401


def test_the_account_is_deleted_with_the_password_only(signed_in, anna):
    account(signed_in)
    signed_in.click("#delete-account")
    signed_in.type("dialog [name=password]", "not the password" + Keys.ENTER)
    assert signed_in.error_of("password", "dialog")
    assert anna.get("/auth/me").status == 200
    signed_in.type("dialog [name=password]", anna.password + Keys.ENTER)
    signed_in.find(".lead", "Your account is deleted.")
    assert anna.get("/auth/me").status == 401
