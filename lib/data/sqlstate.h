/* What PostgreSQL's error codes (its manual, appendix A) mean to us. */
#ifndef DATA_SQLSTATE_H
#define DATA_SQLSTATE_H

#include "db_health.h"
#include "lib/core/status.h"

/* What a failure means for the statement that met it. */
enum verdict {
    VERDICT_DONE,      /* it is the answer */
    VERDICT_AGAIN,     /* it was not applied: send it again */
    VERDICT_RECONNECT, /* it was not applied, on a connection that cannot serve: send it again on
                          another */
    VERDICT_READ_ONLY, /* it was not applied, and will not be while this server is read-only: look
                          for another server, now and then */
    VERDICT_LOST       /* nobody knows whether it was applied */
};

struct sqlstate {
    const char *prefix;
    enum status status;
    enum verdict verdict;
    enum db_error error; /* how it is counted; DB_ERROR_NONE: part of an answer, no log line */
};

/* The row for a code; NULL stands for a failure without one: a broken connection. Never NULL. */
const struct sqlstate *sqlstate_find(const char *code);

/* Logs that a statement failed: its name, the code and, where there is one, the constraint. A few
 * lines a minute for each row of the table. */
void sqlstate_log(const char *statement, const char *code, const char *constraint);

#endif
