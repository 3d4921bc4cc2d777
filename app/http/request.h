/* A request as the web server hands it over: CGI variables (RFC 3875) and a body. */
#ifndef APP_REQUEST_H
#define APP_REQUEST_H

#include "lib/data/actor.h"
#include "lib/data/precondition.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { REQUEST_MAX_URI = 8192, REQUEST_MAX_AUTH_BODY = 16384 };

struct route;

/* CGI variables; "" for what the server did not send. */
struct cgi {
    const char *method, *path_info, *script_name, *uri, *query;
    const char *scheme, *https, *forwarded_scheme, *server_name, *host;
    const char *remote_address, *forwarded_for, *forwarded;
    const char *content_type, *content_length, *content_encoding;
    const char *authorization, *cookie, *user_agent, *request_id;
    const char *if_match, *if_none_match;
    const char *origin, *wanted_method, *wanted_headers;
};

struct request {
    struct arena *arena;
    int64_t began; /* clock_monotonic */
    struct cgi cgi;

    const char *id;     /* the client's X-Request-Id, or a new one */
    const char *path;   /* behind the mount, decoded, without one slash at its end */
    const char *base;   /* the mount as an absolute URI, without a slash at its end */
    const char *mount;  /* its path alone, as in a URI */
    const char *client; /* its address, see client_find */
    bool is_secure;     /* the client speaks https */
    bool is_head;

    const char *body; /* NUL behind */
    size_t body_length;

    /* What dispatch finds out on the way. */
    const struct route *route;
    struct uuid path_id; /* {id} of the route's pattern */
    struct actor actor;  /* only where the route wants a user */
    void *input;         /* the body, as the route's fields say: a struct, or an array of them */
    size_t input_count;  /* how many, where `is_array` */
    uint32_t present;    /* which fields the body named, one bit per row */
    bool is_array;
    bool is_form;
    void *query_input; /* the query, likewise */
};

/* Copies one CGI variable; unknown ones are ignored. */
void request_set_variable(struct request *request, const char *name, const char *value);

/*
 * Completes a request whose variables are set. `base_path` is the mount where the server
 * sends no PATH_INFO. STATUS_URI_TOO_LONG; STATUS_MALFORMED for a path with a broken
 * percent-encoding, an encoded NUL or slash, an empty or dot segment, or invalid UTF-8.
 */
MUST_CHECK enum status request_complete(struct request *request, const char *base_path);

/* How many bytes its body may have: what anybody may send us is small. */
size_t request_body_limit(const struct request *request, size_t max_body);

/* A name and a value of a query or a form, decoded. */
struct pair {
    const char *name;
    const char *value;
    bool has_nul; /* a %00: cannot be meant */
};

struct pairs {
    const struct pair *items;
    size_t count;
};

/* Splits a query or a form. STATUS_MALFORMED for a broken percent-encoding, invalid UTF-8, or more
 * than 1,000 pairs. */
MUST_CHECK enum status request_split_pairs(struct arena *arena, const char *text,
                                           struct pairs *pairs);

/* The value of a cookie (RFC 6265), or NULL. */
const char *request_find_cookie(const struct request *request, const char *name);

/*
 * What a write demands of the version that it finds: one that If-Match names, and none that
 * If-None-Match does; strong, weak or with a compression's suffix alike. If-Match `*` demands
 * nothing but a task, and so does no header at all; no version passes If-None-Match `*`.
 */
struct precondition request_read_precondition(const struct request *request);

/* Whether a write demands something that what has no version cannot fulfil (RFC 9110 §13.1): an
 * If-Match other than `*`, or any If-None-Match. */
bool request_demands_version(const struct request *request);

/* Whether If-None-Match names this ETag (RFC 9110 §13.1.2: weak comparison). */
bool request_has_etag(const struct request *request, const char *etag);

/* Whether the body's media type, without its parameters, is this one. */
bool request_is_type(const struct request *request, const char *type);

/* Whether the body is compressed, or otherwise encoded (RFC 9110 §8.4). */
bool request_is_encoded(const struct request *request);

/* The credentials behind `Authorization: Bearer` (RFC 6750 §2.1, the scheme in any case: RFC 9110
 * §11.1), "" for none behind it; NULL without such a header. */
const char *request_bearer(const struct request *request);

/* Whether the client itself, and no proxy for it, stands on this machine. */
bool request_is_local(const struct request *request);

#endif
