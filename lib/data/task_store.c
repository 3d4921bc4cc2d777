/* Tasks in the database. Every statement names the acting user: nobody reaches another's. */
#include "task_store.h"

#define EXISTS_TASK                                                                                \
    "EXISTS (SELECT FROM tasks e WHERE e.user_id = $1::uuid AND e.id = " TASK_ID "::uuid)"

#define IS_WANTED_TO_UPDATE PRECONDITION_HOLDS(TASK_VERSIONS, TASK_EXCLUDED)
#define IS_WANTED_TO_DELETE PRECONDITION_HOLDS("$5", "$6")

static const struct db_statement insert_task = {
    .name = "task_insert",
    .result = DB_MAYBE_ONE_ROW,
    .writes = true,
    .sql = ACTOR ", t AS (INSERT INTO tasks AS t (user_id, id, completed_at" TASK_NAMES ")"
                 " SELECT id, " TASK_ID "::uuid,"
                 " CASE WHEN " TASK_IS_DONE "::boolean THEN now() END" TASK_PARAMETERS
                 " FROM actor ON CONFLICT DO NOTHING RETURNING " TASK_COLUMNS ")"
                 " SELECT actor.stale, " TASK_COLUMNS " FROM actor LEFT JOIN t ON true",
};

static const struct db_statement find_task = {
    .name = "task_find",
    .result = DB_MAYBE_ONE_ROW,
    .sql = ACTOR " SELECT actor.stale, " TASK_COLUMNS
                 " FROM actor LEFT JOIN tasks t ON t.user_id = $1::uuid AND t.id = $4::uuid",
};

/* A `completed` of NULL is toggled. */
static const struct db_statement update_task = {
    .name = "task_update",
    .result = DB_MAYBE_ONE_ROW,
    .writes = true,
    .sql = ACTOR
    ", t AS (UPDATE tasks t SET"
    " completed_at = CASE WHEN " TASK_BITS "::bigint & 4 = 0 THEN t.completed_at"
    " WHEN coalesce(" TASK_IS_DONE "::boolean, t.completed_at IS NULL)"
    " THEN coalesce(t.completed_at, clock_timestamp()) END" TASK_CHANGES
    ", updated_at = greatest(clock_timestamp(), t.updated_at + interval '1 microsecond')"
    " FROM actor WHERE t.user_id = actor.id AND t.id = " TASK_ID "::uuid"
    " AND " IS_WANTED_TO_UPDATE " RETURNING " TASK_COLUMNS ")"
    " SELECT actor.stale, " TASK_COLUMNS ", " EXISTS_TASK " FROM actor LEFT JOIN t ON true",
};

static const struct db_statement delete_task = {
    .name = "task_delete",
    .result = DB_MAYBE_ONE_ROW,
    .writes = true,
    .sql = ACTOR ", t AS (DELETE FROM tasks t USING actor WHERE t.user_id = actor.id"
                 " AND t.id = " TASK_ID "::uuid AND " IS_WANTED_TO_DELETE " RETURNING t.id)"
                 " SELECT actor.stale, t.id, " EXISTS_TASK " FROM actor LEFT JOIN t ON true",
};

static const struct db_statement count_tasks = {
    .name = "task_count",
    .result = DB_MAYBE_ONE_ROW,
    .adaptive = true, /* a user may have ten tasks or a hundred thousand */
    .sql = ACTOR " SELECT actor.stale, c.* FROM actor LEFT JOIN (SELECT count(*),"
                 " count(t.completed_at), count(*) FILTER (WHERE " TASK_IS_OVERDUE "),"
                 " count(*) FILTER (WHERE t.priority = 0), count(*) FILTER (WHERE t.priority = 1),"
                 " count(*) FILTER (WHERE t.priority = 2)"
                 " FROM tasks t WHERE t.user_id = $1::uuid) c ON true",
};

static const struct db_statement list_tags = {
    .name = "task_list_tags",
    .result = DB_ROWS,
    .adaptive = true,
    .sql = ACTOR " SELECT actor.stale, c.tag, c.count FROM actor LEFT JOIN"
                 " (SELECT tag, count(*) AS count FROM tasks t, unnest(t.tags) AS tag"
                 " WHERE t.user_id = $1::uuid GROUP BY tag"
                 " ORDER BY count DESC, tag COLLATE \"und-x-icu\" LIMIT 10000) c ON true"
                 " ORDER BY c.count DESC, c.tag COLLATE \"und-x-icu\"",
};

