/* A statement on a user's tasks as it is put together, and what a filter is in SQL. */
#ifndef DATA_TASK_QUERY_H
#define DATA_TASK_QUERY_H

#include "lib/core/buffer.h"
#include "task_list.h"

/* What may be NULL, as the indexes have it: last, upwards and downwards. */
#define DUE_UP   "coalesce(t.due_at, 'infinity')"
#define DUE_DOWN "coalesce(t.due_at, '-infinity')"

/* The orders whose index a filter can bound. */
enum task_walk {
    TASK_WALK_OTHER,
    TASK_WALK_CREATED,
    TASK_WALK_PRIORITY,
    TASK_WALK_DUE_UP,
    TASK_WALK_DUE_DOWN
};

/* A statement's text, from constants only, and the parameters that the text names. */
struct task_query {
    struct db_statement statement; /* all but the text */
    struct db_query query;
    struct buffer sql;
    struct buffer bounds; /* the part of the filter that bounds a walk in this order */
    struct buffer rest;   /* the other part: each row must be looked at */
    enum task_walk walk;
    bool is_indexed; /* an index other than the order's may find the rest sooner */
};

/* Begins a statement for the actor, who is $1 to $3; `statement` is all of it but its text. In
 * place: the parameters point into it. */
void task_query_begin(struct task_query *query, struct db *db, const struct actor *actor,
                      const struct db_statement *statement);

/* Adds to one of its texts; `?` stands for the parameter that has just been added. */
void task_query_add_to(struct task_query *query, struct buffer *part, const char *text);

static inline void task_query_add(struct task_query *query, const char *sql)
{
    task_query_add_to(query, &query->sql, sql);
}

/* Adds what the filter demands, to the bounds or to the rest. `walk` is set. */
void task_query_add_filter(struct task_query *query, const struct task_filter *filter);

/* Adds WHERE, the user and the bounds to the statement; and, there or further out, the rest. */
void task_query_add_where(struct task_query *query);
void task_query_add_rest(struct task_query *query);

/* Runs it. */
MUST_CHECK enum status task_query_run(struct task_query *query, struct db *db, struct actor *actor,
                                      struct db_rows *rows);

#endif
