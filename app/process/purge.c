/* Deletes expired sessions and refresh tokens, a few at a time, when a worker has nothing to do. */
#include "purge.h"

#include "lib/core/clock.h"
#include "lib/data/session_store.h"

/* Rows of a step: a request that comes in between waits for no more than these. */
enum { STEP = 200 };

/* Milliseconds without a request that make a worker idle. */
enum { IDLE = 100 };

/* Microseconds until the next purge is due, after one that has begun `before`. */
static int64_t due_in(const struct services *services, int64_t before)
{
    return before + services->settings->purge_interval * CLOCK_SECOND - clock_monotonic();
}

int purge_pause(const struct purge *purge, const struct services *services)
{
    if (services->settings->purge_interval == 0)
        return -1;
    int64_t left = due_in(services, scoreboard_purged_at(services->scoreboard));
    return left <= 0 || purge->is_at_it ? IDLE : IDLE + (int)(left / 1000);
}

static bool begins(const struct services *services)
{
    int64_t before = scoreboard_purged_at(services->scoreboard);
    return due_in(services, before) <= 0 &&
           scoreboard_claim_purge(services->scoreboard, before, clock_monotonic());
}

void purge_step(struct purge *purge, struct services *services)
{
    int64_t sessions = 0, tokens = 0;
    if (!purge->is_at_it && !begins(services))
        return;
    enum status status = session_store_purge_tokens(services->db, STEP, &tokens);
    if (status == STATUS_OK)
        status = session_store_purge_sessions(services->db, STEP, &sessions);
    metrics_count(services->metrics, METRICS_PURGED_SESSIONS, (uint64_t)sessions);
    metrics_count(services->metrics, METRICS_PURGED_TOKENS, (uint64_t)tokens);
    purge->is_at_it = status == STATUS_OK && (sessions == STEP || tokens == STEP);
}
