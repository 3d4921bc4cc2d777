/* todoctl check: the doctor. */
#ifndef CTL_CHECK_H
#define CTL_CHECK_H

#include "ctl/ctl.h"

enum ctl_exit check_run(struct ctl *ctl, char **arguments);

#endif
