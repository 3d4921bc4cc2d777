/* One connection to PostgreSQL (libpq): deadlines, reconnecting, prepared statements, SQLSTATEs. */
#ifndef DATA_DB_H
#define DATA_DB_H

#include "db_statement.h"
#include "lib/core/arena.h"
#include "lib/core/status.h"
#include "lib/core/uuid.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct db;
struct db_health;

struct db_settings {
    const char *url;     /* a conninfo string or URI, libpq's own syntax; kept, not copied */
    int64_t timeout;     /* microseconds that one request may spend in the database */
    bool prepare;        /* named prepared statements; off for PgBouncer before 1.21 */
    struct arena *arena; /* results live here, until its reset */
    /* Runs on every new connection, before any statement: its failure is the request's. */
    enum status (*on_connect)(struct db *db);
};

enum { DB_MAX_PARAMS = 20 };

/* A statement and its parameters: initialise with the statement, then value_add_…() in the order of
 * $1, $2, … */
struct db_query {
    const struct db_statement *statement;
    int count;
    const char *values[DB_MAX_PARAMS];
    int lengths[DB_MAX_PARAMS];
    int formats[DB_MAX_PARAMS];
    unsigned char numbers[DB_MAX_PARAMS][8];
};

/* A result; it lives until the arena's reset. */
struct db_rows {
    const void *result;
    int count;
};

/* Whether libpq can read this. What it says of one that it cannot repeats parts of it, and so maybe
 * the password; a port that is no number is what follows a slash in one. */
bool db_is_url(const char *url);

/* Sets the connection up; nothing is sent yet. NULL when memory is exhausted. */
struct db *db_create(const struct db_settings *settings);
void db_destroy(struct db *db);

/* Begins a request: its time in the database counts from zero. */
void db_begin(struct db *db);

/* Microseconds the current request has spent in the database. */
int64_t db_spent(const struct db *db);

/* What it was made with. */
const struct db_settings *db_settings(const struct db *db);

/* How the connection is doing; it lives as long as the connection. */
struct db_health *db_health(struct db *db);

/* Opens the connection, if need be, within the request's time. */
MUST_CHECK enum status db_connect(struct db *db);
bool db_is_connected(const struct db *db);

/* Microseconds after which the server is to give a statement up, well before we do: a write is not
 * sent when less of the request's time is left, so that one we have given up is never applied. */
int64_t db_statement_timeout(const struct db *db);

/* Changes what runs on a new connection. */
void db_set_on_connect(struct db *db, enum status (*on_connect)(struct db *db));

/*
 * Runs a statement and waits for its result, connecting first where need be. A read is sent again
 * on a new connection when the old one broke; a write only when it is known not to have been
 * applied. STATUS_UNAVAILABLE where the database does not answer in time; STATUS_CONFLICT for a
 * unique key that is taken; STATUS_INTERNAL for a result that the statement does not declare; where
 * it gives no row, what it calls that; otherwise the status that sqlstate.c's table gives.
 */
MUST_CHECK enum status db_execute(struct db *db, const struct db_query *query,
                                  struct db_rows *rows);

/* Runs a script of several statements as one transaction; for the schema only. */
MUST_CHECK enum status db_run_script(struct db *db, const char *sql);

/* The bytes of a cell, in PostgreSQL's binary format with a NUL behind; NULL for SQL's NULL. */
const void *db_cell(const struct db_rows *rows, int row, int column, size_t *length);

#endif
