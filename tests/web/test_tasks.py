"""The tasks page, as its owner uses it."""
import datetime

import pytest
from selenium.webdriver.common.keys import Keys

XSS = ["<img src=x onerror=alert(1)>", "<script>alert(1)</script>", "\"><svg onload=alert(1)>", "{{7*7}} ${7*7} <b>bold</b>",
       "javascript:alert(1)", "</template><iframe src=//evil.example>", "&lt;i&gt; &amp; 100%", "‮desrever‬"]


TODAY = datetime.datetime.now(datetime.timezone.utc).date()  # when the tests began: the same day for all that one of them does


def day(offset):
    return (TODAY + datetime.timedelta(days=offset)).isoformat()


def make(user, *tasks):
    """Tasks by the API, the first one the newest."""
    for task in reversed(tasks):
        answer = user.post("/tasks", task if isinstance(task, dict) else {"title": task})
        assert answer.status == 201, answer


def stored(user, query=""):
    return user.get(f"/tasks{query}").json


def test_enter_adds_a_task_and_the_field_is_ready_for_the_next(signed_in, anna):
    signed_in.add("Water the plants")
    signed_in.keys("Buy milk", Keys.ENTER)
    signed_in.row("Buy milk")
    signed_in.wait_titles("Buy milk", "Water the plants")
    signed_in.wait_count("open", 2)
    assert [t["title"] for t in stored(anna)] == ["Buy milk", "Water the plants"]
    signed_in.driver.refresh()
    signed_in.wait_titles("Buy milk", "Water the plants")


def test_a_task_with_all_details(signed_in, anna):
    signed_in.click("#add-more")
    signed_in.type("#new-title", "Fly to Lisbon")
    signed_in.click("#add-fields option[value=high]")
    signed_in.js("document.querySelector('#add-fields [name=due_date]').value = arguments[0]", day(1))
    signed_in.type("#add-fields [name=tags]", "travel" + Keys.ENTER + "far away, friends")
    signed_in.type("#new-title", Keys.ENTER, clear=False)
    row = signed_in.row("Fly to Lisbon")
    assert {"High", "travel", "far away", "friends"} <= set(row.text.split("\n"))
    [task] = stored(anna)
    assert (task["priority"], task["due_date"], task["tags"]) == ("high", day(1), ["travel", "far away", "friends"])
    assert signed_in.find("#add-fields [name=priority]").get_attribute("value") == "medium"


def test_a_time_makes_the_due_date_an_instant(signed_in, anna):
    signed_in.click("#add-more")
    signed_in.type("#new-title", "Call")
    signed_in.js("""const set = (name, value) => { document.querySelector(`#add-fields [name=${name}]`).value = value; };
                    set('due_date', '2031-05-06'); set('due_time', '12:30');""")
    signed_in.type("#new-title", Keys.ENTER, clear=False)
    signed_in.row("Call")
    wanted = signed_in.js("return new Date('2031-05-06T12:30').toISOString().slice(0, 16)")
    assert stored(anna)[0]["due_date"].startswith(wanted)


def hold_lists(page):
    """The next answer with a list stays on its way until late() is called."""
    page.js("""const real = fetch;
        window.fetch = async (url, options) => {
            const answer = await real(url, options);
            if (!window.late && new URL(url).pathname.endsWith('/tasks')) await new Promise((go) => { window.late = go; });
            return answer;
        };""")
    page.click(".views a", "All")
    page.wait(lambda: page.js("return !!window.late"), "the list is on its way")


def release(page):
    page.js("late()")
    page.settled()


def test_what_is_added_while_the_list_is_on_its_way_stays(signed_in):
    hold_lists(signed_in)
    signed_in.add("Buy milk")
    release(signed_in)
    assert signed_in.titles() == ["Buy milk"]


def test_what_is_deleted_while_the_list_is_on_its_way_is_gone(page, anna):
    make(anna, "Buy milk", "Read")
    page.sign_in(anna)
    hold_lists(page)
    page.delete("Buy milk")
    page.dismiss("Deleted: Buy milk")
    page.wait(lambda: [t["title"] for t in stored(anna)] == ["Read"], "it is deleted")
    page.wait_count("all", 1)
    release(page)
    assert page.titles() == ["Read"]


def test_numbers_that_come_late_replace_no_newer_ones(signed_in):
    signed_in.js("""const real = fetch;
        window.fetch = async (url, options) => {
            const answer = await real(url, options);
            if (window.late || !new URL(url).pathname.endsWith('/stats')) return answer;
            const text = await answer.text();
            const held = new Promise((go) => { window.late = go; });
            answer.text = () => held.then(() => { setTimeout(() => { window.told = true; }); return text; });
            return answer;
        };""")
    signed_in.add("Buy milk")
    signed_in.wait(lambda: signed_in.js("return !!window.late"), "the numbers are on their way")
    signed_in.add("Read")
    signed_in.wait_count("open", 2)
    signed_in.js("late()")
    signed_in.wait(lambda: signed_in.js("return !!window.told"), "the page has been told")
    assert signed_in.count("open") == "2"


