"""Settings, migrate, and the doctor: each finding is provoked."""
import http.server
import re
import threading

import harness
import pytest

GOOD = "S4WsjcOYnVXzmTSDVVbjyWVOK0FJBE_uYAfnRlCGhO-mJZrcPEkZlVPBrYfFzc2M"


def check(ctl, *arguments, status=0, **settings):
    return ctl("check", *arguments, status=status, **({"JWT_SECRET": GOOD, "BCRYPT_COST": "12"} | settings))


def wrong(done):
    return [line for line in done.stdout.splitlines() if line.startswith("WRONG")]


def test_only_the_database_must_be_set(ctl):
    assert ctl("user", "list", JWT_SECRET=None).stderr == ""
    assert "DATABASE_URL is not set" in ctl("user", "list", DATABASE_URL=None, status=2).stderr


def test_an_installed_services_settings_are_found_in_its_folder(ctl, tmp_path):
    (tmp_path / "todo.env").write_text("# a comment\n\n; another\n BCRYPT_COST=\"5\" \t\r\n")
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "database_url").write_text(ctl.url + "\n")
    ctl("user", "add", "anna@example.org", DATABASE_URL=None, BCRYPT_COST=None, conf=tmp_path)
    assert ctl.sql("SELECT hashed_password FROM users").startswith("$2b$05$")
    ctl("user", "add", "bert@example.org", DATABASE_URL=None, BCRYPT_COST="6", conf=tmp_path)
    assert "$2b$06$" in ctl.sql("SELECT hashed_password FROM users")


def test_a_line_of_the_folder_that_is_no_setting_is_refused(ctl, tmp_path):
    (tmp_path / "todo.env").write_text("BCRYPT_COST=5\nnonsense\n")
    assert "line 2" in ctl("user", "list", conf=tmp_path, status=2).stderr


def away(ctl, tmp_path):
    """Addresses of databases that are away, and what todoctl must say of each: where it has looked, and why that failed."""
    nowhere, port = tmp_path / "nowhere", harness.free_port()
    return [(f"postgresql:///x?host={nowhere}", rf"{nowhere}/\S+ failed: No such file or directory"),
            (f"postgresql://127.0.0.1:{port}/x", rf"127\.0\.0\.1\S*, port {port} failed: Connection refused"),
            (ctl.url.replace(ctl.database, "gone"), r'database "gone" does not exist')]


def test_a_database_that_is_away_is_exit_status_3_and_the_cause_is_told(ctl, tmp_path):
    commands = (["user", "list"], ["migrate"], ["purge"], ["export", "a"], ["import", "a"], ["check"])
    for url, cause in away(ctl, tmp_path):
        for command in commands:
            told = ctl(*command, DATABASE_URL=url, JWT_SECRET=GOOD, status=3).stderr
            assert re.fullmatch(rf"todoctl: the database is away: connection to server [^\n]*{cause}[^\n]*\n", told), told


def test_migrate_makes_the_schema_once(empty):
    assert "migrate" in empty("user", "list", status=1).stderr
    assert "from version 0" in empty("migrate").stdout
    assert "up to date" in empty("migrate").stdout
    assert empty.table("user", "list") == []


def test_migrate_brings_a_missing_index_back(ctl):
    ctl.sql("DROP INDEX tasks_by_title")
    assert [line.split()[2] for line in wrong(check(ctl, status=1))] == ["tasks_by_title"]
    assert "tasks_by_title" in ctl("migrate").stdout
    assert wrong(check(ctl)) == []


def test_a_newer_schema_is_left_alone(ctl):
    ctl.sql("INSERT INTO schema_version (version) VALUES (9999)")
    for command in (["migrate"], ["user", "list"], ["purge"]):
        assert "newer" in ctl(*command, status=1).stderr
    assert "9999" in wrong(check(ctl, status=1))[0]


def test_migrate_without_the_right_to_says_so(empty, cluster):
    cluster.sql(f"REVOKE ALL ON SCHEMA public FROM PUBLIC; ALTER DATABASE {empty.database} OWNER TO postgres",
                empty.database, user="postgres")
    assert empty("migrate", status=1).stderr.startswith("todoctl: database: there is no schema that its role may use")


def test_migrate_leaves_the_tables_of_another_program_alone(empty):
    empty.sql("CREATE TABLE users (id serial PRIMARY KEY, email text)")
    assert "another program's in the way, users" in empty("migrate", status=1).stderr
    assert empty.sql("SELECT count(*) FROM pg_class WHERE relname = 'schema_version'") == "0"


