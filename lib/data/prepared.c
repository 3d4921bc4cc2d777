/* Which statements a connection has prepared, by the hashes of their texts. */
#include "prepared.h"

#include <assert.h>

bool prepared_has(const struct prepared *prepared, uint64_t hash)
{
    for (size_t i = 0; i < prepared->count; i++)
        if (prepared->hashes[i] == hash)
            return true;
    return false;
}

bool prepared_is_full(const struct prepared *prepared)
{
    return prepared->count == PREPARED_MAX;
}

void prepared_add(struct prepared *prepared, uint64_t hash)
{
    assert(!prepared_is_full(prepared));
    prepared->hashes[prepared->count++] = hash;
}
