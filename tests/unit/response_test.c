/* app/response: the status table, what follows from a status, the problem body, the head. */
#include "app/http/response.h"

#include <cjson/cJSON.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct arena *arena;
static struct request request;
static struct response response;

static int set_up(void **state)
{
    (void)state;
    arena = arena_create(4096, 1 << 20);
    request = (struct request){.arena = arena, .id = "id-1", .cgi = {.if_none_match = ""}};
    response = (struct response){
        .arena = arena, .body = {.arena = arena}, .errors = {.arena = arena}};
    return arena == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    arena_destroy(arena);
    return 0;
}

static void delete_tree(void *tree)
{
    cJSON_Delete(tree);
}

static void finish(enum status status)
{
    response.status = status;
    response_finish(&response, &request);
}

/* The value of a header that is there once; NULL where it is not. */
static const char *header(const char *name)
{
    const char *value = NULL;
    for (int i = 0; i < response.header_count; i++)
        if (strcmp(response.headers[i].name, name) == 0) {
            assert_null(value);
            value = response.headers[i].value;
        }
    return value;
}

static const cJSON *body(void)
{
    cJSON *tree = cJSON_ParseWithOpts(buffer_string(&response.body), NULL, true);
    assert_non_null(tree);
    arena_defer(arena, delete_tree, tree);
    return tree;
}

static const char *member(const char *name)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(body(), name));
}

static const struct {
    enum status status;
    int code;
    const char *word;
} failures[] = {
    {STATUS_MALFORMED, 400, "malformed_request"},
    {STATUS_UNAUTHENTICATED, 401, "not_authenticated"},
    {STATUS_INVALID_TOKEN, 401, "invalid_token"},
    {STATUS_BAD_CREDENTIALS, 401, "invalid_credentials"},
    {STATUS_BAD_REFRESH_TOKEN, 401, "invalid_refresh_token"},
    {STATUS_WRONG_PASSWORD, 403, "wrong_password"},
    {STATUS_NOT_FOUND, 404, "not_found"},
    {STATUS_NO_METHOD, 405, "method_not_allowed"},
    {STATUS_CONFLICT, 409, "conflict"},
    {STATUS_EMAIL_TAKEN, 409, "email_taken"},
    {STATUS_ID_TAKEN, 409, "id_taken"},
    {STATUS_PRECONDITION, 412, "precondition_failed"},
    {STATUS_TOO_LARGE, 413, "body_too_large"},
    {STATUS_URI_TOO_LONG, 414, "uri_too_long"},
    {STATUS_NOT_JSON, 415, "unsupported_media_type"},
    {STATUS_INVALID, 422, "validation_failed"},
    {STATUS_RATE_LIMITED, 429, "rate_limited"},
    {STATUS_INTERNAL, 500, "internal_error"},
    {STATUS_UNAVAILABLE, 503, "unavailable"},
    {STATUS_SCHEMA_NEWER, 503, "unavailable"},
    {STATUS_SCHEMA_OLDER, 503, "unavailable"},
};

enum { FAILURES = sizeof failures / sizeof *failures };

static void every_status_has_a_code(void **state)
{
    (void)state;
    assert_int_equal(response_code(STATUS_OK), 200);
    assert_int_equal(response_code(STATUS_CREATED), 201);
    assert_int_equal(response_code(STATUS_NO_CONTENT), 204);
    assert_int_equal(response_code(STATUS_NOT_MODIFIED), 304);
    assert_int_equal(FAILURES + 4, STATUS_COUNT);
    for (size_t i = 0; i < FAILURES; i++)
        assert_int_equal(response_code(failures[i].status), failures[i].code);
}

static void every_failure_is_a_whole_problem(void **state)
{
    (void)state;
    for (size_t i = 0; i < FAILURES; i++) {
        response.header_count = 0;
        finish(failures[i].status);
        assert_string_equal(response.content_type, "application/problem+json");
        assert_string_equal(member("type"), "about:blank");
        assert_string_equal(member("code"), failures[i].word);
        assert_string_equal(member("request_id"), "id-1");
        assert_true(strlen(member("title")) > 0);
        assert_int_equal(member("detail")[strlen(member("detail")) - 1], '.');
        const cJSON *status = cJSON_GetObjectItemCaseSensitive(body(), "status");
        assert_int_equal((int)cJSON_GetNumberValue(status), failures[i].code);
    }
}

static void a_better_detail_replaces_the_status_s_own(void **state)
{
    (void)state;
    response.detail = "The body is not JSON: \"x\".";
    finish(STATUS_MALFORMED);
    assert_string_equal(member("detail"), "The body is not JSON: \"x\".");
}

static void what_a_handler_had_written_goes_where_it_fails(void **state)
{
    (void)state;
    buffer_add_text(&response.body, "{\"half\":");
    response.content_type = "text/plain";
    finish(STATUS_INTERNAL);
    assert_string_equal(member("code"), "internal_error");
    assert_null(strstr(buffer_string(&response.body), "half"));
    assert_string_equal(response.content_type, "application/problem+json");
}

static void success_keeps_its_body(void **state)
{
    (void)state;
    buffer_add_text(&response.body, "{\"a\":1}");
    finish(STATUS_OK);
    assert_string_equal(buffer_string(&response.body), "{\"a\":1}");
}

static void only_422_lists_errors(void **state)
{
    (void)state;
    for (size_t i = 0; i < FAILURES; i++) {
        response.header_count = 0;
        finish(failures[i].status);
        assert_int_equal(cJSON_HasObjectItem(body(), "errors"),
                         failures[i].status == STATUS_INVALID);
    }
}

