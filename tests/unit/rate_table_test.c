/* app/rate_table: counting in memory that processes share, any of which may die at any moment. */
#include "app/shared/rate_table.h"
#include "tests/unit/between.h"

#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { CHILDREN = 8 };

static const int64_t second = 1000000;
static const int64_t start = INT64_C(1) << 40; /* on the edge of every unit of time */
static const int64_t tick = 1 << 14;           /* of failures */
static const uint64_t key = UINT64_C(0x123456789ABCDEF0);

static struct {
    struct rate_table table;
    atomic_llong begun, done;
} * shared;

static int set_up(void **state)
{
    (void)state;
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return shared == MAP_FAILED;
}

static int tear_down(void **state)
{
    (void)state;
    return munmap(shared, sizeof *shared);
}

static struct rate_quota take(uint64_t of, int64_t now, int64_t quota)
{
    struct rate_quota taken = {.now = now, .window = 60, .quota = quota};
    rate_table_take(&shared->table, of, &taken);
    return taken;
}

static struct rate_failures attempt(uint64_t of, int64_t now, int64_t free_ones)
{
    struct rate_failures failures = {.now = now, .free = free_ones};
    rate_table_attempt(&shared->table, of, &failures);
    return failures;
}

static const int64_t quotas[] = {1, 3, 10, 60, 7000, 100000};
enum { QUOTA_COUNT = sizeof quotas / sizeof *quotas };

static void a_quota_can_be_used_up_at_once_and_no_more(void **state)
{
    (void)state;
    for (size_t i = 0; i < QUOTA_COUNT; i++) {
        for (int64_t left = quotas[i] - 1; left >= 0; left--) {
            struct rate_quota taken = take(i, start, quotas[i]);
            assert_true(taken.allowed);
            assert_int_equal(taken.remaining, left);
            assert_true(taken.wait > 0 && taken.wait <= 60 * second);
        }
        for (int more = 0; more < 3; more++) {
            struct rate_quota refused = take(i, start, quotas[i]);
            assert_false(refused.allowed);
            assert_int_equal(refused.remaining, 0);
        }
    }
}

static void the_next_is_allowed_when_it_was_said_and_not_a_microsecond_before(void **state)
{
    (void)state;
    for (size_t i = 0; i < QUOTA_COUNT; i++) {
        int64_t now = start;
        while (take(i, now, quotas[i]).allowed)
            continue;
        for (int round = 0; round < 10; round++) {
            int64_t wait = take(i, now, quotas[i]).wait;
            assert_between(wait, 60 * second / quotas[i] - 64, 60 * second / quotas[i]);
            assert_false(take(i, now + wait - 1, quotas[i]).allowed);
            now += wait;
            assert_true(take(i, now, quotas[i]).allowed);
            assert_false(take(i, now, quotas[i]).allowed);
        }
    }
}

static void who_has_waited_as_long_as_it_was_said_is_let_in_at_any_time(void **state)
{
    (void)state;
    int64_t now = start;
    for (int round = 0; round < 1000; round++) {
        struct rate_quota refused = take(key, now, 7000);
        while (refused.allowed)
            refused = take(key, now, 7000);
        now += refused.wait;
        assert_true(take(key, now, 7000).allowed);
        now += round * 7 % 64; /* within a unit */
    }
}

static void after_a_quiet_window_all_of_it_is_there_again(void **state)
{
    (void)state;
    for (size_t i = 0; i < QUOTA_COUNT; i++) {
        while (take(i, start, quotas[i]).allowed)
            continue;
        assert_int_equal(take(i, start + 60 * second, quotas[i]).remaining, quotas[i] - 1);
    }
}

static void what_is_given_back_can_be_taken_again(void **state)
{
    struct rate_quota quota = {.now = start, .window = 60, .quota = 3};
    (void)state;
    rate_table_give_back(&shared->table, key, &quota); /* nothing was taken */
    for (int i = 0; i < 3; i++)
        assert_true(take(key, start, 3).allowed);
    rate_table_give_back(&shared->table, key, &quota);
    assert_true(take(key, start, 3).allowed);
    assert_false(take(key, start, 3).allowed);
    for (int i = 0; i < 5; i++)
        rate_table_give_back(&shared->table, key, &quota);
    assert_int_equal(take(key, start, 3).remaining, 2);
}

