/* todoctl check: the doctor. */
#ifndef CTL_CHECK_H
#define CTL_CHECK_H

#include "ctl/ctl.h"

enum ctl_exit check_run(struct ctl *ctl, char **arguments);

/* What has been found so far. */
struct check {
    struct ctl *ctl;
    bool found_wrong;
};

/* Prints a finding: GOOD, WRONG (the check fails), NOTE. */
enum verdict { GOOD, NOTE, WRONG };
void check_say(struct check *check, enum verdict verdict, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
