/* Waiting for a socket, until a deadline. */
#ifndef DATA_SOCKET_WAIT_H
#define DATA_SOCKET_WAIT_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

/* Waits for `events` of poll(2). False when the deadline (clock_monotonic) has passed. */
bool socket_wait(int socket, short events, int64_t deadline);

#endif
