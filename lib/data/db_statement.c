/* A statement as its store writes it down, and what the connection holds it to. */
#include "db_statement.h"

#include "lib/core/encoding.h"
#include "lib/core/log.h"

#include <assert.h>
#include <limits.h>
#include <string.h>

enum { HASH_DIGITS = 16 };

/* By enum db_result; no number of rows fits a statement that declares none. */
static const struct {
    int least, most;
} counts[] = {
    {1, 0},
    [DB_NO_ROW] = {0, 0},
    [DB_ONE_ROW] = {1, 1},
    [DB_MAYBE_ONE_ROW] = {0, 1},
    [DB_ROWS] = {0, INT_MAX},
};

static bool looks_like_writing(const char *sql)
{
    return strstr(sql, "INSERT INTO ") != NULL || strstr(sql, "UPDATE ") != NULL ||
           strstr(sql, "DELETE FROM ") != NULL;
}

bool db_statement_is_sound(const struct db_statement *statement)
{
    if (statement->result != 0 && statement->writes == looks_like_writing(statement->sql))
        return true;
    log_message(LOG_ERROR, "the statement %s does not say what it gives, or that it writes",
                statement->name);
    return false;
}

enum status db_statement_judge(const struct db_statement *statement, int rows)
{
    if (rows >= counts[statement->result].least && rows <= counts[statement->result].most)
        return rows == 0 ? statement->none : STATUS_OK;
    log_message(LOG_ERROR, "the statement %s gave %d rows, which is not what it declares",
                statement->name, rows);
    return STATUS_INTERNAL;
}

struct db_statement_key db_statement_key(const struct db_statement *statement)
{
    static const char digits[] = "0123456789abcdef";
    struct db_statement_key key;
    size_t length = strlen(statement->name);
    assert(length + 1 + HASH_DIGITS < sizeof key.name);
    key.hash = encoding_hash(statement->sql);
    memcpy(key.name, statement->name, length);
    key.name[length++] = '_';
    for (int shift = 4 * (HASH_DIGITS - 1); shift >= 0; shift -= 4)
        key.name[length++] = digits[key.hash >> shift & 15];
    key.name[length] = '\0';
    return key;
}
