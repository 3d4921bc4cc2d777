/* get_current_user: the bearer header, the token, the user. */
#ifndef APP_AUTHENTICATE_H
#define APP_AUTHENTICATE_H

#include "app/http/response.h"
#include "app/services.h"

/*
 * Reads `Authorization: Bearer` (RFC 6750 §2.1) into request->actor: signature and claims. Whether
 * the user and the session still stand, every statement asks on its way (lib/data/actor.h).
 * STATUS_UNAUTHENTICATED without such a header; STATUS_INVALID_TOKEN, response->reason says why.
 */
MUST_CHECK enum status authenticate(const struct services *services, struct request *request,
                                    struct response *response);

#endif
