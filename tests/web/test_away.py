"""The server is stopped in the middle, its database is away, the network is gone: said plainly, and nothing is lost."""
import harness
import pytest
from selenium.webdriver.common.keys import Keys


@pytest.fixture(scope="module")
def own_cluster():
    with harness.Cluster() as one:
        yield one


@pytest.fixture(scope="module")
def own_server(own_cluster):
    """A server that a test may stop."""
    with harness.Server(own_cluster) as one:
        yield one


@pytest.fixture
def dora(own_server):
    return own_server.wait_every_worker().user()


@pytest.fixture
def at_work(open_browser, own_server, dora):
    return open_browser(own_server.base).sign_in(dora)


def restart(server):
    server.start()
    server.wait_ready()


def titles(user):
    return sorted(t["title"] for t in user.get("/tasks").json)


def test_a_stopped_server_is_told_and_all_goes_on_when_it_is_back(at_work, own_server, dora):
    at_work.add("Water the plants")
    at_work.edit("Water the plants")
    at_work.keys(" today")
    own_server.stop()
    at_work.type("#new-title", "Buy milk" + Keys.ENTER)
    at_work.find(".banner", "The server cannot be reached right now.")
    at_work.find(".task.unsaved", "Not saved yet.")
    at_work.click(".editor .primary")
    at_work.find(".editor .form-error", "The server cannot be reached right now. Nothing is lost")
    assert at_work.find(".editor [name=title]").get_attribute("value") == "Water the plants today"
    restart(own_server)
    at_work.gone(".banner")
    at_work.row("Buy milk")
    at_work.click(".editor .primary")
    at_work.row("Water the plants today")
    assert titles(dora) == ["Buy milk", "Water the plants today"]


def test_what_was_not_saved_can_be_edited_or_discarded(at_work, own_server, dora):
    own_server.stop()
    for title in ("Buy milk", "Read"):
        at_work.type("#new-title", title + Keys.ENTER)
        at_work.find(".task.unsaved", title)
    at_work.find(".task.unsaved", "Read").find_element("xpath", ".//button[.='Discard']").click()
    at_work.wait_titles("Buy milk")
    at_work.click(".task.unsaved button", "Edit")
    at_work.wait_titles()
    assert at_work.find("#new-title").get_attribute("value") == "Buy milk"
    restart(own_server)
    at_work.gone(".banner")
    at_work.type("#new-title", Keys.ENTER, clear=False)
    at_work.row("Buy milk")
    assert titles(dora) == ["Buy milk"]


def test_a_deletion_and_a_tick_that_fail_are_taken_back(at_work, own_server, dora):
    at_work.add("Buy milk")
    at_work.add("Read")
    own_server.stop()
    at_work.inside(at_work.row("Read"), ".check").click()
    at_work.find(".toast", "“Read” was not changed.")
    at_work.delete("Buy milk")
    at_work.dismiss("Deleted: Buy milk")
    at_work.find(".toast", "“Buy milk” was not deleted.")
    at_work.wait_titles("Read", "Buy milk")
    assert not at_work.all(".task.done")
    restart(own_server)
    at_work.gone(".banner")
    assert titles(dora) == ["Buy milk", "Read"]


def test_the_page_opened_while_the_server_starts_shows_the_tasks_later(at_work, own_server, own_cluster, dora):
    at_work.add("Buy milk")
    own_cluster.stop()
    at_work.driver.refresh()
    at_work.find("#boot", "as soon as the server answers")
    at_work.find(".banner")
    assert not at_work.maybe(".sign")
    own_cluster.start()
    at_work.row("Buy milk")
    at_work.gone(".banner")


def test_a_database_that_is_away_is_told_and_the_list_comes_back(at_work, own_cluster, dora):
    at_work.add("Buy milk")
    own_cluster.stop()
    at_work.click(".views a", "All")
    at_work.find(".banner")
    at_work.find(".tail", "The tasks could not be loaded.")
    text = at_work.text()
    assert "[object" not in text and "SQL" not in text
    at_work.click(".banner button")
    at_work.find(".banner")
    own_cluster.start()
    at_work.gone(".banner")
    at_work.row("Buy milk")


@pytest.mark.parametrize("where", ["#/signin", "#/signup"])
def test_signing_in_while_the_network_is_gone(page, anna, where):
    page.open(where)
    page.find(".sign")
    page.network(offline=True)
    page.fill_sign(anna.email, "a quiet river bends")
    page.find(".form-error", "You are offline. Nothing is lost")
    page.find(".banner", "You are offline.")
    assert page.find("[name=password]").get_attribute("value") == "a quiet river bends"
    page.network(offline=False)
    page.gone(".banner")


def test_nobody_is_signed_out_by_a_server_that_is_away(signed_in):
    signed_in.network(offline=True)
    signed_in.click("#signout")
    signed_in.find(".toast", "You are still signed in. You are offline.")
    signed_in.network(offline=False)
    signed_in.gone(".banner")
    signed_in.click("#signout")
    signed_in.find("h1", "Welcome back")


def test_the_account_page_without_network(signed_in, anna):
    signed_in.network(offline=True)
    signed_in.click("#me a", "Account")
    signed_in.find("#devices-error", "The devices could not be loaded. You are offline.")
    signed_in.type("[name=current_password]", anna.password)
    signed_in.type("[name=new_password]", "a quiet river bends" + Keys.ENTER)
    signed_in.find("#password-form .form-error", "You are offline.")
    signed_in.network(offline=False)
    signed_in.gone(".banner")
    signed_in.gone("#devices-error")
    assert len(signed_in.all(".devices li")) == 2


def test_whatever_comes_back_a_person_reads_a_sentence(signed_in, anna):
    """Also where a proxy stands in between, and answers in its own way."""
    signed_in.add("Buy milk")
    signed_in.edit("Buy milk")
    signed_in.keys("!")
    for status, body, headers, words in [
            (502, "<html>Bad gateway</html>", {}, "The server cannot answer right now."),
            (429, '{"detail": "Too many requests: try again in 7 seconds."}', {"Retry-After": "7"}, "Too many requests: try again in 7 seconds."),
            (429, "<html>Too Many Requests</html>", {"Retry-After": "7"}, "Too many tries: please wait a little."),
            (500, "[1, 2]", {}, "The server cannot answer right now."),
            (422, '{"detail": {"a": 1}, "errors": [{"field": "q", "detail": {"b": 2}}, null]}', {}, "Something in there is not right."),
            (418, "", {}, "The server refused this (418).")]:
        signed_in.js("""const [status, body, headers] = arguments; const real = window.real ??= fetch;
            window.fetch = (url, o) => (o.method === 'PATCH' ? Promise.resolve(new Response(body, {status, headers})) : real(url, o));""",
                     status, body, headers)
        signed_in.keys(Keys.ENTER)
        signed_in.find(".editor .form-error", words)
        assert signed_in.find(".editor [name=title]").get_attribute("value") == "Buy milk!"
