/* Counters that all workers share: one mapped page set, made before the fork. */
#include "metrics.h"

#include "app/shared/shared.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

enum { CLASS_COUNT = 5 };

/* Upper bounds in microseconds, as Prometheus wants them in seconds. */
static const struct {
    int64_t micros;
    const char *seconds;
} buckets[] = {
    {500, "0.0005"},  {1000, "0.001"},  {2500, "0.0025"}, {5000, "0.005"},     {10000, "0.01"},
    {25000, "0.025"}, {50000, "0.05"},  {100000, "0.1"},  {250000, "0.25"},    {500000, "0.5"},
    {1000000, "1"},   {2500000, "2.5"}, {5000000, "5"},   {INT64_MAX, "+Inf"},
};

enum { BUCKET_COUNT = sizeof buckets / sizeof *buckets };

/* Rows of one name follow each other. */
static const struct {
    const char *name;
    const char *labels; /* NULL: none */
    const char *help;
} rows[METRICS_COUNTER_COUNT] = {
    [METRICS_DB_MICROS] = {"todo_database_seconds_total", NULL,
                           "Time spent waiting for PostgreSQL."},
    [METRICS_DB_CONNECTIONS] = {"todo_database_connections_total", NULL, "Connections opened."},
    [METRICS_DB_RECONNECTS] = {"todo_database_reconnects_total", NULL,
                               "Connections opened because the one before was lost."},
    [METRICS_DB_ERRORS_UNAVAILABLE] = {"todo_database_errors_total", "error=\"unavailable\"",
                                       "Failures of PostgreSQL, or of the way there."},
    [METRICS_DB_ERRORS_TIMEOUT] = {"todo_database_errors_total", "error=\"timeout\"", NULL},
    [METRICS_DB_ERRORS_CONFLICT] = {"todo_database_errors_total", "error=\"conflict\"", NULL},
    [METRICS_DB_ERRORS_OTHER] = {"todo_database_errors_total", "error=\"other\"", NULL},
    [METRICS_HASHES] = {"todo_password_hashes_total", NULL, "Password hashes computed."},
    [METRICS_HASH_MICROS] = {"todo_password_hash_seconds_total", NULL,
                             "Time spent computing password hashes."},
    [METRICS_HASH_WAIT_MICROS] = {"todo_password_hash_wait_seconds_total", NULL,
                                  "Time spent waiting for a turn to compute one."},
    [METRICS_HASH_REFUSALS] = {"todo_password_hash_refusals_total", NULL,
                               "Requests refused because too many wait for a turn."},
    [METRICS_LIMIT_LOGIN] = {"todo_rate_limit_refusals_total", "limit=\"login\"",
                             "Requests refused by a rate limit."},
    [METRICS_LIMIT_LOGIN_ADDRESS] = {"todo_rate_limit_refusals_total", "limit=\"login_address\"",
                                     NULL},
    [METRICS_LIMIT_SIGNUP] = {"todo_rate_limit_refusals_total", "limit=\"signup\"", NULL},
    [METRICS_LIMIT_REFRESH] = {"todo_rate_limit_refusals_total", "limit=\"refresh\"", NULL},
    [METRICS_LIMIT_USER] = {"todo_rate_limit_refusals_total", "limit=\"user\"", NULL},
    [METRICS_PURGED_SESSIONS] = {"todo_purged_total", "what=\"session\"",
                                 "Rows deleted because they had expired."},
    [METRICS_PURGED_TOKENS] = {"todo_purged_total", "what=\"refresh_token\"", NULL},
    [METRICS_WORKER_STARTS] = {"todo_worker_starts_total", NULL,
                               "Workers started, replacements too."},
    [METRICS_WORKER_ENDS_EXIT] = {"todo_worker_restarts_total", "reason=\"exit\"",
                                  "Workers that had to be replaced."},
    [METRICS_WORKER_ENDS_SIGNAL] = {"todo_worker_restarts_total", "reason=\"signal\"", NULL},
    [METRICS_WORKER_ENDS_HUNG] = {"todo_worker_restarts_total", "reason=\"hung\"", NULL},
    [METRICS_WORKER_ENDS_RECYCLED] = {"todo_worker_restarts_total", "reason=\"recycled\"", NULL},
    [METRICS_WORKER_ENDS_RELOAD] = {"todo_worker_restarts_total", "reason=\"reload\"", NULL},
};

