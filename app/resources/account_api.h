/* The account: signing up, reading, changing the password, deleting; and their field rules. */
#ifndef APP_ACCOUNT_API_H
#define APP_ACCOUNT_API_H

#include "app/http/fields.h"
#include "app/services.h"

extern const struct fields account_api_signup, account_api_deletion, account_api_password;

MUST_CHECK enum status account_api_sign_up(struct services *services, struct request *request,
                                           struct response *response);
MUST_CHECK enum status account_api_read_me(struct services *services, struct request *request,
                                           struct response *response);
MUST_CHECK enum status account_api_delete_me(struct services *services, struct request *request,
                                             struct response *response);
MUST_CHECK enum status account_api_change_password(struct services *services,
                                                   struct request *request,
                                                   struct response *response);

#endif
