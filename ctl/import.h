/* todoctl import: an account and its tasks from JSON. */
#ifndef CTL_IMPORT_H
#define CTL_IMPORT_H

#include "ctl/ctl.h"

/* Takes what export writes, or a mere array of tasks as GET /tasks gives it, from standard input.
 */
enum ctl_exit import_run(struct ctl *ctl, char **arguments);

#endif
