/* Who is asking: the client's address, through the proxies that are trusted to tell it. */
#include "client.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { MAX_TEXT = INET6_ADDRSTRLEN + 4 /* /128 */, IPV4_BITS = 96 };

/* IPv6, or IPv4 mapped into it. */
struct address {
    unsigned char bytes[16];
};

static const unsigned char mapped[12] = {[10] = 0xFF, [11] = 0xFF}; /* ::ffff:0:0/96 */

static bool parse_address(const char *text, struct address *out)
{
    memcpy(out->bytes, mapped, sizeof mapped);
    return inet_pton(AF_INET, text, out->bytes + 12) == 1 ||
           inet_pton(AF_INET6, text, out->bytes) == 1;
}

static bool is_ipv4(const struct address *address)
{
    return memcmp(address->bytes, mapped, sizeof mapped) == 0;
}

static bool has_prefix(const struct address *address, const struct address *prefix, long bits)
{
    assert(bits >= 0 && bits <= 128);
    size_t whole = (size_t)bits / 8;
    unsigned mask = 0xFFU << (8 - bits % 8) & 0xFFU;
    return memcmp(address->bytes, prefix->bytes, whole) == 0 &&
           (mask == 0 || ((address->bytes[whole] ^ prefix->bytes[whole]) & mask) == 0);
}

/* A part of a list, without the blanks around it. */
struct piece {
    const char *text;
    size_t length;
};

static struct piece trim(const char *start, const char *end)
{
    while (start < end && (*start == ' ' || *start == '\t'))
        start++;
    while (start < end && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    return (struct piece){.text = start, .length = (size_t)(end - start)};
}

/* The next piece of a list; false at the end. */
static bool next_piece(const char **list, struct piece *piece)
{
    if (**list == '\0')
        return false;
    const char *end = *list + strcspn(*list, ",");
    *piece = trim(*list, end);
    *list = end + (*end == ',');
    return true;
}

/* The last piece of the first `*rest` bytes of a list, which become those before it. */
static bool last_piece(const char *list, size_t *rest, struct piece *piece)
{
    if (*rest == 0)
        return false;
    const char *comma = memrchr(list, ',', *rest);
    *piece = trim(comma == NULL ? list : comma + 1, list + *rest);
    *rest = comma == NULL ? 0 : (size_t)(comma - list);
    return true;
}

/* "10.0.0.0/8", or an address alone. */
static bool parse_network(const struct piece *piece, struct address *prefix, long *bits)
{
    char text[MAX_TEXT];
    if (piece->length >= sizeof text)
        return false;
    memcpy(text, piece->text, piece->length);
    text[piece->length] = '\0';
    char *slash = strchr(text, '/');
    if (slash != NULL)
        *slash = '\0';
    if (!parse_address(text, prefix))
        return false;
    long start = strchr(text, ':') == NULL ? IPV4_BITS : 0;
    *bits = 128;
    if (slash == NULL)
        return true;
    size_t digits = strspn(slash + 1, "0123456789");
    if (digits < 1 || digits > 3 || slash[1 + digits] != '\0')
        return false;
    *bits = start + strtol(slash + 1, NULL, 10);
    return *bits <= 128;
}

bool client_are_networks(const char *list)
{
    struct address prefix;
    struct piece piece;
    long bits;
    while (next_piece(&list, &piece))
        if (!parse_network(&piece, &prefix, &bits))
            return false;
    return true;
}

static bool is_proxy(const char *proxies, const char *text)
{
    struct address address, prefix;
    struct piece piece;
    long bits;
    if (!parse_address(text, &address))
        return false;
    while (next_piece(&proxies, &piece))
        if (parse_network(&piece, &prefix, &bits) && has_prefix(&address, &prefix, bits))
            return true;
    return false;
}

/* The address in "192.0.2.1", "192.0.2.1:80", "2001:db8::1", "[2001:db8::1]:80", also in quotes;
 * NULL for anything else ("unknown", "_hidden"). */
static const char *extract_address(struct arena *arena, const struct piece *piece)
{
    struct address address;
    char *text = arena_copy(arena, piece->text, piece->length);
    if (*text == '"' && piece->length > 1 && text[piece->length - 1] == '"') {
        text[piece->length - 1] = '\0';
        text++;
    }
    if (*text == '[') {
        text++;
        text[strcspn(text, "]")] = '\0';
    } else if (strchr(text, ':') == strrchr(text, ':')) {
        text[strcspn(text, ":")] = '\0';
    }
    return parse_address(text, &address) ? text : NULL;
}

/* The value of `for` in an element of Forwarded. */
static bool find_for(struct piece *element)
{
    const char *at = element->text;
    const char *end = at + element->length;
    while (at < end) {
        const char *stop = memchr(at, ';', (size_t)(end - at));
        struct piece pair = trim(at, stop == NULL ? end : stop);
        if (pair.length > 4 && strncasecmp(pair.text, "for=", 4) == 0) {
            *element = (struct piece){.text = pair.text + 4, .length = pair.length - 4};
            return true;
        }
        at = stop == NULL ? end : stop + 1;
    }
    return false;
}

/* From the last hop to the first, as far as proxies vouch for what stands before them. */
static const char *follow(const struct request *request, const char *proxies, const char *list,
                          bool is_forwarded)
{
    const char *address = request->cgi.remote_address;
    size_t rest = strlen(list);
    struct piece hop;
    while (is_proxy(proxies, address) && last_piece(list, &rest, &hop)) {
        if (hop.length == 0) /* RFC 9110 §5.6.1.2 */
            continue;
        if (is_forwarded && !find_for(&hop))
            break;
        const char *next = extract_address(request->arena, &hop);
        if (next == NULL)
            break;
        address = next;
    }
    return address;
}

static bool is_same(const char *one, const char *other)
{
    struct address left, right;
    return strcmp(one, other) == 0 || (parse_address(one, &left) && parse_address(other, &right) &&
                                       memcmp(&left, &right, sizeof left) == 0);
}

const char *client_find(const struct request *request, const char *proxies)
{
    const struct cgi *cgi = &request->cgi;
    bool has_list = cgi->forwarded_for[0] != '\0';
    bool has_forwarded = cgi->forwarded[0] != '\0';
    if (proxies[0] == '\0' || !is_proxy(proxies, cgi->remote_address))
        return cgi->remote_address;
    if (!has_forwarded)
        return follow(request, proxies, cgi->forwarded_for, false);
    const char *address = follow(request, proxies, cgi->forwarded, true);
    if (has_list && !is_same(address, follow(request, proxies, cgi->forwarded_for, false)))
        return cgi->remote_address;
    return address;
}

void client_network(const char *text, unsigned char out[CLIENT_NETWORK_SIZE])
{
    struct address address;
    memset(out, 0, CLIENT_NETWORK_SIZE);
    if (parse_address(text, &address))
        memcpy(out, address.bytes, is_ipv4(&address) ? 16 : 8);
}
