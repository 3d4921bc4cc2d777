/* Tasks in the database. Every statement names the acting user: nobody reaches another's. */
#include "task_store.h"

#define EXISTS_TASK       "EXISTS (SELECT FROM tasks e WHERE e.user_id = $1::uuid AND e.id = $4::uuid)"
#define IS_WANTED_VERSION PRECONDITION_HOLDS("5")

static const struct db_statement insert_task = {
    .name = "task_insert",
    .sql = ACTOR ", t AS (INSERT INTO tasks AS t (user_id, id, title, description, completed_at,"
                 " priority, tags, due_at, due_is_date, sort_order)"
                 " SELECT id, $4::uuid, $5::text, $6::text, CASE WHEN $7::boolean THEN now() END,"
                 " $8::bigint, $9::text[], $10::timestamptz, $11::boolean, $12::bigint FROM actor"
                 " ON CONFLICT DO NOTHING RETURNING " TASK_COLUMNS ")"
                 " SELECT actor.stale, " TASK_COLUMNS " FROM actor LEFT JOIN t ON true",
    .writes = true,
};

static const struct db_statement find_task = {
    .name = "task_find",
    .sql = ACTOR " SELECT actor.stale, " TASK_COLUMNS
                 " FROM actor LEFT JOIN tasks t ON t.user_id = $1::uuid AND t.id = $4::uuid",
};

/* $6 says which fields are written; completed without a value is toggled. */
static const struct db_statement update_task = {
    .name = "task_update",
    .sql = ACTOR
    ", t AS (UPDATE tasks t SET"
    " title = CASE WHEN $6::bigint & 1 <> 0 THEN $7::text ELSE t.title END,"
    " description = CASE WHEN $6::bigint & 2 <> 0 THEN $8::text ELSE t.description END,"
    " completed_at = CASE WHEN $6::bigint & 4 = 0 THEN t.completed_at"
    " WHEN coalesce($9::boolean, t.completed_at IS NULL)"
    " THEN coalesce(t.completed_at, clock_timestamp()) END,"
    " priority = CASE WHEN $6::bigint & 8 <> 0 THEN $10::bigint ELSE t.priority END,"
    " tags = CASE WHEN $6::bigint & 16 <> 0 THEN $11::text[] ELSE t.tags END,"
    " due_at = CASE WHEN $6::bigint & 32 <> 0 THEN $12::timestamptz ELSE t.due_at END,"
    " due_is_date = CASE WHEN $6::bigint & 32 <> 0 THEN $13::boolean"
    " ELSE t.due_is_date END,"
    " sort_order = CASE WHEN $6::bigint & 64 <> 0 THEN $14::bigint ELSE t.sort_order END,"
    " updated_at = greatest(clock_timestamp(), t.updated_at + interval '1 microsecond')"
    " FROM actor WHERE t.user_id = actor.id AND t.id = $4::uuid AND " IS_WANTED_VERSION
    " RETURNING " TASK_COLUMNS ")"
    " SELECT actor.stale, " TASK_COLUMNS ", " EXISTS_TASK " FROM actor LEFT JOIN t ON true",
    .writes = true,
};

static const struct db_statement delete_task = {
    .name = "task_delete",
    .sql = ACTOR ", t AS (DELETE FROM tasks t USING actor WHERE t.user_id = actor.id"
                 " AND t.id = $4::uuid AND " IS_WANTED_VERSION " RETURNING t.id)"
                 " SELECT actor.stale, t.id, " EXISTS_TASK " FROM actor LEFT JOIN t ON true",
    .writes = true,
};

static const struct db_statement count_tasks = {
    .name = "task_count",
    .adaptive = true, /* a user may have ten tasks or a hundred thousand */
    .sql = ACTOR " SELECT actor.stale, c.* FROM actor LEFT JOIN (SELECT count(*),"
                 " count(t.completed_at), count(*) FILTER (WHERE " TASK_IS_OVERDUE "),"
                 " count(*) FILTER (WHERE t.priority = 0), count(*) FILTER (WHERE t.priority = 1),"
                 " count(*) FILTER (WHERE t.priority = 2)"
                 " FROM tasks t WHERE t.user_id = $1::uuid) c ON true",
};

static const struct db_statement list_tags = {
    .name = "task_list_tags",
    .adaptive = true,
    .sql = ACTOR " SELECT actor.stale, c.tag, c.count FROM actor LEFT JOIN"
                 " (SELECT tag, count(*) AS count FROM tasks t, unnest(t.tags) AS tag"
                 " WHERE t.user_id = $1::uuid GROUP BY tag"
                 " ORDER BY count DESC, tag COLLATE \"und-x-icu\" LIMIT 10000) c ON true"
                 " ORDER BY c.count DESC, c.tag COLLATE \"und-x-icu\"",
};

