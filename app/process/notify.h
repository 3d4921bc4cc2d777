/* Telling systemd (sd_notify(3), without its library) how we are. */
#ifndef APP_NOTIFY_H
#define APP_NOTIFY_H

#include <stdint.h>

/* Sends a state such as "READY=1" to $NOTIFY_SOCKET, where there is one. */
void notify_send(const char *state);

/* How often systemd wants "WATCHDOG=1", in microseconds; 0 for not at all. */
int64_t notify_watchdog(void);

#endif
