/* Counters that all workers share: one mapped page set, made before the fork. */
#include "metrics.h"

#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CLASS_COUNT = 5 };

/* Upper bounds in microseconds, as Prometheus wants them in seconds. */
static const struct {
    int64_t micros;
    const char *seconds;
} buckets[] = {
    {500, "0.0005"},  {1000, "0.001"},  {2500, "0.0025"}, {5000, "0.005"},  {10000, "0.01"},
    {25000, "0.025"}, {50000, "0.05"},  {100000, "0.1"},  {250000, "0.25"}, {500000, "0.5"},
    {1000000, "1"},   {2500000, "2.5"}, {5000000, "5"},
};

enum { BUCKET_COUNT = sizeof buckets / sizeof *buckets };

struct route_counters {
    atomic_uint_fast64_t by_class[CLASS_COUNT]; /* 1xx to 5xx */
    atomic_uint_fast64_t by_duration[BUCKET_COUNT + 1];
    atomic_uint_fast64_t micros;
};

/* Shared by the workers, and over a reload by the old program and the new. */
struct counters {
    size_t size; /* of all this: another program may count other things */
    atomic_uint_fast64_t db_micros;
    atomic_uint_fast64_t db_connections;
    atomic_uint_fast64_t worker_starts;
    atomic_int_fast64_t busy_since[METRICS_MAX_WORKERS];
    struct route_counters routes[]; /* count, and one for requests without a route */
};

struct metrics {
    size_t count;
    const char *(*labels)(size_t route);
    int fd;
    struct counters *shared;
};

static void add(atomic_uint_fast64_t *counter, uint64_t by)
{
    atomic_fetch_add_explicit(counter, by, memory_order_relaxed);
}

