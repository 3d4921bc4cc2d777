/* Tasks in the database. Every statement names the acting user: nobody reaches another's. */
#ifndef DATA_TASK_STORE_H
#define DATA_TASK_STORE_H

#include "actor.h"
#include "precondition.h"
#include "task_fields.h"

/* Stores a new task and returns it as it now stands. Where the user has a task with this id,
 * STATUS_ID_TAKEN, and *task is that one. */
MUST_CHECK enum status task_store_insert(struct db *db, struct actor *actor,
                                         const struct task *content, struct task *task);

/* STATUS_NOT_FOUND where the user has no such task. */
MUST_CHECK enum status task_store_find(struct db *db, struct actor *actor, const struct uuid *id,
                                       struct task *task);

struct task_change {
    struct uuid id;
    struct precondition precondition;
    unsigned fields; /* the bits of those that are written: task_fields.h */
    bool toggle;     /* with TASK_COMPLETED: to what it is not */
    struct task content;
};

/* STATUS_NOT_FOUND; STATUS_PRECONDITION where the task has another version. */
MUST_CHECK enum status task_store_update(struct db *db, struct actor *actor,
                                         const struct task_change *change, struct task *task);

MUST_CHECK enum status task_store_delete(struct db *db, struct actor *actor, const struct uuid *id,
                                         const struct precondition *precondition);

struct task_stats {
    int64_t total, completed, overdue;
    int64_t by_priority[3];
};

MUST_CHECK enum status task_store_count(struct db *db, struct actor *actor,
                                        struct task_stats *stats);

struct tag_count {
    const char *tag;
    int64_t count;
};

/* The user's tags, most used first, at most 10,000. */
MUST_CHECK enum status task_store_list_tags(struct db *db, struct actor *actor,
                                            struct tag_count **tags, int *count);

/* A pending task whose instant, or for a date whose whole day (UTC), has passed. */
#define TASK_IS_OVERDUE                                                                            \
    "(t.completed_at IS NULL AND coalesce(t.due_at, 'infinity') < now()"                           \
    " AND (NOT t.due_is_date OR t.due_at <= now() - interval '24 hours'))"

#endif
