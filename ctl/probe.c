/* One HTTP request, by the program curl. */
#include "probe.h"

#include "lib/core/buffer.h"

#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { MAX_ANSWER = 256 * 1024 };

/* Starts curl, with both its outputs in a pipe. Returns the end to read from, or -1. */
static int start_curl(const char *url, const char *header, pid_t *child)
{
    char *arguments[] = {"curl",
                         "-q",
                         "-sS",
                         "-i",
                         "--globoff",
                         "--max-time",
                         "10",
                         "--proto",
                         "=http,https",
                         "-H",
                         (char *)(header == NULL ? "Accept: */*" : header),
                         "--",
                         (char *)url,
                         NULL};
    posix_spawn_file_actions_t actions;
    int ends[2];
    if (pipe(ends) != 0)
        return -1;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
    posix_spawn_file_actions_addclose(&actions, ends[0]);
    posix_spawn_file_actions_addclose(&actions, ends[1]);
    int failed = posix_spawnp(child, arguments[0], &actions, NULL, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    if (failed == 0)
        return ends[0];
    close(ends[0]);
    return -1;
}

struct probe probe_get(struct arena *arena, const char *url, const char *header)
{
    struct probe probe = {.text = "the program curl, which this needs, cannot be run"};
    struct buffer answer = {.arena = arena};
    pid_t child;
    ssize_t count;
    int status = -1;
    int from = start_curl(url, header, &child);
    if (from < 0)
        return probe;
    while ((count = read(from, buffer_reserve(&answer, 4096), 4096)) > 0)
        if (answer.length < MAX_ANSWER)
            answer.length += (size_t)count;
    close(from);
    waitpid(child, &status, 0);
    char *text = buffer_string(&answer);
    probe.text = text;
    if (status == 0 && strncmp(text, "HTTP/", 5) == 0)
        probe.status = atoi(text + strcspn(text, " "));
    else
        text[strcspn(text, "\r\n")] = '\0';
    return probe;
}
