/* Sessions and their refresh tokens in the database. */
#include "session_store.h"

enum { HASH_SIZE = 32 };

static const struct db_statement insert_session = {
    .name = "session_insert",
    .result = DB_MAYBE_ONE_ROW,
    .none = STATUS_CONFLICT,
    .sql = "WITH owner AS (SELECT id, session_epoch FROM users"
           " WHERE id = $1::uuid AND hashed_password = $2::text AND disabled_at IS NULL),"
           " swept AS (DELETE FROM sessions s USING owner"
           " WHERE s.user_id = owner.id AND s.expires_at < now()),"
           " opened AS (INSERT INTO sessions (user_id, id, epoch, user_agent, expires_at)"
           " SELECT id, $3::uuid, session_epoch, $4::text, $5::timestamptz FROM owner"
           " RETURNING user_id, id),"
           " refresh AS (INSERT INTO refresh_tokens (token_hash, user_id, session_id, expires_at)"
           " SELECT $6::bytea, user_id, id, $7::timestamptz FROM opened"
           " WHERE $6::bytea IS NOT NULL),"
           " rehashed AS (UPDATE users u SET hashed_password = $8::text FROM owner"
           " WHERE u.id = owner.id AND u.hashed_password = $2::text AND $8::text IS NOT NULL)"
           " SELECT id FROM opened",
    .writes = true,
};

/*
 * The rows are locked, so that of two at once the second sees what the first has spent; the session
 * first, as everywhere. A session's pace (the generic cell rate algorithm): each renewal moves
 * `until` on by $5 microseconds, and it may be $6 ahead of now. Where it is twice that, or more,
 * the clock has been set back.
 */
static const struct db_statement renew_session = {
    .name = "session_renew",
    .result = DB_MAYBE_ONE_ROW,
    .none = STATUS_BAD_REFRESH_TOKEN,
    .sql =
        "WITH found AS (SELECT r.user_id, r.session_id, u.email,"
        " CASE WHEN s.renewals_until < now() + 2 * $6::bigint * interval '1 microsecond'"
        " THEN greatest(s.renewals_until, now()) ELSE now() END"
        " + $5::bigint * interval '1 microsecond' AS until,"
        " coalesce(r.spent_at < now() - interval '" SESSION_GRACE " seconds', false) AS stolen"
        " FROM refresh_tokens r"
        " JOIN sessions s ON s.user_id = r.user_id AND s.id = r.session_id"
        " JOIN users u ON u.id = r.user_id AND u.session_epoch = s.epoch"
        " WHERE r.token_hash = $1::bytea AND r.expires_at > now() AND u.disabled_at IS NULL"
        " FOR UPDATE OF s, r),"
        " old AS (SELECT *, NOT stolen AND"
        " until <= now() + $6::bigint * interval '1 microsecond' AS good FROM found),"
        " ended AS (DELETE FROM sessions s USING old"
        " WHERE old.stolen AND s.user_id = old.user_id AND s.id = old.session_id),"
        " spent AS (UPDATE refresh_tokens r SET spent_at = clock_timestamp() FROM old"
        " WHERE old.good AND r.token_hash = $1::bytea AND r.spent_at IS NULL),"
        " fresh AS (INSERT INTO refresh_tokens (token_hash, user_id, session_id, expires_at)"
        " SELECT $2::bytea, user_id, session_id, $4::timestamptz FROM old WHERE good),"
        " used AS (UPDATE sessions s SET last_used_at = now(), renewals_until = old.until,"
        " expires_at = greatest(s.expires_at, $3::timestamptz) FROM old"
        " WHERE old.good AND s.user_id = old.user_id AND s.id = old.session_id)"
        " SELECT user_id, email, session_id, good,"
        " (1000000 * extract(epoch FROM until - now()))::bigint AS ahead FROM old WHERE NOT stolen",
    .writes = true,
};

static const struct db_statement purge_sessions = {
    .name = "session_purge",
    .result = DB_ONE_ROW,
    .sql = "WITH old AS (SELECT user_id, id FROM sessions WHERE expires_at < now()"
           " ORDER BY expires_at LIMIT $1::bigint FOR UPDATE SKIP LOCKED),"
           " gone AS (DELETE FROM sessions s USING old"
           " WHERE s.user_id = old.user_id AND s.id = old.id RETURNING s.id)"
           " SELECT count(*) FROM gone",
    .writes = true,
};

