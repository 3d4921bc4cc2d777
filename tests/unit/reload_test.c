/* app/reload: what an old program hands to the new one. */
#include "app/reload.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void without_an_old_program_there_is_nothing_to_take(void **state)
{
    struct reload handed;
    (void)state;
    unsetenv("TODO_RELOAD");
    assert_false(reload_take(&handed));
}

static void counters_and_workers_are_taken_once(void **state)
{
    struct reload handed;
    (void)state;
    setenv("TODO_RELOAD", "7 100 4194304 3", 1);
    assert_true(reload_take(&handed));
    assert_int_equal(handed.metrics_fd, 7);
    assert_int_equal(handed.worker_count, 3);
    assert_int_equal(handed.workers[0], 100);
    assert_int_equal(handed.workers[1], 4194304);
    assert_int_equal(handed.workers[2], 3);
    assert_false(reload_take(&handed));
}

static void there_may_be_no_worker(void **state)
{
    struct reload handed;
    (void)state;
    setenv("TODO_RELOAD", "5", 1);
    assert_true(reload_take(&handed));
    assert_int_equal(handed.metrics_fd, 5);
    assert_int_equal(handed.worker_count, 0);
}

static void no_more_workers_are_taken_than_there_is_room_for(void **state)
{
    static char text[8 * RELOAD_MAX_WORKERS];
    struct reload handed;
    (void)state;
    strcpy(text, "5");
    for (int i = 0; i < RELOAD_MAX_WORKERS + 10; i++)
        sprintf(text + strlen(text), " %d", 1000 + i);
    setenv("TODO_RELOAD", text, 1);
    assert_true(reload_take(&handed));
    assert_int_equal(handed.worker_count, RELOAD_MAX_WORKERS);
    assert_int_equal(handed.workers[RELOAD_MAX_WORKERS - 1], 1000 + RELOAD_MAX_WORKERS - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_an_old_program_there_is_nothing_to_take),
        cmocka_unit_test(counters_and_workers_are_taken_once),
        cmocka_unit_test(there_may_be_no_worker),
        cmocka_unit_test(no_more_workers_are_taken_than_there_is_room_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
