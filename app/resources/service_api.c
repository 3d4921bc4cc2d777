/* The service itself: health, readiness, metrics, the API's own description. */
#include "service_api.h"

#include "lib/data/schema.h"

#include <openssl/crypto.h>
#include <string.h>

/* app/openapi.json and deploy/docs/index.html, made into C arrays by the Makefile. */
extern const char openapi_json[];
extern const char docs_html[];

enum status service_api_health(struct services *services, struct request *request,
                               struct response *response)
{
    (void)services;
    (void)request;
    buffer_add_text(&response->body, "{\"status\":\"ok\"}");
    return STATUS_OK;
}

enum status service_api_ready(struct services *services, struct request *request,
                              struct response *response)
{
    int64_t version;
    (void)request;
    enum status status = schema_read_version(services->db, &version);
    if (status == STATUS_OK && version != SCHEMA_VERSION)
        status = version > SCHEMA_VERSION ? STATUS_SCHEMA_NEWER : STATUS_SCHEMA_OLDER;
    if (status == STATUS_OK)
        buffer_add_text(&response->body, "{\"status\":\"ok\"}");
    return status;
}

/* Compared in constant time. Without METRICS_TOKEN nobody has it. */
static bool has_token(const struct request *request, const char *token)
{
    const char *sent = request_bearer(request);
    size_t length = strlen(token);
    return sent != NULL && length > 0 && strlen(sent) == length &&
           CRYPTO_memcmp(sent, token, length) == 0;
}

enum status service_api_metrics(struct services *services, struct request *request,
                                struct response *response)
{
    if (!request_is_local(request) && !has_token(request, services->settings->metrics_token))
        return STATUS_UNAUTHENTICATED;
    response->content_type = "text/plain; version=0.0.4; charset=utf-8";
    metrics_write(services->metrics, services->scoreboard, &response->body);
    return STATUS_OK;
}

enum status service_api_openapi(struct services *services, struct request *request,
                                struct response *response)
{
    (void)services;
    (void)request;
    response_add_header(response, "Cache-Control", "no-cache");
    buffer_add_text(&response->body, openapi_json);
    return STATUS_OK;
}

enum status service_api_docs(struct services *services, struct request *request,
                             struct response *response)
{
    (void)services;
    (void)request;
    response->content_type = "text/html; charset=utf-8";
    response_add_header(response, "Cache-Control", "no-cache");
    response_add_header(response, "Content-Security-Policy",
                        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline';"
                        " img-src 'self' data:; connect-src 'self'; form-action 'none';"
                        " base-uri 'none'; frame-ancestors 'none'");
    response_add_header(response, "Referrer-Policy", "no-referrer");
    buffer_add_text(&response->body, docs_html);
    return STATUS_OK;
}
