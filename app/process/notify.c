/* Telling systemd (sd_notify(3), without its library) how we are. */
#include "notify.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

void notify_send(const char *state)
{
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (path == NULL || path[0] == '\0' || strlen(path) >= sizeof address.sun_path)
        return;
    size_t length = strlen(path);
    memcpy(address.sun_path, path, length);
    if (path[0] == '@') /* an abstract name */
        address.sun_path[0] = '\0';
    int sender = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (sender < 0)
        return;
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
    (void)!sendto(sender, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&address, size);
    close(sender);
}

int64_t notify_watchdog(void)
{
    const char *text = getenv("WATCHDOG_USEC");
    int64_t wanted = text == NULL ? 0 : strtoll(text, NULL, 10);
    return wanted > 0 ? wanted / 2 : 0;
}