static struct counters *map(int fd, size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

/* The counters of the program before, if they are what this one counts. */
static struct counters *adopt(int fd, size_t size)
{
    struct stat file;
    if (fd < 0 || fstat(fd, &file) != 0 || (size_t)file.st_size != size)
        return NULL;
    struct counters *counters = map(fd, size);
    if (counters != NULL && counters->size != size) {
        munmap(counters, size);
        return NULL;
    }
    return counters;
}

struct metrics *metrics_create(size_t count, const char *(*labels)(size_t route), int fd)
{
    static struct metrics metrics;
    size_t size = sizeof(struct counters) + (count + 1) * sizeof(struct route_counters);
    metrics = (struct metrics){.count = count, .labels = labels, .fd = fd};
    metrics.shared = adopt(fd, size);
    if (metrics.shared != NULL)
        return &metrics;
    metrics.fd = memfd_create("todo-metrics", 0);
    if (metrics.fd < 0 || ftruncate(metrics.fd, (off_t)size) != 0)
        return NULL;
    metrics.shared = map(metrics.fd, size);
    if (metrics.shared == NULL)
        return NULL;
    metrics.shared->size = size;
    return &metrics;
}

int metrics_fd(const struct metrics *metrics)
{
    return metrics->fd;
}

void metrics_record(struct metrics *metrics, const struct metrics_sample *sample)
{
    struct route_counters *route = &metrics->shared->routes[sample->route];
    int bucket = 0;
    while (bucket < BUCKET_COUNT && sample->micros > buckets[bucket].micros)
        bucket++;
    add(&route->by_class[sample->code / 100 - 1], 1);
    add(&route->by_duration[bucket], 1);
    add(&route->micros, (uint64_t)sample->micros);
    if (sample->db_micros > 0)
        add(&metrics->shared->db_micros, (uint64_t)sample->db_micros);
    if (sample->db_connections > 0)
        add(&metrics->shared->db_connections, sample->db_connections);
}

void metrics_count_worker_start(struct metrics *metrics)
{
    add(&metrics->shared->worker_starts, 1);
}

void metrics_set_busy(struct metrics *metrics, int worker, int64_t since)
{
    atomic_store_explicit(&metrics->shared->busy_since[worker], since, memory_order_relaxed);
}

int64_t metrics_busy_since(const struct metrics *metrics, int worker)
{
    return atomic_load_explicit(&metrics->shared->busy_since[worker], memory_order_relaxed);
}

static int count_busy(const struct metrics *metrics)
{
    int busy = 0;
    for (int i = 0; i < METRICS_MAX_WORKERS; i++)
        busy += metrics_busy_since(metrics, i) != 0;
    return busy;
}

static void write_head(struct buffer *out, const char *name, const char *type, const char *help)
{
    buffer_add_text(
        out, arena_printf(out->arena, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type));
}

static void write_value(struct buffer *out, const char *name, double value)
{
    buffer_add_text(out, arena_printf(out->arena, "%s %.17g\n", name, value));
}

static const char *labels_of(const struct metrics *metrics, size_t route)
{
    return route < metrics->count ? metrics->labels(route) : "route=\"none\",method=\"any\"";
}

static void write_requests(const struct metrics *metrics, struct buffer *out)
{
    write_head(out, "todo_http_requests_total", "counter", "Requests answered.");
    for (size_t i = 0; i <= metrics->count; i++)
        for (int class = 0; class < CLASS_COUNT; class ++) {
            uint64_t count = atomic_load(&metrics->shared->routes[i].by_class[class]);
            if (count > 0)
                buffer_add_text(out, arena_printf(out->arena,
                                                  "todo_http_requests_total{%s,class=\"%dxx\"}"
                                                  " %llu\n",
                                                  labels_of(metrics, i), class + 1,
                                                  (unsigned long long)count));
        }
}

static void write_histogram(const struct route_counters *route, const char *label,
                            struct buffer *out)
{
    uint64_t total = 0;
    for (int i = 0; i <= BUCKET_COUNT; i++) {
        const char *bound = i < BUCKET_COUNT ? buckets[i].seconds : "+Inf";
        total += atomic_load(&route->by_duration[i]);
        buffer_add_text(out, arena_printf(out->arena,
                                          "todo_http_request_duration_seconds_bucket{%s,le=\"%s\"}"
                                          " %llu\n",
                                          label, bound, (unsigned long long)total));
    }
    buffer_add_text(out, arena_printf(out->arena,
                                      "todo_http_request_duration_seconds_sum{%s} %.6f\n"
                                      "todo_http_request_duration_seconds_count{%s} %llu\n",
                                      label, (double)atomic_load(&route->micros) / 1e6, label,
                                      (unsigned long long)total));
}

static uint64_t count_requests(const struct route_counters *route)
{
    uint64_t total = 0;
    for (int i = 0; i <= BUCKET_COUNT; i++)
        total += atomic_load(&route->by_duration[i]);
    return total;
}

void metrics_write(const struct metrics *metrics, struct buffer *out)
{
    write_requests(metrics, out);
    write_head(out, "todo_http_request_duration_seconds", "histogram",
               "From the request's first byte to the answer's last.");
    for (size_t i = 0; i <= metrics->count; i++)
        if (count_requests(&metrics->shared->routes[i]) > 0)
            write_histogram(&metrics->shared->routes[i], labels_of(metrics, i), out);
    write_head(out, "todo_database_seconds_total", "counter", "Time spent waiting for PostgreSQL.");
    write_value(out, "todo_database_seconds_total",
                (double)atomic_load(&metrics->shared->db_micros) / 1e6);
    write_head(out, "todo_database_connections_total", "counter", "Connections opened.");
    write_value(out, "todo_database_connections_total",
                (double)atomic_load(&metrics->shared->db_connections));
    write_head(out, "todo_worker_starts_total", "counter", "Workers started, replacements too.");
    write_value(out, "todo_worker_starts_total",
                (double)atomic_load(&metrics->shared->worker_starts));
    write_head(out, "todo_workers_busy", "gauge", "Workers that are answering a request.");
    write_value(out, "todo_workers_busy", count_busy(metrics));
}
