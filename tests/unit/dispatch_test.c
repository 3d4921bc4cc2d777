/* app/dispatch: whole requests, as plain structs, as far as they go without a database. */
#include "app/http/json.h"
#include "app/limits/hashing.h"
#include "app/pipeline/dispatch.h"
#include "app/pipeline/routes.h"
#include "lib/core/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SECRET "a secret of thirty-two bytes, yes"
#define ID     "019a0000-0000-7000-8000-00000000000f"
#define JSON   "application/json"
#define FORM   "application/x-www-form-urlencoded"

static struct settings settings;
static struct services services;
static struct request request;
static struct response response;
static const char *bearer;

/* What a request is made of, beside its method and path. */
struct given {
    const char *query, *type, *body, *authorization, *origin, *wanted_method, *remote, *cookie;
    enum status fault;
};

static const char *or_empty(const char *text)
{
    return text == NULL ? "" : text;
}

static const char *make_bearer(void)
{
    static char header[1024];
    struct claims claims = {.email = "a@b.c", .expires_at = clock_now() + INT64_C(3600000000)};
    const char *token;
    assert_true(uuid_parse(ID, &claims.user_id));
    assert_int_equal(token_sign(services.arena, &services.keys, &claims, &token), STATUS_OK);
    strcpy(header, "Bearer ");
    strcat(header, token);
    return header;
}

static int set_up(void **state)
{
    (void)state;
    settings = (struct settings){.bcrypt_cost = 4,
                                 .cors_origins = "",
                                 .trusted_proxies = "",
                                 .metrics_token = "",
                                 .access_token_ttl = 60,
                                 .refresh_token_ttl = 60};
    services = (struct services){.settings = &settings, .keys = {.current = SECRET}};
    services.arena = arena_create(16384, 1 << 20);
    struct db_settings away = {
        .url = "host=/nonexistent", .timeout = 100000, .arena = services.arena};
    services.db = db_create(&away);
    int no_metrics = -1;
    services.metrics = metrics_create(routes_count, routes_labels, &no_metrics);
    int no_board = -1;
    services.scoreboard = scoreboard_create(&no_board);
    int none = -1;
    services.hashing = hashing_create(1, 1, &none);
    bearer = make_bearer();
    return services.arena == NULL || services.db == NULL || services.metrics == NULL ||
           services.scoreboard == NULL || services.hashing == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    db_destroy(services.db);
    arena_destroy(services.arena);
    return 0;
}

static void set_variables(const char *method, const char *path, const struct given *given)
{
    request_set_variable(&request, "REQUEST_METHOD", method);
    request_set_variable(&request, "PATH_INFO", path);
    request_set_variable(&request, "REQUEST_URI", path);
    request_set_variable(&request, "HTTP_X_REQUEST_ID", "id-1");
    request_set_variable(&request, "HTTP_HOST", "h");
    request_set_variable(&request, "QUERY_STRING", or_empty(given->query));
    request_set_variable(&request, "CONTENT_TYPE", or_empty(given->type));
    request_set_variable(&request, "HTTP_AUTHORIZATION", or_empty(given->authorization));
    request_set_variable(&request, "HTTP_ORIGIN", or_empty(given->origin));
    request_set_variable(&request, "HTTP_COOKIE", or_empty(given->cookie));
    request_set_variable(&request, "REMOTE_ADDR", or_empty(given->remote));
    request_set_variable(&request, "HTTP_ACCESS_CONTROL_REQUEST_METHOD",
                         or_empty(given->wanted_method));
}

/* Sends a request and returns the HTTP code. */
static int answer(const char *method, const char *path, const struct given *given)
{
    struct arena *arena = services.arena;
    request = (struct request){.arena = arena, .body = or_empty(given->body)};
    request.body_length = strlen(request.body);
    response = (struct response){
        .arena = arena, .body = {.arena = arena}, .errors = {.arena = arena}};
    db_begin(services.db);
    set_variables(method, path, given);
    enum status fault = request_complete(&request, "");
    dispatch(&services, &request, fault != STATUS_OK ? fault : given->fault, &response);
    return response_code(response.status);
}

