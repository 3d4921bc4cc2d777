/* What an operator may do to accounts, sessions and tasks. */
#include "admin_store.h"

#define USER_COLUMNS                                                                               \
    " u.id, u.email, u.hashed_password, u.created_at, u.disabled_at,"                              \
    " (SELECT count(*) FROM tasks t WHERE t.user_id = u.id),"                                      \
    " (SELECT count(*) FROM sessions s WHERE s.user_id = u.id AND s.epoch = u.session_epoch"       \
    " AND s.expires_at > now())"

static const struct db_statement find_user = {
    .name = "admin_find",
    .sql = "SELECT" USER_COLUMNS " FROM users u"
           " WHERE u.id = $1::uuid OR todo_fold(u.email) = todo_fold($2::text)",
};

static const struct db_statement list_users = {
    .name = "admin_list",
    .sql = "SELECT" USER_COLUMNS " FROM users u WHERE u.id >= $1::uuid ORDER BY u.id"
           " LIMIT $2::bigint",
};

static const struct db_statement list_tasks = {
    .name = "admin_list_tasks",
    .sql = "SELECT false, " TASK_COLUMNS " FROM tasks t"
           " WHERE t.user_id = $1::uuid AND t.id >= $2::uuid ORDER BY t.id LIMIT $3::bigint",
};

static const struct db_statement insert_user = {
    .name = "admin_insert",
    .sql = "INSERT INTO users (id, email, hashed_password, created_at, disabled_at)"
           " SELECT CASE WHEN EXISTS (SELECT FROM users WHERE id = $1::uuid) THEN $2::uuid"
           " ELSE $1::uuid END, $3::text, $4::text, $5::timestamptz, $6::timestamptz"
           " ON CONFLICT (todo_fold(email)) DO NOTHING RETURNING id",
    .writes = true,
};

/* $3: whether it shall be disabled; NULL to leave that. */
static const struct db_statement update_user = {
    .name = "admin_update",
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
    .sql = "DELETE FROM users WHERE id = $1::uuid RETURNING id",
    .writes = true,
};

static const struct db_statement list_sessions = {
    .name = "admin_list_sessions",
    .sql = "SELECT s.id, s.created_at, s.last_used_at, s.user_agent FROM sessions s"
           " JOIN users u ON u.id = s.user_id AND u.session_epoch = s.epoch"
           " WHERE s.user_id = $1::uuid AND s.expires_at > now()"
           " ORDER BY s.created_at DESC, s.id DESC",
};

static const struct db_statement delete_session = {
    .name = "admin_delete_session",
    .sql = "DELETE FROM sessions s USING users u WHERE u.id = $1::uuid AND s.user_id = u.id"
           " AND s.id = $2::uuid AND s.epoch = u.session_epoch RETURNING s.id",
    .writes = true,
};

/* In pieces, so that none holds its locks for long; what is just being used is left for later. */
static const struct db_statement purge_sessions = {
    .name = "admin_purge_sessions",
    .sql = "WITH gone AS (DELETE FROM sessions s USING (SELECT s.user_id, s.id FROM sessions s"
           " JOIN users u ON u.id = s.user_id"
           " WHERE s.expires_at < now() OR s.epoch <> u.session_epoch"
           " LIMIT $1::bigint FOR UPDATE OF s SKIP LOCKED) old"
           " WHERE s.user_id = old.user_id AND s.id = old.id RETURNING s.id)"
           " SELECT count(*) FROM gone",
    .writes = true,
};

/* The times come as arrays beside the rows that task_batch_insert takes, too. */
static const struct db_statement insert_tasks = {
    .name = "admin_insert_tasks",
    .sql =
        "WITH n AS (SELECT $1::uuid AS user_id, id, title, description,"
        " CASE WHEN completed THEN completed_at END AS completed_at, priority, tags, due_at,"
        " due_is_date, sort_order, created_at, updated_at"
        " FROM ROWS FROM (jsonb_to_recordset($2::jsonb) AS (id uuid, title text, description text,"
        " completed boolean, priority smallint, tags text[], due_at timestamptz,"
        " due_is_date boolean, sort_order integer), unnest($3::timestamptz[]),"
        " unnest($4::timestamptz[]), unnest($5::timestamptz[])) AS n (id, title, description,"
        " completed, priority, tags, due_at, due_is_date, sort_order, created_at, updated_at,"
        " completed_at)),"
        " differing AS (SELECT n.id FROM n JOIN tasks t ON t.user_id = n.user_id AND t.id = n.id"
        " WHERE (t.title, t.description, t.completed_at, t.priority, t.tags, t.due_at,"
        " t.due_is_date, t.sort_order, t.created_at, t.updated_at) IS DISTINCT FROM"
        " (n.title, n.description, n.completed_at, n.priority, n.tags, n.due_at,"
        " n.due_is_date, n.sort_order, n.created_at, n.updated_at)"
        " UNION SELECT id FROM n GROUP BY id HAVING count(*) > 1),"
        " stored AS (INSERT INTO tasks (user_id, id, title, description, completed_at, priority,"
        " tags, due_at, due_is_date, sort_order, created_at, updated_at)"
        " SELECT * FROM n WHERE NOT EXISTS (SELECT FROM differing) ORDER BY id"
        " ON CONFLICT (user_id, id) DO NOTHING RETURNING id)"
        " SELECT (SELECT count(*) FROM stored), (SELECT id FROM differing ORDER BY id LIMIT 1)",
    .writes = true,
};

