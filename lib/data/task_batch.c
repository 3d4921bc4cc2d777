/* Storing many tasks at once: all or none, and sent again without harm. */
#include "task_batch.h"

#include <stdlib.h>
#include <string.h>

/* In the order of the ids, so that two batches at once cannot wait for each other. */
static const struct db_statement insert_tasks = {
    .name = "task_insert_batch",
    .result = DB_ROWS,
    .writes = true,
    .sql = ACTOR ", t AS (INSERT INTO tasks AS t (user_id, id, completed_at" TASK_NAMES ")"
                 " SELECT actor.id, n.id, CASE WHEN n.completed THEN now() END" TASK_N_NAMES
                 " FROM actor, jsonb_to_recordset($4::jsonb) AS n (" TASK_BATCH_TYPES ")"
                 " ORDER BY n.id RETURNING " TASK_COLUMNS ")"
                 " SELECT actor.stale, " TASK_COLUMNS " FROM actor LEFT JOIN t ON true",
};

static const struct db_statement find_tasks = {
    .name = "task_find_batch",
    .result = DB_ROWS,
    .sql = ACTOR " SELECT actor.stale, " TASK_COLUMNS
                 " FROM actor LEFT JOIN tasks t ON t.user_id = $1::uuid"
                 " AND t.id = ANY ($4::text[]::uuid[])",
};

/* A batch on its way: which of its tasks stand in the database by now. */
struct progress {
    const struct task_batch *batch;
    bool *stands;
    const size_t *by_id; /* the batch's places, in the order of their ids */
};

static int compare_ids(const void *one, const void *other, void *context)
{
    const struct task *contents = context;
    const struct uuid *a = &contents[*(const size_t *)one].id;
    const struct uuid *b = &contents[*(const size_t *)other].id;
    return memcmp(a->bytes, b->bytes, sizeof a->bytes);
}

static size_t *sort_by_id(struct arena *arena, const struct task_batch *batch)
{
    size_t *places = arena_alloc(arena, batch->count * sizeof *places);
    for (size_t i = 0; i < batch->count; i++)
        places[i] = i;
    qsort_r(places, batch->count, sizeof *places, compare_ids, (void *)batch->contents);
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
        struct task task = task_fields_read(rows, i, arena);
        size_t place = find_place(progress, &task.id);
        progress->batch->tasks[place] = task;
        progress->stands[place] = true;
        equal = equal && task_fields_are_equal(&task, &progress->batch->contents[place]);
    }
    return equal;
}

static enum status insert_missing(struct db *db, struct actor *actor, struct progress *progress)
{
    struct arena *arena = db_settings(db)->arena;
    const struct task_batch *batch = progress->batch;
    const struct task **missing = arena_alloc(arena, batch->count * sizeof *missing);
    struct db_query query = {.statement = &insert_tasks};
    struct db_rows rows;
    size_t count = 0;
    for (size_t i = 0; i < batch->count; i++)
        if (!progress->stands[i])
            missing[count++] = &batch->contents[i];
    actor_add(&query, actor);
    value_add_text(&query, batch->encode(arena, missing, count));
    enum status status = actor_execute(db, actor, &query, &rows);
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
    struct db_query query = {.statement = &find_tasks};
    struct db_rows rows;
    for (size_t i = 0; i < count; i++) {
        char text[UUID_TEXT_SIZE];
        uuid_format(&progress->batch->contents[i].id, text);
        ids[i] = arena_copy(arena, text, UUID_TEXT_SIZE - 1);
    }
    memset(progress->stands, 0, count * sizeof *progress->stands);
    actor_add(&query, actor);
    value_add_texts(&query, arena, &texts);
    enum status status = actor_execute(db, actor, &query, &rows);
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
