/* What todoctl check finds: printed as it goes, and whether anything is wrong. */
#ifndef CTL_FINDING_H
#define CTL_FINDING_H

#include <stdbool.h>

/* Zero-initialise. */
struct findings {
    bool is_wrong; /* something is: the check fails */
};

enum finding { FINDING_GOOD, FINDING_NOTE, FINDING_WRONG };

/* Prints a finding, one line. */
void finding_say(struct findings *findings, enum finding finding, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
