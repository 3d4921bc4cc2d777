/* A time limit on a connection: when it is over, the connection is cut. */
#ifndef APP_DEADLINE_H
#define APP_DEADLINE_H

#include <stdint.h>

/* Takes SIGALRM. Before it nothing below has an effect. */
void deadline_set_up(void);

/* Reading from or writing to `connection` may take so many seconds from now on. */
void deadline_set(int connection, int64_t seconds);

/* No limit any more: the connection is somebody else's, or closed. */
void deadline_clear(void);

#endif
