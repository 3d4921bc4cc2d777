"""The TLS block at the end of lighttpd.conf, switched on as its comment says: HTTP/2, HSTS, cookies for https alone."""
import json
import re
import subprocess

import pytest

from client import PASSWORD
from harness import ROOT, Server, free_port, wait_until


def switched_on(text, port, folder):
    """The shipped configuration with its last block uncommented, for a certificate and a port of the test's own."""
    head, mark, block = text.partition("# server.modules += ( \"mod_openssl\" )")
    assert mark, "the TLS block stands at the end"
    block = (mark + block).partition("\n# }\n")[0] + "\n# }"
    block = "\n".join(line.removeprefix("# ") for line in block.splitlines())
    block = block.replace('":443"', f'"127.0.0.1:{port}"').replace("/etc/ssl/todo/fullchain.pem", f"{folder}/server.crt")
    block = block.replace("/etc/ssl/todo/privkey.pem", f"{folder}/server.key")
    return re.sub(r'("server.h2proto" => )"disable"', r'\1"enable"', head) + block + "\n"


class SecureServer(Server):
    def spawn(self, command, environment):
        self.https_port = free_port()
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                        "-keyout", self.folder / "server.key", "-out", self.folder / "server.crt"], check=True,
                       capture_output=True)
        config = self.folder / "https.conf"
        config.write_text(switched_on((ROOT / "lighttpd.conf").read_text(), self.https_port, self.folder))
        super().spawn([config if str(one).endswith("lighttpd.conf") else one for one in command], environment)

    def curl(self, path, *options):
        return subprocess.run(["curl", "-q", "-sSik", "--http2", "--noproxy", "*", *options,
                               f"https://127.0.0.1:{self.https_port}{path}"], capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def secure(cluster):
    with SecureServer(cluster) as server:
        wait_until(lambda: "200" in server.curl("/healthz"), "https answers")
        yield server


def test_https_speaks_http_2_and_asks_browsers_to_stay(secure):
    for path in ("/healthz", "/"):
        answer = secure.curl(path)
        assert answer.startswith("HTTP/2 200"), answer
        assert "strict-transport-security: max-age=31536000" in answer.lower()


def test_old_tls_is_refused(secure):
    with pytest.raises(subprocess.CalledProcessError):
        secure.curl("/healthz", "--tls-max", "1.1", "--tlsv1.0")


def test_over_https_the_cookie_is_for_https_alone_and_links_are_https(secure):
    email = secure.fresh_email()
    content = ("-H", "Content-Type: application/json", "-d")
    made = secure.curl("/auth/signup", *content, json.dumps({"email": email, "password": PASSWORD}))
    assert f"location: https://127.0.0.1:{secure.https_port}/auth/me" in made.lower()
    login = secure.curl("/auth/login", *content, json.dumps({"email": email, "password": PASSWORD, "refresh": "cookie"}))
    cookie = re.search(r"^set-cookie: (.*?)\r?$", login, re.I | re.M).group(1)
    assert cookie.startswith("__Secure-todo_refresh=") and "; Secure" in cookie
    name = cookie.partition(";")[0]
    assert secure.curl("/auth/refresh", *content, "{}", "-H", f"Cookie: {name}").startswith("HTTP/2 200")
