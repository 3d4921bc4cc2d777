/* What is recorded of a request: counted for /metrics, and logged. */
#ifndef APP_REPORT_H
#define APP_REPORT_H

#include "app/http/request.h"
#include "app/http/response.h"
#include "app/services.h"

/* Counts a request. Call this before its answer is sent: see metrics_record(). */
void report_count_request(struct services *services, const struct request *request,
                          const struct response *response);

/* Counts what the connection to the database has met since this was last called. */
void report_count_database(struct services *services);

/* Writes the request's line, and the one that says it was slow. */
void report_log_request(struct services *services, const struct request *request,
                        const struct response *response);

#endif
