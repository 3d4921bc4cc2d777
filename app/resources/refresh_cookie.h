/* The refresh token as a cookie (RFC 6265) that no script can read and no other site can send. */
#ifndef APP_REFRESH_COOKIE_H
#define APP_REFRESH_COOKIE_H

#include "app/http/response.h"

/* Sets the cookie for `seconds`; 0 takes it away. Over https it is Secure and says so by its name.
 */
void refresh_cookie_set(const struct request *request, struct response *response, const char *token,
                        int64_t seconds);

/* The token in the request's cookie, or NULL. */
const char *refresh_cookie_find(const struct request *request);

#endif
