/* Cross-origin requests (the Fetch standard's CORS protocol): off unless CORS_ORIGINS is set. */
#include "cors.h"

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

void cors_answer_preflight(const char *origins, const struct request *request,
                           struct response *response, const char *allow)
{
    if (request->cgi.wanted_method[0] == '\0' || !is_allowed(origins, request->cgi.origin))
        return;
    response_add_header(response, "Access-Control-Allow-Methods", allow);
    response_add_header(response, "Access-Control-Allow-Headers",
                        "Authorization, Content-Type, If-Match, If-None-Match, X-Request-Id");
    response_add_header(response, "Access-Control-Max-Age", "600");
}
