/* app/client: lists of proxies, X-Forwarded-For and Forwarded. An input is four lines: the peer,
 * the proxies, and what the two fields say. */
#include "app/http/client.h"
#include "tests/fuzz/fuzz.h"

#include <arpa/inet.h>

static bool is_address(const char *text)
{
    unsigned char bytes[16];
    return inet_pton(AF_INET, text, bytes) == 1 || inet_pton(AF_INET6, text, bytes) == 1;
}

/* The next line, in memory of just its size. */
static char *take_line(const char **text, const char *end)
{
    const char *stop = memchr(*text, '\n', (size_t)(end - *text));
    const char *start = *text;
    if (stop == NULL)
        stop = end;
    *text = stop + (stop < end);
    return fuzz_text((const uint8_t *)start, (size_t)(stop - start));
}

/* Whoever is asking is named by an address, or by what the server called its peer. */
static void check_client(const struct request *request, const char *proxies)
{
    unsigned char network[CLIENT_NETWORK_SIZE];
    const char *client = client_find(request, proxies);
    bool is_peer = strcmp(client, request->cgi.remote_address) == 0;
    REQUIRE(is_peer || (is_address(client) && is_address(request->cgi.remote_address)));
    REQUIRE(is_peer || proxies[0] != '\0');
    client_network(client, network);
}

static void find(struct arena *arena, const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    const char *end = text + size;
    char *lines[4];
    for (int i = 0; i < 4; i++)
        lines[i] = take_line(&text, end);
    struct request request = {
        .arena = arena,
        .cgi = {.remote_address = lines[0], .forwarded_for = lines[2], .forwarded = lines[3]}};
    (void)client_are_networks(lines[1]);
    check_client(&request, lines[1]);
    check_client(&request, "0.0.0.0/0, ::/0");
    for (int i = 0; i < 4; i++)
        free(lines[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_run(find, data, size);
}
