/* Tasks as JSON: for clients, and for the statement that stores a batch. */
#include "task_json.h"

#include "app/http/json.h"
#include "lib/core/clock.h"

const char *const task_json_priorities[] = {
    [TASK_LOW] = "low", [TASK_MEDIUM] = "medium", [TASK_HIGH] = "high", NULL};

static void add_texts(struct buffer *body, const struct texts *texts)
{
    buffer_add_char(body, '[');
    for (size_t i = 0; i < texts->count; i++) {
        if (i > 0)
            buffer_add_char(body, ',');
        json_add_text(body, texts->items[i]);
    }
    buffer_add_char(body, ']');
}

static void add_due(struct buffer *body, const struct optional_time *due)
{
    char text[CLOCK_TEXT_SIZE];
    if (due->is_set && due->is_date)
        clock_format_date(due->at, text);
    else if (due->is_set)
        clock_format(due->at, false, text);
    json_add_nullable(body, due->is_set ? text : NULL);
}

static void add_optional_integer(struct buffer *body, const struct optional_integer *integer)
{
    if (integer->is_set)
        buffer_add_integer(body, integer->value);
    else
        buffer_add_text(body, "null");
}

void task_json_add(struct buffer *body, const struct task *task, const char *base)
{
    char id[UUID_TEXT_SIZE];
    uuid_format(&task->id, id);
    buffer_add_text(body, "{\"id\":\"");
    buffer_add(body, id, UUID_TEXT_SIZE - 1);
    buffer_add_text(body, "\",\"url\":\"");
    buffer_add_text(body, base);
    buffer_add_text(body, "/tasks/");
    buffer_add(body, id, UUID_TEXT_SIZE - 1);
    buffer_add_text(body, "\",\"title\":");
    json_add_text(body, task->title);
    buffer_add_text(body, ",\"description\":");
    json_add_nullable(body, task->description);
    buffer_add_text(body, task->completed ? ",\"completed\":true,\"priority\":"
                                          : ",\"completed\":false,\"priority\":");
    json_add_text(body, task_json_priorities[task->priority]);
    buffer_add_text(body, ",\"tags\":");
    add_texts(body, &task->tags);
    buffer_add_text(body, ",\"due_date\":");
    add_due(body, &task->due);
    buffer_add_text(body, ",\"order\":");
    add_optional_integer(body, &task->order);
    buffer_add_text(body, ",\"created_at\":");
    json_add_timestamp(body, task->created_at);
    buffer_add_text(body, ",\"updated_at\":");
    json_add_timestamp(body, task->updated_at);
    buffer_add_text(body, ",\"completed_at\":");
    if (task->completed)
        json_add_timestamp(body, task->completed_at);
    else
        buffer_add_text(body, "null");
    buffer_add_char(body, '}');
}

void task_json_add_all(struct buffer *body, const struct task *tasks, size_t count,
                       const char *base)
{
    buffer_add_char(body, '[');
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buffer_add_char(body, ',');
        task_json_add(body, &tasks[i], base);
    }
    buffer_add_char(body, ']');
}

/* --- A row for PostgreSQL: each kind of TASK_FIELDS as JSON. */

static void add_text(struct buffer *rows, const char *const *text)
{
    json_add_nullable(rows, *text);
}

static void add_smallint(struct buffer *rows, const int *number)
{
    buffer_add_integer(rows, *number);
}

static void add_boolean(struct buffer *rows, const bool *value)
{
    buffer_add_text(rows, *value ? "true" : "false");
}

static void add_optional_time(struct buffer *rows, const struct optional_time *time)
{
    if (time->is_set)
        json_add_timestamp(rows, time->at);
    else
        buffer_add_text(rows, "null");
}

static void add_row(struct buffer *rows, const struct task *task)
{
    buffer_add_text(rows, "{\"id\":");
    json_add_uuid(rows, &task->id);
    buffer_add_text(rows, ",\"completed\":");
    add_boolean(rows, &task->completed);
#define ADD(parameter, bit, member, column, type, kind, place)                                     \
    buffer_add_text(rows, ",\"" #column "\":");                                                    \
    add_##kind(rows, &task->place);
    TASK_FIELDS(ADD)
#undef ADD
    buffer_add_char(rows, '}');
}

const char *task_json_encode_rows(struct arena *arena, const struct task *const *contents,
                                  size_t count)
{
    struct buffer rows = {.arena = arena};
    buffer_add_char(&rows, '[');
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buffer_add_char(&rows, ',');
        add_row(&rows, contents[i]);
    }
    buffer_add_char(&rows, ']');
    return buffer_string(&rows);
}
