/* What an operator may do to accounts, sessions and tasks. */
#include "admin_store.h"

#define ACCOUNT_COLUMNS                                                                            \
    " " USER_COLUMNS ", u.disabled_at,"                                                            \
    " (SELECT count(*) FROM tasks t WHERE t.user_id = u.id),"                                      \
    " (SELECT count(*) FROM sessions s WHERE s.user_id = u.id AND s.epoch = u.session_epoch"       \
    " AND s.expires_at > now())"

static const struct db_statement find_user = {
    .name = "admin_find",
    .result = DB_MAYBE_ONE_ROW,
    .none = STATUS_NOT_FOUND,
    .sql = "SELECT" ACCOUNT_COLUMNS " FROM users u"
           " WHERE u.id = $1::uuid OR todo_fold(u.email) = todo_fold($2::text)",
};

static const struct db_statement list_users = {
    .name = "admin_list",
    .result = DB_ROWS,
    .sql = "SELECT" ACCOUNT_COLUMNS " FROM users u WHERE u.id >= $1::uuid ORDER BY u.id"
           " LIMIT $2::bigint",
};

static const struct db_statement list_tasks = {
    .name = "admin_list_tasks",
    .result = DB_ROWS,
    .sql = "SELECT false, " TASK_COLUMNS " FROM tasks t"
           " WHERE t.user_id = $1::uuid AND t.id >= $2::uuid ORDER BY t.id LIMIT $3::bigint",
};

static const struct db_statement insert_user = {
    .name = "admin_insert",
    .result = DB_MAYBE_ONE_ROW,
    .none = STATUS_EMAIL_TAKEN,
    .sql = "INSERT INTO users (id, email, hashed_password, created_at, disabled_at)"
           " SELECT CASE WHEN EXISTS (SELECT FROM users WHERE id = $1::uuid) THEN $2::uuid"
           " ELSE $1::uuid END, $3::text, $4::text, $5::timestamptz, $6::timestamptz"
           " ON CONFLICT (todo_fold(email)) DO NOTHING RETURNING id",
    .writes = true,
};

/* $3: whether it shall be disabled; NULL to leave that. */
static const struct db_statement update_user = {
    .name = "admin_update",
    .result = DB_MAYBE_ONE_ROW,
    .none = STATUS_NOT_FOUND,
    .sql = "WITH changed AS (UPDATE users u SET"
           " hashed_password = coalesce($2::text, u.hashed_password),"
           " disabled_at = CASE WHEN $3::boolean IS NULL THEN u.disabled_at"
           " WHEN $3::boolean THEN coalesce(u.disabled_at, clock_timestamp()) END,"
           " session_epoch = u.session_epoch + 1, tokens_valid_from = clock_timestamp()"
           " WHERE u.id = $1::uuid RETURNING u.id),"
           " ended AS (DELETE FROM sessions s USING changed WHERE s.user_id = changed.id"
           " RETURNING s.id)"
           " SELECT (SELECT count(*) FROM ended) FROM changed",
    .writes = true,
};

static const struct db_statement delete_user = {
    .name = "admin_delete",
    .result = DB_MAYBE_ONE_ROW,
    .none = STATUS_NOT_FOUND,
    .sql = "DELETE FROM users WHERE id = $1::uuid RETURNING id",
    .writes = true,
};

static const struct db_statement list_sessions = {
    .name = "admin_list_sessions",
    .result = DB_ROWS,
    .sql = "SELECT " SESSION_COLUMNS " FROM sessions s"
           " JOIN users u ON u.id = s.user_id AND u.session_epoch = s.epoch"
           " WHERE s.user_id = $1::uuid AND s.expires_at > now()"
           " ORDER BY s.created_at DESC, s.id DESC",
};

