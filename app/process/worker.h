/* A worker: accepts FastCGI requests on a listening socket, one at a time, and answers them. */
#ifndef APP_WORKER_H
#define APP_WORKER_H

#include "app/settings.h"
#include "app/shared/metrics.h"

#include <signal.h>

/* The signals that a worker, or its parent, takes only where it waits: block them before any fork.
 */
void worker_fill_signals(sigset_t *signals);

struct hashing;
struct rate_limits;
struct token_cache;

enum { WORKER_ALONE = -1 };

/* What all workers of a parent have in common. Of its places the first WORKERS serve `listener`,
 * the AUTH_WORKERS after them `auth_listener`, where there is one. */
struct pools {
    const struct settings *settings;
    struct metrics *metrics;
    struct scoreboard *scoreboard;
    struct rate_limits *limits;
    struct hashing *hashing;
    struct token_cache *tokens;
    int listener;
    int auth_listener; /* -1: none */
};

/* How many workers there are to be. */
int worker_count(const struct pools *pools);

/*
 * Serves as the worker in this `place` of the parent's, or, for WORKER_ALONE, without a parent;
 * until SIGTERM (alone: also SIGINT) or MAX_REQUESTS. A request that is being answered is answered
 * first. Connects to the database by itself, after the fork. Returns the process's exit status.
 */
int worker_run(const struct pools *pools, int place);

#endif
