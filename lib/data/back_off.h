/* How long to leave a server alone that could not be reached: longer each time, and not all workers
 * equally long. */
#ifndef DATA_BACK_OFF_H
#define DATA_BACK_OFF_H

#include "lib/core/clock.h"
#include "lib/core/encoding.h"

/* Microseconds. */
#define BACK_OFF_FIRST   (50 * 1000)
#define BACK_OFF_LONGEST (1000 * 1000)

/* Zero: no back-off. */
struct back_off {
    int64_t span;
    int64_t until; /* of clock_monotonic */
};

/* Begins, or doubles; between a half and the whole of it has to pass. */
static inline void back_off_grow(struct back_off *back_off)
{
    uint16_t random;
    encoding_random(&random, sizeof random);
    back_off->span = back_off->span == 0 ? BACK_OFF_FIRST : back_off->span * 2;
    if (back_off->span > BACK_OFF_LONGEST)
        back_off->span = BACK_OFF_LONGEST;
    back_off->until = clock_monotonic() + back_off->span / 2 +
                      back_off->span / 2 * random / UINT16_MAX;
}

static inline bool back_off_holds(const struct back_off *back_off)
{
    return clock_monotonic() < back_off->until;
}

#endif
