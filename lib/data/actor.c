/* Who acts. */
#include "actor.h"

void actor_add(struct db_query *query, const struct actor *actor)
{
    value_add_uuid(query, &actor->user_id);
    if (actor->has_session)
        value_add_uuid(query, &actor->session_id);
    else
        value_add_null(query);
    if (actor->has_issued_at)
        value_add_timestamp(query, actor->issued_at);
    else
        value_add_null(query);
}

enum status actor_execute(struct db *db, struct actor *actor, const struct db_query *query,
                          struct db_rows *rows)
{
    enum status status = db_execute(db, query, rows);
    if (status != STATUS_OK)
        return status;
    if (rows->count == 0)
        return STATUS_INVALID_TOKEN;
    actor->stale = value_get_boolean(rows, 0, 0);
    return STATUS_OK;
}
