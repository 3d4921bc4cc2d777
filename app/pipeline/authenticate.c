/* get_current_user: the bearer header, the token, the user. */
#include "authenticate.h"

#include <string.h>
#include <strings.h>

enum status authenticate(const struct services *services, struct request *request,
                         struct response *response)
{
    static const char scheme[] = "Bearer";
    const char *header = request->cgi.authorization;
    size_t length = sizeof scheme - 1;
    if (strncasecmp(header, scheme, length) != 0 || (header[length] != ' ' && header[length] != 0))
        return STATUS_UNAUTHENTICATED;
    header += length;
    header += strspn(header, " ");

    struct claims claims;
    enum status status = token_verify(&services->keys, header, &claims, &response->reason);
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