static int answer_bare(const char *method, const char *path)
{
    struct given nothing = {0};
    return answer(method, path, &nothing);
}

static int post_json(const char *path, const char *body)
{
    struct given given = {.type = JSON, .body = body};
    return answer("POST", path, &given);
}

static const char *header(const char *name)
{
    for (int i = 0; i < response.header_count; i++)
        if (strcmp(response.headers[i].name, name) == 0)
            return response.headers[i].value;
    return NULL;
}

static const cJSON *body(void)
{
    struct json_document document;
    assert_int_equal(
        json_parse(services.arena, response.body.data, response.body.length, &document), STATUS_OK);
    return document.root;
}

static const char *problem_code(void)
{
    assert_string_equal(response.content_type, "application/problem+json");
    return cJSON_GetStringValue(cJSON_GetObjectItem(body(), "code"));
}

/* The fields of a 422, with commas between. */
static const char *wrong_fields(void)
{
    static char names[512];
    const cJSON *error;
    names[0] = '\0';
    cJSON_ArrayForEach (error, cJSON_GetObjectItem(body(), "errors")) {
        strcat(names, names[0] == '\0' ? "" : ",");
        strcat(names, cJSON_GetObjectItem(error, "field")->valuestring);
    }
    return names;
}

static const char *path_of(const struct route *route)
{
    const char *mark = strstr(route->path, "{id}");
    if (mark == NULL)
        return route->path;
    return arena_printf(services.arena, "%.*s%s%s", (int)(mark - route->path), route->path, ID,
                        mark + 4);
}

static void an_unknown_path_is_404(void **state)
{
    static const char *const paths[] = {"/", "/nope", "/tasks/1", "/nope/", "/auth/"};
    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        assert_int_equal(answer_bare("GET", paths[i]), 404);
        assert_string_equal(problem_code(), "not_found");
        assert_null(header("Allow"));
    }
}

static void another_method_is_405_and_told_which_ones_there_are(void **state)
{
    (void)state;
    assert_int_equal(answer_bare("PUT", "/tasks"), 405);
    assert_string_equal(problem_code(), "method_not_allowed");
    assert_string_equal(header("Allow"), "GET, HEAD, POST, DELETE, OPTIONS");
}

static void options_is_204_on_every_path_without_a_token(void **state)
{
    (void)state;
    for (size_t i = 0; i < routes_count; i++) {
        assert_int_equal(answer_bare("OPTIONS", path_of(&routes[i])), 204);
        assert_non_null(strstr(header("Allow"), routes[i].method));
        assert_int_equal(response.body.length, 0);
        assert_null(header("Access-Control-Allow-Methods"));
        arena_reset(services.arena);
    }
}

static void a_preflight_of_an_allowed_origin_is_answered(void **state)
{
    struct given given = {.origin = "https://a.example", .wanted_method = "PATCH"};
    (void)state;
    settings.cors_origins = "https://a.example";
    assert_int_equal(answer("OPTIONS", "/tasks/" ID, &given), 204);
    assert_string_equal(header("Access-Control-Allow-Origin"), "https://a.example");
    assert_non_null(strstr(header("Access-Control-Allow-Methods"), "PATCH"));
    given.origin = "https://b.example";
    assert_int_equal(answer("OPTIONS", "/tasks/" ID, &given), 204);
    assert_null(header("Access-Control-Allow-Origin"));
    assert_null(header("Access-Control-Allow-Methods"));
}

static void a_failure_too_can_be_read_by_an_allowed_origin(void **state)
{
    struct given given = {.origin = "https://a.example"};
    (void)state;
    settings.cors_origins = "https://a.example";
    assert_int_equal(answer("GET", "/nope", &given), 404);
    assert_string_equal(header("Access-Control-Allow-Origin"), "https://a.example");
    assert_string_equal(header("Vary"), "Origin");
}

