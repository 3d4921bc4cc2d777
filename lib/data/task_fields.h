/* A task, and THE list of what a client writes of it: whatever stores, reads or compares tasks is
 * made from this list. */
#ifndef DATA_TASK_FIELDS_H
#define DATA_TASK_FIELDS_H

#include "value.h"

enum task_priority { TASK_LOW, TASK_MEDIUM, TASK_HIGH };

struct task {
    struct uuid id;
    const char *title;
    const char *description; /* may be NULL */
    bool completed;
    int priority; /* enum task_priority */
    struct texts tags;
    struct optional_time due;
    struct optional_integer order;
    int64_t created_at;
    int64_t updated_at;   /* also the version that ETags name: it grows with every write */
    int64_t completed_at; /* only where completed */
};

/*
 * One row per column: the parameter that carries it in an INSERT or UPDATE of one task; its bit
 * among the fields that a change writes; the member of the API's JSON; the column and its SQL type;
 * the kind of C type (task_fields.c and task_json.c know how each goes in and out); the member of
 * struct task.
 *
 * A bit is 1 << the place of that member in task_api.c's rows; tests/unit/task_fields_test.c holds
 * them together. `completed` is the one field that is no row: its column is a time, which the
 * database sets. A new row takes the next parameter: then the three numbers below move on by one.
 */
/* clang-format off */
#define TASK_FIELDS(ROW)                                                              \
    ROW( 6,  1, title,       title,       text,        text,             title)       \
    ROW( 7,  2, description, description, text,        text,             description) \
    ROW( 8,  8, priority,    priority,    smallint,    smallint,         priority)    \
    ROW( 9, 16, tags,        tags,        text[],      texts,            tags)        \
    ROW(10, 32, due_date,    due_at,      timestamptz, optional_time,    due)         \
    ROW(11, 32, due_date,    due_is_date, boolean,     boolean,          due.is_date) \
    ROW(12, 64, order,       sort_order,  integer,     optional_integer, order)
/* clang-format on */

enum { TASK_COMPLETED = 4 /* the bit of the field that is no row */ };

/* The parameters of a statement on one task: behind the actor's $1 to $3 its id, `completed`, and
 * the fields; behind these, in an UPDATE, their bits, the versions demanded, and whether these are
 * the excluded ones. */
#define TASK_ID              "$4"
#define TASK_IS_DONE         "$5"
#define TASK_BITS_NUMBER     13
#define TASK_VERSIONS_NUMBER 14
#define TASK_LAST_NUMBER     15
#define TASK_BITS            "$" TASK_TEXT(TASK_BITS_NUMBER)
#define TASK_VERSIONS        "$" TASK_TEXT(TASK_VERSIONS_NUMBER)
#define TASK_EXCLUDED        "$" TASK_TEXT(TASK_LAST_NUMBER)
#define TASK_TEXT(macro)     TASK_TEXT_(macro)
#define TASK_TEXT_(value)    #value

/* --- What SQL is made of. Each begins with a comma. */
#define TASK_AS_NAME(parameter, bit, member, column, type, kind, place) ", " #column
#define TASK_AS_T(parameter, bit, member, column, type, kind, place)    ", t." #column
#define TASK_AS_N(parameter, bit, member, column, type, kind, place)    ", n." #column
#define TASK_AS_NULL(parameter, bit, member, column, type, kind, place) ", NULL"
#define TASK_AS_TYPE(parameter, bit, member, column, type, kind, place) ", " #column " " #type
#define TASK_AS_PARAMETER(parameter, bit, member, column, type, kind, place)                       \
    ", $" #parameter "::" #type
#define TASK_AS_CHANGE(parameter, bit, member, column, type, kind, place)                          \
    ", " #column " = CASE WHEN " TASK_BITS "::bigint & " #bit " <> 0 THEN $" #parameter "::" #type \
    " ELSE t." #column " END"
#define TASK_AS_PLACE(parameter, bit, member, column, type, kind, place) TASK_AT_##column,

#define TASK_NAMES      TASK_FIELDS(TASK_AS_NAME)      /* ", title, …" */
#define TASK_T_NAMES    TASK_FIELDS(TASK_AS_T)         /* ", t.title, …" */
#define TASK_N_NAMES    TASK_FIELDS(TASK_AS_N)         /* ", n.title, …" */
#define TASK_TYPES      TASK_FIELDS(TASK_AS_TYPE)      /* ", title text, …" */
#define TASK_PARAMETERS TASK_FIELDS(TASK_AS_PARAMETER) /* ", $6::text, …" */
#define TASK_CHANGES    TASK_FIELDS(TASK_AS_CHANGE)    /* ", title = CASE …" */

/* The columns of a task `t`, as task_fields_read takes them; and as many NULLs. */
#define TASK_COLUMNS "t.id, t.completed_at, t.created_at, t.updated_at" TASK_T_NAMES
#define TASK_NULLS   "NULL, NULL, NULL, NULL" TASK_FIELDS(TASK_AS_NULL)
enum { TASK_FIELDS(TASK_AS_PLACE) TASK_FIELD_COLUMNS, TASK_COLUMN_COUNT = 4 + TASK_FIELD_COLUMNS };

/* Adds `completed` and the fields, the parameters from TASK_IS_DONE on; `toggle`: completed is to
 * be what it is not. */
void task_fields_add(struct db_query *query, struct arena *arena, const struct task *task,
                     bool toggle);

/* Reads a task out of a row whose columns from 1 on are TASK_COLUMNS. */
struct task task_fields_read(const struct db_rows *rows, int row, struct arena *arena);

/* Whether a task has the content that was sent to create it: `completed` and all fields. */
bool task_fields_are_equal(const struct task *task, const struct task *content);

#endif
