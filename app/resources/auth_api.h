/* Signing in and out, sessions: handlers under /auth, and their field rules. */
#ifndef APP_AUTH_API_H
#define APP_AUTH_API_H

#include "app/http/fields.h"
#include "app/services.h"

extern const struct fields auth_api_login, auth_api_login_form, auth_api_renewal, auth_api_logout;

MUST_CHECK enum status auth_api_log_in(struct services *services, struct request *request,
                                       struct response *response);
MUST_CHECK enum status auth_api_refresh(struct services *services, struct request *request,
                                        struct response *response);
MUST_CHECK enum status auth_api_log_out(struct services *services, struct request *request,
                                        struct response *response);
MUST_CHECK enum status auth_api_list_sessions(struct services *services, struct request *request,
                                              struct response *response);
MUST_CHECK enum status auth_api_delete_session(struct services *services, struct request *request,
                                               struct response *response);

#endif
