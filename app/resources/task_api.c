/* Tasks: the handlers under /tasks and /tags, and their field rules. */
#include "task_api.h"

#include "app/http/json.h"
#include "app/resources/task_json.h"
#include "lib/data/task_batch.h"

#include <stdlib.h>
#include <string.h>

struct completion_input {
    bool completed;
};

/* A task and the id that a client may choose for it. */
struct new_task {
    struct task task;
    struct optional_uuid id;
};

/* In the order of the bits TASK_TITLE, TASK_DESCRIPTION, …: which rows a body named is which fields
 * a change writes. */
static const struct field task_rows[] = {
    {"title", FIELD_TEXT, FIELD_REQUIRED | FIELD_TRIMMED | FIELD_ONE_LINE, 1, 200,
     .offset = offsetof(struct task, title)},
    {"description", FIELD_TEXT, 0, 0, 10000, .offset = offsetof(struct task, description)},
    {"completed", FIELD_BOOLEAN, .offset = offsetof(struct task, completed)},
    {"priority", FIELD_CHOICE, .words = task_json_priorities, .fallback = TASK_MEDIUM,
     .offset = offsetof(struct task, priority)},
    {"tags", FIELD_TAGS, .offset = offsetof(struct task, tags)},
    {"due_date", FIELD_TIME, .offset = offsetof(struct task, due)},
    {"order", FIELD_INTEGER, 0, INT32_MIN, INT32_MAX, .offset = offsetof(struct task, order)},
};

static const struct field id_rows[] = {
    {"id", FIELD_UUID, .offset = offsetof(struct new_task, id)},
};

static const struct field completion_rows[] = {
    {"completed", FIELD_BOOLEAN, FIELD_REQUIRED,
     .offset = offsetof(struct completion_input, completed)},
};

const struct fields task_api_task = {FIELDS(task_rows, struct task)};
const struct fields task_api_new_task = {FIELDS(id_rows, struct new_task), .base = &task_api_task,
                                         .batch_max = TASK_BATCH_MAX, .batch_noun = "tasks"};
const struct fields task_api_completion = {FIELDS(completion_rows, struct completion_input)};

static void write_task(struct request *request, struct response *response, const struct task *task)
{
    struct buffer etag = {.arena = request->arena};
    buffer_add_char(&etag, '"');
    buffer_add_hex(&etag, (uint64_t)task->updated_at);
    buffer_add_char(&etag, '"');
    response_add_header(response, "ETag", buffer_string(&etag));
    task_json_add(&response->body, task, request->base);
}

static struct task with_id(const struct new_task *input)
{
    struct task content = input->task;
    content.id = input->id.is_set ? input->id.value : uuid_create();
    return content;
}

static enum status create_one(struct services *services, struct request *request,
                              struct response *response)
{
    struct task content = with_id(request->input);
    struct task task;
    char id[UUID_TEXT_SIZE];
    enum status status = task_store_insert(services->db, &request->actor, &content, &task);
    bool existed = status == STATUS_ID_TAKEN;
    if (existed && !task_fields_are_equal(&task, &content))
        return status;
    if (!existed && status != STATUS_OK)
        return status;
    uuid_format(&task.id, id);
    /* Only with the 201: mod_fcgid makes a redirect of a 200 with a Location (RFC 3875). */
    if (!existed)
        response_add_header(response, "Location",
                            arena_printf(request->arena, "%s/tasks/%s", request->base, id));
    write_task(request, response, &task);
    return existed ? STATUS_OK : STATUS_CREATED;
}

/* An id as a batch has chosen it, and where. */
struct chosen_id {
    struct uuid id;
    size_t place;
};

static int compare_ids(const void *one, const void *other)
{
    return memcmp(one, other, sizeof(struct uuid));
}

/* An id that two tasks of a batch have chosen cannot be meant. */
static enum status refuse_twins(struct request *request, struct response *response)
{
    const struct new_task *inputs = request->input;
    struct chosen_id *ids = arena_alloc(request->arena, request->input_count * sizeof *ids);
    size_t count = 0;
    for (size_t i = 0; i < request->input_count; i++)
        if (inputs[i].id.is_set)
            ids[count++] = (struct chosen_id){.id = inputs[i].id.value, .place = i};
    qsort(ids, count, sizeof *ids, compare_ids);
    for (size_t i = 1; i < count; i++) {
        if (!uuid_equals(&ids[i - 1].id, &ids[i].id))
            continue;
        struct validation validation = fields_begin(response);
        validation.prefix = arena_printf(request->arena, "[%zu]", ids[i].place);
        fields_add_error(&validation, "id", "appears more than once");
    }
    return fields_conclude(response);
}

