/* Which statements a connection has prepared, by their names. */
#ifndef DATA_PREPARED_H
#define DATA_PREPARED_H

#include "lib/core/encoding.h"

#include <stdbool.h>

enum { PREPARED_MAX = 160 };

/* Zero-initialise; zero again when the connection is gone. */
struct prepared {
    uint64_t names[PREPARED_MAX]; /* hashed */
    size_t count;
};

static inline bool prepared_has(const struct prepared *prepared, const char *name)
{
    uint64_t hash = encoding_hash(name);
    for (size_t i = 0; i < prepared->count; i++)
        if (prepared->names[i] == hash)
            return true;
    return false;
}

static inline bool prepared_is_full(const struct prepared *prepared)
{
    return prepared->count == PREPARED_MAX;
}

static inline void prepared_add(struct prepared *prepared, const char *name)
{
    prepared->names[prepared->count++] = encoding_hash(name);
}

#endif
