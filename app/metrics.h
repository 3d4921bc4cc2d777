/* Counters that all workers share: one mapped page set, made before the fork. */
#ifndef APP_METRICS_H
#define APP_METRICS_H

#include "lib/core/buffer.h"

#include <stdint.h>

enum { METRICS_MAX_WORKERS = 320 };

struct metrics;

/* One answered request. `route` is an index into the route table, or their count for none. */
struct metrics_sample {
    size_t route;
    int code;                     /* HTTP status */
    int64_t micros;               /* from the first byte to the answer's last */
    int64_t db_micros;            /* of these, spent in the database */
    unsigned long db_connections; /* opened since the worker's last sample */
};

/*
 * Maps the counters of `count` routes; `labels` gives the Prometheus labels of each. `fd` is the
 * memory of the program before a reload, which is taken over if it fits, or -1. NULL when memory is
 * exhausted.
 */
struct metrics *metrics_create(size_t count, const char *(*labels)(size_t route), int fd);

/* The memory behind the counters, to be handed on at a reload. */
int metrics_fd(const struct metrics *metrics);

/* Lock-free; a worker may die at any instruction and leaves the counters usable. */
void metrics_record(struct metrics *metrics, const struct metrics_sample *sample);

void metrics_count_worker_start(struct metrics *metrics);

/* Since when a worker is at its request (clock_monotonic), 0 while it waits. */
void metrics_set_busy(struct metrics *metrics, int worker, int64_t since);
int64_t metrics_busy_since(const struct metrics *metrics, int worker);

/* Adds everything in Prometheus' text format, version 0.0.4. */
void metrics_write(const struct metrics *metrics, struct buffer *out);

#endif
