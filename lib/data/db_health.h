/* How the database is doing, as a connection sees it: counted, and logged without a flood. */
#ifndef DATA_DB_HEALTH_H
#define DATA_DB_HEALTH_H

#include "db.h"

/* Zero-initialise. */
struct db_health {
    struct db_counts counts;
    bool was_connected;
    bool is_away;
    char last_error[512]; /* one line, for an administrator's eyes only */
};

void db_health_count_error(struct db_health *health, enum db_error error, const char *text);
void db_health_count_connection(struct db_health *health);

/* The database has gone, or is there again; logged once for all workers. */
void db_health_set_away(struct db_health *health, const char *why);
void db_health_set_back(struct db_health *health);

#endif
