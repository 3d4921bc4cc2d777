/* A response: status to HTTP, headers, the JSON body, the problem body (RFC 9457). */
#ifndef APP_RESPONSE_H
#define APP_RESPONSE_H

#include "app/http/request.h"
#include "lib/core/buffer.h"

enum { RESPONSE_MAX_HEADERS = 24, RESPONSE_MAX_ERRORS = 100 };

struct response {
    struct arena *arena;
    enum status status;
    struct buffer body;
    const char *content_type; /* of the body; JSON where NULL */
    struct {
        const char *name;
        const char *value;
    } headers[RESPONSE_MAX_HEADERS];
    int header_count;

    const char *reason;   /* why a token was refused, for error_description */
    const char *detail;   /* one sentence for the problem; the status's own where NULL */
    struct buffer errors; /* the members of a 422's `errors`: see fields_add_error */
    int error_count;      /* also of those beyond RESPONSE_MAX_ERRORS, which it does not hold */
};

/* Adds a header, one of at most RESPONSE_MAX_HEADERS. The value is kept, not copied, and must not
 * hold line breaks. */
void response_add_header(struct response *response, const char *name, const char *value);

/* Adds a value to a header that is a list (RFC 9110 §5.6.1). */
void response_join_header(struct response *response, const char *name, const char *value);

/* Everything that follows from the status: the problem body of a failure, Retry-After,
 * WWW-Authenticate, Cache-Control, X-Request-Id. */
void response_finish(struct response *response, const struct request *request);

/* The head as a CGI response begins (RFC 3875 §6), with the empty line. */
struct buffer response_head(const struct response *response);

/* The bytes of the body that are sent: none to HEAD, with 204 and with 304. */
size_t response_sent_length(const struct response *response, const struct request *request);

/* Whether the client's If-None-Match names the ETag that has been added. */
bool response_is_known(const struct response *response, const struct request *request);

/* The HTTP status code of a status. */
int response_code(enum status status);

#endif