static void the_errors_noted_are_listed(void **state)
{
    (void)state;
    buffer_add_text(&response.errors, "{\"field\":\"a\",\"detail\":\"b\"},{\"field\":\"c\"}");
    response.error_count = 2;
    finish(STATUS_INVALID);
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(body(), "errors")), 2);
}

static void a_422_that_nobody_noted_names_the_body(void **state)
{
    (void)state;
    finish(STATUS_INVALID);
    const cJSON *error = cJSON_GetArrayItem(cJSON_GetObjectItem(body(), "errors"), 0);
    assert_string_equal(cJSON_GetObjectItem(error, "field")->valuestring, "body");
}

static void a_challenge_comes_with_every_401_alone(void **state)
{
    (void)state;
    for (size_t i = 0; i < FAILURES; i++) {
        response.header_count = 0;
        finish(failures[i].status);
        assert_int_equal(header("WWW-Authenticate") != NULL, failures[i].code == 401);
    }
}

static void the_challenge_says_why_only_where_a_token_came(void **state)
{
    (void)state;
    response.reason = "the token has expired";
    finish(STATUS_INVALID_TOKEN);
    assert_string_equal(header("WWW-Authenticate"),
                        "Bearer realm=\"todo\", error=\"invalid_token\","
                        " error_description=\"the token has expired\"");
    response.header_count = 0;
    finish(STATUS_UNAUTHENTICATED);
    assert_string_equal(header("WWW-Authenticate"), "Bearer realm=\"todo\"");
}

static void a_token_without_a_reason_has_one_still(void **state)
{
    (void)state;
    finish(STATUS_INVALID_TOKEN);
    assert_non_null(strstr(header("WWW-Authenticate"), "error_description=\"the token"));
}

static void retry_after_comes_with_every_503_alone(void **state)
{
    (void)state;
    for (size_t i = 0; i < FAILURES; i++) {
        response.header_count = 0;
        finish(failures[i].status);
        assert_int_equal(header("Retry-After") != NULL, failures[i].code == 503);
    }
}

static void every_response_carries_its_request_id_and_nosniff(void **state)
{
    (void)state;
    for (int status = 0; status < STATUS_COUNT; status++) {
        response.header_count = 0;
        finish((enum status)status);
        assert_string_equal(header("X-Request-Id"), "id-1");
        assert_string_equal(header("X-Content-Type-Options"), "nosniff");
        assert_non_null(header("Cache-Control"));
    }
}

static void nothing_is_stored_but_what_has_an_etag(void **state)
{
    (void)state;
    finish(STATUS_OK);
    assert_string_equal(header("Cache-Control"), "no-store");
    response.header_count = 0;
    response_add_header(&response, "ETag", "\"1\"");
    finish(STATUS_OK);
    assert_string_equal(header("Cache-Control"), "private, no-cache");
    response.header_count = 0;
    response_add_header(&response, "ETag", "\"1\"");
    finish(STATUS_INTERNAL);
    assert_string_equal(header("Cache-Control"), "no-store");
}

static void a_handler_s_own_cache_control_stays(void **state)
{
    (void)state;
    response_add_header(&response, "Cache-Control", "no-cache");
    finish(STATUS_OK);
    assert_string_equal(header("Cache-Control"), "no-cache");
}

static const char *head_text(void)
{
    struct buffer head = response_head(&response);
    return buffer_string(&head);
}

static void the_head_is_a_cgi_response_s(void **state)
{
    (void)state;
    response.status = STATUS_CREATED;
    response_add_header(&response, "Location", "http://h/tasks/1");
    buffer_add_text(&response.body, "{}");
    assert_string_equal(head_text(), "Status: 201 Created\r\nLocation: http://h/tasks/1\r\n"
                                     "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n");
}

static void a_body_of_another_type_says_so(void **state)
{
    (void)state;
    response.content_type = "text/plain";
    assert_string_equal(head_text(), "Status: 200 OK\r\nContent-Type: text/plain\r\n"
                                     "Content-Length: 0\r\n\r\n");
}

static void without_content_nothing_is_said_about_it(void **state)
{
    (void)state;
    response.status = STATUS_NO_CONTENT;
    assert_string_equal(head_text(), "Status: 204 No Content\r\n\r\n");
    response.status = STATUS_NOT_MODIFIED;
    assert_string_equal(head_text(), "Status: 304 Not Modified\r\n\r\n");
}

static void an_etag_is_known_where_the_client_names_it(void **state)
{
    (void)state;
    request.cgi.if_none_match = "W/\"5f\"";
    assert_false(response_is_known(&response, &request));
    response_add_header(&response, "ETag", "\"5f\"");
    assert_true(response_is_known(&response, &request));
    request.cgi.if_none_match = "";
    assert_false(response_is_known(&response, &request));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_status_has_a_code),
        TEST(every_failure_is_a_whole_problem),
        TEST(a_better_detail_replaces_the_status_s_own),
        TEST(what_a_handler_had_written_goes_where_it_fails),
        TEST(success_keeps_its_body),
        TEST(only_422_lists_errors),
        TEST(the_errors_noted_are_listed),
        TEST(a_422_that_nobody_noted_names_the_body),
        TEST(a_challenge_comes_with_every_401_alone),
        TEST(the_challenge_says_why_only_where_a_token_came),
        TEST(a_token_without_a_reason_has_one_still),
        TEST(retry_after_comes_with_every_503_alone),
        TEST(every_response_carries_its_request_id_and_nosniff),
        TEST(nothing_is_stored_but_what_has_an_etag),
        TEST(a_handler_s_own_cache_control_stays),
        TEST(the_head_is_a_cgi_response_s),
        TEST(a_body_of_another_type_says_so),
        TEST(without_content_nothing_is_said_about_it),
        TEST(an_etag_is_known_where_the_client_names_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
