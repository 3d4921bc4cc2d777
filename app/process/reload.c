/* SIGHUP: the parent puts a new program, with newly read settings, in its own place. */
#include "reload.h"

#include <assert.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HANDED "TODO_RELOAD" /* "fd fd …: pid pid …" */

extern char **environ;

static char program[PATH_MAX];
static char **arguments;

void reload_remember(char **argv)
{
    /* The path, not the open file: an upgrade puts another file there. */
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    program[length < 0 ? 0 : length] = '\0';
    arguments = argv;
}

void reload_take(struct reload *handed)
{
    int *const descriptors[] = {&handed->metrics_fd, &handed->limits_fd, &handed->hashing_fd,
                                &handed->auth_listener, &handed->scoreboard_fd};
    char *text = getenv(HANDED);
    for (size_t i = 0; i < sizeof descriptors / sizeof *descriptors; i++) {
        *descriptors[i] = -1;
        if (text != NULL && *text != ':')
            *descriptors[i] = (int)strtol(text, &text, 10);
    }
    handed->worker_count = 0;
    handed->taken = text != NULL;
    if (text == NULL)
        return;
    text += strcspn(text, ":");
    text += *text == ':';
    while (*text == ' ' && handed->worker_count < RELOAD_MAX_WORKERS)
        handed->workers[handed->worker_count++] = (pid_t)strtol(text + 1, &text, 10);
    unsetenv(HANDED);
}

pid_t reload_start_check(void)
{
    pid_t pid = fork();
    if (pid == 0) {
        execl(program, "todo.fcgi", "--prepare", (char *)NULL);
        _exit(EXIT_FAILURE);
    }
    return pid;
}

void reload_become(const struct reload *handed)
{
    static char text[RELOAD_MAX_WORKERS * 12 + 64];
    int length = snprintf(text, sizeof text, "%d %d %d %d %d:", handed->metrics_fd,
                          handed->limits_fd, handed->hashing_fd, handed->auth_listener,
                          handed->scoreboard_fd);
    for (int i = 0; i < handed->worker_count; i++) {
        length += snprintf(text + length, sizeof text - (size_t)length, " %d",
                           (int)handed->workers[i]);
        assert(length > 0 && (size_t)length < sizeof text);
    }
    if (setenv(HANDED, text, 1) == 0)
        execve(program, arguments, environ);
    unsetenv(HANDED);
}