def test_migrate_makes_a_second_service_its_own_tables(ctl):
    ctl.sql(f"CREATE SCHEMA second; CREATE SCHEMA ext; ALTER DATABASE {ctl.database} SET search_path = second")
    ctl.cluster.sql("ALTER EXTENSION pg_trgm SET SCHEMA ext; ALTER EXTENSION btree_gin SET SCHEMA ext", ctl.database, user="postgres")
    assert "in another schema, public" in wrong(check(ctl, status=1))[0]
    assert "btree_gin in ext, pg_trgm in ext" in ctl("migrate", status=1).stderr
    ctl.sql(f"ALTER DATABASE {ctl.database} SET search_path = second, ext")
    assert "from version 0" in ctl("migrate").stdout and wrong(check(ctl)) == []


def test_a_healthy_service_has_nothing_wrong(ctl):
    done = check(ctl)
    assert re.findall(r"^good   (\w+)", done.stdout, re.M) == ["settings", "database", "clock", "schema", "indexes"]
    assert "note" not in done.stdout and done.stderr == ""


@pytest.mark.parametrize("secret", ["a" * 40, "ab" * 20, "abc123XY" * 5, "MySuperSecretKeyForTodo2024isGood!", "0" * 31 + "1",
                                    "please-change-me-0Xk3v9Qz71LmNbRt5Y", "aB3$changemeMU191rWMmviT1icBKdCSwdk4"])
def test_a_secret_that_is_tried_first_is_refused(ctl, secret):
    """By the service too: whoever guesses it is every user."""
    done = check(ctl, status=2, JWT_SECRET=secret)
    assert "openssl rand -base64 48" in done.stderr and secret not in done.stderr + done.stdout and len(wrong(done)) == 1
    assert check(ctl, status=1, JWT_SECRET_PREVIOUS=secret).stderr == ""


@pytest.mark.parametrize("secret", ["correct horse battery staple, all of it", "correct-horse-battery-staple-and-more"])
def test_a_secret_of_words_is_named(ctl, secret):
    found = wrong(check(ctl, status=1, JWT_SECRET=secret))
    assert len(found) == 1 and found[0].startswith("WRONG  JWT_SECRET ") and secret not in found[0]


@pytest.mark.parametrize("secret", [
    "54c06c0e2aca955d8aea12345e9b3e46117336f6b0314f805bc0fd1ab8c7ffbc", "707633c7babcde0cf0cbad42367b44ba",
    "mzLAc2EPT+SmVokZIp1qsZbxgwJmu5IJ9VDFmRh+pz8Ai2u/cdJMUIHXvhwbCfSo", "Yhb_s6MPRORhjJM2DBFoJsBNbnMZuuSW"])
def test_a_random_secret_is_not_called_weak(ctl, secret):
    """Also a hexadecimal one with 12345 or abcde in it, as one of some thousands is."""
    assert wrong(check(ctl, JWT_SECRET=secret)) == []


def test_a_previous_secret_that_is_the_same_is_named(ctl):
    assert "JWT_SECRET_PREVIOUS" in wrong(check(ctl, status=1, JWT_SECRET_PREVIOUS=GOOD))[0]


def test_wrong_settings_are_all_told(ctl):
    done = check(ctl, status=2, WORKERS="many", JWT_SECRET="short")
    assert "WORKERS" in done.stderr and "JWT_SECRET" in done.stderr and len(wrong(done)) == 1


def test_a_clock_that_is_off_is_named(ctl):
    ctl.sql("CREATE SCHEMA fake; CREATE FUNCTION fake.clock_timestamp() RETURNS timestamptz LANGUAGE sql"
            " AS $$ SELECT pg_catalog.clock_timestamp() + interval '90 seconds' $$")
    found = wrong(check(ctl, status=1, DATABASE_URL=ctl.url + "&options=-csearch_path%3Dfake,pg_catalog,public"))
    assert len(found) == 1 and re.search(r"clock: the database's is (89|90)\.\d s ahead", found[0])


def test_a_read_only_database_is_named(ctl):
    url = ctl.url + "&options=-cdefault_transaction_read_only%3Don"
    assert "read-only" in wrong(check(ctl, status=1, DATABASE_URL=url))[0]


def test_more_workers_than_connections_are_named(ctl):
    free = int(ctl.sql("SHOW max_connections")) - 3
    many = {"WORKERS": free - 2, "AUTH_SOCKET": "/run/todo/auth.sock"}
    assert not wrong(check(ctl, WORKERS=free))
    assert f"WORKERS take {free + 1} connections" in wrong(check(ctl, status=1, WORKERS=free + 1))[0]
    assert not wrong(check(ctl, AUTH_WORKERS=2, **many))
    assert f"AUTH_WORKERS take {free + 1} connections" in wrong(check(ctl, status=1, AUTH_WORKERS=3, **many))[0]


