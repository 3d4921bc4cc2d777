/* Whether a database is one that the schema can be in, before anything is done to it. */
#ifndef DATA_SCHEMA_INSPECT_H
#define DATA_SCHEMA_INSPECT_H

#include "db.h"
#include "lib/core/optional.h"

/*
 * Looks, in one statement, for all that would make the schema or the service fail: the server's age
 * and settings, rights, tables of other programs. `faults` are sentences without a dot, in the
 * database's arena. `makes_anew` says that new tables are wanted even where another schema of the
 * database has some of ours.
 */
MUST_CHECK enum status schema_inspect(struct db *db, bool makes_anew, struct texts *faults);

#endif
