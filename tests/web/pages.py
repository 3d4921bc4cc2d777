"""What a person does in the browser, in one line each: open, sign in, add a task, wait for what the page says."""
import contextlib
import fcntl
import http.cookies
import json
import re
import time
import urllib.parse

from harness import PATIENCE, ROOT
from selenium import webdriver
from selenium.common.exceptions import NoSuchElementException, StaleElementReferenceException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

FLAGS = ("--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
         "--disable-component-update --disable-sync --hide-scrollbars --disable-search-engine-choice-screen").split()
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"
# Told to the console, which complaints() reads; the browser's own report of a violation is counted as well. And a message
# (TOAST_TIME in ui.js) stays until a test is through with it, however slow the machine is.
WATCH = """addEventListener('securitypolicyviolation', (e) => console.error(`csp violation: ${e.violatedDirective} ${e.blockedURI}`));
addEventListener('unhandledrejection', (e) => console.error(`unhandled: ${e.reason?.stack ?? e.reason}`));
{ const real = setTimeout; window.setTimeout = (f, ms, ...rest) => real(f, ms === TOAST_TIME ? 1e6 : ms, ...rest); }"""
WATCH = WATCH.replace("TOAST_TIME", re.search(r"TOAST_TIME = (\d+)", (ROOT / "web" / "ui.js").read_text())[1])


@contextlib.contextmanager
def locked(path):
    """One process at a time; path is any file that is there."""
    with open(path) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def start_browser(folder):
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for flag in [*FLAGS, f"--user-data-dir={folder}"]:
        options.add_argument(flag)
    options.add_experimental_option("prefs", {"credentials_enable_service": False, "intl.accept_languages": "en-GB"})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    options.set_capability("unhandledPromptBehavior", "accept")
    driver = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)
    driver.watched = set()
    return driver


