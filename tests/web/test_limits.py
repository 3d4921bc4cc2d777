"""What a person reads who has asked too often, or at a moment when many sign in."""
import concurrent.futures
import threading

import pytest
from selenium.webdriver.common.keys import Keys


@pytest.fixture
def limited(start_server, open_browser):
    """limited({"RATE_SIGN_UPS": "1"}): a server with such settings, and a browser that shows it."""
    def start(settings):
        server = start_server({"RATE_LIMITS": "on", **settings})
        return server, open_browser(server.base)
    return start


def fail_until_told(page, text):
    """Sends a wrong password until the page says this."""
    page.open()
    page.fill_sign("anna@example.org", "not the password")

    def try_again():
        page.wait(lambda: page.maybe(".error, .form-error") and not page.all("form[aria-busy]"), "an answer")
        if page.maybe(".form-error", text):
            return True
        page.type("[name=password]", Keys.ENTER, clear=False)
        return False
    page.wait(try_again, f"it says: {text}", patience=60)
    assert page.find("[name=email]").get_attribute("value") == "anna@example.org"


def test_too_many_failed_sign_ins_are_told_with_the_time_to_wait(limited):
    _, page = limited({"RATE_SIGN_INS": "1"})
    fail_until_told(page, "Too many failed sign-ins: try again in")
    assert page.find(".form-error").text.count("try again") == 1


def test_too_many_sign_ups_are_told_with_the_time_to_wait(limited):
    server, page = limited({"RATE_SIGN_UPS": "1"})
    server.user()
    page.open("#/signup")
    page.fill_sign(server.fresh_email(), "a quiet river bends")
    page.find(".form-error", "Too many sign-ups from your address: try again in")


def test_too_many_requests_are_told_on_the_task_page_and_nothing_is_lost(limited):
    server, page = limited({"RATE_REQUESTS": "1"})
    anna = server.user()
    assert anna.get("/tasks").status == 200
    page.open()
    page.fill_sign(anna.email, anna.password)
    page.find("main", "The tasks could not be loaded. Too many requests: try again in")
    page.type("#new-title", "Buy milk" + Keys.ENTER)
    page.find(".form-error", "Too many requests: try again in")
    assert page.find("#new-title").get_attribute("value") == "Buy milk"


def test_that_many_people_sign_in_at_this_moment_is_told(limited):
    server, page = limited({"RATE_LIMITS": "off", "AUTH_WORKERS": "2", "HASH_CONCURRENCY": "1", "BCRYPT_COST": "10"})
    over = threading.Event()

    def flood(_):
        while not over.is_set():
            server.call("POST", "/auth/login", [("Content-Type", "application/json")], b'{"email":"b@example.org","password":"wrong"}')
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        floods = pool.map(flood, range(4))
        try:
            fail_until_told(page, "Too many people are signing in at this moment: try again shortly.")
        finally:
            over.set()
        list(floods)
