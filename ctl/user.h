/* todoctl user: accounts. */
#ifndef CTL_USER_H
#define CTL_USER_H

#include "ctl/ctl.h"

enum ctl_exit user_list(struct ctl *ctl, char **arguments);
enum ctl_exit user_add(struct ctl *ctl, char **arguments);
enum ctl_exit user_disable(struct ctl *ctl, char **arguments);
enum ctl_exit user_enable(struct ctl *ctl, char **arguments);
enum ctl_exit user_delete(struct ctl *ctl, char **arguments);
enum ctl_exit user_reset_password(struct ctl *ctl, char **arguments);

#endif