static void every_user_route_is_401_without_a_token(void **state)
{
    static const char *const headers[] = {NULL,      "",         "Basic YTpi",   "Bearerx",
                                          "Token x", "bearer_x", "Digest Bearer"};
    (void)state;
    for (size_t i = 0; i < routes_count; i++)
        for (size_t j = 0; j < sizeof headers / sizeof *headers; j++) {
            struct given given = {.authorization = headers[j]};
            if (routes[i].access != USER)
                continue;
            assert_int_equal(answer(routes[i].method, path_of(&routes[i]), &given), 401);
            assert_string_equal(problem_code(), "not_authenticated");
            assert_string_equal(header("WWW-Authenticate"), "Bearer realm=\"todo\"");
            arena_reset(services.arena);
        }
}

static void every_user_route_is_401_with_a_bad_token(void **state)
{
    static const char *const headers[] = {"Bearer",    "Bearer ",
                                          "Bearer x",  "Bearer a.b.c",
                                          "bearer  x", "BEARER eyJhbGciOiJub25lIn0.e30."};
    (void)state;
    for (size_t i = 0; i < routes_count; i++)
        for (size_t j = 0; j < sizeof headers / sizeof *headers; j++) {
            struct given given = {.authorization = headers[j], .query = "nonsense=1", .body = "{"};
            if (routes[i].access != USER)
                continue;
            assert_int_equal(answer(routes[i].method, path_of(&routes[i]), &given), 401);
            assert_string_equal(problem_code(), "invalid_token");
            assert_non_null(strstr(header("WWW-Authenticate"), "error=\"invalid_token\""));
            arena_reset(services.arena);
        }
}

static void an_expired_token_says_so(void **state)
{
    struct claims claims = {.email = "a@b.c", .expires_at = clock_now() - 2000000};
    const char *token;
    (void)state;
    assert_int_equal(token_sign(services.arena, &services.keys, &claims, &token), STATUS_OK);
    struct given given = {.authorization = arena_printf(services.arena, "Bearer %s", token)};
    assert_int_equal(answer("GET", "/tasks", &given), 401);
    assert_non_null(
        strstr(header("WWW-Authenticate"), "error_description=\"the token has expired\""));
}

static void every_user_route_is_503_while_the_database_is_away(void **state)
{
    (void)state;
    for (size_t i = 0; i < routes_count; i++) {
        struct given given = {.authorization = bearer};
        if (routes[i].access != USER)
            continue;
        assert_int_equal(answer(routes[i].method, path_of(&routes[i]), &given), 503);
        assert_string_equal(problem_code(), "unavailable");
        assert_non_null(header("Retry-After"));
        arena_reset(services.arena);
    }
}

/* Whether the token still holds only the database knows: until then nothing is told but that. */
static void what_is_wrong_with_a_user_s_request_waits_for_the_database(void **state)
{
    const struct given cases[] = {
        {.type = "text/plain", .body = "x", .authorization = bearer},
        {.type = JSON, .body = "{", .authorization = bearer},
        {.type = JSON, .body = "{}", .authorization = bearer},
        {.type = JSON, .body = "[]", .authorization = bearer},
        {.type = JSON, .body = "{\"title\":\"x\"}", .query = "x=1", .authorization = bearer},
        {.type = JSON, .body = "{\"title\":\"x\"}", .query = "%zz", .authorization = bearer},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(answer("POST", "/tasks", &cases[i]), 503);
}

static void the_scheme_is_compared_without_case(void **state)
{
    struct given given = {.authorization = arena_printf(services.arena, "bEARER   %s", bearer + 7)};
    (void)state;
    assert_int_equal(answer("GET", "/auth/me", &given), 503); /* not 401 */
}

static void what_was_wrong_on_the_way_in_is_answered_first(void **state)
{
    static const struct {
        enum status fault;
        int code;
    } cases[] = {{STATUS_TOO_LARGE, 413}, {STATUS_URI_TOO_LONG, 414}, {STATUS_MALFORMED, 400}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct given given = {.fault = cases[i].fault};
        assert_int_equal(answer("POST", "/auth/login", &given), cases[i].code);
        assert_true(strlen(problem_code()) > 0);
        assert_int_equal(answer("GET", "/nope", &given), cases[i].code);
        assert_null(request.route);
    }
}

static void an_address_of_more_than_8192_bytes_is_414(void **state)
{
    char *query = arena_alloc(services.arena, REQUEST_MAX_URI + 2);
    struct given given = {.query = query};
    (void)state;
    memset(query, '&', REQUEST_MAX_URI + 1);
    assert_int_equal(answer("GET", "/healthz", &given), 414);
    query[REQUEST_MAX_URI] = '\0';
    assert_int_equal(answer("GET", "/healthz", &given), 200);
}

static void an_unclear_path_is_400(void **state)
{
    (void)state;
    assert_int_equal(answer_bare("GET", "/tasks//x"), 400);
    assert_string_equal(problem_code(), "malformed_request");
    assert_int_equal(answer_bare("GET", "/a/../healthz"), 400);
}

static void a_body_of_another_type_is_415(void **state)
{
    static const char *const types[] = {"",
                                        "text/plain",
                                        "text/json",
                                        FORM,
                                        "multipart/form-data",
                                        "application/xml",
                                        "application/merge-patch+json"};
    (void)state;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        struct given given = {.type = types[i], .body = "{}"};
        assert_int_equal(answer("POST", "/auth/signup", &given), 415);
        assert_string_equal(problem_code(), "unsupported_media_type");
    }
}

