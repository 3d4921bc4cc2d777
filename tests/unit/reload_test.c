/* app/reload: what an old program hands to the new one. */
#include "app/process/reload.h"

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
    reload_take(&handed);
    assert_false(handed.taken);
    assert_int_equal(handed.metrics_fd, -1);
    assert_int_equal(handed.auth_listener, -1);
    assert_int_equal(handed.worker_count, 0);
}

static void descriptors_and_workers_are_taken_once(void **state)
{
    struct reload handed;
    (void)state;
    setenv("TODO_RELOAD", "7 8 9 -1 10: 100 4194304 3", 1);
    reload_take(&handed);
    assert_true(handed.taken);
    assert_int_equal(handed.metrics_fd, 7);
    assert_int_equal(handed.limits_fd, 8);
    assert_int_equal(handed.hashing_fd, 9);
    assert_int_equal(handed.auth_listener, -1);
    assert_int_equal(handed.scoreboard_fd, 10);
    assert_int_equal(handed.worker_count, 3);
    assert_int_equal(handed.workers[0], 100);
    assert_int_equal(handed.workers[1], 4194304);
    assert_int_equal(handed.workers[2], 3);
    reload_take(&handed);
    assert_false(handed.taken);
}

static void a_program_of_another_version_may_hand_over_more_or_fewer_descriptors(void **state)
{
    struct reload handed;
    (void)state;
    setenv("TODO_RELOAD", "7: 100", 1);
    reload_take(&handed);
    assert_int_equal(handed.metrics_fd, 7);
    assert_int_equal(handed.limits_fd, -1);
    assert_int_equal(handed.auth_listener, -1);
    assert_int_equal(handed.worker_count, 1);
    assert_int_equal(handed.workers[0], 100);
    setenv("TODO_RELOAD", "7 8 9 10 11 12: 100", 1);
    reload_take(&handed);
    assert_int_equal(handed.auth_listener, 10);
    assert_int_equal(handed.worker_count, 1);
    assert_int_equal(handed.workers[0], 100);
}

static void there_may_be_no_worker(void **state)
{
    struct reload handed;
    (void)state;
    setenv("TODO_RELOAD", "5 6 7 8:", 1);
    reload_take(&handed);
    assert_true(handed.taken);
    assert_int_equal(handed.auth_listener, 8);
    assert_int_equal(handed.worker_count, 0);
}

static void no_more_workers_are_taken_than_there_is_room_for(void **state)
{
    static char text[8 * RELOAD_MAX_WORKERS];
    struct reload handed;
    (void)state;
    strcpy(text, "5 6 7 8:");
    for (int i = 0; i < RELOAD_MAX_WORKERS + 10; i++)
        sprintf(text + strlen(text), " %d", 1000 + i);
    setenv("TODO_RELOAD", text, 1);
    reload_take(&handed);
    assert_int_equal(handed.worker_count, RELOAD_MAX_WORKERS);
    assert_int_equal(handed.workers[RELOAD_MAX_WORKERS - 1], 1000 + RELOAD_MAX_WORKERS - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_an_old_program_there_is_nothing_to_take),
        cmocka_unit_test(descriptors_and_workers_are_taken_once),
        cmocka_unit_test(a_program_of_another_version_may_hand_over_more_or_fewer_descriptors),
        cmocka_unit_test(there_may_be_no_worker),
        cmocka_unit_test(no_more_workers_are_taken_than_there_is_room_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
