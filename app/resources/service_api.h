/* The service itself: health, readiness, metrics, the API's own description. */
#ifndef APP_SERVICE_API_H
#define APP_SERVICE_API_H

#include "app/http/response.h"
#include "app/services.h"

MUST_CHECK enum status service_api_health(struct services *services, struct request *request,
                                          struct response *response);
MUST_CHECK enum status service_api_ready(struct services *services, struct request *request,
                                         struct response *response);
MUST_CHECK enum status service_api_metrics(struct services *services, struct request *request,
                                           struct response *response);
MUST_CHECK enum status service_api_openapi(struct services *services, struct request *request,
                                           struct response *response);
MUST_CHECK enum status service_api_docs(struct services *services, struct request *request,
                                        struct response *response);

#endif