class Page:
    """One browser and the tab that it shows."""

    def __init__(self, driver, base):
        self.driver = driver
        self.base = base
        self.found = []

    # --- the browser ---

    def cdp(self, command, **arguments):
        return self.driver.execute_cdp_cmd(command, arguments)

    def js(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def clean(self):
        """As after a fresh start: one empty tab, no cookies, no log, a window of 1280 by 900, light."""
        first, *others = self.driver.window_handles
        for handle in others:
            self.driver.switch_to.window(handle)
            self.gather()
            self.driver.close()
        self.driver.switch_to.window(first)
        self.gather()
        self.driver.get("about:blank")
        self.cdp("Network.enable")
        self.cdp("Network.clearBrowserCookies")
        self.network(offline=False)
        self.watch()
        self.size(1280, 900)
        self.media()
        self.driver.get_log("browser")

    def watch(self):
        """Once in each tab: the browser keeps it for all pages that the tab will show."""
        if self.driver.current_window_handle not in self.driver.watched:
            self.driver.watched.add(self.driver.current_window_handle)
            self.cdp("Page.addScriptToEvaluateOnNewDocument", source=WATCH)

    def gather(self):
        # A refused request is the very thing that many tests ask for, and the browser notes each as an error.
        self.found += [line["message"] for line in self.driver.get_log("browser")
                       if line["level"] in ("SEVERE", "WARNING") and "Failed to load resource" not in line["message"]
                       and "net::ERR_" not in line["message"]]

    def complaints(self):
        """Scripts' errors and violations of the security policy, in all tabs since clean()."""
        for handle in self.driver.window_handles:
            self.driver.switch_to.window(handle)
            self.gather()
        return self.found

    def size(self, width, height):
        self.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def media(self, scheme="light", motion="no-preference"):
        self.cdp("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": scheme}, {"name": "prefers-reduced-motion", "value": motion}])

    def network(self, offline):
        self.cdp("Network.emulateNetworkConditions", offline=offline, latency=0, downloadThroughput=-1, uploadThroughput=-1)

    def new_tab(self):
        self.driver.switch_to.new_window("tab")
        self.watch()
        return self.driver.current_window_handle

    def tab(self, handle):
        self.driver.switch_to.window(handle)

    # --- looking ---

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def maybe(self, selector, text=None):
        """The first visible element (that says `text`), or None. One question to the browser, as it is asked so often."""
        return self.js("""const [selector, text] = arguments;
            return [...document.querySelectorAll(selector)].find((e) => (e.checkVisibility({visibilityProperty: true}) || e.localName === 'option')
                && (text === null || (e.innerText || e.textContent).includes(text))) ?? null;""", selector, text)

    def wait(self, condition, what, patience=PATIENCE):
        """Asks until it is true, and returns its value. With a breath between, which the browser needs for its work."""
        end = time.monotonic() + patience
        while True:
            with contextlib.suppress(StaleElementReferenceException, NoSuchElementException):
                value = condition()
                if value:
                    return value
            assert time.monotonic() < end, f"waited {patience} s in vain: {what}; the page says:\n{self.text()[:2000]}"
            time.sleep(0.02)

    def find(self, selector, text=None):
        return self.wait(lambda: self.maybe(selector, text), f"{selector} {text or ''} is shown")

    def gone(self, selector, text=None):
        self.wait(lambda: not self.maybe(selector, text), f"{selector} {text or ''} is gone")

    def text(self):
        return self.js("return document.body.innerText")

    def titles(self):
        return self.js("return [...document.querySelectorAll('.task-title')].map((e) => e.textContent)")

    def wait_titles(self, *titles):
        try:
            self.wait(lambda: self.titles() == list(titles), f"the list is {list(titles)}")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.titles()}") from None

    def focused(self):
        return self.js("const e = document.activeElement; return e.ariaLabel || e.labels?.[0]?.innerText || e.innerText || e.tagName")

    def path(self):
        return self.js("return location.hash")

    def error_of(self, name, root="main"):
        """The sentence that is tied to a field, as a screen reader would read it."""
        return self.wait(lambda: self.js("""
            const field = document.querySelector(arguments[0]);
            if (field?.getAttribute('aria-invalid') !== 'true') return '';
            return field.getAttribute('aria-describedby').split(' ').map((id) => document.getElementById(id))
                .filter((e) => e.className === 'error').map((e) => e.innerText).join(' ');""", f"{root} [name={name}]"),
            f"{name} has an error")

    # --- doing ---

    def open(self, path=""):
        self.driver.get(f"{self.base}/{path}")
        return self

    def click(self, selector, text=None):
        self.find(selector, text).click()

    def type(self, selector, text, clear=True):
        field = self.find(selector)
        if clear and field.get_attribute("value"):
            field.send_keys(Keys.CONTROL, "a")
        field.send_keys(text)
        return field

    def keys(self, *keys):
        """To whatever has the focus."""
        self.driver.switch_to.active_element.send_keys(*keys)

    def sign_in(self, user):
        """Gives the browser the cookie that signing in by the form (test_sign.py) would, and opens the page."""
        answer = user.server.login(user.email, user.password, refresh="cookie", headers={"User-Agent": AGENT})
        cookie = http.cookies.SimpleCookie(answer.header("Set-Cookie"))
        [(name, morsel)] = cookie.items()
        self.cdp("Network.setCookie", url=f"{self.base}{morsel['path']}", name=name, value=morsel.value, path=morsel["path"],
                 httpOnly=True, sameSite="Strict")
        return self.open_tasks()

    def open_tasks(self, path=""):
        """Waits for the very list that path asks for: where only the hash differs, the page before stays for a moment."""
        asked = dict(urllib.parse.parse_qsl(path.partition("?")[2]))
        self.open(path)
        self.find(".tasks-view h1", asked.get("show", "open").capitalize())
        self.wait(lambda: self.js("return document.querySelector('#sort').value") == asked.get("sort", "-created_at"), "the sort")
        self.settled()
        return self

    def fill_sign(self, email, password):
        self.type(".sign [name=email]", email)
        self.type(".sign [name=password]", password + Keys.ENTER)

    def settled(self):
        """The list has been loaded and the numbers are there."""
        self.wait(lambda: not self.all(".list[aria-busy]") and self.count("all") != "", "the list is loaded")

    def count(self, name):
        return self.js("return document.querySelector(`[data-show=${arguments[0]}] .count`)?.textContent", name)

    def wait_count(self, name, number):
        self.wait(lambda: self.count(name) == str(number), f"{name} counts {number}")

    def add(self, title):
        self.type("#new-title", title + Keys.ENTER)
        return self.row(title)

    def row(self, title):
        """The row with this title, once it is saved."""
        return self.wait(lambda: self.js("""
            return [...document.querySelectorAll('.task:not(.unsaved, .editing)')]
                .find((e) => e.querySelector('.task-title').textContent === arguments[0]) ?? null;""", title), f"a task {title}")

    def inside(self, row, selector):
        return row.find_element(By.CSS_SELECTOR, selector)

    def edit(self, title):
        self.inside(self.row(title), ".task-title").click()
        return self.find(".editor")

    def delete(self, title):
        row = self.row(title)
        self.inside(row, ".task-title").send_keys(Keys.DELETE)

    def dismiss(self, text):
        """Closes a message, so that what it holds back is done."""
        self.inside(self.find(".toast", text), "[aria-label=Dismiss]").click()
        self.gone(".toast", text)

    def undo(self, text):
        self.inside(self.find(".toast", text), ".plain").click()

    # --- accessibility ---

    def axe(self, script):
        """What axe-core finds wrong with the page as it stands, WCAG 2.2 AA and its own best practices."""
        if not self.js("return !!window.axe"):
            self.cdp("Runtime.evaluate", expression=script)
        self.driver.set_script_timeout(30)
        found = self.driver.execute_async_script("""
            const done = arguments[0];
            axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})
                .then(({violations}) => done(violations.map((v) => [v.id, v.help, v.nodes.map((n) => n.html + ' ' + n.any.concat(n.all, n.none).map((c) => c.message).join('; '))])));""")
        assert found == [], json.dumps(found, indent=1)
