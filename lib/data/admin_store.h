/* What an operator may do to accounts, sessions and tasks. No token stands behind these statements:
 * only todoctl calls them. */
#ifndef DATA_ADMIN_STORE_H
#define DATA_ADMIN_STORE_H

#include "session_store.h"
#include "task_batch.h"

struct admin_user {
    struct user user;
    bool is_disabled;
    int64_t disabled_at; /* only where is_disabled */
    int64_t tasks;
    int64_t sessions; /* that stand */
};

/* Finds an account, disabled or not, by its e-mail (case ignored) or its id. STATUS_NOT_FOUND. */
MUST_CHECK enum status admin_store_find(struct db *db, const char *email_or_id,
                                        struct admin_user *user);

enum { ADMIN_PAGE = 1000 };

/* A page of accounts or tasks in the order of their ids. `from` is where it begins, zeroed for the
 * beginning; then, where `has_more`, where the next one does. */
struct admin_page {
    struct uuid from;
    struct admin_user *users;
    struct task *tasks;
    int count;
    bool has_more;
};

MUST_CHECK enum status admin_store_list(struct db *db, struct admin_page *page);
MUST_CHECK enum status admin_store_list_tasks(struct db *db, const struct uuid *user_id,
                                              struct admin_page *page);

/* Makes an account as it was elsewhere; under a new id where another account has this one, which
 * user.id then is. STATUS_EMAIL_TAKEN. */
MUST_CHECK enum status admin_store_insert(struct db *db, struct admin_user *user);

/* What changes; whatever it is, all sessions end, and all tokens without one. */
struct admin_change {
    const char *hashed_password; /* NULL to leave it */
    enum { ADMIN_KEEP, ADMIN_ENABLE, ADMIN_DISABLE } access;
};

/* `sessions` is how many have ended. STATUS_NOT_FOUND. */
MUST_CHECK enum status admin_store_update(struct db *db, const struct uuid *user_id,
                                          const struct admin_change *change, int64_t *sessions);

/* Deletes the account and, by the foreign keys, all that is the user's. STATUS_NOT_FOUND. */
MUST_CHECK enum status admin_store_delete(struct db *db, const struct uuid *user_id);

/* The user's sessions that stand, newest first. */
MUST_CHECK enum status admin_store_list_sessions(struct db *db, const struct uuid *user_id,
                                                 struct session **sessions, int *count);

/* Ends one session. STATUS_NOT_FOUND. */
MUST_CHECK enum status admin_store_delete_session(struct db *db, const struct uuid *user_id,
                                                  const struct uuid *session_id);

/* As session_store_purge_sessions, and those that were ended all at once, too. */
MUST_CHECK enum status admin_store_purge_sessions(struct db *db, int64_t limit, int64_t *count);

/* Tasks with their times: batch.contents holds them, batch.encode as for task_batch_insert. */
struct admin_import {
    struct task_batch batch;
    int64_t stored;
    struct texts differing; /* with STATUS_ID_TAKEN: their ids, in the database's arena */
};

/*
 * Stores the tasks just as they are. Those already there, equal in everything, are skipped.
 * STATUS_ID_TAKEN where one is there with other content, or an id is there twice with or
 * without it: then nothing is stored.
 */
MUST_CHECK enum status admin_store_insert_tasks(struct db *db, const struct uuid *user_id,
                                                struct admin_import *import);

/* For db_settings.on_connect: whatever the connection writes is gone with it. */
MUST_CHECK enum status admin_store_pretend(struct db *db);

struct admin_health {
    int64_t now; /* the database's clock */
    int64_t version;
    int64_t max_connections;
    bool is_read_only;
};

MUST_CHECK enum status admin_store_read_health(struct db *db, struct admin_health *health);

/* Which of these indexes are missing or invalid. */
MUST_CHECK enum status admin_store_list_missing_indexes(struct db *db, const struct texts *names,
                                                        struct texts *missing);

#endif
