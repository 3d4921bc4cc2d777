/* A response: status to HTTP, headers, the JSON body, the problem body (RFC 9457). */
#include "response.h"

#include "app/http/json.h"

#include <assert.h>
#include <string.h>

#define RETRY_SECONDS "1"

static const struct {
    int code;
    const char *title;
    const char *word;   /* `code` of the problem, for programs */
    const char *detail; /* where nothing better is known */
} table[STATUS_COUNT] = {
    [STATUS_OK] = {200, "OK", NULL, NULL},
    [STATUS_CREATED] = {201, "Created", NULL, NULL},
    [STATUS_NO_CONTENT] = {204, "No Content", NULL, NULL},
    [STATUS_NOT_MODIFIED] = {304, "Not Modified", NULL, NULL},
    [STATUS_MALFORMED] = {400, "Bad Request", "malformed_request",
                          "The request is malformed and cannot be read."},
    [STATUS_UNAUTHENTICATED] = {401, "Unauthorized", "not_authenticated",
                                "Sign in first: this needs an access token."},
    [STATUS_INVALID_TOKEN] = {401, "Unauthorized", "invalid_token",
                              "The access token is not valid, or no longer valid: sign in again."},
    [STATUS_BAD_CREDENTIALS] = {401, "Unauthorized", "invalid_credentials",
                                "The e-mail or the password is wrong."},
    [STATUS_BAD_REFRESH_TOKEN] = {401, "Unauthorized", "invalid_refresh_token",
                                  "The session has ended: sign in again."},
    [STATUS_WRONG_PASSWORD] = {403, "Forbidden", "wrong_password",
                               "The current password is wrong."},
    [STATUS_NOT_FOUND] = {404, "Not Found", "not_found", "There is nothing here."},
    [STATUS_NO_METHOD] = {405, "Method Not Allowed", "method_not_allowed",
                          "This address does not support that method."},
    [STATUS_CONFLICT] = {409, "Conflict", "conflict", "This is taken already."},
    [STATUS_EMAIL_TAKEN] = {409, "Conflict", "email_taken",
                            "There is an account with this e-mail already."},
    [STATUS_ID_TAKEN] = {409, "Conflict", "id_taken",
                         "You have another task with this id already."},
    [STATUS_PRECONDITION] = {412, "Precondition Failed", "precondition_failed",
                             "The task has been changed in the meantime: read it again."},
    [STATUS_TOO_LARGE] = {413, "Content Too Large", "body_too_large",
                          "The body is larger than allowed here."},
    [STATUS_URI_TOO_LONG] = {414, "URI Too Long", "uri_too_long",
                             "The address is longer than 8192 bytes."},
    [STATUS_NOT_JSON] = {415, "Unsupported Media Type", "unsupported_media_type",
                         "Send the body as application/json."},
    [STATUS_INVALID] = {422, "Unprocessable Content", "validation_failed",
                        "A value is not accepted."},
    [STATUS_RATE_LIMITED] = {429, "Too Many Requests", "rate_limited",
                             "Too many requests: try again later."},
    [STATUS_INTERNAL] = {500, "Internal Server Error", "internal_error",
                         "Something went wrong on our side; it has been noted."},
    [STATUS_UNAVAILABLE] = {503, "Service Unavailable", "unavailable",
                            "The service is not available at the moment: try again shortly."},
    [STATUS_SCHEMA_NEWER] = {503, "Service Unavailable", "unavailable",
                             "The service is being upgraded: try again shortly."},
    [STATUS_SCHEMA_OLDER] = {503, "Service Unavailable", "unavailable",
                             "The service is being upgraded: try again shortly."},
};

int response_code(enum status status)
{
    assert(status < STATUS_COUNT && table[status].code != 0);
    return table[status].code;
}

void response_add_header(struct response *response, const char *name, const char *value)
{
    assert(response->header_count < RESPONSE_MAX_HEADERS);
    assert(strpbrk(value, "\r\n") == NULL);
    response->headers[response->header_count].name = name;
    response->headers[response->header_count].value = value;
    response->header_count++;
}