static void delays_begin_after_the_free_ones_and_double_up_to_15_minutes(void **state)
{
    static const int64_t delays[] = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900};
    (void)state;
    for (int64_t free_ones = 1; free_ones <= 3; free_ones++) {
        uint64_t own = (uint64_t)free_ones;
        int64_t now = start;
        for (int64_t i = 1; i < free_ones; i++)
            assert_int_equal(attempt(own, now, free_ones).wait, 0);
        for (size_t i = 0; i < sizeof delays / sizeof *delays; i++) {
            struct rate_failures allowed = attempt(own, now, free_ones);
            assert_true(allowed.allowed);
            assert_int_equal(allowed.count, free_ones + (int64_t)i);
            assert_int_equal(allowed.wait, delays[i] * second);
            int64_t wait = attempt(own, now, free_ones).wait;
            assert_between(wait, delays[i] * second - tick, delays[i] * second);
            assert_false(attempt(own, now + wait - 1, free_ones).allowed);
            now += wait;
        }
        assert_true(attempt(own, now, free_ones).allowed);
    }
}

static void a_look_says_what_an_attempt_would_and_counts_nothing(void **state)
{
    struct rate_failures look = {.now = start, .free = 2};
    (void)state;
    attempt(key, start, 2);
    for (int i = 0; i < 3; i++) {
        rate_table_look(&shared->table, key, &look);
        assert_true(look.allowed);
        assert_int_equal(look.count, 1);
    }
    attempt(key, start, 2);
    rate_table_look(&shared->table, key, &look);
    assert_false(look.allowed);
    assert_int_equal(look.wait, attempt(key, start, 2).wait);
}

static void fifteen_minutes_after_its_delay_all_is_forgotten(void **state)
{
    int64_t quiet = (900 + 2) * second; /* the second of one free failure delays for 2 s */
    (void)state;
    for (int i = 0; i < 2; i++) {
        uint64_t own = (uint64_t)i;
        attempt(own, start, 1);
        assert_int_equal(attempt(own, start + second, 1).count, 2);
        int64_t now = start + second + quiet + (i == 0 ? -tick : tick);
        assert_int_equal(attempt(own, now, 1).count, i == 0 ? 3 : 1);
    }
}

static void forgiving_one_or_all(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++)
        attempt(key, start, 10);
    rate_table_forgive(&shared->table, key, false);
    assert_int_equal(attempt(key, start, 10).count, 5);
    rate_table_forgive(&shared->table, key, true);
    assert_int_equal(attempt(key, start, 10).count, 1);
    for (int i = 0; i < 3; i++) /* never below none */
        rate_table_forgive(&shared->table, key, false);
    assert_int_equal(attempt(key, start, 10).count, 1);
}

static void counts_end_at_their_highest_and_delays_go_on(void **state)
{
    int64_t now = start;
    (void)state;
    for (int i = 0; i < 1100; i++)
        now += attempt(key, now, RATE_MAX_FAILURES).wait;
    struct rate_failures failures = attempt(key, now, RATE_MAX_FAILURES);
    assert_true(failures.allowed);
    assert_int_equal(failures.count, 1023);
    assert_int_equal(failures.wait, 900 * second);
}

/* Of one bucket. */
static uint64_t neighbour(uint64_t number)
{
    return number << 44 | 7;
}

static void a_full_bucket_gives_up_the_one_that_is_quiet_for_longest(void **state)
{
    (void)state;
    for (uint64_t i = 1; i <= RATE_TABLE_WAYS; i++)
        attempt(neighbour(i), start + (int64_t)i * second, 10);
    attempt(neighbour(1), start + 100 * second, 10); /* now 2 is the stalest */
    assert_int_equal(attempt(neighbour(100), start + 101 * second, 10).count, 1);
    for (uint64_t i = 3; i <= RATE_TABLE_WAYS; i++)
        assert_int_equal(attempt(neighbour(i), start + 102 * second, 10).count, 2);
    assert_int_equal(attempt(neighbour(1), start + 102 * second, 10).count, 3);
    assert_int_equal(attempt(neighbour(2), start + 103 * second, 10).count, 1);
}

static void keys_of_one_bucket_do_not_count_for_each_other(void **state)
{
    (void)state;
    for (uint64_t i = 1; i <= RATE_TABLE_WAYS; i++)
        for (int64_t left = 2; left >= 0; left--)
            assert_int_equal(take(neighbour(i), start, 3).remaining, left);
    for (uint64_t i = 1; i <= RATE_TABLE_WAYS; i++)
        assert_false(take(neighbour(i), start, 3).allowed);
}

