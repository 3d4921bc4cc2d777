/* Counting without locks in memory that workers share. */
#include "rate_table.h"

#include "app/shared/shared.h"
#include "lib/core/clock.h"

#include <assert.h>

enum { STATE_BITS = 44 };

/* A quota's state: a time in units of 64 microseconds, of which 44 bits are 35 years. */
enum { UNIT_BITS = 6 };

/* The state of failures: when the last one was, in ticks of 16 ms (34 bits of them are 8 years),
 * above how many. */
enum { COUNT_BITS = 10, TICK_BITS = 14 };
#define MAX_COUNT ((1 << COUNT_BITS) - 1)

static const uint64_t state_mask = (UINT64_C(1) << STATE_BITS) - 1;

uint64_t rate_table_layout(void)
{
    static const int64_t numbers[] = {RATE_TABLE_BUCKETS, RATE_TABLE_WAYS, STATE_BITS,
                                      UNIT_BITS,          COUNT_BITS,      TICK_BITS};
    return shared_layout(numbers, sizeof numbers / sizeof *numbers);
}

/* The place that holds an entry, or else the smallest, which gives way to it; and its word. States
 * grow with time, so the smallest is the one longest out of use: an attacker who fills a bucket
 * pushes out the old entries first, and an empty place (0) before any. */
static int find_place(const atomic_uint_fast64_t *words, uint64_t print, uint64_t *held)
{
    int place = 0;
    *held = UINT64_MAX;
    for (int i = 0; i < RATE_TABLE_WAYS; i++) {
        uint64_t word = atomic_load_explicit(&words[i], memory_order_relaxed);
        bool is_it = word >> STATE_BITS == print;
        if (is_it || (word & state_mask) < (*held & state_mask)) {
            place = i;
            *held = word;
        }
        if (is_it)
            break;
    }
    return place;
}

void rate_table_update(struct rate_table *table, uint64_t key, rate_step *step, void *context)
{
    atomic_uint_fast64_t *words = table->words[key % RATE_TABLE_BUCKETS];
    /* Never 0, which an empty word has. */
    uint64_t print = (key >> STATE_BITS) == 0 ? 1 : key >> STATE_BITS;
    /* One word holds the whole entry, so one compare-and-swap replaces it: there is no lock that a
     * worker could die with. Again only where another worker came first. */
    for (;;) {
        uint64_t held;
        int place = find_place(words, print, &held);
        uint64_t state = held >> STATE_BITS == print ? held & state_mask : 0;
        if (!step(&state, context))
            return;
        assert(state <= state_mask); /* what is cut off would count for nothing */
        uint64_t word = state == 0 ? 0 : print << STATE_BITS | state;
        if (atomic_compare_exchange_strong_explicit(&words[place], &held, word,
                                                    memory_order_relaxed, memory_order_relaxed))
            return;
    }
}

static int64_t to_units(int64_t micros)
{
    return micros >> UNIT_BITS;
}

/* From one to the next, if the whole quota were used at an even pace. */
static int64_t find_interval(const struct rate_quota *quota)
{
    assert(quota->quota > 0);
    return to_units(quota->window * CLOCK_SECOND) / quota->quota;
}

/* The state is the time at which everything taken so far will have been earned back. Each one taken
 * moves it one interval ahead, and it may be one window ahead of now: no counter has to be reset,
 * and there is no boundary between windows at which two quotas could be used at once. */
static bool take_one(uint64_t *state, void *context)
{
    struct rate_quota *quota = context;
    int64_t now = to_units(quota->now);
    int64_t interval = find_interval(quota);
    int64_t window = interval * quota->quota;
    assert(interval > 0);
    int64_t used = (int64_t)*state > now ? (int64_t)*state - now : 0;
    quota->allowed = used + interval <= window;
    if (quota->allowed)
        used += interval;
    quota->remaining = (window - used) / interval;
    quota->wait = (quota->allowed ? used : used + interval - window) << UNIT_BITS;
    *state = (uint64_t)(now + used);
    return quota->allowed;
}

void rate_table_take(struct rate_table *table, uint64_t key, struct rate_quota *quota)
{
    rate_table_update(table, key, take_one, quota);
}

static bool give_one_back(uint64_t *state, void *context)
{
    const struct rate_quota *quota = context;
    int64_t used = (int64_t)*state - to_units(quota->now);
    int64_t interval = find_interval(quota);
    if (used <= 0)
        return false;
    *state = used <= interval ? 0 : *state - (uint64_t)interval;
    return true;
}

void rate_table_give_back(struct rate_table *table, uint64_t key, struct rate_quota *quota)
{
    rate_table_update(table, key, give_one_back, quota);
}

static const int64_t first_delay = CLOCK_SECOND;
static const int64_t longest_delay = 900 * CLOCK_SECOND;
static const int64_t memory = RATE_QUIET * CLOCK_SECOND;

static int64_t delay_after(int64_t count, int64_t free)
{
    int64_t over = count - free;
    if (over < 0)
        return 0;
    return over >= 10 ? longest_delay : first_delay << over;
}

/* What is known of failures, and whether another try is allowed. */
static bool look_at_failures(uint64_t *state, void *context)
{
    struct rate_failures *failures = context;
    int64_t now = failures->now >> TICK_BITS;
    int64_t last = (int64_t)(*state >> COUNT_BITS);
    int64_t count = (int64_t)(*state & MAX_COUNT);
    int64_t delay = delay_after(count, failures->free);
    if (now - last > (delay + memory) >> TICK_BITS)
        count = 0;
    int64_t wait = count == 0 ? 0 : last + (delay >> TICK_BITS) - now;
    assert(delay >= 0 && delay <= longest_delay);
    failures->allowed = wait <= 0;
    failures->count = count;
    failures->wait = wait > 0 ? wait << TICK_BITS : 0;
    return false;
}

void rate_table_look(struct rate_table *table, uint64_t key, struct rate_failures *failures)
{
    rate_table_update(table, key, look_at_failures, failures);
}

static bool count_attempt(uint64_t *state, void *context)
{
    struct rate_failures *failures = context;
    look_at_failures(state, failures);
    if (!failures->allowed)
        return false;
    failures->count += failures->count < MAX_COUNT;
    failures->wait = delay_after(failures->count, failures->free);
    *state = (uint64_t)(failures->now >> TICK_BITS) << COUNT_BITS | (uint64_t)failures->count;
    return true;
}

void rate_table_attempt(struct rate_table *table, uint64_t key, struct rate_failures *failures)
{
    rate_table_update(table, key, count_attempt, failures);
}

static bool forgive_failures(uint64_t *state, void *context)
{
    const bool *all = context;
    if (*state == 0)
        return false;
    *state = *all || (*state & MAX_COUNT) <= 1 ? 0 : *state - 1;
    return true;
}

void rate_table_forgive(struct rate_table *table, uint64_t key, bool all)
{
    rate_table_update(table, key, forgive_failures, &all);
}
