/* How long to leave a server alone that could not be reached: longer each time, and not all workers
 * equally long. */
#ifndef DATA_BACK_OFF_H
#define DATA_BACK_OFF_H

#include <stdbool.h>
#include <stdint.h>

/* Zero: no back-off. */
struct back_off {
    int64_t span;  /* microseconds */
    int64_t until; /* of clock_monotonic */
};

/* Begins, or doubles; between a half and the whole of it has to pass. */
void back_off_grow(struct back_off *back_off);

/* Whether it is still too early for another try. */
bool back_off_holds(const struct back_off *back_off);

#endif
