/* One HTTP request, by the program curl. */
#ifndef CTL_PROBE_H
#define CTL_PROBE_H

#include "lib/core/arena.h"

#include <stdbool.h>

struct probe {
    int status;       /* of HTTP; 0: there was no answer */
    const char *text; /* head and body as they came; where there was no answer, why */
};

/* GETs a URL, with one header more (NULL for none). Redirects are not followed. The answer is in
 * `arena`. */
struct probe probe_get(struct arena *arena, const char *url, const char *header);

#endif
