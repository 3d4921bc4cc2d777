/* What a client demands of the version that it changes (RFC 9110 §13). */
#include "precondition.h"

void precondition_add(struct db_query *query, struct arena *arena,
                      const struct precondition *precondition)
{
    if (precondition->required)
        value_add_timestamps(query, arena, precondition->versions, precondition->count);
    else
        value_add_null(query);
    value_add_boolean(query, precondition->excluded);
}
