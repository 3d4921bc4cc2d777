/* todoctl migrate and purge: the database as a whole. */
#ifndef CTL_DATABASE_H
#define CTL_DATABASE_H

#include "ctl/ctl.h"

/* The names of all indexes that schema.sql makes, in `arena`. */
struct texts database_list_indexes(struct arena *arena);

enum ctl_exit database_migrate(struct ctl *ctl, char **arguments);
enum ctl_exit database_purge(struct ctl *ctl, char **arguments);

#endif
