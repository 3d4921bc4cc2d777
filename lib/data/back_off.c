/* How long to leave a server alone that could not be reached. */
#include "back_off.h"

#include "lib/core/clock.h"
#include "lib/core/encoding.h"

/* Microseconds. */
static const int64_t first = 50 * 1000;
static const int64_t longest = CLOCK_SECOND;

void back_off_grow(struct back_off *back_off)
{
    uint16_t random;
    encoding_random(&random, sizeof random);
    back_off->span = back_off->span == 0 ? first : back_off->span * 2;
    if (back_off->span > longest)
        back_off->span = longest;
    back_off->until = clock_monotonic() + back_off->span / 2 +
                      back_off->span / 2 * random / UINT16_MAX;
}

bool back_off_holds(const struct back_off *back_off)
{
    return clock_monotonic() < back_off->until;
}