def test_nothing_is_not_a_task(signed_in, anna):
    signed_in.type("#new-title", "   " + Keys.ENTER)
    assert signed_in.error_of("title") == "Write what needs doing first."
    assert stored(anna) == []


def test_a_title_too_long_comes_back_with_a_sentence(signed_in, anna):
    signed_in.js("document.querySelector('#new-title').value = 'x'.repeat(201)")
    signed_in.type("#new-title", Keys.ENTER, clear=False)
    assert "200" in signed_in.error_of("title")
    assert len(signed_in.find("#new-title").get_attribute("value")) == 201
    assert stored(anna) == [] and signed_in.titles() == []


def test_a_tag_too_long_is_told_beside_the_tags(signed_in):
    signed_in.click("#add-more")
    signed_in.type("#add-fields [name=tags]", "t" * 51)
    signed_in.type("#new-title", "Buy milk" + Keys.ENTER)
    assert "50" in signed_in.error_of("tags")
    signed_in.click("[aria-label='Remove tag " + "t" * 51 + "']")
    signed_in.gone(".error")
    signed_in.type("#new-title", Keys.ENTER, clear=False)
    signed_in.row("Buy milk")


def test_a_date_typed_half_is_told_and_not_lost(signed_in):
    signed_in.type("#new-title", "Buy milk")
    signed_in.click("#add-more")
    signed_in.find("#add-fields [name=due_date]").send_keys("12")
    signed_in.type("#new-title", Keys.ENTER, clear=False)
    assert signed_in.error_of("due_date") == "This date is not complete."
    assert signed_in.find("#new-title").get_attribute("value") == "Buy milk"


def test_a_year_of_five_digits_is_told_and_not_lost(page, anna):
    make(anna, {"title": "Buy milk", "due_date": "2031-05-06T12:30:00Z"})
    page.sign_in(anna)
    page.edit("Buy milk")
    page.js("document.querySelector('.editor [name=due_date]').value = '20310-05-06'")
    page.click(".editor .primary")
    assert "9999" in page.error_of("due_date", ".editor")
    page.keys(Keys.ESCAPE)
    page.find("dialog", "Leave your changes?")


def test_edit_in_place(page, anna):
    make(anna, {"title": "Buy milk", "tags": ["home", "shop"], "due_date": day(3), "priority": "low"})
    page.sign_in(anna)
    page.edit("Buy milk")
    assert page.js("return document.activeElement.value") == "Buy milk"
    page.type(".editor [name=title]", "Buy oat milk")
    page.type(".editor [name=description]", "two litres\nnot the sweet one")
    page.click(".editor [aria-label='Remove tag home']")
    page.type(".editor [name=tags]", "kitchen")
    page.click(".editor option[value=high]")
    page.click(".editor .primary")
    page.row("Buy oat milk")
    [task] = stored(anna)
    assert task["title"] == "Buy oat milk" and task["description"] == "two litres\nnot the sweet one"
    assert task["tags"] == ["shop", "kitchen"] and task["priority"] == "high" and task["due_date"] == day(3)
    assert page.focused() == "Buy oat milk"


def test_escape_leaves_an_edit_and_asks_when_something_was_typed(page, anna):
    make(anna, "Buy milk")
    page.sign_in(anna)
    page.edit("Buy milk")
    page.keys(Keys.ESCAPE)
    page.gone(".editor")
    page.edit("Buy milk")
    page.keys("!", Keys.ESCAPE)
    page.find("dialog", "Leave your changes?")
    page.keys(Keys.ENTER)
    assert page.find(".editor [name=title]").get_attribute("value") == "Buy milk!"
    page.keys(Keys.ESCAPE)
    page.click("dialog button", "Leave them")
    page.gone(".editor")
    assert stored(anna)[0]["title"] == "Buy milk"


def test_an_edit_that_is_refused_says_why_and_keeps_all(page, anna):
    make(anna, "Buy milk")
    page.sign_in(anna)
    page.edit("Buy milk")
    page.type(".editor [name=title]", Keys.BACKSPACE)
    page.type(".editor [name=description]", "remember the bag")
    page.keys(Keys.CONTROL, Keys.ENTER)
    assert "200" in page.error_of("title", ".editor")
    assert page.find(".editor [name=description]").get_attribute("value") == "remember the bag"


