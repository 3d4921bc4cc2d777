"""For everybody: axe-core in every state, the keyboard alone, every width, right to left, dark, less motion."""
import pytest
from selenium.webdriver.common.keys import Keys

from test_sessions import end_session
from test_tasks import day, make

LOOKS = [("light", 1440), ("dark", 360)]


@pytest.fixture(params=LOOKS, ids=[f"{scheme} {width}" for scheme, width in LOOKS])
def look(request):
    scheme, width = request.param

    def apply(page):
        page.size(width, 900)
        # Without motion: axe would measure the colours of something half faded in.
        page.media(scheme, "reduce")
        return page
    return apply


@pytest.fixture
def full(page, anna, look):
    """A list with all that a task can have."""
    make(anna, {"title": "Buy milk", "tags": ["home", "בית"], "priority": "high", "due_date": day(-2), "description": "two litres"},
         {"title": "لقراءة", "priority": "low", "due_date": day(1)}, {"title": "Read", "completed": True},
         {"title": "word " * 39, "tags": ["t" * 50]})
    return look(page).sign_in(anna)


def fits(page):
    """Nothing needs scrolling sideways."""
    page.wait(lambda: page.js("return document.documentElement.scrollWidth <= innerWidth"), "the page fits its window")


def check(page, axe_script):
    page.axe(axe_script)
    fits(page)


@pytest.mark.parametrize("path", ["#/signin", "#/signup"])
def test_sign_pages(page, look, axe_script, path):
    look(page).open(path)
    page.find(".sign")
    check(page, axe_script)
    page.fill_sign("anna", "x")
    page.find(".error, .form-error")
    check(page, axe_script)


def test_an_empty_list(page, anna, look, axe_script):
    look(page).sign_in(anna)
    page.find(".empty")
    check(page, axe_script)


def test_a_full_list_and_what_can_be_done_with_it(full, axe_script):
    full.open_tasks("#/tasks?show=all&priority=high&priority=low&priority=medium")
    full.find(".active", "4 found")
    check(full, axe_script)
    full.click("#add-more")
    full.type("#new-title", "x" * 201 + Keys.ENTER)
    full.error_of("title")
    check(full, axe_script)
    full.edit("Buy milk")
    check(full, axe_script)
    full.delete("Read")
    full.find(".toast")
    check(full, axe_script)
    full.click("#clear-done")
    full.find("dialog")
    check(full, axe_script)


def test_filters_that_find_nothing(full, axe_script):
    if full.maybe("#filter-toggle"):
        full.click("#filter-toggle")
    full.click("#tag-filter .chip", "home")
    full.type(".search input", "nothing like it")
    full.find(".empty", "Nothing found")
    check(full, axe_script)


def test_a_conflict(full, anna, axe_script):
    full.edit("Buy milk")
    full.keys("!")
    anna.patch(f"/tasks/{anna.get('/tasks?q=milk').json[0]['id']}", {"title": "Buy soy milk"})
    full.keys(Keys.ENTER)
    full.find("dialog table")
    check(full, axe_script)
    full.keys(Keys.ESCAPE)
    full.find(".editor .form-error")
    check(full, axe_script)


def test_a_session_that_has_ended(full, anna, axe_script):
    end_session(anna)
    full.type("#new-title", "Buy eggs" + Keys.ENTER)
    full.type("dialog [name=password]", "not it" + Keys.ENTER)
    full.find("dialog .error, dialog .form-error")
    check(full, axe_script)


def test_offline(full, axe_script):
    full.network(offline=True)
    full.type("#new-title", "Buy eggs" + Keys.ENTER)
    full.find(".task.unsaved .error")
    full.click(".views a", "Done")
    full.find(".tail", "could not be loaded")
    check(full, axe_script)
    full.network(offline=False)
    full.gone(".banner")


def test_the_account_page(full, axe_script):
    full.click("#me a", "Account")
    full.find(".devices li")
    check(full, axe_script)
    full.type("[name=current_password]", "x")
    full.type("[name=new_password]", "x" + Keys.ENTER)
    full.find(".error")
    check(full, axe_script)
    full.click("#delete-account")
    full.find("dialog")
    check(full, axe_script)


def test_axe_finds_what_is_wrong(page, axe_script):
    """So that the tests above can fail."""
    page.open()
    page.find(".sign")
    page.js("document.querySelector('.sign').append(new Image(), document.createElement('button'))")
    with pytest.raises(AssertionError, match="(?s)button-name.*image-alt"):
        page.axe(axe_script)


def tab_to(page, words, most=40):
    """Presses Tab until something with this name has the focus."""
    seen = []
    for _ in range(most):
        page.keys(Keys.TAB)
        seen.append(page.focused())
        ring = page.js("const s = getComputedStyle(document.activeElement); return s.outlineStyle !== 'none' || !!document.activeElement.closest('.add, .tag-input')")
        assert ring, f"no focus is seen on {seen[-1]}"
        if seen[-1] == words:
            return
    raise AssertionError(f"{words!r} is not among {seen}")


