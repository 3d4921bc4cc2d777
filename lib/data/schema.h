/* The schema's version: checked on every connection, brought up to date where it is behind. */
#ifndef DATA_SCHEMA_H
#define DATA_SCHEMA_H

#include "db.h"

enum { SCHEMA_VERSION = 3 };

/*
 * Both for db_settings.on_connect. They compare the version in the database with SCHEMA_VERSION,
 * and set the session's statement_timeout where `prepare` says that the connection is not shared.
 * STATUS_SCHEMA_NEWER: this program does not know what it would break. Where the database is
 * behind, schema_check says STATUS_SCHEMA_OLDER; schema_apply applies schema.sql, which may take
 * long and so is for the start, not for a request.
 */
MUST_CHECK enum status schema_check(struct db *db);
MUST_CHECK enum status schema_apply(struct db *db);

/* Runs schema.sql on a connection that is open, whatever the version: what is there stays, what has
 * been lost (an index) comes back. */
MUST_CHECK enum status schema_run(struct db *db);

/* The version in the database; 0 where there is none. For --check and tests. */
MUST_CHECK enum status schema_read_version(struct db *db, int64_t *version);

#endif
