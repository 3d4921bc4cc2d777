/* Storing many tasks at once: all or none, and sent again without harm. */
#include "task_batch.h"

#include <stdlib.h>
#include <string.h>

/* In the order of the ids, so that two batches at once cannot wait for each other. */
static const struct db_statement insert_tasks = {
    .name = "task_insert_batch",
    .sql = ACTOR
    ", t AS (INSERT INTO tasks AS t (user_id, id, title, description, completed_at,"
    " priority, tags, due_at, due_is_date, sort_order)"
    " SELECT actor.id, n.id, n.title, n.description, CASE WHEN n.completed THEN now() END,"
    " n.priority, n.tags, n.due_at, n.due_is_date, n.sort_order"
    " FROM actor, jsonb_to_recordset($4::jsonb) AS n (id uuid, title text,"
    " description text, completed boolean, priority smallint, tags text[],"
    " due_at timestamptz, due_is_date boolean, sort_order integer)"
    " ORDER BY n.id RETURNING " TASK_COLUMNS ")"
    " SELECT actor.stale, " TASK_COLUMNS " FROM actor LEFT JOIN t ON true",
    .writes = true,
};

static const struct db_statement find_tasks = {
    .name = "task_find_batch",
    .sql = ACTOR " SELECT actor.stale, " TASK_COLUMNS
                 " FROM actor LEFT JOIN tasks t ON t.user_id = $1::uuid"
                 " AND t.id = ANY ($4::text[]::uuid[])",
};

static bool is_same_text(const char *one, const char *other)
{
    return one == NULL || other == NULL ? one == other : strcmp(one, other) == 0;
}

static bool is_same_tags(const struct texts *one, const struct texts *other)
{
    bool same = one->count == other->count;
    for (size_t i = 0; same && i < one->count; i++)
        same = strcmp(one->items[i], other->items[i]) == 0;
    return same;
}

bool task_batch_is_equal(const struct task *task, const struct task *content)
{
    return is_same_text(task->title, content->title) &&
           is_same_text(task->description, content->description) &&
           task->completed == content->completed && task->priority == content->priority &&
           is_same_tags(&task->tags, &content->tags) && task->due.is_set == content->due.is_set &&
           (!task->due.is_set ||
            (task->due.at == content->due.at && task->due.is_date == content->due.is_date)) &&
           task->order.is_set == content->order.is_set &&
           (!task->order.is_set || task->order.value == content->order.value);
}

/* A batch on its way: which of its tasks stand in the database by now. */
struct progress {
    const struct task_batch *batch;
    bool *stands;
    const size_t *by_id; /* the batch's places, in the order of their ids */
};

static const struct task *sorting; /* qsort hands nothing on to its comparison */

static int compare_ids(const void *one, const void *other)
{
    const struct uuid *a = &sorting[*(const size_t *)one].id;
    const struct uuid *b = &sorting[*(const size_t *)other].id;
    return memcmp(a->bytes, b->bytes, sizeof a->bytes);
}

static size_t *sort_by_id(struct arena *arena, const struct task_batch *batch)
{
    size_t *places = arena_alloc(arena, batch->count * sizeof *places);
    for (size_t i = 0; i < batch->count; i++)
        places[i] = i;
    sorting = batch->contents;
    qsort(places, batch->count, sizeof *places, compare_ids);
    return places;
}

static size_t find_place(const struct progress *progress, const struct uuid *id)
{
    size_t low = 0, high = progress->batch->count;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        const struct task *content = &progress->batch->contents[progress->by_id[middle]];
        if (memcmp(content->id.bytes, id->bytes, sizeof id->bytes) <= 0)
            low = middle;
        else
            high = middle;
    }
    return progress->by_id[low];
}

/* Puts the tasks of a result where they belong. False where one has other content. */
static bool note_standing(struct progress *progress, const struct db_rows *rows,
                          struct arena *arena)
{
    bool equal = true;
    if (value_is_null(rows, 0, 1))
        return true;
    for (int i = 0; i < rows->count; i++) {
        struct task task = task_store_read(rows, i, arena);
        size_t place = find_place(progress, &task.id);
        progress->batch->tasks[place] = task;
        progress->stands[place] = true;
        equal = equal && task_batch_is_equal(&task, &progress->batch->contents[place]);
    }
    return equal;
}

static enum status insert_missing(struct db *db, struct actor *actor, struct progress *progress)
{
    struct arena *arena = db_settings(db)->arena;
    const struct task_batch *batch = progress->batch;
    const struct task **missing = arena_alloc(arena, batch->count * sizeof *missing);
    struct db_params params = {0};
    struct db_rows rows;
    size_t count = 0;
    for (size_t i = 0; i < batch->count; i++)
        if (!progress->stands[i])
            missing[count++] = &batch->contents[i];
    actor_add(&params, actor);
    value_add_text(&params, batch->encode(arena, missing, count));
    enum status status = actor_execute(db, actor, &insert_tasks, &params, &rows);
    if (status == STATUS_OK)
        (void)note_standing(progress, &rows, arena);
    return status;
}

static enum status find_standing(struct db *db, struct actor *actor, struct progress *progress)
{
    struct arena *arena = db_settings(db)->arena;
    size_t count = progress->batch->count;
    const char **ids = arena_alloc(arena, count * sizeof *ids);
    struct texts texts = {.items = ids, .count = count};
    struct db_params params = {0};
    struct db_rows rows;
    for (size_t i = 0; i < count; i++) {
        char text[UUID_TEXT_SIZE];
        uuid_format(&progress->batch->contents[i].id, text);
        ids[i] = arena_copy(arena, text, UUID_TEXT_SIZE - 1);
    }
    memset(progress->stands, 0, count * sizeof *progress->stands);
    actor_add(&params, actor);
    value_add_texts(&params, arena, &texts);
    enum status status = actor_execute(db, actor, &find_tasks, &params, &rows);
    if (status == STATUS_OK && !note_standing(progress, &rows, arena))
        return STATUS_ID_TAKEN;
    return status;
}

static bool is_complete(const struct progress *progress)
{
    for (size_t i = 0; i < progress->batch->count; i++)
        if (!progress->stands[i])
            return false;
    return true;
}

enum status task_batch_insert(struct db *db, struct actor *actor, struct task_batch *batch)
{
    struct arena *arena = db_settings(db)->arena;
    struct progress progress = {
        .batch = batch,
        .stands = arena_alloc(arena, batch->count * sizeof *progress.stands),
        .by_id = sort_by_id(arena, batch),
    };
    batch->existed = false;
    enum status status = insert_missing(db, actor, &progress);
    /* An id is taken: by the same batch sent before, by a part of it, or by something else. */
    for (int i = 0; status == STATUS_CONFLICT && i < 3; i++) {
        status = find_standing(db, actor, &progress);
        batch->existed = status == STATUS_OK && is_complete(&progress);
        if (status == STATUS_OK && !batch->existed)
            status = insert_missing(db, actor, &progress);
    }
    return status == STATUS_CONFLICT ? STATUS_UNAVAILABLE : status;
}
