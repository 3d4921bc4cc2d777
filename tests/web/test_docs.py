"""/docs: a person signs in and tries a call, under any mount; without its files the page still speaks."""
import http.client
import http.server
import pathlib
import subprocess
import threading

import harness
import pytest
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def docs_server(server):
    subprocess.run([ROOT / "deploy" / "docs.sh"], check=True, timeout=300)
    assert (ROOT / "build" / "docs" / "swagger-ui-bundle.js").exists(), "these tests need npm: apt-get install npm"
    return server


@pytest.fixture
def chrome(browsers):
    """A browser that the other tests do not use: what the console says here, they need not hear."""
    driver = browsers(3)
    driver.get("about:blank")
    driver.set_window_size(1200, 2000)
    driver.get_log("browser")
    driver.execute_cdp_cmd("Network.enable", {})
    yield driver
    driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": []})
    driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


class Mounted(http.server.BaseHTTPRequestHandler):
    """Stands for a web server that has the service below /apps/todo."""
    mount = "/apps/todo"
    protocol_version = "HTTP/1.1"

    def forward(self):
        assert self.path.startswith(self.mount + "/"), self.path
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        link = http.client.HTTPConnection("127.0.0.1", self.server.upstream, timeout=60)
        link.request(self.command, self.path[len(self.mount):], body or None, dict(self.headers))
        answer = link.getresponse()
        content = answer.read()
        link.close()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("transfer-encoding", "content-length", "connection", "date", "server"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = forward

    def log_message(self, *_):
        pass


@pytest.fixture
def mounted(docs_server):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Mounted) as proxy:
        proxy.upstream = docs_server.port
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{proxy.server_port}{Mounted.mount}"
        proxy.shutdown()


def wait(driver, condition):
    """Swagger UI may draw a part of the page anew while it is being looked at."""
    waiting = WebDriverWait(driver, harness.PATIENCE, ignored_exceptions=[StaleElementReferenceException])
    return waiting.until(lambda _: condition())


def find(root, selector):
    """The first visible element, or None."""
    return next((one for one in root.find_elements(By.CSS_SELECTOR, selector) if one.is_displayed()), None)


def complaints(driver):
    """What the console says: scripts' errors, refused loads, each violation of the security policy."""
    return [line["message"] for line in driver.get_log("browser") if line["level"] in ("SEVERE", "WARNING")]


def authorize(driver, email, password):
    wait(driver, lambda: find(driver, "button.btn.authorize")).click()
    wait(driver, lambda: find(driver, "#oauth_username")).send_keys(email)
    find(driver, "#oauth_password").send_keys(password)
    box = find(driver, "#oauth_username").find_element(By.XPATH, "./ancestor::div[@class='auth-container']")
    find(box, "button.authorize").click()


def try_listing(driver):
    """Executes GET /tasks and returns the block with its answer."""
    block = wait(driver, lambda: find(driver, "#operations-Tasks-listTasks"))
    find(block, ".opblock-summary-control").click()
    wait(driver, lambda: find(block, ".try-out__btn")).click()
    wait(driver, lambda: find(block, "button.execute")).click()
    wait(driver, lambda: find(block, ".live-responses-table .response"))
    return block


def sign_in_and_list(driver, base, server):
    anna = server.user()
    anna.task(title="Water the plants")
    driver.get(f"{base}/docs")
    authorize(driver, anna.email, anna.password)
    wait(driver, lambda: (dialog := find(driver, ".dialog-ux")) and "Logout" in dialog.text)
    find(driver, ".dialog-ux button.btn-done").click()
    block = try_listing(driver)
    assert block.find_element(By.CSS_SELECTOR, ".live-responses-table .response .response-col_status").text.startswith("200")
    assert "Water the plants" in block.find_element(By.CSS_SELECTOR, ".live-responses-table .response").text
    assert f"{base}/tasks" in block.find_element(By.CSS_SELECTOR, ".request-url").text
    assert complaints(driver) == []


def test_a_person_signs_in_and_lists_tasks(chrome, docs_server):
    sign_in_and_list(chrome, docs_server.base, docs_server)


def test_the_same_below_another_mount(chrome, mounted, docs_server):
    sign_in_and_list(chrome, mounted, docs_server)


def test_wrong_password_is_told(chrome, docs_server):
    anna = docs_server.user()
    chrome.get(f"{docs_server.base}/docs")
    authorize(chrome, anna.email, "not the password")
    wait(chrome, lambda: find(chrome, ".dialog-ux .errors"))
    assert "Logout" not in find(chrome, ".dialog-ux").text


def test_without_signing_in_a_call_is_401(chrome, docs_server):
    chrome.get(f"{docs_server.base}/docs")
    block = try_listing(chrome)
    assert block.find_element(By.CSS_SELECTOR, ".live-responses-table .response .response-col_status").text.startswith("401")


def test_every_call_is_shown_once(chrome, docs_server):
    document = docs_server.get("/openapi.json").json
    chrome.get(f"{docs_server.base}/docs")
    calls = [(method, path) for path, item in document["paths"].items() for method in item
             if method in ("get", "post", "put", "patch", "delete")]
    wait(chrome, lambda: len(chrome.find_elements(By.CSS_SELECTOR, ".opblock")) >= len(calls))
    shown = [(one.find_element(By.CSS_SELECTOR, ".opblock-summary-method").text.lower(),
              one.find_element(By.CSS_SELECTOR, ".opblock-summary-path").get_attribute("data-path"))
             for one in chrome.find_elements(By.CSS_SELECTOR, ".opblock")]
    assert sorted(shown) == sorted(calls)


def test_nothing_is_fetched_from_elsewhere(chrome, docs_server):
    chrome.get(f"{docs_server.base}/docs")
    wait(chrome, lambda: find(chrome, ".opblock"))
    script = "return performance.getEntriesByType('resource').map(entry => entry.name)"
    fetched = chrome.execute_script(script)
    assert any(name.endswith("/docs/swagger-ui-bundle.js") for name in fetched)
    assert [name for name in fetched if not name.startswith((docs_server.base + "/", "data:"))] == []
    assert complaints(chrome) == []


def block(driver, pattern):
    driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": [pattern]})


def check_plain_page(driver):
    assert find(driver, "h1").text == "The API of todo.fcgi"
    assert find(driver, "a[href='openapi.json']").get_attribute("href").endswith("/openapi.json")


def test_without_its_files_it_says_so(chrome, docs_server):
    block(chrome, "*/docs/*")
    chrome.get(f"{docs_server.base}/docs")
    check_plain_page(chrome)
    assert "deploy/docs.sh prepares them" in find(chrome, "#status").text


def test_without_swagger_ui_it_says_how_to_get_it(chrome, docs_server):
    block(chrome, "*/swagger-ui*")
    chrome.get(f"{docs_server.base}/docs")
    check_plain_page(chrome)
    assert "install npm, then run deploy/docs.sh" in find(chrome, "#status").text


def test_without_javascript_it_says_so(chrome, docs_server):
    chrome.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    chrome.get(f"{docs_server.base}/docs")
    check_plain_page(chrome)
    assert "needs JavaScript, which is off" in find(chrome, "noscript p").text
