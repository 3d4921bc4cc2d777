/* What PostgreSQL's error codes (its manual, appendix A) mean to us. */
#include "sqlstate.h"

#include "lib/core/log.h"

#include <string.h>

/* The first row whose prefix matches counts. */
static const struct sqlstate sqlstates[] = {
    {"23505", STATUS_CONFLICT, VERDICT_DONE, true},      /* unique_violation */
    {"23503", STATUS_INVALID_TOKEN, VERDICT_DONE, true}, /* the owner has been deleted meanwhile */
    {"40001", STATUS_UNAVAILABLE, VERDICT_AGAIN, false}, /* serialization_failure */
    {"40P01", STATUS_UNAVAILABLE, VERDICT_AGAIN, false}, /* deadlock_detected */
    {"42P01", STATUS_SCHEMA_OLDER, VERDICT_DONE, true},  /* undefined_table */
    {"26000", STATUS_UNAVAILABLE, VERDICT_RECONNECT,
     false},                                              /* prepared statement gone (a pooler) */
    {"0A000", STATUS_INTERNAL, VERDICT_RECONNECT, false}, /* its result type has changed */
    {"25006", STATUS_UNAVAILABLE, VERDICT_RECONNECT, false}, /* read-only: the old primary */
    {"57P", STATUS_UNAVAILABLE, VERDICT_LOST, false},   /* shutting down: maybe after the commit */
    {"08", STATUS_UNAVAILABLE, VERDICT_LOST, false},    /* connection exceptions */
    {"57014", STATUS_UNAVAILABLE, VERDICT_DONE, false}, /* statement_timeout */
    {"55P03", STATUS_UNAVAILABLE, VERDICT_DONE, false}, /* lock_timeout */
    {"53", STATUS_UNAVAILABLE, VERDICT_DONE, false},    /* out of disk, memory, connections */
    {"22", STATUS_INVALID, VERDICT_DONE, false}, /* data exceptions: checked before, so rare */
    {"23", STATUS_INVALID, VERDICT_DONE, false}, /* other constraints, likewise */
    {"", STATUS_INTERNAL, VERDICT_DONE, false},
};

static const struct sqlstate connection_lost = {"", STATUS_UNAVAILABLE, VERDICT_LOST, false};

const struct sqlstate *sqlstate_find(const char *code)
{
    if (code == NULL)
        return &connection_lost;
    const struct sqlstate *row = sqlstates;
    while (strncmp(code, row->prefix, strlen(row->prefix)) != 0)
        row++;
    return row;
}

void sqlstate_log(const char *statement, const char *code, const char *constraint)
{
    struct log_field fields[] = {
        {"statement", statement, false},
        {"sqlstate", code, false},
        {"constraint", constraint, false},
    };
    log_fields(LOG_WARNING, "a statement failed", fields, sizeof fields / sizeof *fields);
}