static const struct db_statement purge_tokens = {
    .name = "session_purge_tokens",
    .result = DB_ONE_ROW,
    .sql = "WITH old AS (SELECT token_hash FROM refresh_tokens WHERE expires_at < now()"
           " ORDER BY expires_at LIMIT $1::bigint FOR UPDATE SKIP LOCKED),"
           " gone AS (DELETE FROM refresh_tokens r USING old"
           " WHERE r.token_hash = old.token_hash RETURNING r.token_hash)"
           " SELECT count(*) FROM gone",
    .writes = true,
};

static const struct db_statement list_sessions = {
    .name = "session_list",
    .result = DB_ROWS,
    .sql = ACTOR
    " SELECT actor.stale, " SESSION_COLUMNS
    " FROM actor LEFT JOIN (SELECT s.* FROM sessions s JOIN users u ON u.id = s.user_id"
    " AND u.session_epoch = s.epoch WHERE s.user_id = $1::uuid AND s.expires_at > now()"
    " ORDER BY s.created_at DESC, s.id DESC LIMIT 1000) s ON true"
    " ORDER BY s.created_at DESC, s.id DESC",
};

static const struct db_statement delete_session = {
    .name = "session_delete",
    .result = DB_MAYBE_ONE_ROW,
    .sql = ACTOR ", ended AS (DELETE FROM sessions s USING actor, users u WHERE u.id = actor.id"
                 " AND s.user_id = actor.id AND s.id = $4::uuid AND s.epoch = u.session_epoch"
                 " RETURNING s.id)"
                 " SELECT actor.stale, ended.id FROM actor LEFT JOIN ended ON true",
    .writes = true,
};

static const struct db_statement end_session = {
    .name = "session_end",
    .result = DB_MAYBE_ONE_ROW,
    .sql = ACTOR ", ended AS (DELETE FROM sessions s USING actor"
                 " WHERE s.user_id = actor.id AND s.id = $2::uuid),"
                 " revoked AS (UPDATE users u SET tokens_valid_from = clock_timestamp() FROM actor"
                 " WHERE u.id = actor.id AND $2::uuid IS NULL)"
                 " SELECT actor.stale FROM actor",
    .writes = true,
};

static const struct db_statement end_all_sessions = {
    .name = "session_end_all",
    .result = DB_MAYBE_ONE_ROW,
    .sql = ACTOR ", ended AS (DELETE FROM sessions s USING actor WHERE s.user_id = actor.id),"
                 " revoked AS (UPDATE users u SET session_epoch = u.session_epoch + 1,"
                 " tokens_valid_from = clock_timestamp() FROM actor WHERE u.id = actor.id)"
                 " SELECT actor.stale FROM actor",
    .writes = true,
};

static const struct db_statement touch_session = {
    .name = "session_touch",
    .result = DB_MAYBE_ONE_ROW,
    .sql = ACTOR
    ", used AS (UPDATE sessions s SET last_used_at = now() FROM actor"
    " WHERE s.user_id = actor.id AND actor.stale AND s.id = (SELECT l.id FROM sessions l"
    " WHERE l.user_id = $1::uuid AND l.id = $2::uuid FOR UPDATE SKIP LOCKED))"
    " SELECT false FROM actor",
    .writes = true,
};

enum status session_store_insert(struct db *db, const struct session_opening *opening,
                                 struct uuid *session_id)
{
    struct db_query query = {.statement = &insert_session};
    struct db_rows rows;
    *session_id = uuid_create();
    value_add_uuid(&query, &opening->user->id);
    value_add_text(&query, opening->user->hashed_password);
    value_add_uuid(&query, session_id);
    value_add_text(&query, opening->user_agent);
    value_add_timestamp(&query, opening->expires_at);
    if (opening->refresh_hash != NULL)
        value_add_bytes(&query, opening->refresh_hash, HASH_SIZE);
    else
        value_add_null(&query);
    value_add_timestamp(&query, opening->refresh_expires_at);
    value_add_text(&query, opening->new_hash);
    return db_execute(db, &query, &rows);
}

