/* What PostgreSQL's error codes (its manual, appendix A) mean to us. */
#ifndef DATA_SQLSTATE_H
#define DATA_SQLSTATE_H

#include "lib/core/status.h"

#include <stdbool.h>

/* What a failure means for the statement that met it. */
enum verdict {
    VERDICT_DONE,      /* it is the answer */
    VERDICT_AGAIN,     /* it was not applied: send it again */
    VERDICT_RECONNECT, /* it was not applied, on a server that cannot serve: reconnect, send again
                        */
    VERDICT_LOST       /* whether it was applied nobody knows */
};

struct sqlstate {
    const char *prefix;
    enum status status;
    enum verdict verdict;
    bool expected; /* part of an answer, not worth a log line */
};

/* The row for a code; NULL stands for a failure without one: a broken connection. Never NULL. */
const struct sqlstate *sqlstate_find(const char *code);

/* Logs that a statement failed: its name, the code and, where there is one, the constraint. */
void sqlstate_log(const char *statement, const char *code, const char *constraint);

#endif
