/* Cross-origin requests (the Fetch standard's CORS protocol): off unless CORS_ORIGINS is set. */
#ifndef APP_CORS_H
#define APP_CORS_H

#include "app/http/response.h"

/* Adds what lets a page of an allowed origin read the answer. */
void cors_add_headers(const char *origins, const struct request *request,
                      struct response *response);

/* Adds what a preflight asks for; `allow` names the path's methods. */
void cors_answer_preflight(const char *origins, const struct request *request,
                           struct response *response, const char *allow);

#endif
