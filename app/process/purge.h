/* Deletes expired sessions and refresh tokens, a few at a time, when a worker has nothing to do. */
#ifndef APP_PURGE_H
#define APP_PURGE_H

#include "app/services.h"

/* Zero-initialise. */
struct purge {
    bool is_at_it; /* more rows have expired than one step deletes */
};

/* Milliseconds that an idle worker is to wait for a request before it takes a step; -1: for ever.
 */
int purge_pause(const struct purge *purge, const struct services *services);

/* Takes a step, if all workers together are to take one now. */
void purge_step(struct purge *purge, struct services *services);

#endif
