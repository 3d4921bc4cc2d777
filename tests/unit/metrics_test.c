/* app/metrics: counters that all workers share, as Prometheus reads them. */
#include "app/shared/metrics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static struct arena *arena;
static int memory; /* behind the metrics */
static struct metrics *metrics;
static int board_memory;
static struct scoreboard *board;

static const char *label(size_t route)
{
    static const char *const labels[] = {"route=\"/a\",method=\"GET\"",
                                         "route=\"/b\",method=\"POST\""};
    return labels[route];
}

static int set_up(void **state)
{
    (void)state;
    arena = arena_create(4096, 1 << 20);
    memory = -1;
    metrics = metrics_create(2, label, &memory);
    board_memory = -1;
    board = scoreboard_create(&board_memory);
    return arena == NULL || metrics == NULL || board == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    close(memory);
    close(board_memory);
    arena_destroy(arena);
    return 0;
}

static const char *write_all(void)
{
    struct buffer out = {.arena = arena};
    metrics_write(metrics, board, &out);
    return buffer_string(&out);
}

static void assert_line(const char *line)
{
    const char *text = write_all();
    const char *wanted = arena_printf(arena, "\n%s\n", line);
    if (strstr(text, wanted) == NULL)
        fail_msg("'%s' is not in:\n%s", line, text);
}

static void record(size_t route, int code, int64_t micros)
{
    struct metrics_sample sample = {.route = route, .code = code, .micros = micros};
    metrics_record(metrics, &sample);
}

static void nothing_is_counted_at_the_start(void **state)
{
    (void)state;
    const char *text = write_all();
    assert_null(strstr(text, "todo_http_requests_total{"));
    assert_null(strstr(text, "_bucket{"));
    assert_line("todo_worker_starts_total 0");
    assert_line("todo_workers_busy 0");
    assert_line("todo_database_connections_total 0");
}

static void requests_are_counted_by_route_and_class(void **state)
{
    static const int codes[] = {100, 199, 200, 299, 304, 404, 499, 500, 503};
    (void)state;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        record(0, codes[i], 1);
    record(1, 200, 1);
    assert_line("todo_http_requests_total{route=\"/a\",method=\"GET\",class=\"1xx\"} 2");
    assert_line("todo_http_requests_total{route=\"/a\",method=\"GET\",class=\"2xx\"} 2");
    assert_line("todo_http_requests_total{route=\"/a\",method=\"GET\",class=\"3xx\"} 1");
    assert_line("todo_http_requests_total{route=\"/a\",method=\"GET\",class=\"4xx\"} 2");
    assert_line("todo_http_requests_total{route=\"/a\",method=\"GET\",class=\"5xx\"} 2");
    assert_line("todo_http_requests_total{route=\"/b\",method=\"POST\",class=\"2xx\"} 1");
}

static void a_request_without_a_route_has_labels_too(void **state)
{
    (void)state;
    record(2, 404, 1);
    assert_line("todo_http_requests_total{route=\"none\",method=\"any\",class=\"4xx\"} 1");
}

static void a_bucket_holds_all_up_to_its_bound(void **state)
{
    (void)state;
    record(0, 200, 0);
    record(0, 200, 500);
    record(0, 200, 501);
    record(0, 200, 5000000);
    record(0, 200, 5000001);
#define BUCKET(le, n)                                                                              \
    assert_line("todo_http_request_duration_seconds_bucket{route=\"/a\",method=\"GET\",le=\"" le   \
                "\"} " n)
    BUCKET("0.0005", "2");
    BUCKET("0.001", "3");
    BUCKET("2.5", "3");
    BUCKET("5", "4");
    BUCKET("+Inf", "5");
    assert_line("todo_http_request_duration_seconds_count{route=\"/a\",method=\"GET\"} 5");
    assert_line("todo_http_request_duration_seconds_sum{route=\"/a\",method=\"GET\"} 10.001002");
}

static void counters_add_up_and_times_are_seconds(void **state)
{
    (void)state;
    metrics_count(metrics, METRICS_DB_MICROS, 1500000);
    metrics_count(metrics, METRICS_DB_MICROS, 1500001);
    metrics_count(metrics, METRICS_DB_CONNECTIONS, 2);
    metrics_count(metrics, METRICS_LIMIT_SIGNUP, 7);
    metrics_count(metrics, METRICS_WORKER_ENDS_RELOAD, 1);
    assert_line("todo_database_seconds_total 3.000001");
    assert_line("todo_database_connections_total 2");
    assert_line("todo_rate_limit_refusals_total{limit=\"signup\"} 7");
    assert_line("todo_rate_limit_refusals_total{limit=\"user\"} 0");
    assert_line("todo_worker_restarts_total{reason=\"reload\"} 1");
}