struct task task_store_read(const struct db_rows *rows, int row, struct arena *arena)
{
    struct task task = {
        .id = value_get_uuid(rows, row, 1),
        .title = value_get_text(rows, row, 2),
        .description = value_get_text(rows, row, 3),
        .priority = (int)value_get_integer(rows, row, 5),
        .tags = value_get_texts(rows, row, 6, arena),
        .due = {.is_date = value_get_boolean(rows, row, 8)},
        .created_at = value_get_timestamp(rows, row, 10),
        .updated_at = value_get_timestamp(rows, row, 11),
    };
    task.completed = value_read_timestamp(rows, row, 4, &task.completed_at);
    task.due.is_set = value_read_timestamp(rows, row, 7, &task.due.at);
    task.order.is_set = value_read_integer(rows, row, 9, &task.order.value);
    return task;
}

static void add_content(struct db_params *params, struct arena *arena, const struct task *content,
                        bool toggle)
{
    value_add_text(params, content->title);
    value_add_text(params, content->description);
    if (toggle)
        value_add_null(params);
    else
        value_add_boolean(params, content->completed);
    value_add_integer(params, content->priority);
    value_add_texts(params, arena, &content->tags);
    if (content->due.is_set)
        value_add_timestamp(params, content->due.at);
    else
        value_add_null(params);
    value_add_boolean(params, content->due.is_date);
    if (content->order.is_set)
        value_add_integer(params, content->order.value);
    else
        value_add_null(params);
}

enum status task_store_insert(struct db *db, struct actor *actor, const struct task *content,
                              struct task *task)
{
    struct arena *arena = db_settings(db)->arena;
    struct db_params params = {0};
    struct db_rows rows;
    actor_add(&params, actor);
    value_add_uuid(&params, &content->id);
    add_content(&params, arena, content, false);
    /* Whatever has the id may be deleted before we have read it. */
    for (int i = 0; i < 3; i++) {
        enum status status = actor_execute(db, actor, &insert_task, &params, &rows);
        if (status != STATUS_OK)
            return status;
        if (!value_is_null(&rows, 0, 1)) {
            *task = task_store_read(&rows, 0, arena);
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
    struct db_params params = {0};
    struct db_rows rows;
    actor_add(&params, actor);
    value_add_uuid(&params, id);
    enum status status = actor_execute(db, actor, &find_task, &params, &rows);
    if (status != STATUS_OK)
        return status;
    if (value_is_null(&rows, 0, 1))
        return STATUS_NOT_FOUND;
    *task = task_store_read(&rows, 0, db_settings(db)->arena);
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
    struct db_params params = {0};
    struct db_rows rows;
    actor_add(&params, actor);
    value_add_uuid(&params, &change->id);
    precondition_add(&params, arena, &change->precondition);
    value_add_integer(&params, change->fields);
    add_content(&params, arena, &change->content, change->toggle);
    enum status status = actor_execute(db, actor, &update_task, &params, &rows);
    if (status == STATUS_OK)
        status = explain_missing(&rows, 1 + TASK_COLUMN_COUNT, &change->precondition);
    if (status == STATUS_OK)
        *task = task_store_read(&rows, 0, arena);
    return status;
}

enum status task_store_delete(struct db *db, struct actor *actor, const struct uuid *id,
                              const struct precondition *precondition)
{
    struct db_params params = {0};
    struct db_rows rows;
    actor_add(&params, actor);
    value_add_uuid(&params, id);
    precondition_add(&params, db_settings(db)->arena, precondition);
    enum status status = actor_execute(db, actor, &delete_task, &params, &rows);
    return status == STATUS_OK ? explain_missing(&rows, 2, precondition) : status;
}

enum status task_store_count(struct db *db, struct actor *actor, struct task_stats *stats)
{
    struct db_params params = {0};
    struct db_rows rows;
    actor_add(&params, actor);
    enum status status = actor_execute(db, actor, &count_tasks, &params, &rows);
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
    struct db_params params = {0};
    struct db_rows rows;
    actor_add(&params, actor);
    enum status status = actor_execute(db, actor, &list_tags, &params, &rows);
    if (status != STATUS_OK)
        return status;
    *count = value_is_null(&rows, 0, 1) ? 0 : rows.count;
    *tags = arena_alloc(db_settings(db)->arena, (size_t)rows.count * sizeof **tags);
    for (int i = 0; i < *count; i++)
        (*tags)[i] = (struct tag_count){.tag = value_get_text(&rows, i, 1),
                                        .count = value_get_integer(&rows, i, 2)};
    return STATUS_OK;
}
