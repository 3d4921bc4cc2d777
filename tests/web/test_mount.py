"""The pages under another address than the root of a host: nothing leaves that folder."""
import http.client
import http.server
import threading

import pytest

MOUNT = "/apps/todo"


class Mounted(http.server.BaseHTTPRequestHandler):
    """Stands for a web server that has the service below /apps/todo, and a log of what it was asked for."""
    protocol_version = "HTTP/1.1"

    def forward(self):
        self.server.asked.append(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        link = http.client.HTTPConnection("127.0.0.1", self.server.upstream, timeout=60)
        link.request(self.command, self.path.removeprefix(MOUNT), body or None, dict(self.headers))
        answer = link.getresponse()
        content = answer.read()
        link.close()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("transfer-encoding", "content-length", "connection", "date", "server"):
                self.send_header(name, value.replace("Path=/auth", f"Path={MOUNT}/auth"))
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PATCH = do_DELETE = forward

    def log_message(self, *_):
        pass


@pytest.fixture
def proxy(server):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Mounted) as one:
        one.upstream, one.asked = server.port, []
        threading.Thread(target=one.serve_forever, daemon=True).start()
        yield one
        one.shutdown()


def test_all_works_below_another_mount(open_browser, proxy, anna):
    page = open_browser(f"http://127.0.0.1:{proxy.server_port}{MOUNT}")
    page.open()
    page.fill_sign(anna.email, anna.password)
    page.find(".tasks-view")
    page.add("Buy milk")
    page.edit("Buy milk")
    page.keys(" and eggs\n")
    page.row("Buy milk and eggs")
    page.driver.refresh()
    page.row("Buy milk and eggs")
    assert {path for path in proxy.asked if not path.startswith(MOUNT + "/")} <= {"/favicon.ico"}
