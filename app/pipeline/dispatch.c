/* The pipeline: limit, route, authenticate, validate, handle. */
#include "dispatch.h"

#include "app/http/client.h"
#include "app/http/cors.h"
#include "app/http/json.h"
#include "app/limits/rate_limit.h"
#include "app/pipeline/authenticate.h"
#include "app/pipeline/routes.h"
#include "app/resources/read_only.h"
#include "lib/core/encoding.h"
#include "lib/core/log.h"
#include "lib/data/user_store.h"

#include <assert.h>
#include <string.h>

static enum status read_batch(struct validation *validation, struct request *request,
                              const cJSON *array)
{
    const struct fields *fields = request->route->body;
    int count = cJSON_GetArraySize(array);
    if (count < 1 || (size_t)count > fields->batch_max) {
        fields_add_error(validation, "body",
                         arena_printf(request->arena, "must hold 1 to %zu %s", fields->batch_max,
                                      fields->batch_noun));
        return STATUS_OK;
    }
    char *items = arena_alloc(request->arena, (size_t)count * fields->size);
    request->input = items;
    request->is_array = true;
    for (const cJSON *item = array->child; item != NULL; item = item->next) {
        size_t i = request->input_count++;
        assert(i < (size_t)count);
        validation->prefix = arena_printf(request->arena, "[%zu]", i);
        (void)fields_read_object(validation, fields, item, items + i * fields->size);
    }
    validation->prefix = "";
    return STATUS_OK;
}

static enum status read_json(struct validation *validation, struct request *request)
{
    struct json_document document;
    enum status status = json_parse(request->arena, request->body, request->body_length, &document);
    if (status == STATUS_MALFORMED)
        validation->response->detail = arena_printf(request->arena, "The body is not JSON: %s.",
                                                    document.why);
    if (status == STATUS_INVALID) {
        const char *name = document.member == NULL ? "body" : document.member;
        fields_add_error(validation, name, document.why);
        return STATUS_OK;
    }
    if (status != STATUS_OK)
        return status;
    validation->has_nul = document.has_nul;
    if (request->route->body_kind == BODY_BATCH && cJSON_IsArray(document.root))
        return read_batch(validation, request, document.root);
    request->present = fields_read_object(validation, request->route->body, document.root,
                                          request->input);
    return STATUS_OK;
}

static enum status read_form(struct validation *validation, struct request *request)
{
    struct pairs pairs;
    assert(request->route->form != NULL);
    request->is_form = true;
    if (strlen(request->body) != request->body_length)
        return STATUS_MALFORMED;
    enum status status = request_split_pairs(request->arena, request->body, &pairs);
    if (status == STATUS_OK)
        fields_read_pairs(validation, request->route->form, &pairs, request->input);
    return status;
}

/* RFC 9110 §15.5.16: what is not understood is named, and what would be is told. */
static enum status refuse_encoding(const struct request *request, struct response *response)
{
    const char *encoding = request->cgi.content_encoding;
    const char *name = encoding_is_plain(encoding, "-") ? encoding : "another encoding";
    response_add_header(response, "Accept-Encoding", "identity");
    response->detail = arena_printf(request->arena,
                                    "The body is in %s (Content-Encoding), which is not read here:"
                                    " send it as it is.",
                                    name);
    return STATUS_NOT_JSON;
}

/* What a client sends to a route that reads nothing, it meant; `{}` says nothing. */
static enum status refuse_body(const struct validation *validation, const struct request *request)
{
    if (request->body_length > 0 && !json_is_empty_object(request->body, request->body_length))
        fields_add_error(validation, "body", "must be absent or {}: this call reads none");
    return STATUS_OK;
}

static enum status read_body(struct validation *validation, struct request *request)
{
    const struct route *route = request->route;
    if (route->body_kind == BODY_NONE)
        return refuse_body(validation, request);
    if (request_is_encoded(request))
        return refuse_encoding(request, validation->response);
    assert(route->body != NULL);
    request->input = arena_alloc(request->arena, route->body->size);
    if (route->body_kind == BODY_OPTIONAL && request->body_length == 0)
        return STATUS_OK;
    if (route->body_kind == BODY_FORM &&
        request_is_type(request, "application/x-www-form-urlencoded"))
        return read_form(validation, request);
    bool is_patch = route->body_kind == BODY_PATCH &&
                    request_is_type(request, "application/merge-patch+json");
    bool no_body = request->body_length == 0 && request->cgi.content_type[0] == '\0';
    if (!is_patch && !no_body && !request_is_type(request, "application/json"))
        return STATUS_NOT_JSON;
    validation->partial = route->body_kind == BODY_PATCH || route->body_kind == BODY_OPTIONAL;
    return read_json(validation, request);
}

