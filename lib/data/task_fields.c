/* A task, and the list of what a client writes of it. */
#include "task_fields.h"

#include <assert.h>
#include <string.h>

enum { FIRST_PARAMETER = 6 };

_Static_assert(TASK_BITS_NUMBER == FIRST_PARAMETER + TASK_FIELD_COLUMNS &&
                   TASK_VERSIONS_NUMBER == TASK_BITS_NUMBER + 1 &&
                   TASK_LAST_NUMBER == TASK_VERSIONS_NUMBER + 1,
               "the parameters behind the fields are numbered on: see TASK_BITS_NUMBER");
_Static_assert(TASK_LAST_NUMBER <= DB_MAX_PARAMS, "an UPDATE has room for its parameters");

/* --- Each kind as a parameter. */

static void add_text(struct db_query *query, struct arena *arena, const char *const *text)
{
    (void)arena;
    value_add_text(query, *text);
}

static void add_smallint(struct db_query *query, struct arena *arena, const int *number)
{
    (void)arena;
    value_add_smallint(query, *number);
}

static void add_boolean(struct db_query *query, struct arena *arena, const bool *value)
{
    (void)arena;
    value_add_boolean(query, *value);
}

static void add_texts(struct db_query *query, struct arena *arena, const struct texts *texts)
{
    value_add_texts(query, arena, texts);
}

static void add_optional_time(struct db_query *query, struct arena *arena,
                              const struct optional_time *time)
{
    (void)arena;
    if (time->is_set)
        value_add_timestamp(query, time->at);
    else
        value_add_null(query);
}

static void add_optional_integer(struct db_query *query, struct arena *arena,
                                 const struct optional_integer *integer)
{
    (void)arena;
    if (integer->is_set)
        value_add_int(query, (int32_t)integer->value);
    else
        value_add_null(query);
}

void task_fields_add(struct db_query *query, struct arena *arena, const struct task *task,
                     bool toggle)
{
    assert(query->count == FIRST_PARAMETER - 2);
    if (toggle)
        value_add_null(query);
    else
        value_add_boolean(query, task->completed);
#define ADD(parameter, bit, member, column, type, kind, place)                                     \
    assert(query->count == (parameter)-1);                                                         \
    add_##kind(query, arena, &task->place);
    TASK_FIELDS(ADD)
#undef ADD
}

/* --- Each kind out of a cell. */

struct cell {
    const struct db_rows *rows;
    int row, column;
};

static void read_text(struct cell cell, struct arena *arena, const char **text)
{
    (void)arena;
    *text = value_get_text(cell.rows, cell.row, cell.column);
}

static void read_smallint(struct cell cell, struct arena *arena, int *number)
{
    (void)arena;
    *number = (int)value_get_integer(cell.rows, cell.row, cell.column);
}

static void read_boolean(struct cell cell, struct arena *arena, bool *value)
{
    (void)arena;
    *value = value_get_boolean(cell.rows, cell.row, cell.column);
}

static void read_texts(struct cell cell, struct arena *arena, struct texts *texts)
{
    *texts = value_get_texts(cell.rows, cell.row, cell.column, arena);
}

static void read_optional_time(struct cell cell, struct arena *arena, struct optional_time *time)
{
    (void)arena;
    time->is_set = value_read_timestamp(cell.rows, cell.row, cell.column, &time->at);
}

static void read_optional_integer(struct cell cell, struct arena *arena,
                                  struct optional_integer *integer)
{
    (void)arena;
    integer->is_set = value_read_integer(cell.rows, cell.row, cell.column, &integer->value);
}

struct task task_fields_read(const struct db_rows *rows, int row, struct arena *arena)
{
    struct cell cell = {.rows = rows, .row = row, .column = 4};
    struct task task = {
        .id = value_get_uuid(rows, row, 1),
        .created_at = value_get_timestamp(rows, row, 3),
        .updated_at = value_get_timestamp(rows, row, 4),
    };
    task.completed = value_read_timestamp(rows, row, 2, &task.completed_at);
#define READ(parameter, bit, member, column_name, type, kind, place)                               \
    cell.column++;                                                                                 \
    read_##kind(cell, arena, &task.place);
    TASK_FIELDS(READ)
#undef READ
    return task;
}

/* --- Each kind compared. What is not set is equal whatever else it holds. */

static bool is_same_text(const char *const *one, const char *const *other)
{
    return *one == NULL || *other == NULL ? *one == *other : strcmp(*one, *other) == 0;
}

static bool is_same_smallint(const int *one, const int *other)
{
    return *one == *other;
}

static bool is_same_boolean(const bool *one, const bool *other)
{
    return *one == *other;
}

static bool is_same_texts(const struct texts *one, const struct texts *other)
{
    bool same = one->count == other->count;
    for (size_t i = 0; same && i < one->count; i++)
        same = strcmp(one->items[i], other->items[i]) == 0;
    return same;
}

static bool is_same_optional_time(const struct optional_time *one,
                                  const struct optional_time *other)
{
    return one->is_set == other->is_set && (!one->is_set || one->at == other->at);
}

static bool is_same_optional_integer(const struct optional_integer *one,
                                     const struct optional_integer *other)
{
    return one->is_set == other->is_set && (!one->is_set || one->value == other->value);
}

bool task_fields_are_equal(const struct task *task, const struct task *content)
{
    bool same = task->completed == content->completed;
#define COMPARE(parameter, bit, member, column, type, kind, place)                                 \
    same = same && is_same_##kind(&task->place, &content->place);
    TASK_FIELDS(COMPARE)
#undef COMPARE
    return same;
}