/* A request is one addition, to one of these: all that is told of requests is a sum of them. */
struct route_counters {
    atomic_uint_fast64_t requests[CLASS_COUNT][BUCKET_COUNT]; /* 1xx to 5xx */
    atomic_uint_fast64_t micros;
};

struct counters {
    atomic_uint_fast64_t values[METRICS_COUNTER_COUNT];
    struct route_counters routes[]; /* count, and one for requests without a route */
};

struct metrics {
    size_t count;
    const char *(*labels)(size_t route);
    struct counters *shared;
};

static const char *labels_of(const struct metrics *metrics, size_t route)
{
    return route < metrics->count ? metrics->labels(route) : "route=\"none\",method=\"any\"";
}

/* A program after a reload must not take over counters that count something else. */
static uint64_t hash_layout(const struct metrics *metrics)
{
    uint64_t hash = SHARED_LAYOUT;
    for (int i = 0; i < METRICS_COUNTER_COUNT; i++) {
        assert(rows[i].name != NULL);
        hash = shared_hash(hash, rows[i].name);
        hash = shared_hash(hash, rows[i].labels == NULL ? "" : rows[i].labels);
    }
    for (int i = 0; i < BUCKET_COUNT; i++)
        hash = shared_hash(hash, buckets[i].seconds);
    for (size_t i = 0; i <= metrics->count; i++)
        hash = shared_hash(hash, labels_of(metrics, i));
    return hash;
}

struct metrics *metrics_create(size_t count, const char *(*labels)(size_t route), int *fd)
{
    static struct metrics metrics;
    size_t size = sizeof(struct counters) + (count + 1) * sizeof(struct route_counters);
    metrics = (struct metrics){.count = count, .labels = labels};
    metrics.shared = shared_map("todo-metrics", size, hash_layout(&metrics), fd);
    return metrics.shared == NULL ? NULL : &metrics;
}

/* Most are 0 at most requests, and an addition would take the memory from the other workers. */
static void add_to_counter(atomic_uint_fast64_t *counter, uint64_t by)
{
    if (by > 0)
        atomic_fetch_add_explicit(counter, by, memory_order_relaxed);
}