static void a_body_that_is_no_json_is_400_and_says_why(void **state)
{
    static const char *const bodies[] = {
        "", " ", "{", "{}x", "{\"a\":01}", "nul", "{\"a\":\"\xFF\"}"};
    (void)state;
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        assert_int_equal(post_json("/auth/signup", bodies[i]), 400);
        const char *detail = cJSON_GetStringValue(cJSON_GetObjectItem(body(), "detail"));
        assert_memory_equal(detail, "The body is not JSON: ", 22);
    }
}

static void no_body_and_no_type_is_400(void **state)
{
    (void)state;
    assert_int_equal(answer_bare("POST", "/auth/signup"), 400);
}

static void what_json_allows_and_we_cannot_mean_is_422(void **state)
{
    static const struct {
        const char *body, *fields;
    } cases[] = {{"[]", "body"},
                 {"1", "body"},
                 {"null", "body"},
                 {"{\"email\":\"a\",\"email\":\"b\"}", "email"},
                 {"{\"email\":\"\\u0000\"}", "email,password"},
                 {"{\"\\u0000\":1}", "body,email,password"}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(post_json("/auth/signup", cases[i].body), 422);
        assert_string_equal(problem_code(), "validation_failed");
        assert_string_equal(wrong_fields(), cases[i].fields);
    }
}

static void a_body_that_nobody_reads_is_422(void **state)
{
    struct given given = {.type = JSON, .body = "{\"ids\":[]}"};
    (void)state;
    assert_int_equal(answer("GET", "/healthz", &given), 422);
    assert_string_equal(wrong_fields(), "body");
    given.body = "{}";
    assert_int_equal(answer("GET", "/healthz", &given), 200);
}

static void every_wrong_field_is_told_at_once(void **state)
{
    struct given given = {
        .type = JSON, .query = "q=1", .body = "{\"email\":\"x\",\"password\":\"short\",\"b\":1}"};
    (void)state;
    assert_int_equal(answer("POST", "/auth/signup", &given), 422);
    assert_string_equal(wrong_fields(), "q,email,password,b");
    assert_int_equal(post_json("/auth/signup", "{}"), 422);
    assert_string_equal(wrong_fields(), "email,password");
}

static void a_password_that_is_the_email_is_422(void **state)
{
    (void)state;
    assert_int_equal(post_json("/auth/signup",
                               "{\"email\":\"You@Example.org\",\"password\":\"yoU@exAmple.org\"}"),
                     422);
    assert_string_equal(wrong_fields(), "password");
}

static void a_broken_query_is_400(void **state)
{
    static const char *const queries[] = {"%", "a=%zz", "a=%FF", "%C3=1"};
    (void)state;
    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
        struct given given = {.query = queries[i]};
        assert_int_equal(answer("GET", "/healthz", &given), 400);
    }
}

