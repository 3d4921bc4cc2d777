/* Cross-origin requests (the Fetch standard's CORS protocol): off unless CORS_ORIGINS is set. */
#ifndef APP_CORS_H
#define APP_CORS_H

#include "app/http/response.h"

/* Adds what lets a page of an allowed origin read the answer. */
void cors_add_headers(const char *origins, const struct request *request,
                      struct response *response);

/* Whether a page of an allowed origin asks what it may send. */
bool cors_is_preflight(const char *origins, const struct request *request);

/* Tells it so; `allow` names the path's methods. */
void cors_answer_preflight(const struct request *request, struct response *response,
                           const char *allow);

/* Whether a text is `*`, or a list of origins that browsers send as they stand there. */
bool cors_are_origins(const char *list);

#endif
