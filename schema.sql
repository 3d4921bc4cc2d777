-- The whole database of todo.fcgi. Compiled into the program and applied at start, in one
-- transaction under an advisory lock, when the version recorded in schema_version is older than the
-- program's (SCHEMA_VERSION in lib/data/schema.h). Every statement can be run again over what it
-- made before. PostgreSQL 13 or later with ICU.
--
-- The next migration goes at the end, under its number, written so that it can be run twice; raise
-- SCHEMA_VERSION with it.

CREATE EXTENSION IF NOT EXISTS pg_trgm;    -- substring search by index
CREATE EXTENSION IF NOT EXISTS btree_gin;  -- the owner inside that index

CREATE TABLE IF NOT EXISTS schema_version (
    version    integer NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE schema_version IS 'One row per applied migration; the highest counts.';

-- Case-insensitive comparison in all of Unicode, whatever the cluster's locale: through lower case
-- and back to upper, so that ß = SS, final sigma = sigma and the Kelvin sign = k.
CREATE OR REPLACE FUNCTION todo_fold(text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
    AS $$ SELECT upper(lower($1 COLLATE "und-x-icu")) $$;

-- What q= looks into. U+0001, which q= may not hold, keeps a match from reaching over from the title
-- into the description. Spelled out, not by todo_fold: a restored dump computes it under an empty
-- search_path.
CREATE OR REPLACE FUNCTION todo_search(title text, description text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT upper(lower((title || E'\x01' || coalesce(description, '')) COLLATE "und-x-icu")) $$;

CREATE TABLE IF NOT EXISTS users (
    id                uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    email             text NOT NULL
        CONSTRAINT users_email_form
        CHECK (char_length(email) <= 254 AND email ~ '^[^@\s]+@[^@\s]+\.[^@\s]+$'),
    hashed_password   text NOT NULL
        CONSTRAINT users_password_is_bcrypt
        CHECK (hashed_password ~ '^\$2[aby]\$[0-3][0-9]\$[./A-Za-z0-9]{53}$'),
    created_at        timestamptz NOT NULL DEFAULT now(),
    disabled_at       timestamptz,
    session_epoch     integer NOT NULL DEFAULT 0,
    tokens_valid_from timestamptz NOT NULL DEFAULT '-infinity'
);
COMMENT ON TABLE users IS 'One row per account.';
COMMENT ON COLUMN users.email IS 'As it was typed; compared by todo_fold.';
COMMENT ON COLUMN users.hashed_password IS 'bcrypt: $2b$ as we write it; $2a$ and $2y$ of an import verify, and are rewritten at login.';
COMMENT ON COLUMN users.disabled_at IS 'Since when an operator has shut the account: as if it did not exist, until it is opened again.';
COMMENT ON COLUMN users.session_epoch IS 'Sessions of another epoch have ended: one update ends them all, also one that is just being opened.';
COMMENT ON COLUMN users.tokens_valid_from IS 'An access token without a session (no sid) must have been issued at or after this.';
CREATE UNIQUE INDEX IF NOT EXISTS users_email_key ON users (todo_fold(email));

CREATE TABLE IF NOT EXISTS sessions (
    user_id      uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    id           uuid NOT NULL,
    epoch        integer NOT NULL,
    user_agent   text NOT NULL DEFAULT ''
        CONSTRAINT sessions_user_agent_length CHECK (char_length(user_agent) <= 200),
    created_at   timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz NOT NULL,
    PRIMARY KEY (user_id, id)
);
COMMENT ON TABLE sessions IS 'One row per sign-in; its id is the sid claim of its access tokens, and deleting it revokes them. Migration 2 adds renewals_until.';
COMMENT ON COLUMN sessions.last_used_at IS 'Within five minutes: a read does not write at every request.';
COMMENT ON COLUMN sessions.expires_at IS 'When its last token has expired: then it is purged.';

CREATE TABLE IF NOT EXISTS refresh_tokens (
    token_hash bytea PRIMARY KEY
        CONSTRAINT refresh_tokens_is_sha256 CHECK (octet_length(token_hash) = 32),
    user_id    uuid NOT NULL,
    session_id uuid NOT NULL,
    expires_at timestamptz NOT NULL,
    spent_at   timestamptz,
    FOREIGN KEY (user_id, session_id) REFERENCES sessions (user_id, id) ON DELETE CASCADE
);
COMMENT ON TABLE refresh_tokens IS 'SHA-256 of each refresh token of a session, spent ones too: one that comes again betrays a thief.';
CREATE INDEX IF NOT EXISTS refresh_tokens_session ON refresh_tokens (user_id, session_id);

CREATE TABLE IF NOT EXISTS tasks (
    user_id      uuid NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    id           uuid NOT NULL,
    title        text NOT NULL
        CONSTRAINT tasks_title_form
        CHECK (char_length(title) BETWEEN 1 AND 200 AND title !~ '[\u0001-\u001f\u007f-\u009f]'),
    description  text
        CONSTRAINT tasks_description_length CHECK (char_length(description) <= 10000),
    completed_at timestamptz,
    priority     smallint NOT NULL DEFAULT 1
        CONSTRAINT tasks_priority_range CHECK (priority BETWEEN 0 AND 2),
    tags         text[] NOT NULL DEFAULT '{}'
        CONSTRAINT tasks_tags_form
        CHECK (cardinality(tags) <= 20 AND array_position(tags, NULL) IS NULL AND '' <> ALL (tags)
               AND array_to_string(tags, E'\n') !~ '[^\n]{51}|[\u0001-\u0009\u000b-\u001f\u007f-\u009f]'),
    due_at       timestamptz
        CONSTRAINT tasks_due_range
        CHECK (due_at BETWEEN '0001-01-01T00:00:00Z' AND '9999-12-31T23:59:59.999999Z'),
    due_is_date  boolean NOT NULL DEFAULT false,
    sort_order   integer,
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now(),
    folded_text  text GENERATED ALWAYS AS (todo_search(title, description)) STORED,
    PRIMARY KEY (user_id, id)
);
COMMENT ON TABLE tasks IS 'A user''s tasks lie together, and every statement names the user: the key can shard the table.';
COMMENT ON COLUMN tasks.completed_at IS 'Completed, and since when; NULL: pending.';
COMMENT ON COLUMN tasks.priority IS '0 low, 1 medium, 2 high.';
COMMENT ON COLUMN tasks.tags IS 'A set in the order first given; the program sees to it that nothing is in it twice.';
COMMENT ON COLUMN tasks.due_at IS 'The instant, or 00:00 UTC of the day where due_is_date.';
COMMENT ON COLUMN tasks.sort_order IS 'The API''s "order": free for clients to sort by.';
COMMENT ON COLUMN tasks.updated_at IS 'Grows with every write, by a microsecond if need be: it is the ETag.';
COMMENT ON COLUMN tasks.folded_text IS 'Folded once when written, and not for every row that a search looks at.';

-- One index per sort order, walked forwards or backwards from a cursor: a page costs its rows, however
-- many there are. "Nulls last in both directions" takes two for what may be NULL.
CREATE INDEX IF NOT EXISTS tasks_by_created ON tasks (user_id, created_at, id);
CREATE INDEX IF NOT EXISTS tasks_by_updated ON tasks (user_id, updated_at, id);
CREATE INDEX IF NOT EXISTS tasks_by_priority ON tasks (user_id, priority, id);
CREATE INDEX IF NOT EXISTS tasks_by_title ON tasks (user_id, title COLLATE "und-x-icu", id);
CREATE INDEX IF NOT EXISTS tasks_by_due ON tasks (user_id, (coalesce(due_at, 'infinity')), id);
CREATE INDEX IF NOT EXISTS tasks_by_due_descending ON tasks (user_id, (coalesce(due_at, '-infinity')), id);
CREATE INDEX IF NOT EXISTS tasks_by_order ON tasks (user_id, (coalesce(sort_order::bigint, 2147483648)), id);
CREATE INDEX IF NOT EXISTS tasks_by_order_descending ON tasks (user_id, (coalesce(sort_order::bigint, -2147483649)), id);
-- Pending tasks among many completed ones.
CREATE INDEX IF NOT EXISTS tasks_pending ON tasks (user_id, created_at, id) WHERE completed_at IS NULL;
-- q= (from three characters on) and tag=, within one user.
CREATE INDEX IF NOT EXISTS tasks_search ON tasks
    USING gin (user_id, folded_text gin_trgm_ops, tags);

-- 2: what has expired is found without looking at all that has not.
CREATE INDEX IF NOT EXISTS sessions_by_expiry ON sessions (expires_at);
CREATE INDEX IF NOT EXISTS refresh_tokens_by_expiry ON refresh_tokens (expires_at);
ALTER TABLE sessions ADD COLUMN IF NOT EXISTS renewals_until timestamptz;
COMMENT ON COLUMN sessions.renewals_until IS 'RATE_REFRESHES: until when its renewals so far would last at an even pace.';

-- 3: every search reads what the index has not yet sorted in: kilobytes of it, not four megabytes.
ALTER INDEX tasks_search SET (gin_pending_list_limit = 256);