static const struct db_statement read_health = {
    .name = "admin_read_health",
    .sql = "SELECT clock_timestamp(), current_setting('server_version_num')::bigint,"
           " current_setting('max_connections')::bigint,"
           " pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean,"
           " current_setting('server_encoding')",
};

static const struct db_statement list_missing_indexes = {
    .name = "admin_missing_indexes",
    .sql = "SELECT n.name FROM unnest($1::text[]) WITH ORDINALITY AS n (name, place)"
           " LEFT JOIN pg_index i ON i.indexrelid = to_regclass(n.name)"
           " WHERE i.indisvalid IS NOT TRUE ORDER BY n.place",
};

static struct admin_user read_user(const struct db_rows *rows, int row)
{
    return (struct admin_user){
        .user = {.id = value_get_uuid(rows, row, 0),
                 .email = value_get_text(rows, row, 1),
                 .hashed_password = value_get_text(rows, row, 2),
                 .created_at = value_get_timestamp(rows, row, 3)},
        .is_disabled = !value_is_null(rows, row, 4),
        .disabled_at = value_get_timestamp(rows, row, 4),
        .tasks = value_get_integer(rows, row, 5),
        .sessions = value_get_integer(rows, row, 6),
    };
}

/* Runs a statement whose lack of rows means that what it names is not there. */
static enum status execute(struct db *db, const struct db_statement *statement,
                           const struct db_params *params, struct db_rows *rows)
{
    enum status status = db_execute(db, statement, params, rows);
    return status == STATUS_OK && rows->count == 0 ? STATUS_NOT_FOUND : status;
}

enum status admin_store_find(struct db *db, const char *email_or_id, struct admin_user *user)
{
    struct db_params params = {0};
    struct db_rows rows;
    struct uuid id;
    if (uuid_parse(email_or_id, &id))
        value_add_uuid(&params, &id);
    else
        value_add_null(&params);
    value_add_text(&params, email_or_id);
    enum status status = execute(db, &find_user, &params, &rows);
    if (status == STATUS_OK)
        *user = read_user(&rows, 0);
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
    struct db_params params = {0};
    struct db_rows rows;
    value_add_uuid(&params, &page->from);
    value_add_integer(&params, ADMIN_PAGE + 1);
    enum status status = db_execute(db, &list_users, &params, &rows);
    if (status != STATUS_OK)
        return status;
    note_page(page, &rows, 0);
    page->users = arena_alloc(db_settings(db)->arena, (size_t)page->count * sizeof *page->users);
    for (int i = 0; i < page->count; i++)
        page->users[i] = read_user(&rows, i);
    return STATUS_OK;
}

enum status admin_store_list_tasks(struct db *db, const struct uuid *user_id,
                                   struct admin_page *page)
{
    struct arena *arena = db_settings(db)->arena;
    struct db_params params = {0};
    struct db_rows rows;
    value_add_uuid(&params, user_id);
    value_add_uuid(&params, &page->from);
    value_add_integer(&params, ADMIN_PAGE + 1);
    enum status status = db_execute(db, &list_tasks, &params, &rows);
    if (status != STATUS_OK)
        return status;
    note_page(page, &rows, 1);
    page->tasks = arena_alloc(arena, (size_t)page->count * sizeof *page->tasks);
    for (int i = 0; i < page->count; i++)
        page->tasks[i] = task_store_read(&rows, i, arena);
    return STATUS_OK;
}

enum status admin_store_insert(struct db *db, struct admin_user *user)
{
    struct db_params params = {0};
    struct db_rows rows;
    struct uuid other = uuid_create();
    value_add_uuid(&params, &user->user.id);
    value_add_uuid(&params, &other);
    value_add_text(&params, user->user.email);
    value_add_text(&params, user->user.hashed_password);
    value_add_timestamp(&params, user->user.created_at);
    if (user->is_disabled)
        value_add_timestamp(&params, user->disabled_at);
    else
        value_add_null(&params);
    enum status status = execute(db, &insert_user, &params, &rows);
    if (status == STATUS_OK)
        user->user.id = value_get_uuid(&rows, 0, 0);
    return status == STATUS_NOT_FOUND ? STATUS_EMAIL_TAKEN : status;
}