def test_a_cheap_bcrypt_cost_is_noted(ctl):
    assert "note   BCRYPT_COST 4" in check(ctl, BCRYPT_COST="4").stdout


def test_a_database_that_is_away_is_told_by_check(ctl, tmp_path):
    done = check(ctl, status=3, DATABASE_URL=f"postgresql:///x?host={tmp_path}")
    assert "good   settings" in done.stdout and wrong(done) == [] and "database is away" in done.stderr


def test_the_service_is_looked_at_through_its_web_server(service):
    done = check(service, "--url", service.web.base + "/")
    assert "good   service:" in done.stdout and "good   Authorization" in done.stdout
    assert "note   https:" in done.stdout and "note   client address:" in done.stdout


@pytest.fixture
def broken(request):
    """broken({path: (status, headers, body)}): the address of a web server that answers so."""
    def make(answers):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                status, headers, body = answers.get(self.path, (404, {}, ""))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *_):
                pass
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        request.addfinalizer(lambda: (server.shutdown(), thread.join(), server.server_close()))
        return server.server_port
    return make


HEALTH = {"/healthz": (200, {}, '{"status":"ok"}'), "/readyz": (200, {}, '{"status":"ok"}')}
INVALID = {"WWW-Authenticate": 'Bearer realm="todo", error="invalid_token"'}


def test_a_stripped_authorization_header_is_named(ctl, broken):
    port = broken(HEALTH | {"/auth/me": (401, {"WWW-Authenticate": 'Bearer realm="todo"'}, "")})
    found = wrong(check(ctl, "--url", f"http://127.0.0.1:{port}", status=1))
    assert len(found) == 1 and "Authorization" in found[0] and "strips" in found[0]


def test_a_wrong_client_address_and_missing_https_are_named(ctl, broken):
    port = broken(HEALTH | {"/auth/me": (401, INVALID, ""), "/metrics": (200, {}, "todo_up 1")})
    # An address of this machine that does not look like one of its own.
    found = wrong(check(ctl, "--url", f"http://2130706433:{port}", status=1))
    assert len(found) == 2 and "https" in found[0] and "client address" in found[1] and "TRUSTED_PROXIES" in found[1]


def test_a_proxy_that_limits_do_not_know_is_noted(ctl, broken):
    port = broken(HEALTH | {"/auth/me": (401, INVALID, ""), "/metrics": (401, {}, "")})
    address = f"http://127.0.0.1:{port}"
    assert "note   client address: a proxy is on the way, and TRUSTED_PROXIES names none" in check(ctl, "--url", address).stdout
    assert "good   client address" in check(ctl, "--url", address, TRUSTED_PROXIES="127.0.0.1").stdout


@pytest.fixture
def answering(tmp_path):
    """answering({address: status}): a PATH on which curl gets these answers, and a 401 from all other addresses."""
    def make(answers):
        cases = "".join(f"{address}) echo 'HTTP/1.1 {status} x';;\n" for address, status in answers.items())
        curl = tmp_path / "curl"
        curl.write_text(f"#!/bin/sh\nfor url; do :; done\ncase $url in\n{cases}"
                        "*) printf 'HTTP/1.1 401 x\\n\\nerror=\"invalid_token\"';;\nesac\necho '{\"status\":\"ok\"}'\n")
        curl.chmod(0o755)
        return f"{tmp_path}:/usr/bin:/bin"
    return make


def test_http_beside_https_must_not_answer(ctl, answering):
    service = {f"https://todo.example{path}": 200 for path in ("/healthz", "/readyz")}
    found = wrong(check(ctl, "--url", "https://todo.example", PATH=answering(service | {"http://todo.example/healthz": 200}),
                        status=1))
    assert len(found) == 1 and "http://todo.example answers, too" in found[0]
    done = check(ctl, "--url", "https://todo.example", PATH=answering(service | {"http://todo.example/healthz": 301}))
    assert "good   https" in done.stdout and wrong(done) == []


def test_without_curl_the_service_cannot_be_looked_at(ctl):
    assert "curl" in wrong(check(ctl, "--url", "http://127.0.0.1:1", PATH="/nonexistent", status=1))[0]


def test_a_foreign_or_dead_service_is_named(ctl, broken):
    port = broken({"/healthz": (200, {}, "hello")})
    assert "not this service" in wrong(check(ctl, "--url", f"http://127.0.0.1:{port}", status=1))[0]
    assert "does not answer" in wrong(check(ctl, "--url", "http://127.0.0.1:1", status=1))[0]
    assert "must begin with" in wrong(check(ctl, "--url", "ftp://127.0.0.1", status=1))[0]