/* They begin when all of them are there. */
static void in_children(void (*work)(uint64_t number))
{
    for (uint64_t i = 0; i < CHILDREN; i++)
        if (fork() == 0) {
            atomic_fetch_add(&shared->begun, 1);
            while (shared->begun < CHILDREN)
                sched_yield();
            work(i);
            _exit(0);
        }
    for (int i = 0; i < CHILDREN; i++) {
        int status;
        assert_true(wait(&status) > 0);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
}

static void take_often(uint64_t number)
{
    long long allowed = 0;
    (void)number;
    for (int i = 0; i < 30000; i++)
        allowed += take(key, start, 100000).allowed;
    atomic_fetch_add(&shared->done, allowed);
}

static void processes_together_get_the_quota_and_no_more(void **state)
{
    (void)state;
    in_children(take_often);
    assert_int_equal(shared->done, 100000);
}

/* Nobody takes the last place of a bucket for which all come at once. */
static void take_beside_others(uint64_t number)
{
    for (int i = 0; i < 1000; i++)
        for (uint64_t j = 0; j < RATE_TABLE_WAYS; j++)
            if (take(neighbour((number + j) % RATE_TABLE_WAYS + 1), start, 3).allowed)
                atomic_fetch_add(&shared->done, 1);
}

static void new_keys_that_come_at_once_are_each_counted_once(void **state)
{
    (void)state;
    in_children(take_beside_others);
    assert_int_equal(shared->done, 3 * RATE_TABLE_WAYS);
}

static void fail_often(uint64_t number)
{
    (void)number;
    for (int i = 0; i < 100; i++)
        attempt(key, start, RATE_MAX_FAILURES);
}

static void failures_in_many_processes_all_count(void **state)
{
    (void)state;
    in_children(fail_often);
    assert_int_equal(attempt(key, start, RATE_MAX_FAILURES).count, CHILDREN * 100 + 1);
}

static void take_until_killed(void)
{
    for (;;) {
        atomic_fetch_add(&shared->begun, 1);
        take(key, start, 100000);
        atomic_fetch_add(&shared->done, 1);
        attempt(key + 1, start, RATE_MAX_FAILURES);
        rate_table_forgive(&shared->table, key + 1, false);
    }
}

static void a_process_that_is_killed_at_any_moment_loses_at_most_its_own_step(void **state)
{
    (void)state;
    srandom(1);
    for (int round = 0; round < 200; round++) {
        long long until = shared->done + random() % 300;
        pid_t pid = fork();
        if (pid == 0)
            take_until_killed();
        while (shared->done < until)
            continue;
        kill(pid, SIGKILL);
        assert_int_equal(waitpid(pid, NULL, 0), pid);
    }
    struct rate_quota quota = {.now = start, .window = 60, .quota = 100000};
    rate_table_take(&shared->table, key, &quota);
    long long taken = quota.allowed ? 100000 - quota.remaining - 1 : 100000;
    assert_between(taken, shared->done < 100000 ? shared->done : 100000, shared->begun);
    assert_between(attempt(key + 1, start, RATE_MAX_FAILURES).count, 1, 201);
    assert_int_equal(take(key + 2, start, 3).remaining, 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_quota_can_be_used_up_at_once_and_no_more),
        TEST(the_next_is_allowed_when_it_was_said_and_not_a_microsecond_before),
        TEST(who_has_waited_as_long_as_it_was_said_is_let_in_at_any_time),
        TEST(after_a_quiet_window_all_of_it_is_there_again),
        TEST(what_is_given_back_can_be_taken_again),
        TEST(delays_begin_after_the_free_ones_and_double_up_to_15_minutes),
        TEST(a_look_says_what_an_attempt_would_and_counts_nothing),
        TEST(fifteen_minutes_after_its_delay_all_is_forgotten),
        TEST(forgiving_one_or_all),
        TEST(counts_end_at_their_highest_and_delays_go_on),
        TEST(a_full_bucket_gives_up_the_one_that_is_quiet_for_longest),
        TEST(keys_of_one_bucket_do_not_count_for_each_other),
        TEST(processes_together_get_the_quota_and_no_more),
        TEST(new_keys_that_come_at_once_are_each_counted_once),
        TEST(failures_in_many_processes_all_count),
        TEST(a_process_that_is_killed_at_any_moment_loses_at_most_its_own_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