enum status admin_store_update(struct db *db, const struct uuid *user_id,
                               const struct admin_change *change, int64_t *sessions)
{
    struct db_params params = {0};
    struct db_rows rows;
    value_add_uuid(&params, user_id);
    value_add_text(&params, change->hashed_password);
    if (change->access == ADMIN_KEEP)
        value_add_null(&params);
    else
        value_add_boolean(&params, change->access == ADMIN_DISABLE);
    enum status status = execute(db, &update_user, &params, &rows);
    if (status == STATUS_OK)
        *sessions = value_get_integer(&rows, 0, 0);
    return status;
}

enum status admin_store_delete(struct db *db, const struct uuid *user_id)
{
    struct db_params params = {0};
    struct db_rows rows;
    value_add_uuid(&params, user_id);
    return execute(db, &delete_user, &params, &rows);
}

enum status admin_store_list_sessions(struct db *db, const struct uuid *user_id,
                                      struct session **sessions, int *count)
{
    struct db_params params = {0};
    struct db_rows rows;
    value_add_uuid(&params, user_id);
    enum status status = db_execute(db, &list_sessions, &params, &rows);
    if (status != STATUS_OK)
        return status;
    *count = rows.count;
    *sessions = arena_alloc(db_settings(db)->arena, (size_t)rows.count * sizeof **sessions);
    for (int i = 0; i < rows.count; i++)
        (*sessions)[i] = (struct session){.id = value_get_uuid(&rows, i, 0),
                                          .created_at = value_get_timestamp(&rows, i, 1),
                                          .last_used_at = value_get_timestamp(&rows, i, 2),
                                          .user_agent = value_get_text(&rows, i, 3)};
    return STATUS_OK;
}

enum status admin_store_delete_session(struct db *db, const struct uuid *user_id,
                                       const struct uuid *session_id)
{
    struct db_params params = {0};
    struct db_rows rows;
    value_add_uuid(&params, user_id);
    value_add_uuid(&params, session_id);
    return execute(db, &delete_session, &params, &rows);
}

enum status admin_store_purge_sessions(struct db *db, int64_t limit, int64_t *count)
{
    struct db_params params = {0};
    struct db_rows rows;
    value_add_integer(&params, limit);
    enum status status = db_execute(db, &purge_sessions, &params, &rows);
    if (status == STATUS_OK)
        *count = value_get_integer(&rows, 0, 0);
    return status;
}

/* The three times of each task, one array a time. */
static void add_times(struct db_params *params, struct arena *arena, const struct task_batch *batch)
{
    int64_t *times = arena_alloc(arena, 3 * batch->count * sizeof *times);
    for (size_t i = 0; i < batch->count; i++) {
        times[i] = batch->contents[i].created_at;
        times[batch->count + i] = batch->contents[i].updated_at;
        times[2 * batch->count + i] = batch->contents[i].completed_at;
    }
    for (size_t i = 0; i < 3; i++)
        value_add_timestamps(params, arena, times + i * batch->count, batch->count);
}

enum status admin_store_insert_tasks(struct db *db, const struct uuid *user_id,
                                     struct admin_import *import)
{
    struct arena *arena = db_settings(db)->arena;
    const struct task_batch *batch = &import->batch;
    const struct task **contents = arena_alloc(arena, batch->count * sizeof *contents);
    struct db_params params = {0};
    struct db_rows rows;
    for (size_t i = 0; i < batch->count; i++)
        contents[i] = &batch->contents[i];
    value_add_uuid(&params, user_id);
    value_add_text(&params, batch->encode(arena, contents, batch->count));
    add_times(&params, arena, batch);
    enum status status = db_execute(db, &insert_tasks, &params, &rows);
    if (status != STATUS_OK)
        return status;
    import->stored = value_get_integer(&rows, 0, 0);
    if (value_is_null(&rows, 0, 1))
        return STATUS_OK;
    import->differing = value_get_uuid(&rows, 0, 1);
    return STATUS_ID_TAKEN;
}

enum status admin_store_read_health(struct db *db, struct admin_health *health)
{
    struct db_params params = {0};
    struct db_rows rows;
    enum status status = db_execute(db, &read_health, &params, &rows);
    if (status == STATUS_OK)
        *health = (struct admin_health){.now = value_get_timestamp(&rows, 0, 0),
                                        .version = value_get_integer(&rows, 0, 1),
                                        .max_connections = value_get_integer(&rows, 0, 2),
                                        .is_read_only = value_get_boolean(&rows, 0, 3),
                                        .encoding = value_get_text(&rows, 0, 4)};
    return status;
}

enum status admin_store_list_missing_indexes(struct db *db, const struct texts *names,
                                             struct texts *missing)
{
    struct arena *arena = db_settings(db)->arena;
    struct db_params params = {0};
    struct db_rows rows;
    value_add_texts(&params, arena, names);
    enum status status = db_execute(db, &list_missing_indexes, &params, &rows);
    if (status != STATUS_OK)
        return status;
    const char **items = arena_alloc(arena, (size_t)rows.count * sizeof *items);
    for (int i = 0; i < rows.count; i++)
        items[i] = value_get_text(&rows, i, 0);
    *missing = (struct texts){.items = items, .count = (size_t)rows.count};
    return STATUS_OK;
}
