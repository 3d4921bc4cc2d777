/* app/task_json: a task as a client sees it, and as the batch statement takes it apart. */
#include "app/http/json.h"
#include "app/resources/task_json.h"
#include "lib/core/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define ID "019a0000-0000-7000-8000-00000000000f"

static struct arena *arena;

static int set_up(void **state)
{
    (void)state;
    arena = arena_create(16384, 1 << 20);
    return arena == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    arena_destroy(arena);
    return 0;
}

static struct task make_task(void)
{
    struct task task = {.title = "Buy milk", .priority = TASK_MEDIUM};
    assert_true(uuid_parse(ID, &task.id));
    return task;
}

static const char *write_task(const struct task *task)
{
    struct buffer body = {.arena = arena};
    task_json_add(&body, task, "https://h/m");
    return buffer_string(&body);
}

static void a_bare_task_has_every_member(void **state)
{
    (void)state;
    struct task task = make_task();
    assert_string_equal(write_task(&task),
                        "{\"id\":\"" ID "\",\"url\":\"https://h/m/tasks/" ID "\","
                        "\"title\":\"Buy milk\",\"description\":null,\"completed\":false,"
                        "\"priority\":\"medium\",\"tags\":[],\"due_date\":null,\"order\":null,"
                        "\"created_at\":\"1970-01-01T00:00:00.000000Z\","
                        "\"updated_at\":\"1970-01-01T00:00:00.000000Z\",\"completed_at\":null}");
}

static void a_full_task_has_every_value(void **state)
{
    static const char *const tags[] = {"home", "\"q\""};
    (void)state;
    struct task task = make_task();
    task.description = "line\nbreak";
    task.completed = true;
    task.completed_at = 1;
    task.priority = TASK_HIGH;
    task.tags = (struct texts){tags, 2};
    task.order = (struct optional_integer){INT32_MIN, true};
    const char *json = write_task(&task);
    assert_non_null(strstr(json, "\"description\":\"line\\nbreak\",\"completed\":true,"
                                 "\"priority\":\"high\",\"tags\":[\"home\",\"\\\"q\\\"\"]"));
    assert_non_null(strstr(json, "\"order\":-2147483648"));
    assert_non_null(strstr(json, "\"completed_at\":\"1970-01-01T00:00:00.000001Z\"}"));
}

static void a_due_date_is_given_back_in_the_kind_it_came_in(void **state)
{
    static const char *const cases[] = {"2026-11-30",           "2026-11-30T18:00:00Z",
                                        "2026-11-30T00:00:00Z", "2026-11-30T18:00:00.5Z",
                                        "0001-01-01",           "9999-12-31T23:59:59.999999Z"};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct task task = make_task();
        task.due.is_set = true;
        assert_true(clock_parse(cases[i], &task.due.at, &task.due.is_date));
        const char *expected = arena_printf(arena, "\"due_date\":\"%s\"", cases[i]);
        assert_non_null(strstr(write_task(&task), expected));
    }
}

static void every_priority_has_its_word(void **state)
{
    static const char *const words[] = {"low", "medium", "high"};
    (void)state;
    for (int i = TASK_LOW; i <= TASK_HIGH; i++)
        assert_string_equal(task_json_priorities[i], words[i]);
    assert_null(task_json_priorities[TASK_HIGH + 1]);
}

static const cJSON *parse(const char *text)
{
    struct json_document document;
    assert_int_equal(json_parse(arena, text, strlen(text), &document), STATUS_OK);
    return document.root;
}

static void many_tasks_are_an_array(void **state)
{
    (void)state;
    for (size_t count = 0; count <= 3; count++) {
        struct task tasks[3] = {make_task(), make_task(), make_task()};
        struct buffer body = {.arena = arena};
        task_json_add_all(&body, tasks, count, "");
        assert_int_equal(cJSON_GetArraySize(parse(buffer_string(&body))), (int)count);
    }
}

static void assert_holds(const char *rows, const char *text)
{
    if (strstr(rows, text) == NULL)
        fail_msg("%s is not in %s", text, rows);
}

static void rows_for_a_batch_hold_what_the_statement_reads(void **state)
{
    static const char *const tags[] = {"a", "b"};
    static const char *const columns[] = {
#define AS_COLUMN(parameter, bit, member, column, type, kind, place) "\"" #column "\":",
        TASK_FIELDS(AS_COLUMN)
#undef AS_COLUMN
    };
    static const char *const values[] = {"{\"id\":\"" ID "\",\"completed\":true,",
                                         "\"description\":\"d\"",
                                         "\"priority\":1",
                                         "\"tags\":[\"a\",\"b\"]",
                                         "\"due_at\":\"1970-01-02T00:00:00.000000Z\"",
                                         "\"due_is_date\":true",
                                         "\"sort_order\":-7"};
    static const char *const defaults[] = {"{\"id\":\"" ID "\",\"completed\":false,",
                                           "\"title\":\"Buy milk\"",
                                           "\"description\":null",
                                           "\"tags\":[]",
                                           "\"due_at\":null",
                                           "\"due_is_date\":false",
                                           "\"sort_order\":null"};
    (void)state;
    struct task bare = make_task(), full = make_task();
    full.description = "d";
    full.completed = true;
    full.tags = (struct texts){tags, 2};
    full.due = (struct optional_time){INT64_C(86400000000), true, true};
    full.order = (struct optional_integer){-7, true};
    const struct task *contents[] = {&bare, &full};
    const char *both = task_json_encode_rows(arena, contents, 2);
    const char *second = strstr(both, "},{");
    assert_non_null(second);
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        assert_holds(second, columns[i]);
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        assert_holds(second, values[i]);
    const char *first = arena_copy(arena, both, (size_t)(second - both));
    for (size_t i = 0; i < sizeof defaults / sizeof *defaults; i++)
        assert_holds(first, defaults[i]);
    assert_int_equal(both[0], '[');
    assert_string_equal(second + strlen(second) - 2, "}]");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_bare_task_has_every_member),
        TEST(a_full_task_has_every_value),
        TEST(a_due_date_is_given_back_in_the_kind_it_came_in),
        TEST(every_priority_has_its_word),
        TEST(many_tasks_are_an_array),
        TEST(rows_for_a_batch_hold_what_the_statement_reads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
