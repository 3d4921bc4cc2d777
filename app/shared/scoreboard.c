/* Who is at work, and since when: a place for every worker, in memory that all of them share. */
#include "scoreboard.h"

#include "app/shared/shared.h"
#include "lib/core/clock.h"

#include <assert.h>
#include <stdatomic.h>
#include <stddef.h>

/* What a place holds, unless it is the time since when its worker is busy. Zero, so that new memory
 * is a board without workers. */
enum { GONE = 0, IDLE = -1 };

struct scoreboard {
    atomic_int_fast64_t places[SCOREBOARD_PLACES];
    atomic_int_fast64_t purged_at;
};

struct scoreboard *scoreboard_create(int *fd)
{
    static const int64_t numbers[] = {SCOREBOARD_PLACES, offsetof(struct scoreboard, places),
                                      offsetof(struct scoreboard, purged_at), GONE, IDLE};
    uint64_t layout = shared_layout(numbers, sizeof numbers / sizeof *numbers);
    struct scoreboard *board = shared_map("todo-scoreboard", sizeof *board, layout, fd);
    if (board != NULL) /* a board that was taken over keeps its time */
        (void)scoreboard_claim_purge(board, 0, clock_monotonic());
    return board;
}

static void set_place(struct scoreboard *board, int place, int64_t state)
{
    assert(place >= 0 && place < SCOREBOARD_PLACES);
    atomic_store_explicit(&board->places[place], state, memory_order_relaxed);
}

static int64_t get_place(const struct scoreboard *board, int place)
{
    assert(place >= 0 && place < SCOREBOARD_PLACES);
    return atomic_load_explicit(&board->places[place], memory_order_relaxed);
}

void scoreboard_set_busy(struct scoreboard *board, int place, int64_t since)
{
    assert(since > 0); /* the others are states */
    set_place(board, place, since);
}

void scoreboard_set_idle(struct scoreboard *board, int place)
{
    set_place(board, place, IDLE);
}

void scoreboard_set_gone(struct scoreboard *board, int place)
{
    set_place(board, place, GONE);
}

int64_t scoreboard_busy_since(const struct scoreboard *board, int place)
{
    int64_t state = get_place(board, place);
    return state > 0 ? state : 0;
}

struct scoreboard_counts scoreboard_count(const struct scoreboard *board)
{
    struct scoreboard_counts counts = {0};
    for (int i = 0; i < SCOREBOARD_PLACES; i++) {
        counts.busy += get_place(board, i) > 0;
        counts.idle += get_place(board, i) == IDLE;
    }
    return counts;
}

int64_t scoreboard_purged_at(const struct scoreboard *board)
{
    return atomic_load(&board->purged_at);
}

bool scoreboard_claim_purge(struct scoreboard *board, int64_t before, int64_t now)
{
    int_fast64_t expected = before;
    return atomic_compare_exchange_strong(&board->purged_at, &expected, now);
}