static const struct db_statement delete_session = {
    .name = "admin_delete_session",
    .result = DB_MAYBE_ONE_ROW,
    .none = STATUS_NOT_FOUND,
    .sql = "DELETE FROM sessions s USING users u WHERE u.id = $1::uuid AND s.user_id = u.id"
           " AND s.id = $2::uuid AND s.epoch = u.session_epoch RETURNING s.id",
    .writes = true,
};

/* In pieces, so that none holds its locks for long; what is just being used is left for later. */
static const struct db_statement purge_sessions = {
    .name = "admin_purge_sessions",
    .result = DB_ONE_ROW,
    .sql = "WITH gone AS (DELETE FROM sessions s USING (SELECT s.user_id, s.id FROM sessions s"
           " JOIN users u ON u.id = s.user_id"
           " WHERE s.expires_at < now() OR s.epoch <> u.session_epoch"
           " LIMIT $1::bigint FOR UPDATE OF s SKIP LOCKED) old"
           " WHERE s.user_id = old.user_id AND s.id = old.id RETURNING s.id)"
           " SELECT count(*) FROM gone",
    .writes = true,
};

#define TIMES   ", created_at, updated_at, completed_at"
#define T_TIMES ", t.created_at, t.updated_at, t.completed_at"
#define N_TIMES ", n.created_at, n.updated_at, n.completed_at"

/* The times come as arrays beside the rows that task_batch_insert takes, too. */
static const struct db_statement insert_tasks = {
    .name = "admin_insert_tasks",
    .result = DB_ONE_ROW,
    .writes = true,
    .sql = "WITH n AS (SELECT $1::uuid AS user_id, id" TASK_NAMES ", created_at, updated_at,"
           " CASE WHEN completed THEN completed_at END AS completed_at"
           " FROM ROWS FROM (jsonb_to_recordset($2::jsonb) AS (" TASK_BATCH_TYPES "),"
           " unnest($3::timestamptz[]), unnest($4::timestamptz[]), unnest($5::timestamptz[]))"
           " AS n (id, completed" TASK_NAMES TIMES ")),"
           " differing AS (SELECT n.id FROM n JOIN tasks t ON t.user_id = n.user_id AND t.id = n.id"
           " WHERE (t.id" TASK_T_NAMES T_TIMES ") IS DISTINCT FROM (n.id" TASK_N_NAMES N_TIMES ")"
           " UNION SELECT id FROM n GROUP BY id HAVING count(*) > 1),"
           " stored AS (INSERT INTO tasks (user_id, id" TASK_NAMES TIMES ")"
           " SELECT user_id, id" TASK_NAMES TIMES " FROM n"
           " WHERE NOT EXISTS (SELECT FROM differing) ORDER BY id"
           " ON CONFLICT (user_id, id) DO NOTHING RETURNING id)"
           " SELECT (SELECT count(*) FROM stored),"
           " (SELECT array_agg(id::text ORDER BY id) FROM differing)",
};

static const struct db_statement read_health = {
    .name = "admin_read_health",
    .result = DB_ONE_ROW,
    .sql = "SELECT clock_timestamp(), current_setting('server_version_num')::bigint,"
           " current_setting('max_connections')::bigint,"
           " pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean",
};

static const struct db_statement list_missing_indexes = {
    .name = "admin_missing_indexes",
    .result = DB_ROWS,
    .sql = "SELECT n.name FROM unnest($1::text[]) WITH ORDINALITY AS n (name, place)"
           " LEFT JOIN pg_index i ON i.indexrelid = to_regclass(n.name)"
           " WHERE i.indisvalid IS NOT TRUE ORDER BY n.place",
};

static struct admin_user read_account(const struct db_rows *rows, int row)
{
    return (struct admin_user){
        .user = user_store_read(rows, row, 0),
        .is_disabled = !value_is_null(rows, row, 4),
        .disabled_at = value_get_timestamp(rows, row, 4),
        .tasks = value_get_integer(rows, row, 5),
        .sessions = value_get_integer(rows, row, 6),
    };
}

