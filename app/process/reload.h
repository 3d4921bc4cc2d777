/* SIGHUP: the parent puts a new program, with newly read settings, in its own place. */
#ifndef APP_RELOAD_H
#define APP_RELOAD_H

#include "app/shared/scoreboard.h"

#include <stdbool.h>
#include <sys/types.h>

enum { RELOAD_MAX_WORKERS = SCOREBOARD_PLACES };

/* What a program hands to the one that takes its place, besides the listening socket as standard
 * input: the process, and so its children, stays the same. A descriptor that is not handed on is
 * -1.
 */
struct reload {
    bool taken; /* from another program */
    int metrics_fd, limits_fd, hashing_fd;
    int auth_listener;
    int scoreboard_fd;
    int worker_count;
    pid_t workers[RELOAD_MAX_WORKERS]; /* 0: an empty place */
};

/* Remembers how the program was started. First thing in main(). */
void reload_remember(char **argv);

/* Takes what an old program has handed over, if there was one. */
void reload_take(struct reload *handed);

/* Starts `todo.fcgi --prepare` of the program file as it is now: it checks all that --check does,
 * and applies its schema while the old program still serves. Its exit status says whether to go on.
 * -1 where it cannot be started. */
pid_t reload_start_check(void);

/* Becomes the new program. Returns only where that fails: then all stays as it was. */
void reload_become(const struct reload *handed);

#endif
