/* todoctl import: an account and its tasks from JSON, a batch at a time. */
#include "import.h"

#include "app/http/json.h"
#include "app/resources/read_only.h"
#include "app/resources/task_api.h"
#include "app/resources/task_json.h"
#include "ctl/credentials.h"
#include "ctl/export.h"
#include "ctl/json_stream.h"
#include "lib/core/clock.h"

#include <assert.h>
#include <string.h>

/* One task takes at most some 200 KiB, with every character escaped. */
enum { MAX_VALUE = 1024 * 1024, MAX_BATCH_BYTES = 4 * 1024 * 1024 };

struct import {
    struct ctl *ctl;
    struct json_stream stream;
    const char *who;
    bool has_user;
    struct uuid user_id;
    int64_t now;
    struct task contents[TASK_BATCH_MAX]; /* the batch at hand; their texts are in ctl's arena */
    size_t count;
    size_t bytes;
    int64_t read, stored;
};

struct account_input {
    struct optional_uuid id;
    const char *hashed_password;
    struct optional_time created_at, disabled_at;
};

struct task_input {
    struct task task;
    struct optional_uuid id;
    struct optional_time created_at, updated_at, completed_at;
};

static const struct field account_rows[] = {
    {"id", FIELD_UUID, .offset = offsetof(struct account_input, id)},
    {"email", FIELD_IGNORED},
    {"hashed_password", FIELD_TEXT, FIELD_REQUIRED, 60, 60,
     .offset = offsetof(struct account_input, hashed_password)},
    {"created_at", FIELD_TIME, .offset = offsetof(struct account_input, created_at)},
    {"disabled_at", FIELD_TIME, .offset = offsetof(struct account_input, disabled_at)},
};

static const struct field own_rows[] = {
    {"id", FIELD_UUID, .offset = offsetof(struct task_input, id)},
    {"created_at", FIELD_TIME, .offset = offsetof(struct task_input, created_at)},
    {"updated_at", FIELD_TIME, .offset = offsetof(struct task_input, updated_at)},
    {"completed_at", FIELD_TIME, .offset = offsetof(struct task_input, completed_at)},
};

static const struct fields account_fields = {FIELDS(account_rows, struct account_input)};

/* The API's fields of a task, and those that only we may write. */
static const struct fields task_fields = {FIELDS(own_rows, struct task_input),
                                          .base = &task_api_task};

/* Says what is wrong in the file. */
static bool report_error(const struct import *import, const char *where, const char *why)
{
    const char *so_far = import->stored > 0 ? "; the tasks before it are stored, and the same"
                                              " import can be run again"
                                            : "";
    (void)ctl_refuse("%s%s%s%s", where, where[0] == '\0' ? "" : " ", why, so_far);
    return false;
}

static bool report_stream_error(const struct import *import)
{
    char where[64];
    snprintf(where, sizeof where, "after %lld tasks:", (long long)import->read);
    return report_error(import, import->read == 0 ? "the input:" : where, import->stream.why);
}

/* Reads the value that the stream has just given as `fields` say; `name` stands for it in errors.
 */
static bool read_object(const struct import *import, const char *name, const struct fields *fields,
                        void *out)
{
    struct arena *arena = import->ctl->arena;
    struct response response = {.arena = arena, .errors = {.arena = arena}};
    struct validation validation = {
        .response = &response, .prefix = name, .read_only = read_only_members};
    struct json_document document;
    char *text = arena_copy(arena, import->stream.text, import->stream.length);
    if (json_parse(arena, text, import->stream.length, &document) != STATUS_OK) {
        const char *member = document.member == NULL ? "" : document.member;
        const char *dot = document.member == NULL ? "" : ".";
        return report_error(import, arena_printf(arena, "%s%s%s:", name, dot, member),
                            document.why);
    }
    (void)fields_read_object(&validation, fields, document.root, out);
    return fields_conclude(&response) == STATUS_OK || report_error(import, "", response.detail);
}

static bool store_batch(struct import *import)
{
    struct admin_import batch = {
        .batch = {.contents = import->contents,
                  .count = import->count,
                  .encode = task_json_encode_rows},
    };
    if (import->count == 0)
        return true;
    enum status status = admin_store_insert_tasks(import->ctl->db, &import->user_id, &batch);
    if (status == STATUS_ID_TAKEN) {
        char id[UUID_TEXT_SIZE];
        uuid_format(&batch.differing, id);
        return report_error(import, id, "is another task there already, or in the input twice");
    }
    if (status != STATUS_OK) {
        (void)ctl_explain(import->ctl, status);
        return false;
    }
    import->stored += batch.stored;
    import->count = 0;
    import->bytes = 0;
    ctl_next(import->ctl);
    ctl_show_progress("tasks", import->read, 0);
    return true;
}