static uint64_t read_counter(const atomic_uint_fast64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

void metrics_record(struct metrics *metrics, const struct metrics_sample *sample)
{
    struct route_counters *route = &metrics->shared->routes[sample->route];
    assert(sample->route <= metrics->count);
    assert(sample->code >= 100 && sample->code / 100 <= CLASS_COUNT);
    assert(sample->micros >= 0);
    int bucket = 0;
    while (sample->micros > buckets[bucket].micros)
        bucket++;
    add_to_counter(&route->requests[sample->code / 100 - 1][bucket], 1);
    add_to_counter(&route->micros, (uint64_t)sample->micros);
}

void metrics_count(struct metrics *metrics, enum metrics_counter counter, uint64_t by)
{
    assert(counter < METRICS_COUNTER_COUNT);
    add_to_counter(&metrics->shared->values[counter], by);
}

static void write_head(struct buffer *out, const char *name, const char *type, const char *help)
{
    buffer_add_text(
        out, arena_printf(out->arena, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type));
}

/* The requests of a route in one class (0: 1xx), or up to a bucket in all of them. */
static uint64_t sum_class(const struct route_counters *route, int class)
{
    uint64_t sum = 0;
    for (int i = 0; i < BUCKET_COUNT; i++)
        sum += read_counter(&route->requests[class][i]);
    return sum;
}

static uint64_t sum_up_to(const struct route_counters *route, int bucket)
{
    uint64_t sum = 0;
    for (int class = 0; class < CLASS_COUNT; class ++)
        for (int i = 0; i <= bucket; i++)
            sum += read_counter(&route->requests[class][i]);
    return sum;
}

/* Nothing where there was none. */
static void write_class(const struct metrics *metrics, size_t route, int class, struct buffer *out)
{
    uint64_t sum = sum_class(&metrics->shared->routes[route], class);
    if (sum == 0)
        return;
    buffer_add_text(out,
                    arena_printf(out->arena, "todo_http_requests_total{%s,class=\"%dxx\"} %llu\n",
                                 labels_of(metrics, route), class + 1, (unsigned long long)sum));
}

static void write_requests(const struct metrics *metrics, struct buffer *out)
{
    write_head(out, "todo_http_requests_total", "counter", "Requests answered.");
    for (size_t i = 0; i <= metrics->count; i++)
        for (int class = 0; class < CLASS_COUNT; class ++)
            write_class(metrics, i, class, out);
}

static void write_histogram(const struct route_counters *route, const char *label,
                            struct buffer *out)
{
    static const char name[] = "todo_http_request_duration_seconds";
    unsigned long long sum = 0;
    for (int i = 0; i < BUCKET_COUNT; i++) {
        sum = sum_up_to(route, i);
        buffer_add_text(out, arena_printf(out->arena, "%s_bucket{%s,le=\"%s\"} %llu\n", name, label,
                                          buckets[i].seconds, sum));
    }
    buffer_add_text(out,
                    arena_printf(out->arena, "%s_sum{%s} %.6f\n%s_count{%s} %llu\n", name, label,
                                 (double)read_counter(&route->micros) / 1e6, name, label, sum));
}

static void write_histograms(const struct metrics *metrics, struct buffer *out)
{
    write_head(out, "todo_http_request_duration_seconds", "histogram",
               "From a request's first byte until its answer was ready to be sent.");
    for (size_t i = 0; i <= metrics->count; i++) {
        const struct route_counters *route = &metrics->shared->routes[i];
        if (sum_up_to(route, BUCKET_COUNT - 1) > 0)
            write_histogram(route, labels_of(metrics, i), out);
    }
}

static void write_counter(const struct metrics *metrics, int i, struct buffer *out)
{
    uint64_t value = read_counter(&metrics->shared->values[i]);
    bool is_time = strstr(rows[i].name, "_seconds_") != NULL;
    if (rows[i].help != NULL)
        write_head(out, rows[i].name, "counter", rows[i].help);
    buffer_add_text(out, rows[i].name);
    if (rows[i].labels != NULL)
        buffer_add_text(out, arena_printf(out->arena, "{%s}", rows[i].labels));
    buffer_add_text(out, is_time ? arena_printf(out->arena, " %.6f\n", (double)value / 1e6)
                                 : arena_printf(out->arena, " %llu\n", (unsigned long long)value));
}

static void write_gauge(struct buffer *out, const char *name, const char *help, int value)
{
    write_head(out, name, "gauge", help);
    buffer_add_text(out, arena_printf(out->arena, "%s %d\n", name, value));
}

void metrics_write(const struct metrics *metrics, const struct scoreboard *board,
                   struct buffer *out)
{
    struct scoreboard_counts workers = scoreboard_count(board);
    write_requests(metrics, out);
    write_histograms(metrics, out);
    for (int i = 0; i < METRICS_COUNTER_COUNT; i++)
        write_counter(metrics, i, out);
    write_gauge(out, "todo_workers_busy", "Workers that are answering a request.", workers.busy);
    write_gauge(out, "todo_workers_idle", "Workers that wait for a request.", workers.idle);
    write_head(out, "todo_build_info", "gauge", "Always 1; which version this is.");
    buffer_add_text(out, "todo_build_info{version=\"" TODO_VERSION "\"} 1\n");
}
