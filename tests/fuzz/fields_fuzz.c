/* app/fields on a JSON body: a task that is taken keeps the rules, and can be put back as shown. */
#include "app/http/json.h"
#include "app/resources/account_api.h"
#include "app/resources/auth_api.h"
#include "app/resources/read_only.h"
#include "app/resources/task_api.h"
#include "app/resources/task_json.h"
#include "lib/core/utf8.h"
#include "lib/data/task_batch.h"
#include "tests/fuzz/fuzz.h"

/* The errors noted are members of a JSON array, and as many as were counted. */
static void check_errors(struct arena *arena, struct response *response)
{
    struct buffer array = {.arena = arena};
    struct json_document document;
    int count = response->error_count;
    REQUIRE((fields_conclude(response) == STATUS_OK) == (count == 0));
    buffer_add_char(&array, '[');
    buffer_add(&array, response->errors.data, response->errors.length);
    buffer_add_char(&array, ']');
    REQUIRE(json_parse(arena, array.data, array.length, &document) == STATUS_OK);
    REQUIRE(cJSON_GetArraySize(document.root) ==
            (count < RESPONSE_MAX_ERRORS ? count : RESPONSE_MAX_ERRORS));
}

/* Reads a body into `out`; whether it was taken. */
static bool read_body(struct arena *arena, const struct fields *fields, const cJSON *root,
                      void *out)
{
    struct response response = {
        .arena = arena, .body = {.arena = arena}, .errors = {.arena = arena}};
    struct validation validation = fields_begin(&response);
    validation.read_only = read_only_members;
    validation.has_nul = true; /* to be looked for */
    uint32_t present = fields_read_object(&validation, fields, root, out);
    for (size_t i = 0; i < 32; i++)
        REQUIRE((present >> i & 1) == 0 || fields_row(fields, i) != NULL);
    bool taken = response.error_count == 0;
    check_errors(arena, &response);
    return taken;
}

static void check_task(const struct task *task)
{
    REQUIRE(utf8_count(task->title) >= 1 && utf8_count(task->title) <= 200);
    REQUIRE(!utf8_has_control(task->title, ""));
    REQUIRE(task->description == NULL || utf8_count(task->description) <= 10000);
    REQUIRE(task->priority >= TASK_LOW && task->priority <= TASK_HIGH);
    REQUIRE(task->tags.count <= 20);
    for (size_t i = 0; i < task->tags.count; i++)
        REQUIRE(utf8_count(task->tags.items[i]) >= 1 && utf8_count(task->tags.items[i]) <= 50);
    REQUIRE(!task->order.is_set ||
            (task->order.value >= INT32_MIN && task->order.value <= INT32_MAX));
}

/* "so that a client may PUT back what it got" */
static void check_put_back(struct arena *arena, const struct task *task)
{
    struct buffer shown = {.arena = arena};
    struct json_document document;
    task_json_add(&shown, task, "http://h");
    REQUIRE(json_parse(arena, shown.data, shown.length, &document) == STATUS_OK);
    struct task *again = arena_alloc(arena, task_api_task.size);
    REQUIRE(read_body(arena, &task_api_task, document.root, again));
    REQUIRE(task_fields_are_equal(again, task));
}

static void run(struct arena *arena, const uint8_t *data, size_t size)
{
    static const struct fields *const others[] = {
        &task_api_completion, &account_api_signup, &account_api_password, &account_api_deletion,
        &auth_api_login,      &auth_api_renewal,   &auth_api_logout};
    struct json_document document;
    const char *text = arena_copy(arena, (const char *)data, size);
    if (json_parse(arena, text, size, &document) != STATUS_OK)
        return;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        read_body(arena, others[i], document.root, arena_alloc(arena, others[i]->size));
    struct task *task = arena_alloc(arena, task_api_new_task.size);
    if (!read_body(arena, &task_api_new_task, document.root, task))
        return;
    check_task(task);
    check_put_back(arena, task);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_run(run, data, size);
}