static bool read_task(struct import *import)
{
    struct task_input input = {0};
    struct task *task = &import->contents[import->count];
    assert(import->count < TASK_BATCH_MAX);
    char name[48];
    snprintf(name, sizeof name, "tasks[%lld]", (long long)import->read);
    if (!read_object(import, name, &task_fields, &input))
        return false;
    if (input.completed_at.is_set && !input.task.completed)
        return report_error(import, name, "has a completed_at, but is not completed");
    *task = input.task;
    task->id = input.id.is_set ? input.id.value : uuid_create();
    task->created_at = input.created_at.is_set ? input.created_at.at : import->now;
    task->updated_at = input.updated_at.is_set ? input.updated_at.at : task->created_at;
    task->completed_at = input.completed_at.is_set ? input.completed_at.at : task->updated_at;
    import->read++;
    import->count++;
    import->bytes += import->stream.length;
    return (import->count < TASK_BATCH_MAX && import->bytes < MAX_BATCH_BYTES) ||
           store_batch(import);
}

static bool read_tasks(struct import *import)
{
    struct json_stream *stream = &import->stream;
    bool is_first = true;
    if (!import->has_user)
        return report_error(import, import->who,
                            "has no account, and the input does not describe one before its tasks");
    if (!json_stream_take(stream, '[', "an array of tasks is expected"))
        return report_stream_error(import);
    while (json_stream_has_next(stream, ']', &is_first)) {
        if (!json_stream_read(stream))
            return report_stream_error(import);
        if (!read_task(import))
            return false;
    }
    return stream->why == NULL ? store_batch(import) : report_stream_error(import);
}

/* Makes the account, unless it is there: then it stays as it is. */
static bool read_user(struct import *import)
{
    struct ctl *ctl = import->ctl;
    struct account_input input = {0};
    if (!json_stream_read(&import->stream))
        return report_stream_error(import);
    if (!read_object(import, "user", &account_fields, &input))
        return false;
    if (import->has_user)
        return true;
    struct admin_user made = {
        .user = {.id = input.id.is_set ? input.id.value : uuid_create(),
                 .email = credentials_read_email(ctl, import->who),
                 .hashed_password = input.hashed_password,
                 .created_at = input.created_at.is_set ? input.created_at.at : import->now},
        .is_disabled = input.disabled_at.is_set,
        .disabled_at = input.disabled_at.at,
    };
    if (made.user.email == NULL)
        return false;
    enum status status = admin_store_insert(ctl->db, &made);
    if (status != STATUS_OK) {
        (void)ctl_explain(ctl, status);
        return false;
    }
    import->has_user = true;
    import->user_id = made.user.id;
    printf("account made: %s\n", made.user.email);
    return true;
}

static bool read_format(struct import *import)
{
    static const char known[] = "\"" EXPORT_FORMAT "\"";
    struct json_stream *stream = &import->stream;
    if (!json_stream_read(stream))
        return report_stream_error(import);
    if (stream->length == sizeof known - 1 && memcmp(stream->text, known, stream->length) == 0)
        return true;
    return report_error(import, "the input:", "its format is not " EXPORT_FORMAT);
}

static const struct {
    const char *name; /* as it stands in the file, quotes and all */
    bool (*read)(struct import *import);
} members[] = {{"\"format\"", read_format}, {"\"user\"", read_user}, {"\"tasks\"", read_tasks}};

static bool read_member(struct import *import)
{
    struct json_stream *stream = &import->stream;
    if (!json_stream_read(stream))
        return report_stream_error(import);
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        if (strlen(members[i].name) == stream->length &&
            memcmp(members[i].name, stream->text, stream->length) == 0)
            return json_stream_take(stream, ':', "a colon is expected")
                       ? members[i].read(import)
                       : report_stream_error(import);
    return report_error(import,
                        "the input:", "it holds something other than format, user and tasks");
}

static bool read_members(struct import *import)
{
    struct json_stream *stream = &import->stream;
    bool is_first = true;
    if (!json_stream_take(stream, '{', "it is neither an export nor an array of tasks"))
        return report_stream_error(import);
    while (json_stream_has_next(stream, '}', &is_first))
        if (!read_member(import))
            return false;
    return true;
}

static bool read_all(struct import *import)
{
    struct json_stream *stream = &import->stream;
    bool is_list = json_stream_peek(stream) == '[';
    if (!(is_list ? read_tasks(import) : read_members(import)))
        return false;
    if (stream->why == NULL && json_stream_peek(stream) != EOF)
        stream->why = "something follows its end";
    return stream->why == NULL || report_stream_error(import);
}

enum ctl_exit import_run(struct ctl *ctl, char **arguments)
{
    static struct import import;
    struct admin_user user;
    enum ctl_exit exit;
    if (!ctl_open(ctl, &exit))
        return exit;
    import.ctl = ctl;
    import.stream = (struct json_stream){.file = stdin, .limit = MAX_VALUE};
    import.who = arguments[0];
    import.now = clock_now();
    enum status status = admin_store_find(ctl->db, import.who, &user);
    if (status != STATUS_OK && status != STATUS_NOT_FOUND)
        return ctl_explain(ctl, status);
    import.has_user = status == STATUS_OK;
    if (import.has_user)
        import.user_id = user.user.id;
    bool good = read_all(&import);
    ctl_end_progress();
    json_stream_close(&import.stream);
    if (!good)
        return CTL_REFUSED;
    printf("tasks stored: %lld; there already: %lld\n", (long long)import.stored,
           (long long)(import.read - import.stored));
    return CTL_DONE;
}
