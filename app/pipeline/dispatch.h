/* The pipeline: limit, route, authenticate, validate, handle. */
#ifndef APP_DISPATCH_H
#define APP_DISPATCH_H

#include "app/http/response.h"
#include "app/services.h"

/*
 * Answers a request. `fault` is what was wrong with it when it arrived; STATUS_OK where nothing
 * was. Knows neither FastCGI nor sockets; always leaves a complete response.
 */
void dispatch(struct services *services, struct request *request, enum status fault,
              struct response *response);

#endif
