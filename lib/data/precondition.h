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
void precondition_add(struct db_query *query, struct arena *arena,
                      const struct precondition *precondition);

/* The condition on a row `t` for that parameter, such as "$5". */
#define PRECONDITION_HOLDS(parameter)                                                              \
    "(" parameter "::timestamptz[] IS NULL OR t.updated_at = ANY (" parameter "::timestamptz[]))"

#endif
