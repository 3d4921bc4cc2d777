/* Values that may be absent, and lists of texts, as one layer hands them to another. */
#ifndef CORE_OPTIONAL_H
#define CORE_OPTIONAL_H

#include "uuid.h"

#include <stddef.h>
#include <stdint.h>

struct optional_integer {
    int64_t value;
    bool is_set;
};

struct optional_uuid {
    struct uuid value;
    bool is_set;
};

/* An instant, or where `is_date` the start (UTC) of a day. */
struct optional_time {
    int64_t at; /* microseconds since 1970 */
    bool is_set;
    bool is_date;
};

struct texts {
    const char *const *items;
    size_t count;
};

#endif
