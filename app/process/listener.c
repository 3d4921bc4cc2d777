/* The listening sockets: handed over, or made. */
#include "listener.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 1024 };
enum { PATIENCE = 100, PAUSE = 50 /* milliseconds */ };

/* The first of systemd's sockets (sd_listen_fds(3)). */
enum { FIRST_ACTIVATED = 3 };

/* How many sockets systemd has opened for us; after a reload, too: we are the same process. */
static int count_activated(void)
{
    const char *pid = getenv("LISTEN_PID");
    const char *count = getenv("LISTEN_FDS");
    bool is_meant = pid != NULL && count != NULL && strtol(pid, NULL, 10) == getpid();
    return is_meant ? (int)strtol(count, NULL, 10) : 0;
}

static bool is_bound_to(int listener, const char *path)
{
    struct sockaddr_un address = {0};
    socklen_t size = sizeof address - 1;
    return getsockname(listener, (struct sockaddr *)&address, &size) == 0 &&
           strcmp(address.sun_path, path) == 0;
}

/* The socket of systemd's that is at this path, or -1. */
static int find_activated(const char *path)
{
    int end = FIRST_ACTIVATED + count_activated();
    for (int i = FIRST_ACTIVATED; i < end; i++)
        if (is_bound_to(i, path))
            return i;
    return -1;
}

/* The first of systemd's sockets but the one at `second_path`. */
static int use_handed(const char *second_path, const char **why)
{
    int listening = 0;
    socklen_t size = sizeof listening;
    int end = FIRST_ACTIVATED + count_activated();
    for (int i = FIRST_ACTIVATED; i < end; i++)
        if (!is_bound_to(i, second_path))
            return i;
    if (getsockopt(STDIN_FILENO, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) == 0 && listening)
        return STDIN_FILENO;
    *why = "standard input is not a listening socket: let a web server or spawn-fcgi start this,"
           " or give -s SOCKET";
    return -1;
}

/* Removes a socket that nobody listens on any longer. False where somebody does, or it is none. */
static bool clear_path(const struct sockaddr_un *address)
{
    struct stat file;
    if (lstat(address->sun_path, &file) != 0)
        return errno == ENOENT;
    if (!S_ISSOCK(file.st_mode))
        return false;
    int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool dead = probe >= 0 &&
                connect(probe, (const struct sockaddr *)address, sizeof *address) != 0 &&
                errno == ECONNREFUSED;
    if (probe >= 0)
        close(probe);
    return dead && unlink(address->sun_path) == 0;
}

/* Only its owner may connect: libfcgi trusts its peer. */
static int bind_privately(int listener, const struct sockaddr_un *address)
{
    mode_t mask = umask(0177);
    int bound = bind(listener, (const struct sockaddr *)address, sizeof *address);
    umask(mask);
    return bound == 0 ? listen(listener, BACKLOG) : bound;
}

/* Where every other starter hands it over, and where a reload looks for it. */
static int as_standard_input(int listener)
{
    if (dup2(listener, STDIN_FILENO) != STDIN_FILENO)
        return listener;
    close(listener);
    return STDIN_FILENO;
}

static int make_socket(const char *path, const char **why)
{
    static char text[256];
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    *why = text;
    if (strlen(path) >= sizeof address.sun_path) {
        snprintf(text, sizeof text, "the socket's path is longer than %zu bytes",
                 sizeof address.sun_path - 1);
        return -1;
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    /* The workers of a parent that was killed need a moment to follow it. */
    for (int i = 0; !clear_path(&address); i++) {
        if (i == PATIENCE) {
            snprintf(text, sizeof text, "%s is in use", path);
            return -1;
        }
        poll(NULL, 0, PAUSE);
    }
    int listener = socket(AF_UNIX, SOCK_STREAM, 0); /* a reload hands it on */
    if (listener >= 0 && bind_privately(listener, &address) == 0)
        return listener;
    snprintf(text, sizeof text, "cannot listen on %s: %s", path, strerror(errno));
    if (listener >= 0)
        close(listener);
    return -1;
}

int listener_open(const char *path, const char *second_path, const char **why)
{
    if (path == NULL)
        return use_handed(second_path, why);
    int listener = make_socket(path, why);
    return listener < 0 ? listener : as_standard_input(listener);
}

int listener_open_second(const char *path, int handed, const char **why)
{
    if (handed >= 0 || path[0] == '\0')
        return handed;
    int activated = find_activated(path);
    return activated >= 0 ? activated : make_socket(path, why);
}

void listener_remove_second(const char *path)
{
    if (path[0] != '\0' && find_activated(path) < 0)
        unlink(path);
}
