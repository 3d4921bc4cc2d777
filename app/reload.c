/* SIGHUP: the parent puts a new program, with newly read settings, in its own place. */
#include "reload.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HANDED "TODO_RELOAD" /* "metrics_fd auth_listener pid pid …" */

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

bool reload_take(struct reload *handed)
{
    const char *text = getenv(HANDED);
    if (text == NULL)
        return false;
    char *end;
    handed->metrics_fd = (int)strtol(text, &end, 10);
    handed->auth_listener = (int)strtol(end, &end, 10);
    handed->worker_count = 0;
    while (*end == ' ' && handed->worker_count < RELOAD_MAX_WORKERS)
        handed->workers[handed->worker_count++] = (pid_t)strtol(end + 1, &end, 10);
    unsetenv(HANDED);
    return true;
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
    static char text[RELOAD_MAX_WORKERS * 12 + 32];
    int length = snprintf(text, sizeof text, "%d %d", handed->metrics_fd, handed->auth_listener);
    for (int i = 0; i < handed->worker_count; i++)
        length += snprintf(text + length, sizeof text - (size_t)length, " %d",
                           (int)handed->workers[i]);
    if (setenv(HANDED, text, 1) == 0)
        execve(program, arguments, environ);
    unsetenv(HANDED);
}
