/* lib/data/task_fields: the list of fields, and whether a task still is what was sent to create it.
 */
#include "app/resources/task_api.h"
#include "lib/data/task_fields.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const char *const tags[] = {"home", "work"};
static const char *const turned[] = {"work", "home"};

static struct task make_task(void)
{
    return (struct task){.title = "Buy milk",
                         .description = "two",
                         .priority = TASK_HIGH,
                         .tags = {tags, 2},
                         .due = {86400000000, true, true},
                         .order = {7, true}};
}

static void equal_content_is_the_same_task(void **state)
{
    (void)state;
    struct task task = make_task(), content = make_task();
    assert_true(task_fields_are_equal(&task, &content));
}

static void what_the_client_did_not_choose_does_not_count(void **state)
{
    (void)state;
    struct task task = make_task(), content = make_task();
    task.created_at = 1;
    task.updated_at = 2;
    task.completed_at = 3;
    assert_true(task_fields_are_equal(&task, &content));
    task.due = content.due = (struct optional_time){0};
    task.order = content.order = (struct optional_integer){0};
    task.due.at = task.order.value = 99; /* of no meaning where nothing is set */
    assert_true(task_fields_are_equal(&task, &content));
}

static void every_field_the_client_chose_counts(void **state)
{
    (void)state;
    struct task others[] = {make_task(), make_task(), make_task(), make_task(), make_task(),
                            make_task(), make_task(), make_task(), make_task(), make_task(),
                            make_task(), make_task(), make_task()};
    struct task content = make_task();
    others[0].title = "buy milk";
    others[1].description = "three";
    others[2].description = NULL;
    others[3].completed = true;
    others[4].priority = TASK_LOW;
    others[5].tags.count = 1;
    others[6].tags.count = 0;
    others[7].tags.items = turned;
    others[8].due.at++;
    others[9].due.is_date = false;
    others[10].due.is_set = false;
    others[11].order.value++;
    others[12].order.is_set = false;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (task_fields_are_equal(&others[i], &content) ||
            task_fields_are_equal(&content, &others[i]))
            fail_msg("difference %zu was not seen", i);
}

static void no_description_is_not_an_empty_one(void **state)
{
    (void)state;
    struct task task = make_task(), content = make_task();
    task.description = content.description = NULL;
    assert_true(task_fields_are_equal(&task, &content));
    task.description = "";
    assert_false(task_fields_are_equal(&task, &content));
}

/* A bit is 1 << the place of the member among the API's rows, which read into the same member. */
static void every_field_has_the_bit_of_its_row(void **state)
{
    static const struct {
        unsigned bit;
        const char *member;
        size_t offset;
    } fields[] = {
#define AS_CASE(parameter, bit, member, column, type, kind, place)                                 \
    {bit, #member, offsetof(struct task, place)},
        TASK_FIELDS(AS_CASE)
#undef AS_CASE
    };
    unsigned all = TASK_COMPLETED;
    (void)state;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        const struct field *row = fields_row(&task_api_task, (size_t)__builtin_ctz(fields[i].bit));
        assert_non_null(row);
        assert_string_equal(row->name, fields[i].member);
        assert_true(fields[i].offset >= row->offset);
        all |= fields[i].bit;
    }
    assert_string_equal(fields_row(&task_api_task, 2)->name, "completed");
    assert_int_equal(TASK_COMPLETED, 1 << 2);
    assert_null(fields_row(&task_api_task, (size_t)__builtin_popcount(all)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_content_is_the_same_task),
        cmocka_unit_test(what_the_client_did_not_choose_does_not_count),
        cmocka_unit_test(every_field_the_client_chose_counts),
        cmocka_unit_test(no_description_is_not_an_empty_one),
        cmocka_unit_test(every_field_has_the_bit_of_its_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
