/* The listening socket: handed over as standard input, or made. */
#ifndef APP_LISTENER_H
#define APP_LISTENER_H

/* The socket: standard input, and made at `path` where that is not NULL. -1, and *why in a
 * sentence. */
int listener_open(const char *path, const char **why);

/* A second socket at `path`: `handed` by the program before a reload (-1: none) where that is it,
 * else made. -1 for the path "", and, with *why in a sentence, where that fails. */
int listener_open_second(const char *path, int handed, const char **why);

#endif
