/* app/scoreboard: who is at work, and who purges. */
#include "app/shared/scoreboard.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { LAST = SCOREBOARD_PLACES - 1 };

static int memory;
static struct scoreboard *board;

static int set_up(void **state)
{
    (void)state;
    memory = -1;
    board = scoreboard_create(&memory);
    return board == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    return close(memory);
}

static void assert_counts(int busy, int idle)
{
    struct scoreboard_counts counts = scoreboard_count(board);
    assert_int_equal(counts.busy, busy);
    assert_int_equal(counts.idle, idle);
}

static void workers_are_counted_as_they_work_wait_and_go(void **state)
{
    (void)state;
    assert_counts(0, 0);
    scoreboard_set_idle(board, 0);
    scoreboard_set_idle(board, 1);
    scoreboard_set_idle(board, LAST);
    assert_counts(0, 3);
    scoreboard_set_busy(board, 0, 1000);
    scoreboard_set_busy(board, LAST, 2000);
    assert_counts(2, 1);
    scoreboard_set_idle(board, 0);
    assert_counts(1, 2);
    scoreboard_set_gone(board, LAST);
    assert_counts(0, 2);
}

static void it_is_known_since_when_a_worker_is_busy(void **state)
{
    (void)state;
    assert_int_equal(scoreboard_busy_since(board, 3), 0);
    scoreboard_set_busy(board, 3, INT64_C(123456789012));
    assert_true(scoreboard_busy_since(board, 3) == INT64_C(123456789012));
    assert_int_equal(scoreboard_busy_since(board, 2), 0);
    scoreboard_set_idle(board, 3);
    assert_int_equal(scoreboard_busy_since(board, 3), 0);
}

static void a_program_after_a_reload_sees_the_same_board(void **state)
{
    (void)state;
    int before = memory;
    int64_t purged_at = scoreboard_purged_at(board);
    scoreboard_set_busy(board, 7, 1000);
    board = scoreboard_create(&memory);
    assert_int_equal(memory, before);
    assert_true(scoreboard_busy_since(board, 7) == 1000);
    assert_true(scoreboard_purged_at(board) == purged_at);
}

static void of_many_workers_one_purges(void **state)
{
    int64_t before = scoreboard_purged_at(board);
    int begun = 0;
    (void)state;
    for (int i = 0; i < 8; i++)
        if (fork() == 0)
            _exit(scoreboard_claim_purge(board, before, before + 1 + i));
    for (int status; wait(&status) > 0;)
        begun += WEXITSTATUS(status);
    assert_int_equal(begun, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(workers_are_counted_as_they_work_wait_and_go),
        TEST(it_is_known_since_when_a_worker_is_busy),
        TEST(a_program_after_a_reload_sees_the_same_board),
        TEST(of_many_workers_one_purges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
