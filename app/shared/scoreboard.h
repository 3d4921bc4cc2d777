/* Who is at work, and since when: a place for every worker, in memory that all of them share. */
#ifndef APP_SCOREBOARD_H
#define APP_SCOREBOARD_H

#include <stdbool.h>
#include <stdint.h>

enum { SCOREBOARD_PLACES = 320 };

struct scoreboard;

/* Maps the places, all empty. `*fd` is the memory of the program before a reload, which is taken
 * over if it means the same, or -1; then it is the one in use. NULL when memory is exhausted. */
struct scoreboard *scoreboard_create(int *fd);

/* What the worker in a place does: it is at a request since `since` (clock_monotonic), it waits for
 * one, or there is no worker any more. Each is one atomic store: a worker may die at any
 * instruction. */
void scoreboard_set_busy(struct scoreboard *board, int place, int64_t since);
void scoreboard_set_idle(struct scoreboard *board, int place);
void scoreboard_set_gone(struct scoreboard *board, int place);

/* Since when the worker in this place is busy; 0 where it is not. */
int64_t scoreboard_busy_since(const struct scoreboard *board, int place);

struct scoreboard_counts {
    int busy, idle;
};

struct scoreboard_counts scoreboard_count(const struct scoreboard *board);

/* When the last purge began, or else this board (clock_monotonic). A worker claims the next one: of
 * several that have seen the same `before`, one gets it. */
int64_t scoreboard_purged_at(const struct scoreboard *board);
bool scoreboard_claim_purge(struct scoreboard *board, int64_t before, int64_t now);

#endif
