/* A page of tasks, filtered and sorted; and deleting by filter. */
#ifndef DATA_TASK_LIST_H
#define DATA_TASK_LIST_H

#include "task_store.h"

/* NO_STATE: demands that exclude each other; nothing passes. */
enum task_state { TASK_ANY_STATE, TASK_PENDING, TASK_COMPLETED_ONLY, TASK_NO_STATE };

/* What must hold for a task; zero-initialised, anything. */
struct task_filter {
    enum task_state state;
    unsigned priorities; /* one bit per priority; 0 for any */
    struct texts tags;   /* all of them */
    const char *text;    /* a substring of title or description, case ignored; NULL or "" for any */
    struct optional_time due_before;
    struct optional_time due_after;
    bool only_overdue;
    bool never_overdue;
};

enum task_sort {
    TASK_BY_CREATED,
    TASK_BY_UPDATED,
    TASK_BY_DUE,
    TASK_BY_PRIORITY,
    TASK_BY_TITLE,
    TASK_BY_ORDER
};

enum { TASK_KEY_MAX = 800 }; /* bytes: a title of 200 characters */

/* A place between two tasks of a sort order: behind the task with this id and sort key. */
struct task_place {
    struct uuid id;
    unsigned char key[TASK_KEY_MAX]; /* in PostgreSQL's binary format */
    size_t key_length;
};

struct task_page {
    struct task_filter filter;
    enum task_sort sort;
    bool descending;
    int limit;
    const struct task_place *after; /* NULL for the beginning */
    bool count;                     /* count the tasks that pass the filter */
};

struct task_list {
    struct task *tasks;
    int count;
    bool has_more;
    struct task_place last; /* of the last task, where has_more */
    int64_t total;          /* where asked for */
};

/* Whether a key of this length can be one of the sort order's. */
bool task_list_is_key(enum task_sort sort, const unsigned char *key, size_t length);

MUST_CHECK enum status task_list_find(struct db *db, struct actor *actor,
                                      const struct task_page *page, struct task_list *list);

MUST_CHECK enum status task_list_delete(struct db *db, struct actor *actor,
                                        const struct task_filter *filter);

#endif