static void write_problem(struct response *response, const struct request *request)
{
    const char *detail = response->detail;
    struct buffer *body = &response->body;
    assert(table[response->status].word != NULL);
    body->length = 0;
    response->content_type = "application/problem+json";
    if (detail == NULL)
        detail = table[response->status].detail;
    buffer_add_text(body, "{\"type\":\"about:blank\",\"title\":");
    json_add_text(body, table[response->status].title);
    buffer_add_text(body, ",\"status\":");
    buffer_add_integer(body, table[response->status].code);
    buffer_add_text(body, ",\"code\":");
    json_add_text(body, table[response->status].word);
    buffer_add_text(body, ",\"detail\":");
    json_add_text(body, detail);
    buffer_add_text(body, ",\"request_id\":");
    json_add_text(body, request->id);
    if (response->status == STATUS_INVALID) {
        buffer_add_text(body, ",\"errors\":[");
        if (response->error_count == 0) /* the database has refused what we let through */
            buffer_add_text(body, "{\"field\":\"body\",\"detail\":\"is not accepted\"}");
        buffer_add(body, response->errors.data, response->errors.length);
        buffer_add_char(body, ']');
    }
    if (response->status == STATUS_INVALID && response->error_count > RESPONSE_MAX_ERRORS) {
        buffer_add_text(body, ",\"errors_left_out\":");
        buffer_add_integer(body, response->error_count - RESPONSE_MAX_ERRORS);
    }
    buffer_add_char(body, '}');
}

/* RFC 6750 §3: why a token was refused is said only where one was sent. */
static void add_challenge(struct response *response)
{
    const char *challenge = "Bearer realm=\"todo\"";
    if (response->status == STATUS_INVALID_TOKEN)
        challenge = arena_printf(
            response->arena, "%s, error=\"invalid_token\", error_description=\"%s\"", challenge,
            response->reason == NULL ? "the token is no longer valid" : response->reason);
    response_add_header(response, "WWW-Authenticate", challenge);
}

static int find_place(const struct response *response, const char *name)
{
    int place = 0;
    while (place < response->header_count && strcmp(response->headers[place].name, name) != 0)
        place++;
    return place;
}

void response_join_header(struct response *response, const char *name, const char *value)
{
    int place = find_place(response, name);
    if (place == response->header_count)
        response_add_header(response, name, value);
    else
        response->headers[place].value = arena_printf(response->arena, "%s, %s",
                                                      response->headers[place].value, value);
}

static const char *find_header(const struct response *response, const char *name)
{
    int place = find_place(response, name);
    return place == response->header_count ? NULL : response->headers[place].value;
}

bool response_is_known(const struct response *response, const struct request *request)
{
    const char *etag = find_header(response, "ETag");
    return etag != NULL && request_has_etag(request, etag);
}

void response_finish(struct response *response, const struct request *request)
{
    int code = response_code(response->status);
    if (code == 401)
        add_challenge(response);
    if (code == 503)
        response_add_header(response, "Retry-After", RETRY_SECONDS);
    if (code >= 400)
        write_problem(response, request);
    if (find_header(response, "Cache-Control") == NULL)
        response_add_header(
            response, "Cache-Control",
            code < 400 && find_header(response, "ETag") != NULL ? "private, no-cache" : "no-store");
    response_add_header(response, "X-Content-Type-Options", "nosniff");
    response_add_header(response, "X-Request-Id", request->id);
}

struct buffer response_head(const struct response *response)
{
    struct buffer head = {.arena = response->arena};
    int code = response_code(response->status);
    buffer_add_text(&head, "Status: ");
    buffer_add_integer(&head, code);
    buffer_add_char(&head, ' ');
    buffer_add_text(&head, table[response->status].title);
    for (int i = 0; i < response->header_count; i++) {
        buffer_add_text(&head, "\r\n");
        buffer_add_text(&head, response->headers[i].name);
        buffer_add_text(&head, ": ");
        buffer_add_text(&head, response->headers[i].value);
    }
    if (code != 204 && code != 304) {
        buffer_add_text(&head, "\r\nContent-Type: ");
        buffer_add_text(&head, response->content_type == NULL ? "application/json"
                                                              : response->content_type);
        buffer_add_text(&head, "\r\nContent-Length: ");
        buffer_add_integer(&head, (int64_t)response->body.length);
    }
    buffer_add_text(&head, "\r\n\r\n");
    return head;
}

size_t response_sent_length(const struct response *response, const struct request *request)
{
    int code = response_code(response->status);
    return request->is_head || code == 204 || code == 304 ? 0 : response->body.length;
}
