/* Sessions and their refresh tokens in the database. */
#include "session_store.h"

enum { HASH_SIZE = 32 };

static const struct db_statement insert_session = {
    .name = "session_insert",
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
    .sql = "WITH old AS (SELECT user_id, id FROM sessions WHERE expires_at < now()"
           " ORDER BY expires_at LIMIT $1::bigint FOR UPDATE SKIP LOCKED),"
           " gone AS (DELETE FROM sessions s USING old"
           " WHERE s.user_id = old.user_id AND s.id = old.id RETURNING s.id)"
           " SELECT count(*) FROM gone",
    .writes = true,
};

static const struct db_statement purge_tokens = {
    .name = "session_purge_tokens",
    .sql = "WITH old AS (SELECT token_hash FROM refresh_tokens WHERE expires_at < now()"
           " ORDER BY expires_at LIMIT $1::bigint FOR UPDATE SKIP LOCKED),"
           " gone AS (DELETE FROM refresh_tokens r USING old"
           " WHERE r.token_hash = old.token_hash RETURNING r.token_hash)"
           " SELECT count(*) FROM gone",
    .writes = true,
};

static const struct db_statement list_sessions = {
    .name = "session_list",
    .sql = ACTOR
    " SELECT actor.stale, s.id, s.created_at, s.last_used_at, s.user_agent"
    " FROM actor LEFT JOIN (SELECT s.* FROM sessions s JOIN users u ON u.id = s.user_id"
    " AND u.session_epoch = s.epoch WHERE s.user_id = $1::uuid AND s.expires_at > now()"
    " ORDER BY s.created_at DESC, s.id DESC LIMIT 1000) s ON true"
    " ORDER BY s.created_at DESC, s.id DESC",
};

static const struct db_statement delete_session = {
    .name = "session_delete",
    .sql = ACTOR ", ended AS (DELETE FROM sessions s USING actor, users u WHERE u.id = actor.id"
                 " AND s.user_id = actor.id AND s.id = $4::uuid AND s.epoch = u.session_epoch"
                 " RETURNING s.id)"
                 " SELECT actor.stale, ended.id FROM actor LEFT JOIN ended ON true",
    .writes = true,
};

static const struct db_statement end_session = {
    .name = "session_end",
    .sql = ACTOR ", ended AS (DELETE FROM sessions s USING actor"
                 " WHERE s.user_id = actor.id AND s.id = $2::uuid),"
                 " revoked AS (UPDATE users u SET tokens_valid_from = clock_timestamp() FROM actor"
                 " WHERE u.id = actor.id AND $2::uuid IS NULL)"
                 " SELECT actor.stale FROM actor",
    .writes = true,
};

static const struct db_statement end_all_sessions = {
    .name = "session_end_all",
    .sql = ACTOR ", ended AS (DELETE FROM sessions s USING actor WHERE s.user_id = actor.id),"
                 " revoked AS (UPDATE users u SET session_epoch = u.session_epoch + 1,"
                 " tokens_valid_from = clock_timestamp() FROM actor WHERE u.id = actor.id)"
                 " SELECT actor.stale FROM actor",
    .writes = true,
};

static const struct db_statement touch_session = {
    .name = "session_touch",
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
    struct db_params params = {0};
    struct db_rows rows;
    *session_id = uuid_create();
    value_add_uuid(&params, &opening->user->id);
    value_add_text(&params, opening->user->hashed_password);
    value_add_uuid(&params, session_id);
    value_add_text(&params, opening->user_agent);
    value_add_timestamp(&params, opening->expires_at);
    if (opening->refresh_hash != NULL)
        value_add_bytes(&params, opening->refresh_hash, HASH_SIZE);
    else
        value_add_null(&params);
    value_add_timestamp(&params, opening->refresh_expires_at);
    value_add_text(&params, opening->new_hash);
    enum status status = db_execute(db, &insert_session, &params, &rows);
    if (status == STATUS_OK && rows.count == 0)
        return STATUS_CONFLICT;
    return status;
}

