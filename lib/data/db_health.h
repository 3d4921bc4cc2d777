/* How the database is doing, as a connection sees it: counted, and logged without a flood. */
#ifndef DATA_DB_HEALTH_H
#define DATA_DB_HEALTH_H

#include "lib/core/log.h"

#include <stdbool.h>
#include <stdint.h>

/* The log's kinds of this folder. */
enum {
    LOG_DATABASE_AWAY = LOG_KINDS_OF_DATA,
    LOG_STATEMENT_FAILED /* + the row of its SQLSTATE */
};

/* How failures are counted. */
enum db_error {
    DB_ERROR_NONE, /* part of an answer */
    DB_ERROR_UNAVAILABLE,
    DB_ERROR_TIMEOUT,
    DB_ERROR_CONFLICT,
    DB_ERROR_OTHER,
    DB_ERROR_KINDS
};

struct db_counts {
    uint64_t micros; /* spent in the database */
    uint64_t connections;
    uint64_t reconnects; /* of these, because the one before was lost */
    uint64_t errors[DB_ERROR_KINDS];
};

/* Zero-initialise. */
struct db_health {
    struct db_counts counts;
    bool was_connected;
    bool is_away;
    char last_error[512]; /* libpq's one line, which may hold values: for an administrator's eyes
                             only */
};

void db_health_count_error(struct db_health *health, enum db_error error, const char *text);
void db_health_count_connection(struct db_health *health);

/* What has been counted since this was last asked. */
struct db_counts db_health_take_counts(struct db_health *health);

/* The database has gone, or is there again; logged once for all workers. */
void db_health_set_away(struct db_health *health, const char *why);
void db_health_set_back(struct db_health *health);

#endif
