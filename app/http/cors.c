/* Cross-origin requests (the Fetch standard's CORS protocol): off unless CORS_ORIGINS is set. */
#include "cors.h"

#include "lib/core/encoding.h"

#include <string.h>

static bool is_listed(const char *origins, const char *origin)
{
    size_t length = strlen(origin);
    while (*origins != '\0') {
        origins += strspn(origins, " ,");
        size_t item = strcspn(origins, " ,");
        if (item == length && length > 0 && memcmp(origins, origin, length) == 0)
            return true;
        origins += item;
    }
    return false;
}

static bool is_allowed(const char *origins, const char *origin)
{
    return origin[0] != '\0' && (strcmp(origins, "*") == 0 || is_listed(origins, origin));
}

void cors_add_headers(const char *origins, const struct request *request, struct response *response)
{
    bool any = strcmp(origins, "*") == 0;
    if (origins[0] == '\0')
        return;
    response_add_header(response, "Vary", "Origin");
    if (!is_allowed(origins, request->cgi.origin))
        return;
    response_add_header(response, "Access-Control-Allow-Origin", any ? "*" : request->cgi.origin);
    if (!any)
        response_add_header(response, "Access-Control-Allow-Credentials", "true");
    response_add_header(response, "Access-Control-Expose-Headers",
                        "Location, Link, ETag, X-Total-Count, X-Request-Id, Retry-After, "
                        "RateLimit, RateLimit-Policy");
}

bool cors_is_preflight(const char *origins, const struct request *request)
{
    return strcmp(request->cgi.method, "OPTIONS") == 0 && request->cgi.wanted_method[0] != '\0' &&
           is_allowed(origins, request->cgi.origin);
}

/* Adds the names that were asked for, as far as they can be names (RFC 9110 §5.6.2). */
static void add_wanted_headers(struct buffer *headers, const struct request *request)
{
    const char *at = request->cgi.wanted_headers;
    while (*at != '\0') {
        at += strspn(at, ", \t");
        size_t length = strcspn(at, ", \t");
        const char *name = arena_copy(request->arena, at, length);
        at += length;
        if (!encoding_is_plain(name, "!#$%&'*+-.^_`|~"))
            continue;
        buffer_add_text(headers, ", ");
        buffer_add_text(headers, name);
    }
}

void cors_answer_preflight(const struct request *request, struct response *response,
                           const char *allow)
{
    struct buffer headers = {.arena = request->arena};
    buffer_add_text(&headers, "Authorization, Content-Type, If-Match, If-None-Match, X-Request-Id");
    add_wanted_headers(&headers, request);
    response_add_header(response, "Access-Control-Allow-Methods", allow);
    response_add_header(response, "Access-Control-Allow-Headers", buffer_string(&headers));
    response_add_header(response, "Access-Control-Max-Age", "600");
}

/* Whether the port is one that a browser names: not the scheme's own. */
static bool is_port(const char *text, size_t length, bool is_http, bool is_https)
{
    if (length < 1 || length > 5 || strspn(text, "0123456789") < length || text[0] == '0')
        return false;
    return !(is_http && length == 2 && memcmp(text, "80", 2) == 0) &&
           !(is_https && length == 3 && memcmp(text, "443", 3) == 0);
}

/* A scheme and a host, perhaps a port, in lower case and nothing behind. */
static bool is_origin(const char *text, size_t length)
{
    size_t scheme = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789+.-");
    bool is_http = scheme == 4 && memcmp(text, "http", 4) == 0;
    bool is_https = scheme == 5 && memcmp(text, "https", 5) == 0;
    if (scheme == 0 || length < scheme + 4 || memcmp(text + scheme, "://", 3) != 0)
        return false;
    const char *host = text + scheme + 3;
    size_t size = host[0] == '[' ? strspn(host + 1, "0123456789abcdef:.") + 2
                                 : strspn(host, "abcdefghijklmnopqrstuvwxyz0123456789.-_");
    if (host[0] == '[' ? host[size - 1] != ']' : size == 0 || strchr(".-_", host[0]) != NULL)
        return false;
    const char *end = host + size;
    size_t rest = (size_t)(text + length - end);
    return rest == 0 || (*end == ':' && is_port(end + 1, rest - 1, is_http, is_https));
}

bool cors_are_origins(const char *list)
{
    bool any = false;
    if (strcmp(list, "*") == 0)
        return true;
    for (list += strspn(list, " ,"); *list != '\0'; list += strspn(list, " ,")) {
        size_t length = strcspn(list, " ,");
        if (!is_origin(list, length))
            return false;
        list += length;
        any = true;
    }
    return any;
}
