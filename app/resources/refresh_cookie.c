/* The refresh token as a cookie (RFC 6265) that no script can read and no other site can send. */
#include "refresh_cookie.h"

#define NAME "todo_refresh"

/* A browser takes a name with this prefix only from https, and only with Secure. */
static const char *cookie_name(const struct request *request)
{
    return request->is_secure ? "__Secure-" NAME : NAME;
}

void refresh_cookie_set(const struct request *request, struct response *response, const char *token,
                        int64_t seconds)
{
    const char *secure = request->is_secure ? "; Secure" : "";
    response_add_header(response, "Set-Cookie",
                        arena_printf(request->arena,
                                     "%s=%s; Path=%s/auth; Max-Age=%lld; HttpOnly%s;"
                                     " SameSite=Strict",
                                     cookie_name(request), token, request->mount,
                                     (long long)seconds, secure));
}

const char *refresh_cookie_find(const struct request *request)
{
    return request_find_cookie(request, cookie_name(request));
}
