/* app/hashing: how many processes hash passwords at once, and what becomes of those that must wait.
 */
#include "app/limits/hashing.h"

#include "app/pipeline/routes.h"
#include "lib/core/clock.h"
#include "tests/unit/between.h"

#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

static struct settings settings;
static struct services services = {.settings = &settings};
static int fd;

static int set_up(void **state)
{
    (void)state;
    fd = -1;
    int none = -1;
    services.metrics = metrics_create(routes_count, routes_labels, &none);
    return services.metrics == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    return close(fd);
}

static void allow(int64_t concurrency, int64_t workers)
{
    services.hashing = hashing_create(concurrency, workers, &fd);
    assert_non_null(services.hashing);
}

static enum status hash_once(int64_t cost)
{
    struct response response = {0};
    char hash[PASSWORD_HASH_SIZE];
    settings.bcrypt_cost = cost;
    enum status status = hashing_hash(&services, &response, "a quiet river", hash);
    if (status == STATUS_UNAVAILABLE && response.detail == NULL)
        abort();
    return status;
}

/* Goes on hashing until it is killed, or a test that fails has ended before it. */
static pid_t start_hashing(void)
{
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (;;)
            (void)!hash_once(12);
    }
    return pid;
}

static void end(pid_t pid)
{
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static int64_t to_micros(struct timespec time)
{
    return time.tv_sec * CLOCK_SECOND + time.tv_nsec / 1000;
}

/* Waits until a process has used the processor for some milliseconds more. */
static void let_it_compute(pid_t pid)
{
    clockid_t clock;
    struct timespec before, now;
    int64_t end_of_patience = clock_monotonic() + 60 * CLOCK_SECOND;
    assert_int_equal(clock_getcpuclockid(pid, &clock), 0);
    clock_gettime(clock, &before);
    do {
        assert_true(clock_monotonic() < end_of_patience);
        poll(NULL, 0, 1);
        clock_gettime(clock, &now);
    } while (to_micros(now) - to_micros(before) < 5000);
}

/* Stops a process in the middle of a hash. With no queue, so that nobody has to wait to know. */
static void stop_in_a_hash(pid_t pid)
{
    for (int try = 0; try < 100; try++) {
        int status;
        let_it_compute(pid);
        kill(pid, SIGSTOP);
        assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
        if (hash_once(4) == STATUS_UNAVAILABLE)
            return;
        kill(pid, SIGCONT);
    }
    end(pid);
    fail_msg("two hashes are computed at once");
}

static void a_hash_that_was_made_is_verified(void **state)
{
    struct response response = {0};
    char hash[PASSWORD_HASH_SIZE];
    (void)state;
    allow(2, 8);
    settings.bcrypt_cost = 4;
    assert_int_equal(hashing_hash(&services, &response, "a quiet river", hash), STATUS_OK);
    assert_int_equal(hashing_verify(&services, &response, "a quiet river", hash), STATUS_OK);
    assert_int_equal(hashing_verify(&services, &response, "a loud river", hash),
                     STATUS_WRONG_PASSWORD);
}

static int64_t cpu_time(void)
{
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return to_micros(time);
}

/* Where never more than `concurrency` compute, they use no more than that many times the time that
 * goes by. */
static void no_more_processes_compute_at_once_than_are_allowed(void **state)
{
    enum { CHILDREN = 6 };
    atomic_llong *used = mmap(NULL, sizeof *used, PROT_READ | PROT_WRITE,
                              MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    (void)state;
    assert_true(used != MAP_FAILED);
    for (int concurrency = 1; concurrency <= 2; concurrency++) {
        allow(concurrency, CHILDREN + 1);
        *used = 0;
        int64_t began = clock_monotonic();
        for (int i = 0; i < CHILDREN; i++)
            if (fork() == 0) {
                int64_t before = cpu_time();
                while (hash_once(8) != STATUS_OK)
                    continue;
                atomic_fetch_add(used, cpu_time() - before);
                _exit(0);
            }
        for (int i = 0; i < CHILDREN; i++)
            assert_true(wait(NULL) > 0);
        assert_between(*used, 1, concurrency * (clock_monotonic() - began) * 5 / 4);
    }
    munmap(used, sizeof *used);
}

static void beyond_the_queue_one_is_turned_away_at_once(void **state)
{
    (void)state;
    allow(1, 2); /* one computes, and the other worker is for everybody else */
    pid_t pid = start_hashing();
    stop_in_a_hash(pid);
    int64_t began = clock_monotonic();
    for (int i = 0; i < 100; i++)
        assert_int_equal(hash_once(4), STATUS_UNAVAILABLE);
    assert_between(clock_monotonic() - began, 0, CLOCK_SECOND);
    end(pid);
}

static void the_turn_of_a_process_that_is_killed_is_free(void **state)
{
    (void)state;
    allow(1, 2);
    for (int i = 0; i < 20; i++) {
        pid_t pid = start_hashing();
        stop_in_a_hash(pid);
        end(pid);
        assert_int_equal(hash_once(4), STATUS_OK);
    }
}

static void who_waits_takes_over_from_a_process_that_is_killed(void **state)
{
    int status;
    (void)state;
    allow(1, 2);
    pid_t holder = start_hashing();
    stop_in_a_hash(holder);
    allow(1, 3); /* one may wait now */
    pid_t waiting = fork();
    if (waiting == 0)
        _exit(hash_once(4) != STATUS_OK);
    end(holder);
    assert_int_equal(waitpid(waiting, &status, 0), waiting);
    assert_int_equal(status, 0);
}

static void nobody_waits_for_longer_than_two_seconds(void **state)
{
    (void)state;
    allow(1, 2);
    pid_t pid = start_hashing();
    stop_in_a_hash(pid);
    allow(1, 3);
    int64_t began = clock_monotonic();
    assert_int_equal(hash_once(4), STATUS_UNAVAILABLE);
    assert_between(clock_monotonic() - began, 2 * CLOCK_SECOND, 60 * CLOCK_SECOND);
    end(pid);
    assert_int_equal(hash_once(4), STATUS_OK);
}

static void a_reload_knows_who_computes(void **state)
{
    (void)state;
    allow(1, 2);
    pid_t pid = start_hashing();
    stop_in_a_hash(pid);
    int before = fd;
    allow(1, 2);
    assert_int_equal(fd, before);
    assert_int_equal(hash_once(4), STATUS_UNAVAILABLE);
    end(pid);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_hash_that_was_made_is_verified),
        TEST(no_more_processes_compute_at_once_than_are_allowed),
        TEST(beyond_the_queue_one_is_turned_away_at_once),
        TEST(the_turn_of_a_process_that_is_killed_is_free),
        TEST(who_waits_takes_over_from_a_process_that_is_killed),
        TEST(nobody_waits_for_longer_than_two_seconds),
        TEST(a_reload_knows_who_computes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