static enum status create_batch(struct services *services, struct request *request,
                                struct response *response)
{
    const struct new_task *inputs = request->input;
    size_t count = request->input_count;
    struct task *contents = arena_alloc(request->arena, count * sizeof *contents);
    struct task_batch batch = {
        .contents = contents,
        .count = count,
        .tasks = arena_alloc(request->arena, count * sizeof *batch.tasks),
        .encode = task_json_encode_rows,
    };
    enum status status = refuse_twins(request, response);
    for (size_t i = 0; i < count; i++)
        contents[i] = with_id(&inputs[i]);
    if (status == STATUS_OK)
        status = task_batch_insert(services->db, &request->actor, &batch);
    if (status != STATUS_OK)
        return status;
    task_json_add_all(&response->body, batch.tasks, count, request->base);
    return batch.existed ? STATUS_OK : STATUS_CREATED;
}

enum status task_api_create(struct services *services, struct request *request,
                            struct response *response)
{
    return request->is_array ? create_batch(services, request, response)
                             : create_one(services, request, response);
}

enum status task_api_read(struct services *services, struct request *request,
                          struct response *response)
{
    struct task task;
    enum status status = task_store_find(services->db, &request->actor, &request->path_id, &task);
    if (status != STATUS_OK)
        return status;
    write_task(request, response, &task);
    return response_is_known(response, request) ? STATUS_NOT_MODIFIED : STATUS_OK;
}

static enum status change_task(struct services *services, struct request *request,
                               struct response *response, struct task_change *change)
{
    struct task task;
    change->id = request->path_id;
    change->precondition = request_read_precondition(request);
    enum status status = task_store_update(services->db, &request->actor, change, &task);
    if (status == STATUS_OK)
        write_task(request, response, &task);
    return status;
}

enum status task_api_update(struct services *services, struct request *request,
                            struct response *response)
{
    const struct task *input = request->input;
    struct task_change change = {.fields = request->present, .content = *input};
    return change_task(services, request, response, &change);
}

enum status task_api_complete(struct services *services, struct request *request,
                              struct response *response)
{
    const struct completion_input *input = request->input;
    struct task_change change = {
        .fields = TASK_COMPLETED,
        .toggle = request->present == 0,
        .content = {.title = "", .completed = input->completed},
    };
    return change_task(services, request, response, &change);
}

enum status task_api_delete(struct services *services, struct request *request,
                            struct response *response)
{
    (void)response;
    struct precondition precondition = request_read_precondition(request);
    enum status status = task_store_delete(services->db, &request->actor, &request->path_id,
                                           &precondition);
    return status == STATUS_OK ? STATUS_NO_CONTENT : status;
}

enum status task_api_stats(struct services *services, struct request *request,
                           struct response *response)
{
    struct task_stats stats;
    struct buffer *body = &response->body;
    enum status status = task_store_count(services->db, &request->actor, &stats);
    if (status != STATUS_OK)
        return status;
    buffer_add_text(body, "{\"total\":");
    buffer_add_integer(body, stats.total);
    buffer_add_text(body, ",\"completed\":");
    buffer_add_integer(body, stats.completed);
    buffer_add_text(body, ",\"pending\":");
    buffer_add_integer(body, stats.total - stats.completed);
    buffer_add_text(body, ",\"overdue\":");
    buffer_add_integer(body, stats.overdue);
    buffer_add_text(body, ",\"by_priority\":{");
    for (int i = TASK_LOW; i <= TASK_HIGH; i++) {
        if (i > TASK_LOW)
            buffer_add_char(body, ',');
        json_add_text(body, task_json_priorities[i]);
        buffer_add_char(body, ':');
        buffer_add_integer(body, stats.by_priority[i]);
    }
    buffer_add_text(body, "}}");
    return STATUS_OK;
}

enum status task_api_tags(struct services *services, struct request *request,
                          struct response *response)
{
    struct tag_count *tags;
    int count;
    struct buffer *body = &response->body;
    enum status status = task_store_list_tags(services->db, &request->actor, &tags, &count);
    if (status != STATUS_OK)
        return status;
    buffer_add_char(body, '[');
    for (int i = 0; i < count; i++) {
        buffer_add_text(body, i > 0 ? ",{\"tag\":" : "{\"tag\":");
        json_add_text(body, tags[i].tag);
        buffer_add_text(body, ",\"count\":");
        buffer_add_integer(body, tags[i].count);
        buffer_add_char(body, '}');
    }
    buffer_add_char(body, ']');
    return STATUS_OK;
}
