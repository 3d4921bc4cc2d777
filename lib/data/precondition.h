/* What a client demands of the version that it changes (RFC 9110 §13). */
#ifndef DATA_PRECONDITION_H
#define DATA_PRECONDITION_H

#include "value.h"

struct precondition {
    bool required;
    const int64_t *versions; /* one of these, as updated_at has them */
    size_t count;
};

/* Adds the next parameter: the versions as timestamptz[], or NULL where none is demanded. */
void precondition_add(struct db_params *params, struct arena *arena,
                      const struct precondition *precondition);

/* The condition for that parameter, `number`, on a row `t`. */
#define PRECONDITION_HOLDS(number)                                                                 \
    "($" number "::timestamptz[] IS NULL OR t.updated_at = ANY ($" number "::timestamptz[]))"

#endif
