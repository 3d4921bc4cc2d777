/* Waiting for a socket, until a deadline. */
#include "socket_wait.h"

#include "lib/core/clock.h"

#include <errno.h>

bool socket_wait(int socket, short events, int64_t deadline)
{
    for (;;) {
        int64_t left = deadline - clock_monotonic();
        if (left <= 0)
            return false;
        struct pollfd one = {.fd = socket, .events = events};
        int ready = poll(&one, 1, (int)(left / 1000 + 1));
        if (ready > 0)
            return true;
        if (ready < 0 && errno != EINTR)
            return false;
    }
}