static void signing_up_and_in_are_503_while_the_database_is_away(void **state)
{
    static const char good[] = "{\"email\":\"a@b.c\",\"password\":\"correct horse\"}";
    struct given form = {.type = FORM,
                         .body = "grant_type=password&username=a&password=b&client_id=x&scope="};
    (void)state;
    assert_int_equal(post_json("/auth/signup", good), 503);
    assert_int_equal(post_json("/auth/login", good), 503);
    assert_int_equal(answer("POST", "/auth/login", &form), 503);
}

static void a_login_form_is_checked_like_a_body(void **state)
{
    static const struct {
        const char *body;
        int code;
        const char *fields;
    } cases[] = {
        {"username=a", 422, "password"},
        {"", 422, "username,password"},
        {"username=a&password=b&grant_type=implicit", 422, "grant_type"},
        {"username=a&username=b&password=c", 422, "username"},
        {"username=a%00&password=b", 422, "username"},
        {"username=a&password=%zz", 400, NULL},
        {"username=a&password=%FF", 400, NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct given given = {.type = FORM "; charset=utf-8", .body = cases[i].body};
        assert_int_equal(answer("POST", "/auth/login", &given), cases[i].code);
        if (cases[i].fields != NULL)
            assert_string_equal(wrong_fields(), cases[i].fields);
    }
}

static void a_refresh_without_a_token_is_401(void **state)
{
    struct given cookie = {.cookie = "other=1"};
    (void)state;
    assert_int_equal(post_json("/auth/refresh", "{}"), 401);
    assert_string_equal(problem_code(), "invalid_refresh_token");
    assert_int_equal(answer_bare("POST", "/auth/refresh"), 401);
    assert_int_equal(answer("POST", "/auth/refresh", &cookie), 401);
}

static void a_refresh_with_one_asks_the_database(void **state)
{
    struct given cookie = {.cookie = "todo_refresh=abc"};
    (void)state;
    assert_int_equal(post_json("/auth/refresh", "{\"refresh_token\":\"abc\"}"), 503);
    assert_int_equal(answer("POST", "/auth/refresh", &cookie), 503);
    assert_int_equal(post_json("/auth/refresh", "{\"refresh_token\":1}"), 422);
}

static void health_needs_no_database_and_readiness_does(void **state)
{
    (void)state;
    assert_int_equal(answer_bare("GET", "/healthz"), 200);
    assert_string_equal(buffer_string(&response.body), "{\"status\":\"ok\"}");
    assert_int_equal(answer_bare("HEAD", "/healthz"), 200);
    assert_int_equal(answer_bare("GET", "/readyz"), 503);
}

static void metrics_are_for_loopback_or_the_token(void **state)
{
    static const struct {
        const char *remote, *authorization, *token;
        int code;
    } cases[] = {
        {"127.0.0.1", NULL, "", 200},
        {"10.0.0.1", NULL, "", 401},
        {"10.0.0.1", "Bearer ", "", 401},
        {"10.0.0.1", "Bearer 0123456789abcdef", "0123456789abcdef", 200},
        {"10.0.0.1", "bearer  0123456789abcdef", "0123456789abcdef", 200},
        {"10.0.0.1", "Bearer 0123456789abcdeF", "0123456789abcdef", 401},
        {"10.0.0.1", "Bearer 0123456789abcde", "0123456789abcdef", 401},
        {"10.0.0.1", "Bearer 0123456789abcdef0", "0123456789abcdef", 401},
        {"10.0.0.1", "0123456789abcdef", "0123456789abcdef", 401},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct given given = {.remote = cases[i].remote, .authorization = cases[i].authorization};
        settings.metrics_token = cases[i].token;
        assert_int_equal(answer("GET", "/metrics", &given), cases[i].code);
    }
}

static void the_description_and_its_page_are_served(void **state)
{
    (void)state;
    assert_int_equal(answer_bare("GET", "/openapi.json"), 200);
    assert_string_equal(cJSON_GetObjectItem(body(), "openapi")->valuestring, "3.1.0");
    assert_int_equal(answer_bare("GET", "/docs"), 200);
    assert_string_equal(response.content_type, "text/html; charset=utf-8");
    assert_non_null(header("Content-Security-Policy"));
}

static void every_answer_carries_the_request_id(void **state)
{
    static const char *const paths[] = {"/healthz", "/nope", "/tasks", "/a//b", "/readyz"};
    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        answer_bare("GET", paths[i]);
        assert_string_equal(header("X-Request-Id"), "id-1");
        if (response_code(response.status) >= 400)
            assert_string_equal(cJSON_GetObjectItem(body(), "request_id")->valuestring, "id-1");
    }
}

