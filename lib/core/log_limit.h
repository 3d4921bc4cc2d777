/* How many lines of a kind may be written: a few a minute, over all processes of the service. */
#ifndef CORE_LOG_LIMIT_H
#define CORE_LOG_LIMIT_H

#include "log.h"

#include <stdint.h>

enum { LOG_LIMIT_LINES = 5 /* a minute */ };

/* From here on processes that are forked count together. */
void log_limit_share(void);

/* Whether a line may be written at `now` (clock_monotonic). *left_out: how many might not, in the
 * minute of the line before. */
bool log_limit_take(int kind, int64_t now, uint32_t *left_out);

/* Whether the log says of a kind that it has begun: notes that, and returns what it was before. */
bool log_limit_set_told(int kind, bool told);

#endif