def test_the_keyboard_alone_is_enough(page, server):
    email = server.fresh_email()
    page.open()
    page.find(".sign")
    tab_to(page, "Create an account")
    page.keys(Keys.ENTER)
    page.find("h1", "Create an account")
    page.keys(email, Keys.TAB, "a quiet river bends", Keys.ENTER)
    page.find(".tasks-view")
    page.settled()
    tab_to(page, "New task")
    page.keys("Buy milk", Keys.ENTER)
    page.row("Buy milk")
    page.keys("Read")
    tab_to(page, "More details")
    page.keys(Keys.SPACE)
    tab_to(page, "Priority")
    page.keys("h")
    tab_to(page, "Tags")
    page.keys("books", Keys.ENTER, Keys.ENTER)
    assert "books" in page.row("Read").text and "High" in page.row("Read").text
    tab_to(page, "Done: Read")
    page.keys(Keys.SPACE)
    page.wait_titles("Buy milk")
    assert page.focused() == "Buy milk"
    page.keys(Keys.ENTER)
    page.find(".editor")
    page.keys(" today", Keys.CONTROL, Keys.ENTER)
    page.row("Buy milk today")
    page.keys(Keys.DELETE)
    page.find(".empty")
    assert page.focused() == "New task"
    tab_to(page, "Undo", 60)
    tab_to(page, "Undo")
    page.keys(Keys.ENTER)
    page.wait_titles("Buy milk today")
    assert page.focused() == "Buy milk today"
    page.js("scrollTo(0, 0); document.querySelector('h1').focus()")
    page.js("document.querySelector('.skip').focus()")
    tab_to(page, "Account")
    page.keys(Keys.ENTER)
    page.find("h1", "Account")
    tab_to(page, "Delete account…")
    page.keys(Keys.ENTER)
    page.find("dialog")
    page.keys("a quiet river bends", Keys.ENTER)
    page.find(".lead", "Your account is deleted.")


def test_the_skip_link_leads_past_the_head(signed_in):
    signed_in.driver.refresh()
    signed_in.find(".tasks-view")
    signed_in.keys(Keys.TAB)
    assert signed_in.focused() == "Skip to content"
    signed_in.keys(Keys.ENTER)
    assert signed_in.js("return document.activeElement.id") == "main" and signed_in.path() == "#/tasks"


def test_messages_are_said_aloud(signed_in):
    said = "return document.querySelector('#live').textContent"
    signed_in.add("Buy milk")
    signed_in.wait(lambda: signed_in.js(said) == "Added: Buy milk", "it is said")
    signed_in.delete("Buy milk")
    signed_in.find(".toast [role=status]", "Deleted: Buy milk")


def test_every_width(page, anna):
    make(anna, {"title": "W" * 200, "tags": ["T" * 50], "description": "D" * 500}, "Buy milk")
    page.sign_in(anna)
    page.click("#add-more")
    page.edit("Buy milk")
    for path, there in {"": ".editor", "#/account": ".devices li"}.items():
        page.js("location.hash = arguments[0] || '#/tasks'", path)
        page.find(there)
        for width in (320, 360, 768, 1024, 1440, 3840):
            page.size(width, 900)
            fits(page)


def test_targets_are_large_enough(full):
    """24 by 24 CSS pixels, WCAG 2.5.8."""
    small = full.js("""return [...document.querySelectorAll('button, input, select, a, label.check')]
        .filter((e) => e.checkVisibility() && !e.closest('.unseen, .skip, .check input, .tag-input') && !e.matches('.check input, .skip'))
        .map((e) => [e.outerHTML.slice(0, 80), e.getBoundingClientRect()]).filter(([, r]) => r.width < 24 || r.height < 24).map(([h]) => h)""")
    assert small == []


@pytest.mark.parametrize("width", [360, 1440])
def test_right_to_left(page, anna, width):
    make(anna, {"title": "לקנות חלב", "tags": ["בית"], "due_date": day(1)})
    page.size(width, 900)
    page.sign_in(anna)
    page.js("document.documentElement.dir = 'rtl'")
    fits(page)
    row = page.row("לקנות חלב")
    box, title, bin_ = (page.inside(row, s).rect["x"] for s in (".check", ".task-title", ".delete"))
    assert box > title > bin_
    assert page.find("#me").rect["x"] < page.find(".brand").rect["x"]


def test_a_title_takes_the_direction_of_its_own_script(page, anna):
    make(anna, "לקנות חלב", "Buy milk")
    page.sign_in(anna)
    assert page.js("return [...document.querySelectorAll('.task-title')].map((e) => getComputedStyle(e).direction)") == ["rtl", "ltr"]


def test_less_motion_is_none(page, anna):
    page.media(motion="reduce")
    page.sign_in(anna)
    moving = page.js("""return [...document.querySelectorAll('*')].filter((e) => {
        const s = getComputedStyle(e); return s.animationName !== 'none' || !['none', 'all'].includes(s.transitionProperty) || parseFloat(s.transitionDuration); }).length""")
    assert moving == 0


def test_dark_is_dark(page, anna):
    page.media("dark")
    page.sign_in(anna)
    colours = page.js("const s = getComputedStyle(document.body); return [s.backgroundColor, s.color].map((c) => c.match(/[0-9.]+/g).slice(0, 3).reduce((a, b) => a + +b, 0) / 3)")
    assert colours[0] < 50 and colours[1] > 200
