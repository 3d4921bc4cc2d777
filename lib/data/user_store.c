/* Accounts in the database. */
#include "user_store.h"

#include <string.h>

static const struct db_statement insert_user = {
    .name = "user_insert",
    .sql = "INSERT INTO users (id, email, hashed_password) VALUES ($1::uuid, $2::text, $3::text)"
           " ON CONFLICT (todo_fold(email)) DO NOTHING"
           " RETURNING id, email, hashed_password, created_at",
    .writes = true,
};

static const struct db_statement find_by_email = {
    .name = "user_find_by_email",
    .sql = "SELECT id, email, hashed_password, created_at FROM users"
           " WHERE todo_fold(email) = todo_fold($1::text) AND disabled_at IS NULL",
};

static const struct db_statement fold_email = {
    .name = "user_fold_email",
    .sql = "SELECT todo_fold($1::text)",
};

static const struct db_statement find_user = {
    .name = "user_find",
    .sql = ACTOR " SELECT stale, id, email, hashed_password, created_at FROM actor",
};

static const struct db_statement change_password = {
    .name = "user_change_password",
    .sql = ACTOR
    ", changed AS ("
    " UPDATE users u SET hashed_password = $5::text, session_epoch = u.session_epoch + 1,"
    " tokens_valid_from = clock_timestamp()"
    " FROM actor WHERE u.id = actor.id AND u.hashed_password = $4::text"
    " RETURNING u.id, u.session_epoch),"
    " kept AS (UPDATE sessions s SET epoch = changed.session_epoch"
    " FROM changed WHERE s.user_id = changed.id AND s.id = $2::uuid),"
    " ended AS (DELETE FROM sessions s USING changed"
    " WHERE s.user_id = changed.id AND s.id IS DISTINCT FROM $2::uuid)"
    " SELECT actor.stale, changed.id FROM actor LEFT JOIN changed ON true",
    .writes = true,
};

static const struct db_statement delete_user = {
    .name = "user_delete",
    .sql = ACTOR ", deleted AS (DELETE FROM users u USING actor"
                 " WHERE u.id = actor.id AND u.hashed_password = $4::text RETURNING u.id)"
                 " SELECT actor.stale, deleted.id FROM actor LEFT JOIN deleted ON true",
    .writes = true,
};

static struct user read_user(const struct db_rows *rows, int first_column)
{
    return (struct user){
        .id = value_get_uuid(rows, 0, first_column),
        .email = value_get_text(rows, 0, first_column + 1),
        .hashed_password = value_get_text(rows, 0, first_column + 2),
        .created_at = value_get_timestamp(rows, 0, first_column + 3),
    };
}

enum status user_store_insert(struct db *db, const char *email, const char *hashed_password,
                              struct user *user)
{
    struct db_params params = {0};
    struct db_rows rows;
    struct uuid id = uuid_create();
    value_add_uuid(&params, &id);
    value_add_text(&params, email);
    value_add_text(&params, hashed_password);
    enum status status = db_execute(db, &insert_user, &params, &rows);
    if (status != STATUS_OK)
        return status;
    if (rows.count == 0)
        return STATUS_EMAIL_TAKEN;
    *user = read_user(&rows, 0);
    return STATUS_OK;
}

enum status user_store_find_by_email(struct db *db, const char *email, struct user *user)
{
    struct db_params params = {0};
    struct db_rows rows;
    value_add_text(&params, email);
    enum status status = db_execute(db, &find_by_email, &params, &rows);
    if (status != STATUS_OK)
        return status;
    if (rows.count == 0)
        return STATUS_NOT_FOUND;
    *user = read_user(&rows, 0);
    return STATUS_OK;
}

/* todo_fold of what is all ASCII; false where it is not. */
static bool fold_ascii(char *text)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text >= 0x80)
            return false;
        if (*text >= 'a' && *text <= 'z')
            *text = (char)(*text - 'a' + 'A');
    }
    return true;
}

enum status user_store_fold_email(struct db *db, const char *email, const char **folded)
{
    struct db_params params = {0};
    struct db_rows rows;
    char *copy = arena_copy(db_settings(db)->arena, email, strlen(email));
    *folded = copy;
    if (fold_ascii(copy))
        return STATUS_OK;
    value_add_text(&params, email);
    enum status status = db_execute(db, &fold_email, &params, &rows);
    if (status == STATUS_OK)
        *folded = value_get_text(&rows, 0, 0);
    return status;
}

enum status user_store_find(struct db *db, struct actor *actor, struct user *user)
{
    struct db_params params = {0};
    struct db_rows rows;
    actor_add(&params, actor);
    enum status status = actor_execute(db, actor, &find_user, &params, &rows);
    if (status == STATUS_OK)
        *user = read_user(&rows, 1);
    return status;
}

/* Runs a change whose second column is empty where the password was no longer the verified one. */
static enum status change(struct db *db, struct actor *actor, const struct db_statement *statement,
                          const struct db_params *params)
{
    struct db_rows rows;
    enum status status = actor_execute(db, actor, statement, params, &rows);
    if (status == STATUS_OK && value_is_null(&rows, 0, 1))
        return STATUS_CONFLICT;
    return status;
}

enum status user_store_change_password(struct db *db, struct actor *actor,
                                       const struct user_change *passwords)
{
    struct db_params params = {0};
    actor_add(&params, actor);
    value_add_text(&params, passwords->old_hash);
    value_add_text(&params, passwords->new_hash);
    return change(db, actor, &change_password, &params);
}

enum status user_store_delete(struct db *db, struct actor *actor, const char *old_hash)
{
    struct db_params params = {0};
    actor_add(&params, actor);
    value_add_text(&params, old_hash);
    return change(db, actor, &delete_user, &params);
}