/* A body whose tree is larger than the arena may be. */
static void a_request_that_needs_too_much_memory_is_500_and_the_next_is_well(void **state)
{
    enum { ZEROS = 100000 };
    char *text = malloc(2 * ZEROS + 2);
    (void)state;
    assert_non_null(text);
    text[0] = '[';
    for (int i = 0; i < ZEROS; i++)
        memcpy(text + 1 + 2 * i, "0,", 2);
    memcpy(text + 2 * ZEROS, "]", 2);
    for (int round = 0; round < 3; round++) {
        assert_int_equal(post_json("/auth/signup", text), 500);
        assert_string_equal(problem_code(), "internal_error");
        arena_reset(services.arena);
        assert_int_equal(answer_bare("GET", "/healthz"), 200);
        arena_reset(services.arena);
    }
    free(text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static void a_503_does_not_repeat_what_was_wrong_with_the_request(void **state)
{
    const struct given cases[] = {
        {.type = JSON, .body = "{}", .authorization = bearer},
        {.type = JSON, .body = "{", .authorization = bearer},
        {.type = JSON, .body = "{\"title\":\"x\"}", .query = "x=1", .authorization = bearer},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(answer("POST", "/tasks", &cases[i]), 503);
        assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(body(), "detail")),
                            "The service is not available at the moment: try again shortly.");
    }
}

static void after_the_answer_the_cap_no_longer_jumps_into_dispatch(void **state)
{
    (void)state;
    assert_int_equal(answer_bare("GET", "/healthz"), 200);
    for (int i = 0; i < 100; i++) /* what the worker allocates for the head and the log line */
        arena_alloc(services.arena, 16384);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_unknown_path_is_404),
        TEST(another_method_is_405_and_told_which_ones_there_are),
        TEST(options_is_204_on_every_path_without_a_token),
        TEST(a_preflight_of_an_allowed_origin_is_answered),
        TEST(a_failure_too_can_be_read_by_an_allowed_origin),
        TEST(every_user_route_is_401_without_a_token),
        TEST(every_user_route_is_401_with_a_bad_token),
        TEST(an_expired_token_says_so),
        TEST(every_user_route_is_503_while_the_database_is_away),
        TEST(what_is_wrong_with_a_user_s_request_waits_for_the_database),
        TEST(the_scheme_is_compared_without_case),
        TEST(what_was_wrong_on_the_way_in_is_answered_first),
        TEST(an_address_of_more_than_8192_bytes_is_414),
        TEST(an_unclear_path_is_400),
        TEST(a_body_of_another_type_is_415),
        TEST(a_body_that_is_no_json_is_400_and_says_why),
        TEST(no_body_and_no_type_is_400),
        TEST(what_json_allows_and_we_cannot_mean_is_422),
        TEST(a_body_that_nobody_reads_is_422),
        TEST(every_wrong_field_is_told_at_once),
        TEST(a_password_that_is_the_email_is_422),
        TEST(a_broken_query_is_400),
        TEST(signing_up_and_in_are_503_while_the_database_is_away),
        TEST(a_login_form_is_checked_like_a_body),
        TEST(a_refresh_without_a_token_is_401),
        TEST(a_refresh_with_one_asks_the_database),
        TEST(health_needs_no_database_and_readiness_does),
        TEST(metrics_are_for_loopback_or_the_token),
        TEST(the_description_and_its_page_are_served),
        TEST(every_answer_carries_the_request_id),
        TEST(a_request_that_needs_too_much_memory_is_500_and_the_next_is_well),
        TEST(a_503_does_not_repeat_what_was_wrong_with_the_request),
        TEST(after_the_answer_the_cap_no_longer_jumps_into_dispatch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
