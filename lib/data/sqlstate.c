/* What PostgreSQL's error codes (its manual, appendix A) mean to us. */
#include "sqlstate.h"

#include "lib/core/log.h"

#include <string.h>

/* The first row whose prefix matches counts. */
/* clang-format off */
static const struct sqlstate sqlstates[] = {
    {"23505", STATUS_CONFLICT,      VERDICT_DONE,      DB_ERROR_NONE},        /* unique_violation */
    {"23503", STATUS_INVALID_TOKEN, VERDICT_DONE,      DB_ERROR_NONE},        /* the owner has been deleted meanwhile */
    {"40001", STATUS_UNAVAILABLE,   VERDICT_AGAIN,     DB_ERROR_CONFLICT},    /* serialization_failure */
    {"40P01", STATUS_UNAVAILABLE,   VERDICT_AGAIN,     DB_ERROR_CONFLICT},    /* deadlock_detected */
    {"42P01", STATUS_SCHEMA_OLDER,  VERDICT_DONE,      DB_ERROR_NONE},        /* undefined_table */
    {"26000", STATUS_UNAVAILABLE,   VERDICT_RECONNECT, DB_ERROR_OTHER},       /* prepared statement gone (a pooler) */
    {"0A000", STATUS_INTERNAL,      VERDICT_RECONNECT, DB_ERROR_OTHER},       /* its result type has changed */
    {"25006", STATUS_UNAVAILABLE,   VERDICT_READ_ONLY, DB_ERROR_UNAVAILABLE}, /* the old primary, or a standby */
    {"57P",   STATUS_UNAVAILABLE,   VERDICT_LOST,      DB_ERROR_UNAVAILABLE}, /* shutting down: maybe after the commit */
    {"08",    STATUS_UNAVAILABLE,   VERDICT_LOST,      DB_ERROR_UNAVAILABLE}, /* connection exceptions */
    {"57014", STATUS_UNAVAILABLE,   VERDICT_DONE,      DB_ERROR_TIMEOUT},     /* statement_timeout */
    {"55P03", STATUS_UNAVAILABLE,   VERDICT_DONE,      DB_ERROR_TIMEOUT},     /* lock_timeout */
    {"53",    STATUS_UNAVAILABLE,   VERDICT_DONE,      DB_ERROR_UNAVAILABLE}, /* out of disk, memory, connections */
    {"22",    STATUS_INVALID,       VERDICT_DONE,      DB_ERROR_OTHER},       /* data exceptions: checked before, so rare */
    {"23",    STATUS_INVALID,       VERDICT_DONE,      DB_ERROR_OTHER},       /* other constraints, likewise */
    {"",      STATUS_INTERNAL,      VERDICT_DONE,      DB_ERROR_OTHER},
};
/* clang-format on */

_Static_assert(LOG_STATEMENT_FAILED + sizeof sqlstates / sizeof *sqlstates <= LOG_KINDS_OF_APP,
               "each row has log lines of its own");

static const struct sqlstate connection_lost = {"", STATUS_UNAVAILABLE, VERDICT_LOST,
                                                DB_ERROR_UNAVAILABLE};

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
    int kind = LOG_STATEMENT_FAILED + (int)(sqlstate_find(code) - sqlstates);
    (void)log_limited(kind, "a statement failed", fields, sizeof fields / sizeof *fields);
}
