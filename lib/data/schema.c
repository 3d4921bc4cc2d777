/* The schema's version: checked on every connection, brought up to date where it is behind. */
#include "schema.h"

#include "lib/core/buffer.h"
#include "lib/core/log.h"
#include "value.h"

#include <stdio.h>

/* schema.sql, made into a C array by the Makefile. */
extern const char schema_sql[];

static const struct db_statement read_version = {
    .name = "schema_version",
    .result = DB_ONE_ROW,
    .sql = "SELECT max(version), set_config('statement_timeout',"
           " coalesce($1, current_setting('statement_timeout')), $1 IS NULL)"
           " FROM schema_version",
};

enum status schema_read_version(struct db *db, int64_t *version)
{
    struct db_query query = {.statement = &read_version};
    struct db_rows rows;
    char timeout[24];
    *version = 0;
    /* The server gives a statement up just before we do: then we know that it was not applied. */
    snprintf(timeout, sizeof timeout, "%lld", (long long)(db_statement_timeout(db) / 1000));
    value_add_text(&query, db_settings(db)->prepare ? timeout : NULL);
    enum status status = db_execute(db, &query, &rows);
    if (status == STATUS_SCHEMA_OLDER)
        return STATUS_OK;
    if (status == STATUS_OK)
        *version = value_get_integer(&rows, 0, 0);
    return status;
}

/* The script runs as one transaction, and the lock (its number is ours, no more) makes others wait
 * that start at the same time: they find everything there. */
enum status schema_run(struct db *db)
{
    static const char before[] = "SET LOCAL statement_timeout = 0;"
                                 "SELECT pg_advisory_xact_lock(7364692174638111);";
    static const char after[] =
        "INSERT INTO schema_version (version) SELECT %d"
        " WHERE NOT EXISTS (SELECT FROM schema_version WHERE version >= %d);";
    struct buffer script = {.arena = db_settings(db)->arena};
    buffer_add_text(&script, before);
    buffer_add_text(&script, schema_sql);
    buffer_add_text(&script,
                    arena_printf(db_settings(db)->arena, after, SCHEMA_VERSION, SCHEMA_VERSION));
    log_message(LOG_INFO, "applying schema version %d", SCHEMA_VERSION);
    return db_run_script(db, buffer_string(&script));
}

enum status schema_check(struct db *db)
{
    int64_t version;
    enum status status = schema_read_version(db, &version);
    if (status == STATUS_OK && version < SCHEMA_VERSION)
        return STATUS_SCHEMA_OLDER;
    if (status == STATUS_OK && version > SCHEMA_VERSION) {
        log_message(LOG_ERROR, "the database has schema version %lld, newer than this program's %d",
                    (long long)version, SCHEMA_VERSION);
        return STATUS_SCHEMA_NEWER;
    }
    return status;
}

enum status schema_apply(struct db *db)
{
    enum status status = schema_check(db);
    if (status == STATUS_SCHEMA_OLDER)
        status = schema_run(db);
    return status;
}
