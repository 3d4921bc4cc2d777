/* Storing many tasks at once: all or none, and sent again without harm. */
#ifndef DATA_TASK_BATCH_H
#define DATA_TASK_BATCH_H

#include "task_store.h"

enum { TASK_BATCH_MAX = 1000 };

/* For jsonb_to_recordset: the members of a row, and their types. */
#define TASK_BATCH_TYPES "id uuid, completed boolean" TASK_TYPES

/* `tasks` and `existed` are results: room for `count` tasks; and whether all stood before. */
struct task_batch {
    const struct task *contents; /* every one with its id, no id twice */
    size_t count;
    struct task *tasks;
    bool existed;
    /* Makes, in request memory, the JSON array of some of the contents that PostgreSQL takes apart
     * again: objects of the members that TASK_BATCH_TYPES names. Here, because this layer knows no
     * JSON. */
    const char *(*encode)(struct arena *arena, const struct task *const *contents, size_t count);
};

/*
 * Stores the tasks and returns them, as they now stand, in their order. Where the user already has
 * an id with equal content, that one counts as stored.
 * STATUS_ID_TAKEN where content differs: then nothing is stored.
 */
MUST_CHECK enum status task_batch_insert(struct db *db, struct actor *actor,
                                         struct task_batch *batch);

#endif
