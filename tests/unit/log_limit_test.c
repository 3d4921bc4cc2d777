/* lib/core/log_limit: a few lines of a kind a minute, over all processes. */
#include "lib/core/clock.h"
#include "lib/core/log_limit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define MINUTE (60 * CLOCK_SECOND)

enum { FLOOD, STATE, OTHER = LOG_KINDS - 2 };

/* Each test has minutes of its own: the limits live as long as the process. */
static int64_t now = 1000 * MINUTE;

static int set_up(void **state)
{
    (void)state;
    log_limit_share();
    now += 10 * MINUTE;
    uint32_t left_out;
    (void)!log_limit_take(FLOOD, now - MINUTE, &left_out);
    return 0;
}

/* Asks for lines; how many were allowed. */
static int ask(int kind, int64_t at, int times)
{
    int allowed = 0;
    for (int i = 0; i < times; i++) {
        uint32_t left_out;
        allowed += log_limit_take(kind, at, &left_out);
    }
    return allowed;
}

static void a_few_lines_a_minute_are_allowed(void **state)
{
    (void)state;
    assert_int_equal(ask(FLOOD, now, 100), LOG_LIMIT_LINES);
    assert_int_equal(ask(FLOOD, now + MINUTE - 1, 100), 0);
    assert_int_equal(ask(FLOOD, now + MINUTE, 100), LOG_LIMIT_LINES);
}

static void kinds_do_not_count_together(void **state)
{
    (void)state;
    assert_int_equal(ask(FLOOD, now, 100), LOG_LIMIT_LINES);
    assert_int_equal(ask(OTHER, now, 1), 1);
    assert_int_equal(ask(OTHER + 1, now, 1), 1);
}

static void the_first_line_of_a_later_minute_says_how_many_were_left_out(void **state)
{
    uint32_t left_out;
    (void)state;
    ask(FLOOD, now, LOG_LIMIT_LINES + 7);
    assert_true(log_limit_take(FLOOD, now + 3 * MINUTE, &left_out));
    assert_int_equal(left_out, 7);
    assert_true(log_limit_take(FLOOD, now + 3 * MINUTE, &left_out));
    assert_int_equal(left_out, 0);
}

static void where_none_was_left_out_nothing_is_said(void **state)
{
    uint32_t left_out = 9;
    (void)state;
    ask(FLOOD, now, LOG_LIMIT_LINES);
    assert_true(log_limit_take(FLOOD, now + MINUTE, &left_out));
    assert_int_equal(left_out, 0);
}

static void all_processes_count_together(void **state)
{
    int allowed = 0;
    (void)state;
    for (int i = 0; i < 4; i++)
        if (fork() == 0)
            _exit(ask(FLOOD, now, 1000));
    for (int status; wait(&status) > 0;)
        allowed += WEXITSTATUS(status);
    assert_int_equal(allowed, LOG_LIMIT_LINES);
}

static void what_one_process_has_told_all_know(void **state)
{
    (void)state;
    assert_false(log_limit_set_told(STATE, true));
    if (fork() == 0)
        _exit(log_limit_set_told(STATE, false));
    int status;
    wait(&status);
    assert_int_equal(WEXITSTATUS(status), 1);
    assert_false(log_limit_set_told(STATE, false));
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_few_lines_a_minute_are_allowed),
        TEST(kinds_do_not_count_together),
        TEST(the_first_line_of_a_later_minute_says_how_many_were_left_out),
        TEST(where_none_was_left_out_nothing_is_said),
        TEST(all_processes_count_together),
        TEST(what_one_process_has_told_all_know),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
