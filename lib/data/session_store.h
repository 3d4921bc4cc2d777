/* Sessions and their refresh tokens in the database. */
#ifndef DATA_SESSION_STORE_H
#define DATA_SESSION_STORE_H

#include "user_store.h"

/* A spent refresh token that comes again this soon gets another successor: two tabs, or an answer
 * lost on the way. Seconds. */
#define SESSION_GRACE "10"

struct session {
    struct uuid id;
    int64_t created_at;
    int64_t last_used_at;
    const char *user_agent;
    bool current;
};

/* What a login opens. The hashes are SHA-256, 32 bytes; NULL for no refresh token. */
struct session_opening {
    const struct user *user; /* as found: its hashed_password is the one verified */
    const char *new_hash;    /* replaces an outdated one; NULL to leave it */
    const char *user_agent;  /* at most 200 characters */
    int64_t expires_at;      /* when its last token will have expired */
    const unsigned char *refresh_hash;
    int64_t refresh_expires_at;
};

/* Opens a session, and sweeps the user's expired ones. STATUS_CONFLICT where the hash has changed
 * since it was verified. */
MUST_CHECK enum status session_store_insert(struct db *db, const struct session_opening *opening,
                                            struct uuid *session_id);

struct session_renewal {
    const unsigned char *old_hash;
    const unsigned char *new_hash;
    int64_t expires_at;
    int64_t refresh_expires_at;
    int64_t interval, window; /* the session's pace, microseconds: one each, and so far ahead */
    int64_t ahead;            /* out: how far it is then, or, where refused, would be */
};

/*
 * Spends a refresh token and stores its successor. STATUS_BAD_REFRESH_TOKEN where it is unknown,
 * expired or of an ended session, and where it was spent longer ago than the grace: then its
 * session ends too. STATUS_RATE_LIMITED where there were too many: then nothing is changed.
 */
MUST_CHECK enum status session_store_renew(struct db *db, struct session_renewal *renewal,
                                           struct user *user, struct uuid *session_id);

/* The actor's sessions, newest first, at most 1,000. */
MUST_CHECK enum status session_store_list(struct db *db, struct actor *actor,
                                          struct session **sessions, int *count);

/* Ends one of the actor's sessions. STATUS_NOT_FOUND. */
MUST_CHECK enum status session_store_delete(struct db *db, struct actor *actor,
                                            const struct uuid *session_id);

/* Ends the actor's own session; where the token has none, all such tokens of the user. */
MUST_CHECK enum status session_store_end(struct db *db, struct actor *actor);

/* Ends all sessions of the actor, and all tokens without one. */
MUST_CHECK enum status session_store_end_all(struct db *db, struct actor *actor);

/* Notes that the actor's session is in use. */
MUST_CHECK enum status session_store_touch(struct db *db, struct actor *actor);

/* Deletes up to `limit` sessions that have expired, with their tokens, or tokens that have; those
 * in use at this moment are left for later. Says how many. */
MUST_CHECK enum status session_store_purge_sessions(struct db *db, int64_t limit, int64_t *count);
MUST_CHECK enum status session_store_purge_tokens(struct db *db, int64_t limit, int64_t *count);

/* The same by another statement, whose $1 is the limit, and whose one row and column is the count.
 */
MUST_CHECK enum status session_store_purge(struct db *db, const struct db_statement *statement,
                                           int64_t limit, int64_t *count);

/* The columns of a session `s`, and reading them out of a row, from `column` on; all but `current`.
 */
#define SESSION_COLUMNS "s.id, s.created_at, s.last_used_at, s.user_agent"
struct session session_store_read(const struct db_rows *rows, int row, int column);

#endif
