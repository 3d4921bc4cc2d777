/* Tasks as JSON: for clients, and for the statement that stores a batch. */
#include "task_json.h"

#include "app/http/json.h"
#include "lib/core/clock.h"

const char *const task_json_priorities[] = {
    [TASK_LOW] = "low", [TASK_MEDIUM] = "medium", [TASK_HIGH] = "high", NULL};

static void add_tags(struct buffer *body, const struct texts *tags)
{
    buffer_add_char(body, '[');
    for (size_t i = 0; i < tags->count; i++) {
        if (i > 0)
            buffer_add_char(body, ',');
        json_add_text(body, tags->items[i]);
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

static void add_order(struct buffer *body, const struct optional_integer *order)
{
    if (order->is_set)
        buffer_add_integer(body, order->value);
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
    add_tags(body, &task->tags);
    buffer_add_text(body, ",\"due_date\":");
    add_due(body, &task->due);
    buffer_add_text(body, ",\"order\":");
    add_order(body, &task->order);
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

static void add_row(struct buffer *rows, const struct task *task)
{
    buffer_add_text(rows, "{\"id\":");
    json_add_uuid(rows, &task->id);
    buffer_add_text(rows, ",\"title\":");
    json_add_text(rows, task->title);
    buffer_add_text(rows, ",\"description\":");
    json_add_nullable(rows, task->description);
    buffer_add_text(rows, task->completed ? ",\"completed\":true,\"priority\":"
                                          : ",\"completed\":false,\"priority\":");
    buffer_add_integer(rows, task->priority);
    buffer_add_text(rows, ",\"tags\":");
    add_tags(rows, &task->tags);
    buffer_add_text(rows, ",\"due_at\":");
    if (task->due.is_set)
        json_add_timestamp(rows, task->due.at);
    else
        buffer_add_text(rows, "null");
    buffer_add_text(rows, task->due.is_date ? ",\"due_is_date\":true,\"sort_order\":"
                                            : ",\"due_is_date\":false,\"sort_order\":");
    add_order(rows, &task->order);
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
