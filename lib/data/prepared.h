/* Which statements a connection has prepared, by the hashes of their texts. */
#ifndef DATA_PREPARED_H
#define DATA_PREPARED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PREPARED_MAX = 160 };

/* Zero-initialise; zero again when the connection is gone. */
struct prepared {
    uint64_t hashes[PREPARED_MAX];
    size_t count;
};

bool prepared_has(const struct prepared *prepared, uint64_t hash);
bool prepared_is_full(const struct prepared *prepared);

/* Only where it is not full. */
void prepared_add(struct prepared *prepared, uint64_t hash);

#endif
