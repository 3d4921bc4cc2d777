/* Accounts in the database. */
#ifndef DATA_USER_STORE_H
#define DATA_USER_STORE_H

#include "actor.h"

struct user {
    struct uuid id;
    const char *email;
    const char *hashed_password;
    int64_t created_at;
};

/* Makes an account. STATUS_EMAIL_TAKEN where the e-mail, case ignored, has one. */
MUST_CHECK enum status user_store_insert(struct db *db, const char *email,
                                         const char *hashed_password, struct user *user);

/* Finds an account by its e-mail, case ignored. STATUS_NOT_FOUND, also for one that is disabled. */
MUST_CHECK enum status user_store_find_by_email(struct db *db, const char *email,
                                                struct user *user);

/* What all spellings of an account's e-mail have in common; asks the database only about what is
 * not ASCII, for ſ and ı are other spellings of s and i. Lives as long as the request. */
MUST_CHECK enum status user_store_fold_email(struct db *db, const char *email, const char **folded);

/* get_current_user, where the route has no work to join it to. STATUS_INVALID_TOKEN. */
MUST_CHECK enum status user_store_find(struct db *db, struct actor *actor, struct user *user);

/* What a user may do to the account; `old_hash` is the one that was verified. STATUS_CONFLICT
 * where it has changed in between. */
struct user_change {
    const char *old_hash;
    const char *new_hash;
};

/* Changes the password and ends every other session, and all tokens without one. */
MUST_CHECK enum status user_store_change_password(struct db *db, struct actor *actor,
                                                  const struct user_change *change);

/* Deletes the account and, by the foreign keys, all that is the user's. */
MUST_CHECK enum status user_store_delete(struct db *db, struct actor *actor, const char *old_hash);

/* The columns of a user `u`, and reading them out of a row, from `column` on. */
#define USER_COLUMNS "u.id, u.email, u.hashed_password, u.created_at"
struct user user_store_read(const struct db_rows *rows, int row, int column);

#endif