enum status task_store_insert(struct db *db, struct actor *actor, const struct task *content,
                              struct task *task)
{
    struct arena *arena = db_settings(db)->arena;
    struct db_query query = {.statement = &insert_task};
    struct db_rows rows;
    actor_add(&query, actor);
    value_add_uuid(&query, &content->id);
    task_fields_add(&query, arena, content, false);
    /* Whatever has the id may be deleted before we have read it. */
    for (int i = 0; i < 3; i++) {
        enum status status = actor_execute(db, actor, &query, &rows);
        if (status != STATUS_OK)
            return status;
        if (!value_is_null(&rows, 0, 1)) {
            *task = task_fields_read(&rows, 0, arena);
            return STATUS_OK;
        }
        status = task_store_find(db, actor, &content->id, task);
        if (status != STATUS_NOT_FOUND)
            return status == STATUS_OK ? STATUS_ID_TAKEN : status;
    }
    return STATUS_UNAVAILABLE;
}

enum status task_store_find(struct db *db, struct actor *actor, const struct uuid *id,
                            struct task *task)
{
    struct db_query query = {.statement = &find_task};
    struct db_rows rows;
    actor_add(&query, actor);
    value_add_uuid(&query, id);
    enum status status = actor_execute(db, actor, &query, &rows);
    if (status != STATUS_OK)
        return status;
    if (value_is_null(&rows, 0, 1))
        return STATUS_NOT_FOUND;
    *task = task_fields_read(&rows, 0, db_settings(db)->arena);
    return STATUS_OK;
}

/* Why a statement on one task, with the task's id in column 1, has found nothing to write to. */
static enum status explain_missing(const struct db_rows *rows, int exists_column,
                                   const struct precondition *precondition)
{
    if (!value_is_null(rows, 0, 1))
        return STATUS_OK;
    bool exists = value_get_boolean(rows, 0, exists_column);
    return exists && precondition->required ? STATUS_PRECONDITION : STATUS_NOT_FOUND;
}

enum status task_store_update(struct db *db, struct actor *actor, const struct task_change *change,
                              struct task *task)
{
    struct arena *arena = db_settings(db)->arena;
    struct db_query query = {.statement = &update_task};
    struct db_rows rows;
    actor_add(&query, actor);
    value_add_uuid(&query, &change->id);
    task_fields_add(&query, arena, &change->content, change->toggle);
    value_add_integer(&query, change->fields);
    precondition_add(&query, arena, &change->precondition);
    enum status status = actor_execute(db, actor, &query, &rows);
    if (status == STATUS_OK)
        status = explain_missing(&rows, 1 + TASK_COLUMN_COUNT, &change->precondition);
    if (status == STATUS_OK)
        *task = task_fields_read(&rows, 0, arena);
    return status;
}

enum status task_store_delete(struct db *db, struct actor *actor, const struct uuid *id,
                              const struct precondition *precondition)
{
    struct db_query query = {.statement = &delete_task};
    struct db_rows rows;
    actor_add(&query, actor);
    value_add_uuid(&query, id);
    precondition_add(&query, db_settings(db)->arena, precondition);
    enum status status = actor_execute(db, actor, &query, &rows);
    return status == STATUS_OK ? explain_missing(&rows, 2, precondition) : status;
}

enum status task_store_count(struct db *db, struct actor *actor, struct task_stats *stats)
{
    struct db_query query = {.statement = &count_tasks};
    struct db_rows rows;
    actor_add(&query, actor);
    enum status status = actor_execute(db, actor, &query, &rows);
    if (status != STATUS_OK)
        return status;
    stats->total = value_get_integer(&rows, 0, 1);
    stats->completed = value_get_integer(&rows, 0, 2);
    stats->overdue = value_get_integer(&rows, 0, 3);
    for (int i = 0; i < 3; i++)
        stats->by_priority[i] = value_get_integer(&rows, 0, 4 + i);
    return STATUS_OK;
}

enum status task_store_list_tags(struct db *db, struct actor *actor, struct tag_count **tags,
                                 int *count)
{
    struct db_query query = {.statement = &list_tags};
    struct db_rows rows;
    actor_add(&query, actor);
    enum status status = actor_execute(db, actor, &query, &rows);
    if (status != STATUS_OK)
        return status;
    *count = value_is_null(&rows, 0, 1) ? 0 : rows.count;
    *tags = arena_alloc(db_settings(db)->arena, (size_t)rows.count * sizeof **tags);
    for (int i = 0; i < *count; i++)
        (*tags)[i] = (struct tag_count){.tag = value_get_text(&rows, i, 1),
                                        .count = value_get_integer(&rows, i, 2)};
    return STATUS_OK;
}
