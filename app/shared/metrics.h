/* Counters that all workers share: one mapped page set, made before the fork. */
#ifndef APP_METRICS_H
#define APP_METRICS_H

#include "app/shared/scoreboard.h"
#include "lib/core/buffer.h"

#include <stdint.h>

struct metrics;

/* What only grows; metrics.c has the names. _MICROS are shown in seconds. */
enum metrics_counter {
    METRICS_DB_MICROS,
    METRICS_DB_CONNECTIONS,
    METRICS_DB_RECONNECTS,
    METRICS_DB_ERRORS_UNAVAILABLE,
    METRICS_DB_ERRORS_TIMEOUT,
    METRICS_DB_ERRORS_CONFLICT,
    METRICS_DB_ERRORS_OTHER,
    METRICS_HASHES,
    METRICS_HASH_MICROS,
    METRICS_HASH_WAIT_MICROS,
    METRICS_HASH_REFUSALS,
    METRICS_LIMIT_LOGIN, /* requests that a rate limit has refused */
    METRICS_LIMIT_LOGIN_ADDRESS,
    METRICS_LIMIT_SIGNUP,
    METRICS_LIMIT_REFRESH,
    METRICS_LIMIT_USER,
    METRICS_PURGED_SESSIONS,
    METRICS_PURGED_TOKENS,
    METRICS_WORKER_STARTS,
    METRICS_WORKER_ENDS_EXIT, /* ended by itself, and not well */
    METRICS_WORKER_ENDS_SIGNAL,
    METRICS_WORKER_ENDS_HUNG,
    METRICS_WORKER_ENDS_RECYCLED, /* after MAX_REQUESTS */
    METRICS_WORKER_ENDS_RELOAD,
    METRICS_COUNTER_COUNT
};

/* One answered request. `route` is an index into the route table, or their count for none. */
struct metrics_sample {
    size_t route;
    int code;       /* HTTP status */
    int64_t micros; /* from the first byte until the answer is ready to be sent */
};

/*
 * Maps the counters of `count` routes; `labels` gives the Prometheus labels of each. `*fd` is the
 * memory of the program before a reload, which is taken over if it counts the same, or -1; and is
 * then the one in use. NULL when memory is exhausted.
 */
struct metrics *metrics_create(size_t count, const char *(*labels)(size_t route), int *fd);

/*
 * Counts a request. Lock-free; a worker may die at any instruction and leaves the counters usable.
 * Call this before the answer is sent: so each request that was answered has been counted, and a
 * worker that is killed leaves at most one more, the one it was about to answer.
 */
void metrics_record(struct metrics *metrics, const struct metrics_sample *sample);

void metrics_count(struct metrics *metrics, enum metrics_counter counter, uint64_t by);

/* Adds everything, and how many workers are at work, in Prometheus' text format, version 0.0.4. */
void metrics_write(const struct metrics *metrics, const struct scoreboard *board,
                   struct buffer *out);

#endif
