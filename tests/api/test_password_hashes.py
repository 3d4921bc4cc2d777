"""bcrypt hashes go both ways between us and Python's passlib and bcrypt; and may be rewritten at any moment."""
import concurrent.futures
import contextlib
import re

import bcrypt
import passlib.hash
import pytest

from client import PASSWORD, check_problem
from clusters import session
from harness import wait_until

COST = 5
PASSWORDS = [PASSWORD, "pässwörd with ünicode", "пароль 😀 κωδικός", "x" * 72, "é" * 36, "~!@#$%^&*()_+`-={}|[]\\:\";'<>?,./", "tab\tnew\nline"]


@pytest.fixture(scope="module")
def costly(module_server):
    """A server whose cost lies above the least, so that a hash can be out of date."""
    return module_server({"BCRYPT_COST": str(COST), "PURGE_INTERVAL": "0"})


def stored(user):
    return user.server.sql(f"SELECT hashed_password FROM users WHERE id = '{user.id}'")


def put_hash(user, hashed):
    """Gives the user a password hash as an import would."""
    user.server.sql(f"UPDATE users SET hashed_password = '{hashed}' WHERE id = '{user.id}'")


def passlib_hash(password, ident="2b", rounds=COST):
    return passlib.hash.bcrypt.using(rounds=rounds, ident=ident).hash(password)


@pytest.mark.parametrize("password", PASSWORDS)
@pytest.mark.parametrize("ident", ["2a", "2b", "2y"])
def test_a_hash_of_passlib_verifies(costly, ident, password):
    anna = costly.user()
    put_hash(anna, passlib_hash(password, ident))
    assert costly.login(anna.email, password).status == 200
    check_problem(costly.login(anna.email, password[:-1]), 401)
    check_problem(costly.login(anna.email, PASSWORD + "!"), 401)


@pytest.mark.parametrize("prefix", [b"2a", b"2b"])
def test_a_hash_of_bcrypt_verifies(costly, prefix):
    anna = costly.user()
    put_hash(anna, bcrypt.hashpw("grüße aus python".encode(), bcrypt.gensalt(4, prefix)).decode())
    assert costly.login(anna.email, "grüße aus python").status == 200
    check_problem(costly.login(anna.email, "grusse aus python"), 401)


@pytest.mark.parametrize("password", PASSWORDS)
def test_passlib_verifies_our_hash(costly, password):
    anna = costly.user(password=password)
    hashed = stored(anna)
    assert re.fullmatch(rf"\$2b\$0{COST}\$[./A-Za-z0-9]{{53}}", hashed)
    assert passlib.hash.bcrypt.verify(password, hashed)
    assert not passlib.hash.bcrypt.verify(password[:-1], hashed)
    assert bcrypt.checkpw(password.encode(), hashed.encode())
    assert not passlib.hash.bcrypt.using(rounds=COST).needs_update(hashed)


@pytest.mark.parametrize("ident, rounds", [("2a", COST), ("2y", COST), ("2b", COST - 1), ("2a", COST - 1), ("2y", COST - 1)])
def test_an_outdated_hash_is_rewritten_at_login(costly, ident, rounds):
    anna = costly.user()
    old = passlib_hash(PASSWORD, ident, rounds)
    put_hash(anna, old)
    check_problem(costly.login(anna.email, "not the password"), 401)
    assert stored(anna) == old
    assert costly.login(anna.email).status == 200
    new = stored(anna)
    assert new.startswith(f"$2b$0{COST}$") and passlib.hash.bcrypt.verify(PASSWORD, new)
    assert costly.login(anna.email).status == 200
    assert stored(anna) == new


def test_an_up_to_date_hash_is_left_alone(costly):
    anna = costly.user()
    hashed = passlib_hash(PASSWORD)
    put_hash(anna, hashed)
    assert costly.login(anna.email).status == 200
    assert stored(anna) == hashed


def test_rewriting_a_hash_ends_no_session(costly):
    anna = costly.user()
    put_hash(anna, passlib_hash(PASSWORD, "2y", COST - 1))
    assert costly.login(anna.email).status == 200
    assert anna.get("/auth/me").status == 200


def test_an_imported_hash_serves_every_call_that_asks_for_the_password(costly):
    anna = costly.user()
    put_hash(anna, passlib_hash("imported one", "2a"))
    body = {"current_password": "imported one", "new_password": "a new password"}
    assert anna.put("/auth/password", body).status == 204
    assert stored(anna).startswith(f"$2b$0{COST}$")
    put_hash(anna, passlib_hash("imported two", "2y"))
    assert anna.delete("/auth/me", {"password": "imported two"}).status == 204


def test_two_equal_passwords_have_two_hashes(costly):
    hashes = {stored(costly.user()) for _ in range(3)}
    assert len(hashes) == 3


LOCK, LOGIN = "AccessExclusiveLock", "RowExclusiveLock"  # what LOCK TABLE asks for, and what opens a session


def locks(server, granted):
    return server.sql("SELECT mode FROM pg_locks JOIN pg_database d ON d.oid = database AND datname = current_database()"
                      f" WHERE relation = 'sessions'::regclass AND granted = {granted} ORDER BY mode").split()


def log_in_while_rewritten(anna, times):
    """The answer to a login; so many times the hash is another once it has been verified. Who waits for a lock has it in turn."""
    server = anna.server
    with contextlib.ExitStack() as stack:
        others = [stack.enter_context(session(server.cluster, server.database, "todo")) for _ in range(times)]
        login = stack.enter_context(concurrent.futures.ThreadPoolExecutor(1))
        print("BEGIN; LOCK TABLE sessions;", file=others[0], flush=True)
        wait_until(lambda: locks(server, True) == [LOCK], "the lock is there")
        answer = login.submit(server.login, anna.email)
        for number, other in enumerate(others, 1):
            wait_until(lambda: locks(server, False) == [LOGIN], "the login opens its session")
            put_hash(anna, passlib_hash(PASSWORD))
            for behind in others[number:number + 1]:
                print("BEGIN; LOCK TABLE sessions;", file=behind, flush=True)
                wait_until(lambda: locks(server, False) == [LOCK, LOGIN], "the next lock waits behind the login")
            print("COMMIT;", file=other, flush=True)
        return answer.result()


def test_a_hash_that_is_rewritten_while_it_is_verified_hinders_no_login(costly):
    anna = costly.user()
    answer = log_in_while_rewritten(anna, 1)
    assert answer.status == 200 and anna.get("/auth/me", token=answer.json["access_token"]).status == 200


def test_a_password_that_changes_again_and_again_meanwhile_is_401(costly):
    anna = costly.user()
    check_problem(log_in_while_rewritten(anna, 2), 401, "invalid_credentials")
    assert costly.login(anna.email).status == 200
