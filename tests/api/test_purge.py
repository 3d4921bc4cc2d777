"""Expired sessions and refresh tokens leave the database by themselves, and nothing else does."""
import pytest

from exposition import scrape, total
from harness import wait_until


@pytest.fixture
def responder(start_responder):
    return start_responder({"PURGE_INTERVAL": "1", "WORKERS": "2"})


def count(responder, table):
    return int(responder.sql(f"SELECT count(*) FROM {table}"))


def purged(responder):
    page = scrape(responder)
    return tuple(int(total(page, "todo_purged_total", f'what="{what}"')) for what in ("session", "refresh_token"))


def test_what_has_expired_goes_and_what_holds_stays(responder):
    anna, bert = responder.user(refresh=True), responder.user(refresh=True)
    responder.sql(f"UPDATE sessions SET expires_at = now() - interval '1 s' WHERE user_id = '{anna.id}'")
    wait_until(lambda: count(responder, "sessions") == 1, "the expired session has gone")
    assert count(responder, "refresh_tokens") == 1, "its token with it"
    assert anna.get("/auth/me").status == 401
    assert bert.get("/auth/me").status == 200
    responder.sql("UPDATE refresh_tokens SET expires_at = now() - interval '1 s'")
    wait_until(lambda: count(responder, "refresh_tokens") == 0, "the expired token has gone")
    assert bert.get("/auth/me").status == 200, "its session holds"
    wait_until(lambda: purged(responder) == (1, 1), "both are counted")


def test_more_than_a_step_goes_too(responder):
    anna = responder.user()
    responder.sql(f"""
        INSERT INTO sessions (user_id, id, epoch, expires_at)
            SELECT '{anna.id}', gen_random_uuid(), 0, now() - i * interval '1 s' FROM generate_series(1, 1500) i;
        INSERT INTO refresh_tokens (token_hash, user_id, session_id, expires_at)
            SELECT sha256(n::text::bytea), s.user_id, s.id, now() - interval '1 s'
            FROM (SELECT * FROM sessions WHERE expires_at > now()) s, generate_series(1, 1500) n""")
    wait_until(lambda: (count(responder, "sessions"), count(responder, "refresh_tokens")) == (1, 0), "all that has expired has gone")
    assert anna.get("/auth/me").status == 200
    wait_until(lambda: purged(responder) == (1500, 1500), "all are counted")


def test_a_purge_finds_what_has_expired_by_an_index(responder):
    anna = responder.user()
    responder.sql(f"""
        INSERT INTO sessions (user_id, id, epoch, expires_at)
            SELECT '{anna.id}', gen_random_uuid(), 0, now() + i * interval '1 h' FROM generate_series(1, 20000) i;
        ANALYZE sessions""")
    plan = responder.sql("EXPLAIN SELECT user_id, id FROM sessions WHERE expires_at < now() ORDER BY expires_at LIMIT 200 FOR UPDATE SKIP LOCKED")
    assert "sessions_by_expiry" in plan and "Seq Scan" not in plan and "Sort" not in plan
