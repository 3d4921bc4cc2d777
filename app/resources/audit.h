/* Audit lines: what happens to accounts and sessions, for whoever has to look into it later. */
#ifndef APP_AUDIT_H
#define APP_AUDIT_H

#include "app/http/request.h"

/* Logs an event such as "login" with the user, where one is known (NULL otherwise), and the
 * client's address. Never an e-mail, a password or a token. */
void audit_log(const struct request *request, const char *event, const struct uuid *user_id);

#endif
