/* app/cors: which pages may read an answer. */
#include "app/http/cors.h"

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
    request = (struct request){.arena = arena,
                               .cgi = {.origin = "", .wanted_method = "", .wanted_headers = ""}};
    response = (struct response){.arena = arena};
    return arena == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    arena_destroy(arena);
    return 0;
}

static const char *header(const char *name)
{
    for (int i = 0; i < response.header_count; i++)
        if (strcmp(response.headers[i].name, name) == 0)
            return response.headers[i].value;
    return NULL;
}

static void answer(const char *origins, const char *origin)
{
    response.header_count = 0;
    request.cgi.origin = origin;
    cors_add_headers(origins, &request, &response);
}

static void without_the_setting_there_is_no_cors(void **state)
{
    (void)state;
    answer("", "https://a.example");
    assert_int_equal(response.header_count, 0);
}

static void an_origin_on_the_list_may_read_and_send_credentials(void **state)
{
    static const char *const lists[] = {"https://a.example", "https://b.example,https://a.example",
                                        "https://a.example, https://b.example",
                                        " https://b.example , https://a.example "};
    (void)state;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        answer(lists[i], "https://a.example");
        assert_string_equal(header("Access-Control-Allow-Origin"), "https://a.example");
        assert_string_equal(header("Access-Control-Allow-Credentials"), "true");
    }
}

static void an_origin_that_is_not_exactly_on_the_list_may_not(void **state)
{
    static const char *const others[] = {"",
                                         "https://a.exampl",
                                         "https://a.example.evil",
                                         "http://a.example",
                                         "https://A.example",
                                         "https://a.example:443",
                                         "https://a.example/",
                                         "null",
                                         "*",
                                         "https://evil-a.example",
                                         "https://a.example,https://b.example",
                                         ",",
                                         " ",
                                         "a.example",
                                         "https://"};
    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        answer("https://a.example,https://b.example", others[i]);
        if (header("Access-Control-Allow-Origin") != NULL)
            fail_msg("'%s' was allowed", others[i]);
        assert_null(header("Access-Control-Allow-Credentials"));
    }
}

static void a_star_lets_all_read_and_none_send_credentials(void **state)
{
    (void)state;
    answer("*", "https://any.example");
    assert_string_equal(header("Access-Control-Allow-Origin"), "*");
    assert_null(header("Access-Control-Allow-Credentials"));
    answer("*", "null");
    assert_string_equal(header("Access-Control-Allow-Origin"), "*");
    answer("*", "");
    assert_null(header("Access-Control-Allow-Origin"));
}

/* A cache must not give one origin's answer to another, nor the answer of none. */
static void every_answer_varies_by_origin_once_cors_is_on(void **state)
{
    static const char *const origins[] = {"", "https://a.example", "https://b.example"};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        answer("https://a.example", origins[i]);
        assert_string_equal(header("Vary"), "Origin");
    }
}

static void the_headers_of_the_contract_are_exposed(void **state)
{
    (void)state;
    answer("https://a.example", "https://a.example");
    assert_string_equal(header("Access-Control-Expose-Headers"),
                        "Location, Link, ETag, X-Total-Count, X-Request-Id, Retry-After, "
                        "RateLimit, RateLimit-Policy");
}

static void preflight(const char *origins, const char *origin, const char *wanted)
{
    response.header_count = 0;
    request.cgi.origin = origin;
    request.cgi.method = "OPTIONS";
    request.cgi.wanted_method = wanted;
    if (cors_is_preflight(origins, &request))
        cors_answer_preflight(&request, &response, "GET, HEAD, OPTIONS");
}

static void a_preflight_is_told_methods_and_headers(void **state)
{
    static const char *const wanted[] = {"Authorization", "Content-Type", "If-Match",
                                         "If-None-Match", "X-Request-Id"};
    (void)state;
    preflight("https://a.example", "https://a.example", "PUT");
    assert_string_equal(header("Access-Control-Allow-Methods"), "GET, HEAD, OPTIONS");
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        assert_non_null(strstr(header("Access-Control-Allow-Headers"), wanted[i]));
    assert_non_null(header("Access-Control-Max-Age"));
}

static void what_is_no_preflight_is_told_nothing(void **state)
{
    (void)state;
    preflight("https://a.example", "https://a.example", "");
    assert_int_equal(response.header_count, 0);
    preflight("https://a.example", "https://b.example", "PUT");
    assert_int_equal(response.header_count, 0);
    preflight("https://a.example", "", "PUT");
    assert_int_equal(response.header_count, 0);
    preflight("", "https://a.example", "PUT");
    assert_int_equal(response.header_count, 0);
    preflight("*", "", "PUT");
    assert_int_equal(response.header_count, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static void the_headers_that_were_asked_for_are_allowed(void **state)
{
    (void)state;
    request.cgi
        .wanted_headers = "x-requested-with, Cache-Control,,a b;c,\r\nX: y,(x), caf\xE9 ,pragma";
    preflight("*", "https://a.example", "PUT");
    assert_string_equal(header("Access-Control-Allow-Headers"),
                        "Authorization, Content-Type, If-Match, If-None-Match, X-Request-Id, "
                        "x-requested-with, Cache-Control, a, y, pragma");
}

static void an_origin_that_no_browser_sends_is_refused(void **state)
{
    static const char *const good[] = {"*",
                                       "https://a.example",
                                       "http://localhost:3000",
                                       " https://a.example , http://b.example ",
                                       "http://[::1]:8080",
                                       "capacitor://localhost",
                                       "chrome-extension://abc",
                                       "https://a.example:80",
                                       "http://127.0.0.1",
                                       "https://a_b.c"};
    static const char *const bad[] = {"",
                                      ",",
                                      "null",
                                      "https://a.example,null",
                                      "https://a.example/",
                                      "https://a.example/x",
                                      "a.example",
                                      "HTTPS://a.example",
                                      "https://A.example",
                                      "https://a.example:443",
                                      "http://a.example:80",
                                      "https://",
                                      "https://:1",
                                      "https://a.example:",
                                      "https://a.example:x",
                                      "https://a.example:0",
                                      "https://a.example:123456",
                                      "https://*.example",
                                      "*,https://a.example",
                                      "https://u@a.example",
                                      "https://a.example?x",
                                      "http://[::1",
                                      "http://[",
                                      "://a",
                                      "https:/a",
                                      "https://a.example:80x",
                                      "https://\xC3\xA9.example"};
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (!cors_are_origins(good[i]))
            fail_msg("'%s'", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (cors_are_origins(bad[i]))
            fail_msg("'%s'", bad[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(without_the_setting_there_is_no_cors),
        TEST(an_origin_on_the_list_may_read_and_send_credentials),
        TEST(an_origin_that_is_not_exactly_on_the_list_may_not),
        TEST(a_star_lets_all_read_and_none_send_credentials),
        TEST(every_answer_varies_by_origin_once_cors_is_on),
        TEST(the_headers_of_the_contract_are_exposed),
        TEST(a_preflight_is_told_methods_and_headers),
        TEST(the_headers_that_were_asked_for_are_allowed),
        TEST(an_origin_that_no_browser_sends_is_refused),
        TEST(what_is_no_preflight_is_told_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
