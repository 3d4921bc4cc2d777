/* What a client demands of the version that it changes (RFC 9110 §13). */
#ifndef DATA_PRECONDITION_H
#define DATA_PRECONDITION_H

#include "value.h"

struct precondition {
    bool required;
    bool excluded;           /* none of these, instead of one of them */
    const int64_t *versions; /* as updated_at has them */
    size_t count;
};

/* Adds the next two parameters: the versions as timestamptz[], or NULL where none is demanded; and
 * whether they are excluded. */
void precondition_add(struct db_query *query, struct arena *arena,
                      const struct precondition *precondition);

/* The condition on a row `t` for these parameters, such as "$5" and "$6". */
#define PRECONDITION_HOLDS(versions, excluded)                                                     \
    "(" versions "::timestamptz[] IS NULL"                                                         \
    " OR (t.updated_at = ANY (" versions "::timestamptz[])) <> " excluded "::boolean)"

#endif
