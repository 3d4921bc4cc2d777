/* todoctl session: who is signed in, and where. */
#ifndef CTL_SESSION_H
#define CTL_SESSION_H

#include "ctl/ctl.h"

enum ctl_exit session_list(struct ctl *ctl, char **arguments);
enum ctl_exit session_end(struct ctl *ctl, char **arguments);

#endif
