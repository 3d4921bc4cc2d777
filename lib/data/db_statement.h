/* A statement as its store writes it down, and what the connection holds it to. */
#ifndef DATA_DB_STATEMENT_H
#define DATA_DB_STATEMENT_H

#include "lib/core/status.h"

#include <stdbool.h>
#include <stdint.h>

/* How many rows a statement gives. Zero is no answer: a statement without one is not run. */
enum db_result {
    DB_NO_ROW = 1,
    DB_ONE_ROW,
    DB_MAYBE_ONE_ROW,
    DB_ROWS /* any number */
};

struct db_statement {
    const char *name; /* a short identifier, for log lines and as part of the prepared one's name */
    const char *sql;
    enum db_result result;
    enum status none; /* the status where there is no row; STATUS_OK where that is as good as any */
    bool writes;      /* it must not be sent again unless it is known not to have been applied */
    bool adaptive;    /* planned anew at every call: the best plan hangs on the parameters */
};

/* Whether it declares its result, and `writes` as its text has it: asked once before it is sent. */
bool db_statement_is_sound(const struct db_statement *statement);

/* What a result of so many rows means. STATUS_INTERNAL, with a log line, where it is none that was
 * declared. */
MUST_CHECK enum status db_statement_judge(const struct db_statement *statement, int rows);

/* How a connection knows a statement that it has prepared: by the hash of its text, which is also
 * in the name. Two texts never share one, whatever they are called. */
struct db_statement_key {
    uint64_t hash;
    char name[64];
};

struct db_statement_key db_statement_key(const struct db_statement *statement);

#endif