enum status session_store_renew(struct db *db, struct session_renewal *renewal, struct user *user,
                                struct uuid *session_id)
{
    struct db_params params = {0};
    struct db_rows rows;
    value_add_bytes(&params, renewal->old_hash, HASH_SIZE);
    value_add_bytes(&params, renewal->new_hash, HASH_SIZE);
    value_add_timestamp(&params, renewal->expires_at);
    value_add_timestamp(&params, renewal->refresh_expires_at);
    value_add_integer(&params, renewal->interval);
    value_add_integer(&params, renewal->window);
    enum status status = db_execute(db, &renew_session, &params, &rows);
    /* A foreign key that fails here is a session that has ended meanwhile. */
    if (status == STATUS_INVALID_TOKEN || (status == STATUS_OK && rows.count == 0))
        return STATUS_BAD_REFRESH_TOKEN;
    if (status != STATUS_OK)
        return status;
    *user = (struct user){.id = value_get_uuid(&rows, 0, 0), .email = value_get_text(&rows, 0, 1)};
    *session_id = value_get_uuid(&rows, 0, 2);
    renewal->ahead = value_get_integer(&rows, 0, 4);
    return value_get_boolean(&rows, 0, 3) ? STATUS_OK : STATUS_RATE_LIMITED;
}

static struct session read_session(const struct db_rows *rows, int row, const struct actor *actor)
{
    struct session session = {
        .id = value_get_uuid(rows, row, 1),
        .created_at = value_get_timestamp(rows, row, 2),
        .last_used_at = value_get_timestamp(rows, row, 3),
        .user_agent = value_get_text(rows, row, 4),
    };
    session.current = actor->has_session && uuid_equals(&session.id, &actor->session_id);
    return session;
}

enum status session_store_list(struct db *db, struct actor *actor, struct session **sessions,
                               int *count)
{
    struct db_params params = {0};
    struct db_rows rows;
    actor_add(&params, actor);
    enum status status = actor_execute(db, actor, &list_sessions, &params, &rows);
    if (status != STATUS_OK)
        return status;
    *count = value_is_null(&rows, 0, 1) ? 0 : rows.count;
    *sessions = arena_alloc(db_settings(db)->arena, (size_t)rows.count * sizeof **sessions);
    for (int i = 0; i < *count; i++)
        (*sessions)[i] = read_session(&rows, i, actor);
    return STATUS_OK;
}

enum status session_store_delete(struct db *db, struct actor *actor, const struct uuid *session_id)
{
    struct db_params params = {0};
    struct db_rows rows;
    actor_add(&params, actor);
    value_add_uuid(&params, session_id);
    enum status status = actor_execute(db, actor, &delete_session, &params, &rows);
    if (status == STATUS_OK && value_is_null(&rows, 0, 1))
        return STATUS_NOT_FOUND;
    return status;
}

/* Runs a statement that takes nothing but the actor. */
static enum status run(struct db *db, struct actor *actor, const struct db_statement *statement)
{
    struct db_params params = {0};
    struct db_rows rows;
    actor_add(&params, actor);
    return actor_execute(db, actor, statement, &params, &rows);
}

enum status session_store_end(struct db *db, struct actor *actor)
{
    return run(db, actor, &end_session);
}

enum status session_store_end_all(struct db *db, struct actor *actor)
{
    return run(db, actor, &end_all_sessions);
}

enum status session_store_touch(struct db *db, struct actor *actor)
{
    return run(db, actor, &touch_session);
}

static enum status purge(struct db *db, const struct db_statement *statement, int64_t limit,
                         int64_t *count)
{
    struct db_params params = {0};
    struct db_rows rows;
    value_add_integer(&params, limit);
    enum status status = db_execute(db, statement, &params, &rows);
    if (status == STATUS_OK)
        *count = value_get_integer(&rows, 0, 0);
    return status;
}

enum status session_store_purge_sessions(struct db *db, int64_t limit, int64_t *count)
{
    return purge(db, &purge_sessions, limit, count);
}

enum status session_store_purge_tokens(struct db *db, int64_t limit, int64_t *count)
{
    return purge(db, &purge_tokens, limit, count);
}