def test_an_open_edit_survives_the_account_page_and_another_list(page, anna):
    make(anna, "Buy milk", "Water the plants")
    page.sign_in(anna)
    page.edit("Buy milk")
    page.keys(" and eggs")
    page.click("#me a", "Account")
    page.find("h1", "Account")
    page.driver.back()
    assert page.find(".editor [name=title]").get_attribute("value") == "Buy milk and eggs"
    page.click(".views a", "All")
    page.find("h1", "All")
    page.settled()
    assert page.find(".editor [name=title]").get_attribute("value") == "Buy milk and eggs"
    page.click(".editor .primary")
    page.row("Buy milk and eggs")
    assert sorted(page.titles()) == ["Buy milk and eggs", "Water the plants"]


def test_a_ticked_task_goes_and_undo_brings_it_back(page, anna):
    make(anna, "Buy milk", "Water the plants")
    page.sign_in(anna)
    page.inside(page.row("Buy milk"), ".check").click()
    page.find(".toast", "Done: Buy milk")
    page.wait_titles("Water the plants")
    page.wait_count("done", 1)
    page.undo("Done: Buy milk")
    page.wait_titles("Buy milk", "Water the plants")
    page.wait(lambda: not any(t["completed"] for t in stored(anna)), "it is open again")
    page.wait_count("done", 0)


def test_ticking_fast_ends_as_the_last_click_said(page, anna):
    make(anna, "Buy milk")
    page.sign_in(anna).open_tasks("#/tasks?show=all")
    row = page.row("Buy milk")
    page.js("const box = arguments[0].querySelector('input'); box.click(); box.click(); box.click();", row)
    page.wait(lambda: stored(anna)[0]["completed"], "it is done")
    page.find(".task.done")


def test_deleted_is_hidden_at_once_and_undo_brings_back_the_very_task(page, anna):
    make(anna, "Buy milk", {"title": "Water the plants", "tags": ["home"]}, "Read")
    before = stored(anna)
    page.sign_in(anna)
    page.delete("Water the plants")
    page.wait_titles("Buy milk", "Read")
    page.wait_count("open", 2)
    assert page.focused() == "Read"
    page.undo("Deleted: Water the plants")
    page.wait_titles("Buy milk", "Water the plants", "Read")
    assert stored(anna) == before
    assert page.focused() == "Water the plants"


def test_without_undo_it_is_deleted(page, anna):
    make(anna, "Buy milk", "Read")
    page.sign_in(anna)
    page.inside(page.row("Buy milk"), ".delete").click()
    page.dismiss("Deleted: Buy milk")
    page.wait(lambda: [t["title"] for t in stored(anna)] == ["Read"], "it is deleted")
    page.wait_count("all", 1)


def test_the_message_goes_by_itself(page, anna):
    make(anna, "Buy milk")
    page.sign_in(anna)
    page.js("const real = setTimeout; window.setTimeout = (f, ms, ...rest) => real(f, ms / 20, ...rest);")
    page.delete("Buy milk")
    page.wait(lambda: stored(anna) == [], "it is deleted")
    page.gone(".toast")


def test_leaving_the_page_deletes_what_was_deleted(page, anna):
    make(anna, "Buy milk")
    page.sign_in(anna)
    page.js("window.seen = 0; const real = fetch; window.fetch = (...a) => real(...a).finally(() => { window.seen++; });")
    page.delete("Buy milk")
    page.wait(lambda: page.js("return window.seen") >= 1, "the version is known")
    page.driver.get("about:blank")
    page.wait(lambda: stored(anna) == [], "it is deleted")


def test_search_as_you_type(page, anna):
    make(anna, "Épsilon", {"title": "Read", "description": "about ÉPSILON"}, "Buy milk")
    page.sign_in(anna)
    page.type(".search input", "épsi")
    page.wait_titles("Épsilon", "Read")
    page.find(".active", "2 found")
    assert page.path().startswith("#/tasks?q=")
    page.driver.refresh()
    page.wait_titles("Épsilon", "Read")
    assert page.find(".search input").get_attribute("value") == "épsi"
    page.type(".search input", "nothing like it")
    page.find(".empty h2", "Nothing found")
    page.click("#clear-filters")
    page.wait_titles("Épsilon", "Read", "Buy milk")
    assert page.find(".search input").get_attribute("value") == ""


def test_search_takes_every_character_as_it_is(page, anna):
    texts = ["100%", "a_b", "back\\slash", "<b>&amp;", "a+b #c?"]
    make(anna, *texts, "Buy milk")
    page.sign_in(anna)
    for text in texts:
        page.type(".search input", text)
        page.wait_titles(text)


