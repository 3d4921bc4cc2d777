/* app/purge: when an idle worker is to look for what has expired. */
#include "app/process/purge.h"

#include "lib/core/clock.h"
#include "tests/unit/between.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

static struct settings settings;
static int memory; /* behind the scoreboard */
static struct services services = {.settings = &settings};
static struct purge purge;

static int set_up(void **state)
{
    (void)state;
    settings = (struct settings){.purge_interval = 300};
    purge = (struct purge){0};
    memory = -1;
    services.scoreboard = scoreboard_create(&memory);
    return services.scoreboard == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    return close(memory);
}

static void without_an_interval_a_worker_waits_for_requests_alone(void **state)
{
    (void)state;
    settings.purge_interval = 0;
    assert_int_equal(purge_pause(&purge, &services), -1);
}

static void the_first_is_due_an_interval_after_the_start(void **state)
{
    (void)state;
    assert_between(purge_pause(&purge, &services), 200 * 1000, 300 * 1000 + 1000);
    purge_step(&purge, &services); /* there is no database that it could ask */
    assert_false(purge.is_at_it);
}

static void one_that_is_due_waits_for_a_moment_without_requests(void **state)
{
    (void)state;
    int64_t before = scoreboard_purged_at(services.scoreboard);
    assert_true(scoreboard_claim_purge(services.scoreboard, before, before - 300 * CLOCK_SECOND));
    assert_between(purge_pause(&purge, &services), 1, 1000);
}

static void one_that_is_not_done_goes_on_soon(void **state)
{
    (void)state;
    purge.is_at_it = true;
    assert_between(purge_pause(&purge, &services), 1, 1000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(without_an_interval_a_worker_waits_for_requests_alone),
        TEST(the_first_is_due_an_interval_after_the_start),
        TEST(one_that_is_due_waits_for_a_moment_without_requests),
        TEST(one_that_is_not_done_goes_on_soon),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
