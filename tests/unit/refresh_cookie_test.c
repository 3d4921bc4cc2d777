/* app/refresh_cookie: set so that no script reads it and no other site sends it. */
#include "app/resources/refresh_cookie.h"

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
    request = (struct request){.arena = arena, .mount = "/api", .cgi = {.cookie = ""}};
    response = (struct response){.arena = arena};
    return arena == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    arena_destroy(arena);
    return 0;
}

static const char *set_cookie(const char *token, int64_t seconds)
{
    response.header_count = 0;
    refresh_cookie_set(&request, &response, token, seconds);
    assert_string_equal(response.headers[0].name, "Set-Cookie");
    return response.headers[0].value;
}

static void over_https_it_is_secure_and_named_so(void **state)
{
    (void)state;
    request.is_secure = true;
    assert_string_equal(set_cookie("abc", 60),
                        "__Secure-todo_refresh=abc; Path=/api/auth; Max-Age=60; HttpOnly; Secure;"
                        " SameSite=Strict");
}

static void over_http_it_is_not_or_no_browser_would_keep_it(void **state)
{
    (void)state;
    assert_string_equal(set_cookie("abc", 60), "todo_refresh=abc; Path=/api/auth; Max-Age=60;"
                                               " HttpOnly; SameSite=Strict");
}

static void its_path_is_the_mount_s_auth(void **state)
{
    (void)state;
    request.mount = "";
    assert_non_null(strstr(set_cookie("abc", 60), "; Path=/auth;"));
}

static void no_seconds_take_it_away(void **state)
{
    (void)state;
    assert_non_null(strstr(set_cookie("", 0), "todo_refresh=; Path=/api/auth; Max-Age=0;"));
}

static void it_is_found_by_the_name_that_was_set(void **state)
{
    static const struct {
        const char *header;
        bool is_secure;
        const char *token;
    } cases[] = {
        {"todo_refresh=abc", false, "abc"},
        {"a=1; todo_refresh=abc; b=2", false, "abc"},
        {"__Secure-todo_refresh=abc", true, "abc"},
        {"todo_refresh=abc", true, NULL}, /* another site under http could have set that */
        {"__Secure-todo_refresh=abc", false, NULL},
        {"todo_refresh=x; __Secure-todo_refresh=abc", true, "abc"},
        {"", true, NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        request.cgi.cookie = cases[i].header;
        request.is_secure = cases[i].is_secure;
        const char *token = refresh_cookie_find(&request);
        if (cases[i].token == NULL)
            assert_null(token);
        else
            assert_string_equal(token, cases[i].token);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(over_https_it_is_secure_and_named_so),
        TEST(over_http_it_is_not_or_no_browser_would_keep_it),
        TEST(its_path_is_the_mount_s_auth),
        TEST(no_seconds_take_it_away),
        TEST(it_is_found_by_the_name_that_was_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
