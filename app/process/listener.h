/* The listening sockets: handed over, or made. */
#ifndef APP_LISTENER_H
#define APP_LISTENER_H

/*
 * The socket: made at `path`, and then standard input; or, where that is NULL, what systemd has
 * opened (sd_listen_fds(3); not the one at `second_path`), or standard input, where every other
 * starter leaves it. -1, and *why in a sentence.
 */
int listener_open(const char *path, const char *second_path, const char **why);

/* A second socket at `path`: `handed` by the program before a reload (-1: none), whose environment
 * is ours; else systemd's, else made. -1 for the path "", and, with *why in a sentence, where that
 * fails. */
int listener_open_second(const char *path, int handed, const char **why);

/* Removes the second socket's path, unless it is systemd's. */
void listener_remove_second(const char *path);

#endif
