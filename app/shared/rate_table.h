/* Counting without locks in memory that workers share: for each key a small state, as long as there
 * is room for it. */
#ifndef APP_RATE_TABLE_H
#define APP_RATE_TABLE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { RATE_TABLE_BUCKETS = 2048, RATE_TABLE_WAYS = 8 };

/*
 * A key's bits choose one of the buckets, others stand in a word beside the state, 20 bits to 44:
 * a whole entry is one atomic word, so a worker may die at any instruction. All zero: empty.
 */
struct rate_table {
    atomic_uint_fast64_t words[RATE_TABLE_BUCKETS][RATE_TABLE_WAYS];
};

/* What a word means, for shared_map: a table outlives the program at a reload. */
uint64_t rate_table_layout(void);

/* Changes a key's state (44 bits, 0 where nothing is known); false to leave it as it is. May be
 * called again for the same change, with another state. */
typedef bool rate_step(uint64_t *state, void *context);

/*
 * Takes a step for a key. In a full bucket the smallest state gives way: states must grow with
 * time. `key` must be well mixed, and not be for a client to choose.
 */
void rate_table_update(struct rate_table *table, uint64_t key, rate_step *step, void *context);

/* --- So many in a window (the generic cell rate algorithm): the state is when all is used up
 * again. */
struct rate_quota {
    int64_t now;    /* microseconds, of clock_monotonic */
    int64_t window; /* seconds */
    int64_t quota;

    bool allowed;      /* out */
    int64_t remaining; /* how many more at once */
    int64_t wait; /* microseconds: until the next is allowed, or, where it was, until all are */
};

void rate_table_take(struct rate_table *table, uint64_t key, struct rate_quota *quota);

/* One that was taken does not count after all. */
void rate_table_give_back(struct rate_table *table, uint64_t key, struct rate_quota *quota);

/* --- Failures, with a delay that doubles with each beyond the first few. */
struct rate_failures {
    int64_t now;  /* microseconds, of clock_monotonic */
    int64_t free; /* the first delay follows the last of these */

    bool allowed;  /* out */
    int64_t count; /* failures known, with this one */
    int64_t wait;  /* microseconds until the next try is allowed */
};

enum { RATE_MAX_FAILURES = 1000, RATE_QUIET = 900 /* seconds */ };

/* Whether an attempt would be allowed; changes nothing, `count` is without it. */
void rate_table_look(struct rate_table *table, uint64_t key, struct rate_failures *failures);

/* Counts an attempt as failed before its outcome is known, so that many at once are no way round;
 * within a delay it is neither allowed nor counted. All is forgotten after RATE_QUIET. */
void rate_table_attempt(struct rate_table *table, uint64_t key, struct rate_failures *failures);

/* The attempt did not fail after all; `all`: nor does anything count that was before it. */
void rate_table_forgive(struct rate_table *table, uint64_t key, bool all);

#endif
