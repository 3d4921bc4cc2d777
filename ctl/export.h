/* todoctl export: an account and its tasks as JSON. */
#ifndef CTL_EXPORT_H
#define CTL_EXPORT_H

#include "ctl/ctl.h"

/* The value of "format": what import accepts. */
#define EXPORT_FORMAT "todo-account-1"

enum ctl_exit export_run(struct ctl *ctl, char **arguments);

#endif
