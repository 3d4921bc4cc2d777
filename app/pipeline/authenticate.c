/* get_current_user: the bearer header, the token, the user. */
#include "authenticate.h"

enum status authenticate(const struct services *services, struct request *request,
                         struct response *response)
{
    const char *token = request_bearer(request);
    if (token == NULL)
        return STATUS_UNAUTHENTICATED;
    struct claims claims;
    enum status status = token_verify(&services->keys, token, &claims, &response->reason);
    if (status == STATUS_OK)
        request->actor = (struct actor){
            .user_id = claims.user_id,
            .session_id = claims.session_id,
            .has_session = claims.has_session,
            .issued_at = claims.issued_at,
            .has_issued_at = claims.has_issued_at,
        };
    return status;
}