static enum status read_query(struct validation *validation, struct request *request)
{
    static const struct fields none = {0};
    const struct fields *fields = request->route->query;
    struct pairs pairs;
    if (fields == NULL)
        fields = &none;
    request->query_input = arena_alloc(request->arena, fields->size);
    enum status status = request_split_pairs(request->arena, request->cgi.query, &pairs);
    validation->partial = false;
    if (status == STATUS_OK)
        fields_read_pairs(validation, fields, &pairs, request->query_input);
    return status;
}

/* Query and body: every wrong field at once. */
static enum status validate(struct request *request, struct response *response)
{
    struct validation validation = fields_begin(response);
    validation.read_only = read_only_members;
    enum status status = read_query(&validation, request);
    if (status == STATUS_OK)
        status = read_body(&validation, request);
    return status == STATUS_OK ? fields_conclude(response) : status;
}

/* A write may demand a version of what has none, such as the list that somebody has read before:
 * deleting by a stale list is nobody's wish. */
static enum status check_precondition(const struct request *request, struct response *response)
{
    const struct route *route = request->route;
    bool is_write = strcmp(route->method, "GET") != 0;
    if (!is_write || route->versioned || route->access != USER || !request_demands_version(request))
        return STATUS_OK;
    response->detail = "If-Match (other than *) and If-None-Match hold for a single task only: this"
                       " has no version of its own.";
    return STATUS_PRECONDITION;
}

/* A request that is refused without asking the database must not tell the holder of a token that
 * is no longer valid more than that. */
static enum status confirm_user(struct services *services, struct request *request,
                                struct response *response, enum status refusal)
{
    struct user user;
    if (request->route->access != USER)
        return refusal;
    enum status status = user_store_find(services->db, &request->actor, &user);
    if (status == STATUS_OK)
        return refusal;
    response->detail = NULL;
    return status;
}

static enum status validate_and_handle(struct services *services, struct request *request,
                                       struct response *response)
{
    assert(request->route->handle != NULL);
    enum status status = validate(request, response);
    if (status == STATUS_OK)
        status = check_precondition(request, response);
    if (status != STATUS_OK)
        return confirm_user(services, request, response, status);
    status = request->route->handle(services, request, response);
    return status == STATUS_INVALID ? confirm_user(services, request, response, status) : status;
}

/* Whatever the path: else a page would be told of a CORS error where the path is unknown. */
static enum status answer_preflight(struct request *request, struct response *response)
{
    const char *allow = NULL;
    enum status status = routes_match(request, &allow);
    assert(status != STATUS_OK); /* no route answers to OPTIONS */
    if (status == STATUS_NOT_FOUND)
        allow = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
    response_add_header(response, "Allow", allow);
    cors_answer_preflight(request, response, allow);
    return STATUS_NO_CONTENT;
}

static enum status run_stages(struct services *services, struct request *request, enum status fault,
                              struct response *response)
{
    const char *allow = NULL;
    if (cors_is_preflight(services->settings->cors_origins, request))
        return answer_preflight(request, response);
    if (fault != STATUS_OK)
        return fault;
    enum status status = routes_match(request, &allow);
    if (allow != NULL)
        response_add_header(response, "Allow", allow);
    if (status == STATUS_OK && request->route->access == USER)
        status = authenticate(services, request, response);
    if (status == STATUS_OK && request->route->access == USER)
        status = rate_limit_request(services, request, response);
    if (status != STATUS_OK)
        return status;
    status = validate_and_handle(services, request, response);
    if (status == STATUS_INVALID_TOKEN && request->route->access == USER)
        rate_limit_undo_request(services, request);
    return status;
}

void dispatch(struct services *services, struct request *request, enum status fault,
              struct response *response)
{
    if (setjmp(*arena_limit(services->arena)) == 0) {
        request->client = client_find(request, services->settings->trusted_proxies);
        response->status = run_stages(services, request, fault, response);
    } else {
        log_message(LOG_ERROR, "a request needed more memory than its arena may hold");
        response->detail = NULL;
        response->status = STATUS_INTERNAL;
    }
    cors_add_headers(services->settings->cors_origins, request, response);
    response_finish(response, request);
    arena_unguard(services->arena);
}
