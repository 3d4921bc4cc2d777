/* How many lines of a kind may be written: a few a minute, over all processes of the service. */
#include "log_limit.h"

#include "clock.h"

#include <assert.h>
#include <stdatomic.h>
#include <sys/mman.h>

struct limit {
    /* The minute in the upper half, the lines wanted in it in the lower: so a process that dies at
     * any instruction leaves it right. */
    atomic_uint_fast64_t lines;
    atomic_bool told;
};

static struct limit own[LOG_KINDS];
static struct limit *limits = own;

void log_limit_share(void)
{
    if (limits != own)
        return;
    void *memory = mmap(NULL, sizeof own, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
                        0);
    if (memory != MAP_FAILED)
        limits = memory;
}

bool log_limit_take(int kind, int64_t now, uint32_t *left_out)
{
    assert(kind >= 0 && kind < LOG_KINDS);
    atomic_uint_fast64_t *lines = &limits[kind].lines;
    uint64_t minute = (uint64_t)(now / (60 * CLOCK_SECOND)) + 1; /* 0: no line so far */
    uint_fast64_t before = atomic_load(lines), after;
    do {
        after = before >> 32 == minute ? before + 1 : minute << 32 | 1;
    } while (!atomic_compare_exchange_weak(lines, &before, after));
    uint32_t wanted = (uint32_t)after, wanted_before = (uint32_t)before;
    bool is_first = wanted == 1 && wanted_before > LOG_LIMIT_LINES;
    *left_out = is_first ? wanted_before - LOG_LIMIT_LINES : 0;
    return wanted <= LOG_LIMIT_LINES;
}

bool log_limit_set_told(int kind, bool told)
{
    assert(kind >= 0 && kind < LOG_KINDS);
    return atomic_exchange(&limits[kind].told, told);
}
