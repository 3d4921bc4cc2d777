/* app/metrics: counters that all workers share, as Prometheus reads them. */
#include "app/metrics.h"

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
static struct metrics *metrics;

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
    metrics = metrics_create(2, label, -1);
    return arena == NULL || metrics == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    close(metrics_fd(metrics));
    arena_destroy(arena);
    return 0;
}

static const char *write_all(void)
{
    struct buffer out = {.arena = arena};
    metrics_write(metrics, &out);
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

static void time_and_connections_of_the_database_add_up(void **state)
{
    struct metrics_sample sample = {.code = 200, .db_micros = 1500000, .db_connections = 1};
    (void)state;
    metrics_record(metrics, &sample);
    metrics_record(metrics, &sample);
    assert_line("todo_database_seconds_total 3");
    assert_line("todo_database_connections_total 2");
}

static void workers_are_counted_as_they_start_and_work(void **state)
{
    (void)state;
    metrics_count_worker_start(metrics);
    metrics_count_worker_start(metrics);
    metrics_set_busy(metrics, 0, 1000);
    metrics_set_busy(metrics, METRICS_MAX_WORKERS - 1, 2000);
    assert_line("todo_worker_starts_total 2");
    assert_line("todo_workers_busy 2");
    metrics_set_busy(metrics, 0, 0);
    assert_line("todo_workers_busy 1");
}

static void it_is_known_since_when_a_worker_is_busy(void **state)
{
    (void)state;
    assert_int_equal(metrics_busy_since(metrics, 3), 0);
    metrics_set_busy(metrics, 3, INT64_C(123456789012));
    assert_true(metrics_busy_since(metrics, 3) == INT64_C(123456789012));
    assert_int_equal(metrics_busy_since(metrics, 2), 0);
    assert_int_equal(metrics_busy_since(metrics, 4), 0);
}

static void a_program_after_a_reload_goes_on_counting(void **state)
{
    (void)state;
    int fd = metrics_fd(metrics);
    record(0, 200, 1);
    metrics = metrics_create(2, label, fd);
    assert_int_equal(metrics_fd(metrics), fd);
    record(0, 200, 1);
    assert_line("todo_http_requests_total{route=\"/a\",method=\"GET\",class=\"2xx\"} 2");
}

static void counters_of_another_table_are_not_taken_over(void **state)
{
    (void)state;
    int fd = metrics_fd(metrics);
    record(0, 200, 1);
    metrics = metrics_create(1, label, fd);
    assert_int_not_equal(metrics_fd(metrics), fd);
    assert_null(strstr(write_all(), "todo_http_requests_total{"));
    close(fd);
}

static void what_is_no_memory_of_counters_is_not_taken_over(void **state)
{
    (void)state;
    int ends[2], own = metrics_fd(metrics);
    assert_int_equal(pipe(ends), 0);
    metrics = metrics_create(2, label, ends[0]);
    assert_non_null(metrics);
    assert_int_not_equal(metrics_fd(metrics), ends[0]);
    record(0, 200, 1);
    close(ends[0]);
    close(ends[1]);
    close(own);
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
        TEST(time_and_connections_of_the_database_add_up),
        TEST(workers_are_counted_as_they_start_and_work),
        TEST(it_is_known_since_when_a_worker_is_busy),
        TEST(a_program_after_a_reload_goes_on_counting),
        TEST(counters_of_another_table_are_not_taken_over),
        TEST(what_is_no_memory_of_counters_is_not_taken_over),
        TEST(processes_share_the_counters),
        TEST(every_series_has_help_and_type),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
