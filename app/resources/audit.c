/* Audit lines: what happens to accounts and sessions, for whoever has to look into it later. */
#include "audit.h"

#include "lib/core/log.h"

void audit_log(const struct request *request, const char *event, const struct uuid *user_id)
{
    char user[UUID_TEXT_SIZE];
    if (user_id != NULL)
        uuid_format(user_id, user);
    struct log_field fields[] = {
        {"event", event, false},
        {"user", user_id == NULL ? NULL : user, false},
        {"client", request->client, false},
    };
    log_fields(LOG_INFO, "audit", fields, sizeof fields / sizeof *fields);
}
