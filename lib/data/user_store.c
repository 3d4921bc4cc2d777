/* Accounts in the database. */
#include "user_store.h"

#include <string.h>

static const struct db_statement insert_user = {
    .name = "user_insert",
    .result = DB_MAYBE_ONE_ROW,
    .none = STATUS_EMAIL_TAKEN,
    .sql =
        "INSERT INTO users AS u (id, email, hashed_password) VALUES ($1::uuid, $2::text, $3::text)"
        " ON CONFLICT (todo_fold(email)) DO NOTHING"
        " RETURNING " USER_COLUMNS,
    .writes = true,
};

static const struct db_statement find_by_email = {
    .name = "user_find_by_email",
    .result = DB_MAYBE_ONE_ROW,
    .none = STATUS_NOT_FOUND,
    .sql = "SELECT " USER_COLUMNS " FROM users u"
           " WHERE todo_fold(u.email) = todo_fold($1::text) AND u.disabled_at IS NULL",
};

static const struct db_statement fold_email = {
    .name = "user_fold_email",
    .result = DB_ONE_ROW,
    .sql = "SELECT todo_fold($1::text)",
};

static const struct db_statement find_user = {
    .name = "user_find",
    .result = DB_MAYBE_ONE_ROW,
    .sql = ACTOR " SELECT u.stale, " USER_COLUMNS " FROM actor u",
};

static const struct db_statement change_password = {
    .name = "user_change_password",
    .result = DB_MAYBE_ONE_ROW,
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
    .result = DB_MAYBE_ONE_ROW,
    .sql = ACTOR ", deleted AS (DELETE FROM users u USING actor"
                 " WHERE u.id = actor.id AND u.hashed_password = $4::text RETURNING u.id)"
                 " SELECT actor.stale, deleted.id FROM actor LEFT JOIN deleted ON true",
    .writes = true,
};

struct user user_store_read(const struct db_rows *rows, int row, int column)
{
    return (struct user){
        .id = value_get_uuid(rows, row, column),
        .email = value_get_text(rows, row, column + 1),
        .hashed_password = value_get_text(rows, row, column + 2),
        .created_at = value_get_timestamp(rows, row, column + 3),
    };
}

enum status user_store_insert(struct db *db, const char *email, const char *hashed_password,
                              struct user *user)
{
    struct db_query query = {.statement = &insert_user};
    struct db_rows rows;
    struct uuid id = uuid_create();
    value_add_uuid(&query, &id);
    value_add_text(&query, email);
    value_add_text(&query, hashed_password);
    enum status status = db_execute(db, &query, &rows);
    if (status == STATUS_OK)
        *user = user_store_read(&rows, 0, 0);
    return status;
}

enum status user_store_find_by_email(struct db *db, const char *email, struct user *user)
{
    struct db_query query = {.statement = &find_by_email};
    struct db_rows rows;
    value_add_text(&query, email);
    enum status status = db_execute(db, &query, &rows);
    if (status == STATUS_OK)
        *user = user_store_read(&rows, 0, 0);
    return status;
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
    struct db_query query = {.statement = &fold_email};
    struct db_rows rows;
    char *copy = arena_copy(db_settings(db)->arena, email, strlen(email));
    *folded = copy;
    if (fold_ascii(copy))
        return STATUS_OK;
    value_add_text(&query, email);
    enum status status = db_execute(db, &query, &rows);
    if (status == STATUS_OK)
        *folded = value_get_text(&rows, 0, 0);
    return status;
}

enum status user_store_find(struct db *db, struct actor *actor, struct user *user)
{
    struct db_query query = {.statement = &find_user};
    struct db_rows rows;
    actor_add(&query, actor);
    enum status status = actor_execute(db, actor, &query, &rows);
    if (status == STATUS_OK)
        *user = user_store_read(&rows, 0, 1);
    return status;
}

/* Runs a change whose second column is empty where the password was no longer the verified one. */
static enum status execute_change(struct db *db, struct actor *actor, const struct db_query *query)
{
    struct db_rows rows;
    enum status status = actor_execute(db, actor, query, &rows);
    if (status == STATUS_OK && value_is_null(&rows, 0, 1))
        return STATUS_CONFLICT;
    return status;
}

enum status user_store_change_password(struct db *db, struct actor *actor,
                                       const struct user_change *change)
{
    struct db_query query = {.statement = &change_password};
    actor_add(&query, actor);
    value_add_text(&query, change->old_hash);
    value_add_text(&query, change->new_hash);
    return execute_change(db, actor, &query);
}

enum status user_store_delete(struct db *db, struct actor *actor, const char *old_hash)
{
    struct db_query query = {.statement = &delete_user};
    actor_add(&query, actor);
    value_add_text(&query, old_hash);
    return execute_change(db, actor, &query);
}
