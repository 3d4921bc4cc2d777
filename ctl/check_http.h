/* The doctor's look through the web server: what gets lost on the way to the service. */
#ifndef CTL_CHECK_HTTP_H
#define CTL_CHECK_HTTP_H

#include "ctl/finding.h"

/* Asks the service at `url`, its mount, for what needs no account. `proxies`: TRUSTED_PROXIES, or
 * NULL where the settings could not be read. */
void check_http_run(struct findings *findings, const char *url, const char *proxies);

#endif