enum status admin_store_find(struct db *db, const char *email_or_id, struct admin_user *user)
{
    struct db_query query = {.statement = &find_user};
    struct db_rows rows;
    struct uuid id;
    if (uuid_parse(email_or_id, &id))
        value_add_uuid(&query, &id);
    else
        value_add_null(&query);
    value_add_text(&query, email_or_id);
    enum status status = db_execute(db, &query, &rows);
    if (status == STATUS_OK)
        *user = read_account(&rows, 0);
    return status;
}

/* One row more than a page has: where the next one begins. */
static void note_page(struct admin_page *page, const struct db_rows *rows, int id_column)
{
    page->has_more = rows->count > ADMIN_PAGE;
    page->count = page->has_more ? ADMIN_PAGE : rows->count;
    if (page->has_more)
        page->from = value_get_uuid(rows, ADMIN_PAGE, id_column);
}

enum status admin_store_list(struct db *db, struct admin_page *page)
{
    struct db_query query = {.statement = &list_users};
    struct db_rows rows;
    value_add_uuid(&query, &page->from);
    value_add_integer(&query, ADMIN_PAGE + 1);
    enum status status = db_execute(db, &query, &rows);
    if (status != STATUS_OK)
        return status;
    note_page(page, &rows, 0);
    page->users = arena_alloc(db_settings(db)->arena, (size_t)page->count * sizeof *page->users);
    for (int i = 0; i < page->count; i++)
        page->users[i] = read_account(&rows, i);
    return STATUS_OK;
}

enum status admin_store_list_tasks(struct db *db, const struct uuid *user_id,
                                   struct admin_page *page)
{
    struct arena *arena = db_settings(db)->arena;
    struct db_query query = {.statement = &list_tasks};
    struct db_rows rows;
    value_add_uuid(&query, user_id);
    value_add_uuid(&query, &page->from);
    value_add_integer(&query, ADMIN_PAGE + 1);
    enum status status = db_execute(db, &query, &rows);
    if (status != STATUS_OK)
        return status;
    note_page(page, &rows, 1);
    page->tasks = arena_alloc(arena, (size_t)page->count * sizeof *page->tasks);
    for (int i = 0; i < page->count; i++)
        page->tasks[i] = task_fields_read(&rows, i, arena);
    return STATUS_OK;
}

enum status admin_store_insert(struct db *db, struct admin_user *user)
{
    struct db_query query = {.statement = &insert_user};
    struct db_rows rows;
    struct uuid other = uuid_create();
    value_add_uuid(&query, &user->user.id);
    value_add_uuid(&query, &other);
    value_add_text(&query, user->user.email);
    value_add_text(&query, user->user.hashed_password);
    value_add_timestamp(&query, user->user.created_at);
    if (user->is_disabled)
        value_add_timestamp(&query, user->disabled_at);
    else
        value_add_null(&query);
    enum status status = db_execute(db, &query, &rows);
    if (status == STATUS_OK)
        user->user.id = value_get_uuid(&rows, 0, 0);
    return status;
}

enum status admin_store_update(struct db *db, const struct uuid *user_id,
                               const struct admin_change *change, int64_t *sessions)
{
    struct db_query query = {.statement = &update_user};
    struct db_rows rows;
    value_add_uuid(&query, user_id);
    value_add_text(&query, change->hashed_password);
    if (change->access == ADMIN_KEEP)
        value_add_null(&query);
    else
        value_add_boolean(&query, change->access == ADMIN_DISABLE);
    enum status status = db_execute(db, &query, &rows);
    if (status == STATUS_OK)
        *sessions = value_get_integer(&rows, 0, 0);
    return status;
}

enum status admin_store_delete(struct db *db, const struct uuid *user_id)
{
    struct db_query query = {.statement = &delete_user};
    struct db_rows rows;
    value_add_uuid(&query, user_id);
    return db_execute(db, &query, &rows);
}