enum status session_store_renew(struct db *db, struct session_renewal *renewal, struct user *user,
                                struct uuid *session_id)
{
    struct db_query query = {.statement = &renew_session};
    struct db_rows rows;
    value_add_bytes(&query, renewal->old_hash, HASH_SIZE);
    value_add_bytes(&query, renewal->new_hash, HASH_SIZE);
    value_add_timestamp(&query, renewal->expires_at);
    value_add_timestamp(&query, renewal->refresh_expires_at);
    value_add_integer(&query, renewal->interval);
    value_add_integer(&query, renewal->window);
    enum status status = db_execute(db, &query, &rows);
    /* A foreign key that fails here is a session that has ended meanwhile. */
    if (status == STATUS_INVALID_TOKEN)
        return STATUS_BAD_REFRESH_TOKEN;
    if (status != STATUS_OK)
        return status;
    *user = (struct user){.id = value_get_uuid(&rows, 0, 0), .email = value_get_text(&rows, 0, 1)};
    *session_id = value_get_uuid(&rows, 0, 2);
    renewal->ahead = value_get_integer(&rows, 0, 4);
    return value_get_boolean(&rows, 0, 3) ? STATUS_OK : STATUS_RATE_LIMITED;
}

struct session session_store_read(const struct db_rows *rows, int row, int column)
{
    return (struct session){
        .id = value_get_uuid(rows, row, column),
        .created_at = value_get_timestamp(rows, row, column + 1),
        .last_used_at = value_get_timestamp(rows, row, column + 2),
        .user_agent = value_get_text(rows, row, column + 3),
    };
}

enum status session_store_list(struct db *db, struct actor *actor, struct session **sessions,
                               int *count)
{
    struct db_query query = {.statement = &list_sessions};
    struct db_rows rows;
    actor_add(&query, actor);
    enum status status = actor_execute(db, actor, &query, &rows);
    if (status != STATUS_OK)
        return status;
    *count = value_is_null(&rows, 0, 1) ? 0 : rows.count;
    *sessions = arena_alloc(db_settings(db)->arena, (size_t)rows.count * sizeof **sessions);
    for (int i = 0; i < *count; i++) {
        struct session session = session_store_read(&rows, i, 1);
        session.current = actor->has_session && uuid_equals(&session.id, &actor->session_id);
        (*sessions)[i] = session;
    }
    return STATUS_OK;
}

enum status session_store_delete(struct db *db, struct actor *actor, const struct uuid *session_id)
{
    struct db_query query = {.statement = &delete_session};
    struct db_rows rows;
    actor_add(&query, actor);
    value_add_uuid(&query, session_id);
    enum status status = actor_execute(db, actor, &query, &rows);
    if (status == STATUS_OK && value_is_null(&rows, 0, 1))
        return STATUS_NOT_FOUND;
    return status;
}

/* Runs a statement that takes nothing but the actor. */
static enum status execute_plain(struct db *db, struct actor *actor,
                                 const struct db_statement *statement)
{
    struct db_query query = {.statement = statement};
    struct db_rows rows;
    actor_add(&query, actor);
    return actor_execute(db, actor, &query, &rows);
}

enum status session_store_end(struct db *db, struct actor *actor)
{
    return execute_plain(db, actor, &end_session);
}

enum status session_store_end_all(struct db *db, struct actor *actor)
{
    return execute_plain(db, actor, &end_all_sessions);
}

enum status session_store_touch(struct db *db, struct actor *actor)
{
    return execute_plain(db, actor, &touch_session);
}

enum status session_store_purge(struct db *db, const struct db_statement *statement, int64_t limit,
                                int64_t *count)
{
    struct db_query query = {.statement = statement};
    struct db_rows rows;
    value_add_integer(&query, limit);
    enum status status = db_execute(db, &query, &rows);
    if (status == STATUS_OK)
        *count = value_get_integer(&rows, 0, 0);
    return status;
}

enum status session_store_purge_sessions(struct db *db, int64_t limit, int64_t *count)
{
    return session_store_purge(db, &purge_sessions, limit, count);
}

enum status session_store_purge_tokens(struct db *db, int64_t limit, int64_t *count)
{
    return session_store_purge(db, &purge_tokens, limit, count);
}