def test_priority_and_tags_filter_together_and_the_address_keeps_it(page, anna):
    make(anna, {"title": "A", "priority": "high", "tags": ["home", "c++ & co"]}, {"title": "B", "priority": "low", "tags": ["home"]},
         {"title": "C", "priority": "high"})
    page.sign_in(anna)
    page.click(".chip", "High")
    page.wait_titles("A", "C")
    page.find("#tag-filter .chip", "home").click()
    page.wait_titles("A")
    page.click(".chip", "Low")
    page.wait_titles("A", "B")
    page.inside(page.row("A"), ".tag:nth-of-type(2)").click()
    page.wait_titles("A")
    page.driver.refresh()
    page.wait_titles("A")
    pressed = {"High", "Low", "home", "c++ & co"}
    page.wait(lambda: {c.text.split("\n")[0] for c in page.all(".chip[aria-pressed=true]")} == pressed, "four filters")
    page.driver.back()
    page.wait_titles("A", "B")
    page.driver.back()
    page.wait_titles("A")
    page.click("#clear-filters")
    page.wait_titles("A", "B", "C")


def test_sort(page, anna):
    make(anna, {"title": "c", "priority": "medium"}, {"title": "a", "due_date": day(1), "priority": "low"},
         {"title": "b", "due_date": day(2), "priority": "high"})
    anna.patch(f"/tasks/{stored(anna, '?q=a')[0]['id']}", {"description": "changed"})
    page.sign_in(anna)
    for choice, order in {"Oldest first": "bac", "Newest first": "cab", "Due date": "abc", "Priority": "bca", "Title": "abc", "Last changed": "acb"}.items():
        page.click("#sort option", choice)
        page.wait_titles(*order)
    page.driver.refresh()
    page.wait_titles(*"acb")


def test_lists_and_counts(page, anna):
    make(anna, {"title": "late", "due_date": day(-3)}, {"title": "soon", "due_date": day(2)}, {"title": "done", "completed": True})
    page.sign_in(anna)
    for name, titles in {"Overdue": ["late"], "Done": ["done"], "All": ["late", "soon", "done"], "Open": ["late", "soon"]}.items():
        page.click(".views a", name)
        page.wait_titles(*titles)
        assert page.find("h1").text == name
    assert [page.count(n) for n in ("open", "overdue", "done", "all")] == ["2", "1", "1", "3"]
    assert page.inside(page.row("late"), ".late").text.startswith("Overdue:")
    page.driver.back()
    page.wait_titles("late", "soon", "done")


@pytest.mark.parametrize("offset, words", [(0, "Today"), (1, "Tomorrow")])
def test_due_dates_are_told_in_words(page, anna, offset, words):
    today = datetime.date.today()
    make(anna, {"title": "Buy milk", "due_date": (today + datetime.timedelta(days=offset)).isoformat()})
    page.sign_in(anna)
    told = page.inside(page.row("Buy milk"), ".due").text
    assert told.endswith(words) or datetime.date.today() > today, told


def test_clear_completed_asks_first(page, anna):
    make(anna, "open", {"title": "done 1", "completed": True}, {"title": "done 2", "completed": True})
    page.sign_in(anna).open_tasks("#/tasks?show=all")
    page.click("#clear-done")
    page.find("dialog", "2 completed tasks are")
    page.keys(Keys.ESCAPE)
    page.gone("dialog")
    assert len(stored(anna)) == 3
    page.click("#clear-done")
    page.click("dialog button", "Delete them")
    page.wait_titles("open")
    page.gone("#clear-done")
    assert [t["title"] for t in stored(anna)] == ["open"]


def test_markup_is_only_text(page, anna):
    make(anna, *({"title": text, "description": text, "tags": [text[:50]]} for text in XSS))
    page.sign_in(anna)
    page.wait(lambda: len(page.all("#tag-filter .chip")) == len(XSS), "all tags")
    assert page.titles() == XSS
    assert page.js("return [...document.querySelectorAll('.task-notes')].map((e) => e.textContent)") == XSS
    page.add(XSS[0] + "2")
    for text in XSS:
        page.edit(text)
        assert page.find(".editor [name=title]").get_attribute("value") == text
        page.keys(Keys.ESCAPE)
    page.delete(XSS[0])
    page.find(".toast", XSS[0])
    page.type(".search input", XSS[1])
    page.find(".active", XSS[1])
    assert page.js("return document.querySelectorAll('body :is(img:not(.brand img), iframe, script, b, i), main svg:not(:has(use))').length") == 0


def test_violations_of_the_policy_are_counted(signed_in):
    """So that the look which ends every test can fail."""
    signed_in.js("""document.body.append(Object.assign(document.createElement('script'), {textContent: 'window.bad = 1'}));
                    const div = document.createElement('div'); div.setAttribute('style', 'color: red'); document.body.append(div);
                    fetch('https://evil.example/').catch(() => {});""")
    assert signed_in.js("return window.bad") is None
    signed_in.wait(lambda: len([line for line in signed_in.complaints() if "csp violation" in line]) == 3, "three violations")
    signed_in.found.clear()
