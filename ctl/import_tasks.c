/* The tasks of an import: read one by one, stored a batch at a time. */
#include "import_tasks.h"

#include "app/resources/task_api.h"
#include "app/resources/task_json.h"

#include <assert.h>
#include <string.h>

/* One task takes at most some 200 KiB, with every character escaped. */
enum { MAX_BATCH_BYTES = 4 * 1024 * 1024 };

struct task_input {
    struct task task;
    struct optional_uuid id;
    struct optional_time created_at, updated_at, completed_at;
};

static const struct field own_rows[] = {
    {"id", FIELD_UUID, .offset = offsetof(struct task_input, id)},
    {"created_at", FIELD_TIME, .offset = offsetof(struct task_input, created_at)},
    {"updated_at", FIELD_TIME, .offset = offsetof(struct task_input, updated_at)},
    {"completed_at", FIELD_TIME, .offset = offsetof(struct task_input, completed_at)},
};

/* The API's fields of a task, and those that only we may write. */
static const struct fields task_fields = {FIELDS(own_rows, struct task_input),
                                          .base = &task_api_task};

/* `wrong` begins with what joins it to `what`. */
static bool leave_task_out(struct import *import, const char *what, const char *wrong)
{
    if (!import_input_may_leave_out(import))
        return import_input_refuse(import, what, wrong);
    import->report.left_out++;
    import_report_note(&import->report, what, wrong);
    return true;
}

static bool has_id(const struct task *tasks, size_t count, const struct uuid *id)
{
    for (size_t i = 0; i < count; i++)
        if (uuid_equals(&tasks[i].id, id))
            return true;
    return false;
}

static bool is_among(const struct texts *ids, const char *id)
{
    for (size_t i = 0; i < ids->count; i++)
        if (strcmp(ids->items[i], id) == 0)
            return true;
    return false;
}

/* Takes these out of the batch; of twins in it the first stays, and is tried again. */
static bool leave_differing_out(struct import *import, const struct texts *ids)
{
    struct task *tasks = import->contents;
    size_t kept = 0;
    for (size_t i = 0; i < import->count; i++) {
        const struct uuid *id = &tasks[i].id;
        char text[UUID_TEXT_SIZE];
        uuid_format(id, text);
        bool is_first_twin = !has_id(tasks, kept, id) &&
                             has_id(tasks + i + 1, import->count - i - 1, id);
        if (is_first_twin || !is_among(ids, text))
            tasks[kept++] = tasks[i];
        else if (!leave_task_out(import, text,
                                 " is another task there already, or in the input twice"))
            return false;
    }
    import->count = kept;
    return true;
}

/* Stores what is left of the batch once nothing in it differs from what is there. */
static bool insert_batch(struct import *import)
{
    enum status status = STATUS_OK;
    while (import->count > 0) {
        struct admin_import batch = {
            .batch = {.contents = import->contents,
                      .count = import->count,
                      .encode = task_json_encode_rows},
        };
        status = admin_store_insert_tasks(import->ctl->db, &import->user.user.id, &batch);
        if (status == STATUS_OK) {
            import->report.stored += batch.stored;
            import->report.there += (int64_t)import->count - batch.stored;
            return true;
        }
        if (status != STATUS_ID_TAKEN) {
            (void)ctl_explain(import->ctl, status);
            return false;
        }
        if (!leave_differing_out(import, &batch.differing))
            return false;
    }
    return true;
}

static bool store_batch(struct import *import)
{
    if (!insert_batch(import))
        return false;
    import->count = 0;
    import->bytes = 0;
    ctl_next(import->ctl);
    ctl_show_progress("tasks", import->read, 0);
    return true;
}

static const char *read_task(struct import *import, struct task *task)
{
    struct task_input input = {0};
    const char *wrong = import_input_read_object(import, &task_fields, &input);
    if (wrong != NULL)
        return wrong;
    if (input.completed_at.is_set && !input.task.completed)
        return " has a completed_at, but is not completed";
    *task = input.task;
    task->id = input.id.is_set ? input.id.value : uuid_create();
    task->created_at = input.created_at.is_set ? input.created_at.at : import->now;
    task->updated_at = input.updated_at.is_set ? input.updated_at.at : task->created_at;
    task->completed_at = input.completed_at.is_set ? input.completed_at.at : task->updated_at;
    return NULL;
}

static bool add_task(struct import *import)
{
    assert(import->count < TASK_BATCH_MAX);
    bool is_named = import->ctl->all;
    const char *wrong = read_task(import, &import->contents[import->count]);
    char name[IMPORT_PLACE_SIZE + 32];
    snprintf(name, sizeof name, "%s%stasks[%lld]", is_named ? import->who : "",
             is_named ? ": " : "", (long long)import->read);
    if (wrong != NULL && !leave_task_out(import, name, wrong))
        return false;
    import->read++;
    import->count += wrong == NULL;
    import->bytes += import->stream.length;
    return (import->count < TASK_BATCH_MAX && import->bytes < MAX_BATCH_BYTES) ||
           store_batch(import);
}

/* Whether the tasks that begin here have somewhere to go. */
static bool may_read_tasks(const struct import *import)
{
    if (import->is_left_out)
        return true;
    if (!import->has_user && !import->ctl->all)
        return import_input_refuse(
            import, import->who,
            " has no account, and the input does not describe one before its tasks");
    if (import->is_object && !import->is_known && (import->ctl->all || !import->ctl->into))
        return import_input_refuse(
            import, "the input: ",
            "\"user\" must stand before \"tasks\", so that nobody is given another's"
            " tasks");
    return true;
}

bool import_tasks_read(struct import *import)
{
    struct json_stream *stream = &import->stream;
    bool is_first = true;
    if (!json_stream_take(stream, '[', "an array of tasks is expected"))
        return import_input_refuse_stream(import);
    if (!may_read_tasks(import))
        return false;
    while (json_stream_has_next(stream, ']', &is_first)) {
        if (!json_stream_read(stream))
            return import_input_refuse_stream(import);
        if (import->is_left_out)
            import->report.left_out++;
        else if (!add_task(import))
            return false;
    }
    return stream->why == NULL ? store_batch(import) : import_input_refuse_stream(import);
}
