/* lib/data/prepared: which statements a connection knows. */
#include "lib/data/prepared.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static void nothing_is_prepared_at_first(void **state)
{
    struct prepared prepared = {.count = 0};
    (void)state;
    assert_false(prepared_has(&prepared, "task_find"));
    assert_false(prepared_has(&prepared, ""));
    assert_false(prepared_is_full(&prepared));
}

static void only_what_was_added_is_there(void **state)
{
    struct prepared prepared = {.count = 0};
    (void)state;
    prepared_add(&prepared, "task_find");
    assert_true(prepared_has(&prepared, "task_find"));
    assert_false(prepared_has(&prepared, "task_fin"));
    assert_false(prepared_has(&prepared, "task_finds"));
    assert_false(prepared_has(&prepared, "Task_find"));
}

static void it_is_full_at_its_limit_and_keeps_all(void **state)
{
    struct prepared prepared = {.count = 0};
    char name[16];
    (void)state;
    for (int i = 0; i < PREPARED_MAX; i++) {
        assert_false(prepared_is_full(&prepared));
        snprintf(name, sizeof name, "s%d", i);
        prepared_add(&prepared, name);
    }
    assert_true(prepared_is_full(&prepared));
    for (int i = 0; i < PREPARED_MAX; i++) {
        snprintf(name, sizeof name, "s%d", i);
        assert_true(prepared_has(&prepared, name));
    }
}

static void a_connection_that_is_gone_has_forgotten_all(void **state)
{
    struct prepared prepared = {.count = 0};
    (void)state;
    prepared_add(&prepared, "task_find");
    prepared.count = 0;
    assert_false(prepared_has(&prepared, "task_find"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_prepared_at_first),
        cmocka_unit_test(only_what_was_added_is_there),
        cmocka_unit_test(it_is_full_at_its_limit_and_keeps_all),
        cmocka_unit_test(a_connection_that_is_gone_has_forgotten_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
