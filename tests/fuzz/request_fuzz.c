/* app/request and app/dispatch: a whole request, with no database. An input is lines NAME=value, an
 * empty line and the body; `HTTP_AUTHORIZATION=@` stands for a token that holds. */
#include "app/http/json.h"
#include "app/limits/hashing.h"
#include "app/limits/rate_limit.h"
#include "app/pipeline/dispatch.h"
#include "app/pipeline/routes.h"
#include "lib/core/clock.h"
#include "lib/core/log.h"
#include "tests/fuzz/fuzz.h"

static struct settings settings = {.bcrypt_cost = 4,
                                   .access_token_ttl = 60,
                                   .refresh_token_ttl = 60,
                                   .cors_origins = "https://a.example",
                                   .trusted_proxies = "127.0.0.1, 10.0.0.0/8",
                                   .rate_limits = 1,
                                   .rate_sign_ins = 1000,
                                   .rate_sign_ins_account = 1,
                                   .rate_sign_ins_address = 1000,
                                   .rate_sign_ups = 100000,
                                   .rate_refreshes = 100000,
                                   .rate_requests = 100000,
                                   .metrics_token = "0123456789abcdef"};
static struct services services = {.settings = &settings,
                                   .keys = {.current = "a secret of thirty-two bytes, yes"}};

static const char *make_bearer(struct arena *arena)
{
    struct claims claims = {.email = "a@b.c", .expires_at = clock_now() + INT64_C(3600000000)};
    const char *token;
    REQUIRE(token_sign(arena, &services.keys, &claims, &token) == STATUS_OK);
    return arena_printf(arena, "Bearer %s", token);
}

static void set_line(struct request *request, char *line)
{
    char *value = strchr(line, '=');
    if (value == NULL)
        return;
    *value++ = '\0';
    bool is_good = strcmp(line, "HTTP_AUTHORIZATION") == 0 && strcmp(value, "@") == 0;
    request_set_variable(request, line, is_good ? make_bearer(request->arena) : value);
}

/* Takes the lines; returns the body. */
static char *take_variables(struct request *request, char *text)
{
    while (*text != '\0') {
        char *line = text;
        text += strcspn(text, "\n");
        if (*text == '\n')
            *text++ = '\0';
        if (*line == '\0')
            break;
        set_line(request, line);
    }
    return text;
}

static void check_request(const struct request *request)
{
    struct uuid uuid;
    REQUIRE(strncmp(request->base, "http://", 7) == 0 ||
            strncmp(request->base, "https://", 8) == 0);
    REQUIRE(strpbrk(request->base, "\r\n \"<>") == NULL);
    REQUIRE(strpbrk(request->id, "\r\n \"=") == NULL && strlen(request->id) <= 64);
    REQUIRE(strcmp(request->id, request->cgi.request_id) == 0 || uuid_parse(request->id, &uuid));
    struct precondition precondition = request_read_precondition(request);
    REQUIRE(precondition.required || precondition.count == 0);
    (void)request_find_cookie(request, "todo_refresh");
    (void)request_is_local(request);
}

static void check_response(const struct request *request, const struct response *response)
{
    int code = response_code(response->status);
    struct json_document document;
    REQUIRE(code >= 200 && code <= 503);
    for (int i = 0; i < response->header_count; i++)
        REQUIRE(strpbrk(response->headers[i].value, "\r\n") == NULL);
    if (code < 400)
        return;
    REQUIRE(json_parse(request->arena, response->body.data, response->body.length, &document) ==
            STATUS_OK);
    REQUIRE(cJSON_GetStringValue(cJSON_GetObjectItem(document.root, "detail")) != NULL);
    REQUIRE((code == 422) == cJSON_HasObjectItem(document.root, "errors"));
}

static void serve(struct arena *arena, const uint8_t *data, size_t size)
{
    struct request request = {.arena = arena};
    struct response response = {
        .arena = arena, .body = {.arena = arena}, .errors = {.arena = arena}};
    char *text = arena_copy(arena, (const char *)data, size);
    char *body = take_variables(&request, text);
    request.body = body;
    request.body_length = size - (size_t)(body - text);
    enum status fault = request_complete(&request, "/base");
    check_request(&request);
    db_begin(services.db);
    dispatch(&services, &request, fault, &response);
    check_response(&request, &response);
    struct buffer head = response_head(&response);
    REQUIRE(memcmp(head.data + head.length - 4, "\r\n\r\n", 4) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (services.arena == NULL) {
        log_configure(LOG_ERROR, false);
        services.arena = arena_create(64 * 1024, 64 * 1024 * 1024);
        struct db_settings away = {
            .url = "host=/nonexistent", .timeout = 100000, .arena = services.arena};
        services.db = db_create(&away);
        int metrics_fd = -1, board_fd = -1, limits_fd = -1, hashing_fd = -1;
        services.metrics = metrics_create(routes_count, routes_labels, &metrics_fd);
        services.scoreboard = scoreboard_create(&board_fd);
        services.limits = rate_limit_create(&limits_fd);
        services.hashing = hashing_create(1, 1, &hashing_fd);
    }
    serve(services.arena, data, size);
    arena_reset(services.arena);
    return 0;
}
