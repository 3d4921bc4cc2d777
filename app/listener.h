/* The listening socket: handed over as standard input, or made. */
#ifndef APP_LISTENER_H
#define APP_LISTENER_H

/* The socket, made at `path` where that is not NULL; or -1, and *why in a sentence. */
int listener_open(const char *path, const char **why);

#endif
