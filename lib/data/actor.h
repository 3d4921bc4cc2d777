/* Who acts: the SQL that every statement on what users own begins with. */
#ifndef DATA_ACTOR_H
#define DATA_ACTOR_H

#include "value.h"

/* The user as the access token names it. `stale` is set by each statement: the session's
 * last_used_at is due for session_store_touch. */
struct actor {
    struct uuid user_id;
    struct uuid session_id;
    bool has_session;
    int64_t issued_at;
    bool has_issued_at;
    bool stale;
};

/*
 * get_current_user, and the beginning of the statement that does the work: the row `actor` is there
 * only if the user exists, and the session stands or, for a token without one, the token was issued
 * since such tokens were last ended. $1 is the user, $2 the session, $3 the time of issue.
 *
 * Every statement then selects FROM actor LEFT JOIN its result ON true, with actor.stale as its
 * first column: no row at all means an invalid token; a row with nothing in it is nothing
 * found.
 */
#define ACTOR                                                                                      \
    "WITH actor AS MATERIALIZED ("                                                                 \
    " SELECT u.id, u.email, u.hashed_password, u.created_at,"                                      \
    " coalesce(s.last_used_at < now() - interval '5 minutes', false) AS stale"                     \
    " FROM users u LEFT JOIN sessions s"                                                           \
    " ON s.user_id = u.id AND s.id = $2::uuid AND s.epoch = u.session_epoch"                       \
    " WHERE u.id = $1::uuid AND u.disabled_at IS NULL AND CASE WHEN $2::uuid IS NOT NULL THEN "    \
    "s.id IS NOT NULL"                                                                             \
    " ELSE coalesce($3::timestamptz, '-infinity') >= u.tokens_valid_from END)"

/* Adds $1 to $3. */
void actor_add(struct db_query *query, const struct actor *actor);

/* Runs a statement that begins with ACTOR. STATUS_INVALID_TOKEN where the token is not valid. */
MUST_CHECK enum status actor_execute(struct db *db, struct actor *actor,
                                     const struct db_query *query, struct db_rows *rows);

#endif
