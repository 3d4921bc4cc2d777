"""bcrypt hashes go both ways between us and Python's passlib and bcrypt."""
import re

import bcrypt
import passlib.hash
import pytest

from client import PASSWORD, check_problem

COST = 5
PASSWORDS = [PASSWORD, "pässwörd with ünicode", "пароль 😀 κωδικός", "x" * 72, "é" * 36, "~!@#$%^&*()_+`-={}|[]\\:\";'<>?,./", "tab\tnew\nline"]


@pytest.fixture(scope="module")
def costly(module_server):
    """A server whose cost lies above the least, so that a hash can be out of date."""
    return module_server({"BCRYPT_COST": str(COST)})


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