enum status admin_store_list_sessions(struct db *db, const struct uuid *user_id,
                                      struct session **sessions, int *count)
{
    struct db_query query = {.statement = &list_sessions};
    struct db_rows rows;
    value_add_uuid(&query, user_id);
    enum status status = db_execute(db, &query, &rows);
    if (status != STATUS_OK)
        return status;
    *count = rows.count;
    *sessions = arena_alloc(db_settings(db)->arena, (size_t)rows.count * sizeof **sessions);
    for (int i = 0; i < rows.count; i++)
        (*sessions)[i] = session_store_read(&rows, i, 0);
    return STATUS_OK;
}

enum status admin_store_delete_session(struct db *db, const struct uuid *user_id,
                                       const struct uuid *session_id)
{
    struct db_query query = {.statement = &delete_session};
    struct db_rows rows;
    value_add_uuid(&query, user_id);
    value_add_uuid(&query, session_id);
    return db_execute(db, &query, &rows);
}

enum status admin_store_purge_sessions(struct db *db, int64_t limit, int64_t *count)
{
    return session_store_purge(db, &purge_sessions, limit, count);
}

enum status admin_store_pretend(struct db *db)
{
    return db_run_script(db, "BEGIN");
}

/* The three times of each task, one array a time. */
static void add_times(struct db_query *query, struct arena *arena, const struct task_batch *batch)
{
    int64_t *times = arena_alloc(arena, 3 * batch->count * sizeof *times);
    for (size_t i = 0; i < batch->count; i++) {
        times[i] = batch->contents[i].created_at;
        times[batch->count + i] = batch->contents[i].updated_at;
        times[2 * batch->count + i] = batch->contents[i].completed_at;
    }
    for (size_t i = 0; i < 3; i++)
        value_add_timestamps(query, arena, times + i * batch->count, batch->count);
}

enum status admin_store_insert_tasks(struct db *db, const struct uuid *user_id,
                                     struct admin_import *import)
{
    struct arena *arena = db_settings(db)->arena;
    const struct task_batch *batch = &import->batch;
    const struct task **contents = arena_alloc(arena, batch->count * sizeof *contents);
    struct db_query query = {.statement = &insert_tasks};
    struct db_rows rows;
    for (size_t i = 0; i < batch->count; i++)
        contents[i] = &batch->contents[i];
    value_add_uuid(&query, user_id);
    value_add_text(&query, batch->encode(arena, contents, batch->count));
    add_times(&query, arena, batch);
    enum status status = db_execute(db, &query, &rows);
    if (status != STATUS_OK)
        return status;
    import->stored = value_get_integer(&rows, 0, 0);
    if (value_is_null(&rows, 0, 1))
        return STATUS_OK;
    import->differing = value_get_texts(&rows, 0, 1, arena);
    return STATUS_ID_TAKEN;
}

enum status admin_store_read_health(struct db *db, struct admin_health *health)
{
    struct db_query query = {.statement = &read_health};
    struct db_rows rows;
    enum status status = db_execute(db, &query, &rows);
    if (status == STATUS_OK)
        *health = (struct admin_health){.now = value_get_timestamp(&rows, 0, 0),
                                        .version = value_get_integer(&rows, 0, 1),
                                        .max_connections = value_get_integer(&rows, 0, 2),
                                        .is_read_only = value_get_boolean(&rows, 0, 3)};
    return status;
}

enum status admin_store_list_missing_indexes(struct db *db, const struct texts *names,
                                             struct texts *missing)
{
    struct arena *arena = db_settings(db)->arena;
    struct db_query query = {.statement = &list_missing_indexes};
    struct db_rows rows;
    value_add_texts(&query, arena, names);
    enum status status = db_execute(db, &query, &rows);
    if (status != STATUS_OK)
        return status;
    const char **items = arena_alloc(arena, (size_t)rows.count * sizeof *items);
    for (int i = 0; i < rows.count; i++)
        items[i] = value_get_text(&rows, i, 0);
    *missing = (struct texts){.items = items, .count = (size_t)rows.count};
    return STATUS_OK;
}
