"""Signing up, in and out, and what a person reads when something is wrong."""
from selenium.webdriver.common.keys import Keys


def test_first_visit_shows_sign_in(page):
    page.open()
    assert page.find("h1").text == "Welcome back"
    assert page.path() == "#/signin"
    assert "email" in page.js("return document.activeElement.name")
    assert not page.maybe("#me")


def test_sign_up_leads_to_an_empty_list(page, server):
    email = server.fresh_email()
    page.open()
    page.click("a", "Create an account")
    page.find("h1", "Create an account")
    page.fill_sign(email, "a quiet river bends")
    page.find(".empty h2", "Nothing to do")
    assert page.path() == "#/tasks"
    page.click("#me a", "Account")
    assert page.find("#who").text == email


def test_sign_up_tells_what_is_wrong_beside_the_field(page):
    page.open("#/signup")
    good = "a quiet river bends"
    for email, password, field in [("anna", good, "email"), ("anna@example.org", "short", "password"), ("anna@nowhere", good, "email"),
                                   ("anna@example.org", "é" * 37, "password"), (" ", good, "email"), ("anna@example.org", "", "password")]:
        page.type("[name=password]", Keys.BACKSPACE)
        page.type("[name=email]", email)
        page.type("[name=password]", password + Keys.ENTER)
        sentence = page.error_of(field)
        assert sentence[0].isupper() and sentence.endswith(".") and "[object" not in page.text()
        assert page.js("return document.activeElement.name") == field
        assert page.find("[name=password]").get_attribute("value") == password


def test_sign_up_tells_of_all_wrong_fields_at_once(page):
    page.open("#/signup")
    page.fill_sign("anna", "short")
    assert page.error_of("email") and page.error_of("password")


def test_an_error_goes_when_the_field_is_mended(page):
    page.open("#/signup")
    page.fill_sign("anna", "a quiet river bends")
    page.error_of("email")
    page.type("[name=email]", "@", clear=False)
    page.gone(".error")


def test_an_email_that_is_taken_is_told_beside_it(page, anna):
    page.open("#/signup")
    page.fill_sign(anna.email.upper(), "a quiet river bends")
    assert page.error_of("email")


def test_a_wrong_password_is_told(page, anna):
    page.open()
    page.fill_sign(anna.email, "not the password")
    page.wait(lambda: page.maybe(".error, .form-error"), "an error")
    assert "password" in page.find(".error, .form-error").text.lower()
    page.type("[name=password]", anna.password + Keys.ENTER)
    page.find(".tasks-view")


def test_the_password_can_be_shown(page):
    page.open()
    field = page.type("[name=password]", "a quiet river")
    page.click(".reveal")
    assert field.get_attribute("type") == "text"
    assert page.find(".reveal").get_attribute("aria-pressed") == "true"
    page.click(".reveal")
    assert field.get_attribute("type") == "password"


def test_a_reload_keeps_the_session_and_no_script_can_read_it(signed_in):
    signed_in.driver.refresh()
    signed_in.find(".tasks-view h1")
    stored = signed_in.js("return document.cookie + JSON.stringify(localStorage) + JSON.stringify(sessionStorage)")
    assert stored == "{}{}"
    [cookie] = signed_in.cdp("Network.getAllCookies")["cookies"]
    assert cookie["httpOnly"] and cookie["sameSite"] == "Strict" and cookie["path"].endswith("/auth")


def test_the_page_that_was_asked_for_comes_after_signing_in(page, anna):
    page.open("#/account")
    page.find("h1", "Welcome back")
    page.fill_sign(anna.email, anna.password)
    page.find("h1", "Account")
    assert page.path() == "#/account"


def test_signed_out_is_signed_out(signed_in, anna):
    signed_in.add("Water the plants")
    signed_in.click("#me a", "Account")
    signed_in.find("h1", "Account")
    signed_in.click("#signout")
    signed_in.find(".sign .lead", "You are signed out.")
    assert "Water the plants" not in signed_in.js("return document.documentElement.outerHTML")
    signed_in.driver.back()
    signed_in.find("h1", "Welcome back")
    signed_in.driver.refresh()
    signed_in.find("h1", "Welcome back")


def test_the_address_of_a_page_for_strangers_leads_home_when_signed_in(signed_in):
    signed_in.open("#/signup")
    signed_in.find(".tasks-view h1")
    assert signed_in.path() == "#/tasks"


def test_an_unknown_address_leads_home(signed_in):
    signed_in.open("#/nowhere?x=1")
    signed_in.find(".tasks-view h1")


def test_the_back_button_walks_through_the_pages(signed_in):
    signed_in.click("#me a", "Account")
    signed_in.find("h1", "Account")
    signed_in.driver.back()
    signed_in.find(".tasks-view h1")
    signed_in.driver.forward()
    signed_in.find("h1", "Account")
    assert signed_in.driver.title == "Account · Todo"
