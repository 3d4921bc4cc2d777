/* The parent: keeps WORKERS processes running, and lets them go. Never touches the database. */
#ifndef APP_PREFORK_H
#define APP_PREFORK_H

#include "app/process/reload.h"
#include "app/process/worker.h"

/*
 * Forks the workers and stays until SIGTERM or SIGINT: then it lets them finish what they are
 * answering, within DRAIN_SECONDS, and kills what is left. A worker that ends is replaced, with a
 * back-off if it died at once; one that is busy for longer than any request can take is killed.
 * SIGHUP: if `--prepare` of the program file finds nothing wrong, that program takes our place and
 * replaces the workers one by one; `handed` is what we got, and what it gets. Returns the exit
 * status.
 */
int prefork_run(const struct pools *pools, struct reload *handed);

#endif