/* No counter without a name, and each name announced once. */
static void every_counter_is_shown(void **state)
{
    (void)state;
    assert_null(strstr(write_all(), "(null)"));
    for (int i = 0; i < METRICS_COUNTER_COUNT; i++)
        metrics_count(metrics, (enum metrics_counter)i, 5000000 + (uint64_t)i);
    const char *text = write_all();
    for (int i = 0; i < METRICS_COUNTER_COUNT; i++)
        if (strstr(text, arena_printf(arena, " %d\n", 5000000 + i)) == NULL &&
            strstr(text, arena_printf(arena, " 5.0000%02d\n", i)) == NULL)
            fail_msg("counter %d is not in:\n%s", i, text);
}

static void workers_are_told_as_the_scoreboard_has_them(void **state)
{
    (void)state;
    scoreboard_set_busy(board, 0, 1000);
    scoreboard_set_idle(board, 1);
    scoreboard_set_idle(board, 2);
    assert_line("todo_workers_busy 1");
    assert_line("todo_workers_idle 2");
}

static void a_program_after_a_reload_goes_on_counting(void **state)
{
    (void)state;
    int before = memory;
    record(0, 200, 1);
    metrics = metrics_create(2, label, &memory);
    assert_int_equal(memory, before);
    record(0, 200, 1);
    assert_line("todo_http_requests_total{route=\"/a\",method=\"GET\",class=\"2xx\"} 2");
}

static void counters_of_another_table_are_not_taken_over(void **state)
{
    (void)state;
    record(0, 200, 1);
    metrics = metrics_create(1, label, &memory);
    assert_null(strstr(write_all(), "todo_http_requests_total{"));
}

static const char *other_label(size_t route)
{
    return route == 0 ? "route=\"/b\",method=\"GET\"" : label(route);
}

static void counters_of_the_same_size_but_another_meaning_are_not_taken_over(void **state)
{
    (void)state;
    record(0, 200, 1);
    metrics = metrics_create(2, other_label, &memory);
    assert_null(strstr(write_all(), "todo_http_requests_total{"));
}

static void what_is_no_memory_of_counters_is_not_taken_over(void **state)
{
    (void)state;
    int ends[2];
    close(memory);
    assert_int_equal(pipe(ends), 0);
    memory = ends[0];
    metrics = metrics_create(2, label, &memory);
    assert_non_null(metrics);
    record(0, 200, 1);
    assert_line("todo_http_requests_total{route=\"/a\",method=\"GET\",class=\"2xx\"} 1");
    close(ends[1]);
}

static void processes_share_the_counters(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++)
        if (fork() == 0) {
            for (int j = 0; j < 1000; j++)
                record(0, 200, 1);
            _exit(0);
        }
    while (wait(NULL) > 0)
        continue;
    assert_line("todo_http_requests_total{route=\"/a\",method=\"GET\",class=\"2xx\"} 4000");
}

/* Every sample's name has been announced, and the text ends with a line break. */
static void every_series_has_help_and_type(void **state)
{
    (void)state;
    record(0, 200, 1);
    const char *text = write_all();
    assert_int_equal(text[strlen(text) - 1], '\n');
    for (const char *line = text; *line != '\0'; line = strchr(line, '\n') + 1) {
        size_t length = strcspn(line, "{ ");
        if (*line == '#')
            continue;
        static const char *const suffixes[] = {"_bucket", "_sum", "_count"};
        for (size_t i = 0; i < 3; i++) {
            size_t size = strlen(suffixes[i]);
            if (length > size && memcmp(line + length - size, suffixes[i], size) == 0)
                length -= size;
        }
        const char *name = arena_copy(arena, line, length);
        assert_non_null(strstr(text, arena_printf(arena, "# HELP %s ", name)));
        assert_non_null(strstr(text, arena_printf(arena, "# TYPE %s ", name)));
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_counted_at_the_start),
        TEST(requests_are_counted_by_route_and_class),
        TEST(a_request_without_a_route_has_labels_too),
        TEST(a_bucket_holds_all_up_to_its_bound),
        TEST(counters_add_up_and_times_are_seconds),
        TEST(every_counter_is_shown),
        TEST(workers_are_told_as_the_scoreboard_has_them),
        TEST(a_program_after_a_reload_goes_on_counting),
        TEST(counters_of_another_table_are_not_taken_over),
        TEST(counters_of_the_same_size_but_another_meaning_are_not_taken_over),
        TEST(what_is_no_memory_of_counters_is_not_taken_over),
        TEST(processes_share_the_counters),
        TEST(every_series_has_help_and_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
