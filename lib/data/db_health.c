/* How the database is doing, as a connection sees it: counted, and logged without a flood. */
#include "db_health.h"

#include <stdio.h>
#include <string.h>

void db_health_count_error(struct db_health *health, enum db_error error, const char *text)
{
    health->counts.errors[error]++;
    snprintf(health->last_error, sizeof health->last_error, "%.*s", (int)strcspn(text, "\n"), text);
}

void db_health_count_connection(struct db_health *health)
{
    health->counts.connections++;
    health->counts.reconnects += health->was_connected;
    health->was_connected = true;
}

struct db_counts db_health_take_counts(struct db_health *health)
{
    struct db_counts counts = health->counts;
    health->counts = (struct db_counts){0};
    return counts;
}

void db_health_set_away(struct db_health *health, const char *why)
{
    struct log_field field = {"why", why, false};
    /* Another try that fails is not news: by then another worker may have told that it is back. */
    if (!health->is_away)
        log_state_begins(LOG_DATABASE_AWAY, "the database is away", &field, 1);
    health->is_away = true;
}

void db_health_set_back(struct db_health *health)
{
    health->is_away = false;
    log_state_ends(LOG_DATABASE_AWAY, LOG_WARNING, "the database is back");
}
