/* app/routes: the table holds to its own rules, and the matcher to the table. */
#include "app/pipeline/routes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ID "019a0000-0000-7000-8000-00000000000f"

static struct arena *arena;
static struct request request;

static int set_up(void **state)
{
    (void)state;
    arena = arena_create(4096, 1 << 20);
    return arena == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    arena_destroy(arena);
    return 0;
}

static enum status match(const char *method, const char *path, const char **allow)
{
    *allow = NULL;
    request = (struct request){.arena = arena,
                               .path = path,
                               .cgi = {.method = method},
                               .is_head = !strcmp(method, "HEAD")};
    return routes_match(&request, allow);
}

/* A path that follows the pattern. */
static const char *example_of(const char *pattern)
{
    const char *mark = strstr(pattern, "{id}");
    if (mark == NULL)
        return pattern;
    return arena_printf(arena, "%.*s%s%s", (int)(mark - pattern), pattern, ID, mark + 4);
}

static void every_route_says_who_may_call(void **state)
{
    (void)state;
    assert_true(routes_count > 0);
    for (size_t i = 0; i < routes_count; i++)
        if (routes[i].access != PUBLIC && routes[i].access != USER)
            fail_msg("%s %s has no rule", routes[i].method, routes[i].path);
}

/* Whoever makes another route public has to come by here. */
static void only_these_routes_are_public(void **state)
{
    static const char *const public[] = {
        "POST /auth/signup", "POST /auth/login", "POST /auth/refresh", "GET /healthz",
        "GET /readyz",       "GET /metrics",     "GET /openapi.json",  "GET /docs"};
    (void)state;
    for (size_t i = 0; i < routes_count; i++) {
        const char *name = arena_printf(arena, "%s %s", routes[i].method, routes[i].path);
        bool expected = false;
        for (size_t j = 0; j < sizeof public / sizeof *public; j++)
            expected |= strcmp(public[j], name) == 0;
        if ((routes[i].access == PUBLIC) != expected)
            fail_msg("%s", name);
    }
}

static void every_route_has_method_path_and_handler(void **state)
{
    static const char *const methods[] = {"GET", "POST", "PUT", "PATCH", "DELETE"};
    (void)state;
    for (size_t i = 0; i < routes_count; i++) {
        bool known = false;
        for (size_t j = 0; j < sizeof methods / sizeof *methods; j++)
            known |= strcmp(methods[j], routes[i].method) == 0;
        assert_true(known && routes[i].path[0] == '/');
        assert_true(routes[i].handle != NULL);
    }
}

static void every_body_has_its_fields(void **state)
{
    (void)state;
    for (size_t i = 0; i < routes_count; i++) {
        const struct route *route = &routes[i];
        assert_int_equal(route->body != NULL, route->body_kind != BODY_NONE);
        assert_int_equal(route->form != NULL, route->body_kind == BODY_FORM);
        assert_true(route->body_kind == BODY_NONE || strcmp(route->method, "GET") != 0);
    }
}

/* A form is read into the struct of the body's size; a struct's fields lie within it. */
static void assert_rows_fit(const struct fields *fields)
{
    for (size_t i = 0; fields != NULL && i < fields->count; i++) {
        const struct field *field = &fields->rows[i];
        bool has_words = field->type == FIELD_CHOICE || field->type == FIELD_CHOICES;
        assert_true(field->type >= FIELD_TEXT && field->type <= FIELD_IGNORED);
        assert_true(field->offset < fields->size);
        assert_true(field->min <= field->max);
        assert_true(!has_words || field->words != NULL);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(field->name, fields->rows[j].name);
    }
}

static void every_field_row_fits_its_struct(void **state)
{
    (void)state;
    for (size_t i = 0; i < routes_count; i++) {
        assert_rows_fit(routes[i].body);
        assert_rows_fit(routes[i].form);
        assert_rows_fit(routes[i].query);
        if (routes[i].form != NULL)
            assert_true(routes[i].form->size <= routes[i].body->size);
        if (routes[i].body != NULL)
            assert_true(routes[i].body->count <= 32); /* `present` has a bit a row */
    }
}

static void no_route_is_there_twice(void **state)
{
    (void)state;
    for (size_t i = 0; i < routes_count; i++)
        for (size_t j = 0; j < i; j++)
            if (strcmp(routes[i].method, routes[j].method) == 0 &&
                strcmp(routes[i].path, routes[j].path) == 0)
                fail_msg("%s %s", routes[i].method, routes[i].path);
}

/* Also where a pattern would fit a literal path: then the literal one stands before it. */
static void every_route_is_found_by_its_own_path(void **state)
{
    (void)state;
    for (size_t i = 0; i < routes_count; i++) {
        const char *allow;
        assert_int_equal(match(routes[i].method, example_of(routes[i].path), &allow), STATUS_OK);
        assert_ptr_equal(request.route, &routes[i]);
        assert_null(allow);
    }
}

static void a_pattern_reads_the_id_in_either_case(void **state)
{
    const char *allow;
    char text[UUID_TEXT_SIZE];
    (void)state;
    assert_int_equal(match("GET", "/tasks/" ID, &allow), STATUS_OK);
    uuid_format(&request.path_id, text);
    assert_string_equal(text, ID);
    assert_int_equal(match("POST", "/tasks/019A0000-0000-7000-8000-00000000000F/complete", &allow),
                     STATUS_OK);
    uuid_format(&request.path_id, text);
    assert_string_equal(text, ID);
}

static void head_is_answered_wherever_get_is(void **state)
{
    (void)state;
    for (size_t i = 0; i < routes_count; i++) {
        const char *allow, *path = example_of(routes[i].path);
        if (strcmp(routes[i].method, "GET") != 0)
            continue;
        assert_int_equal(match("HEAD", path, &allow), STATUS_OK);
        assert_ptr_equal(request.route, &routes[i]);
    }
}

static void an_unknown_path_is_not_found(void **state)
{
    static const char *const paths[] = {"",
                                        "/",
                                        "tasks",
                                        "/task",
                                        "/tasks/",
                                        "/tasksx",
                                        "/Tasks",
                                        "/tasks/1",
                                        "/tasks/" ID "/",
                                        "/tasks/" ID "x",
                                        "/tasks/" ID "/completex",
                                        "/tasks/" ID "/complete/",
                                        "/tasks//complete",
                                        "/tasks/{id}",
                                        "/tasks/019a000000007000800000000000000f",
                                        "/auth",
                                        "/auth/",
                                        "/auth/sessions/",
                                        "/auth/sessions/x",
                                        ("/tasks/" ID "/" ID),
                                        "/tasks/statsx",
                                        "/tasks/stats/",
                                        "/auth/me/" ID,
                                        "/tasks/019a0000-0000-7000-8000-00000000000g",
                                        " /tasks",
                                        "/tasks ",
                                        "/healthz/",
                                        "*"};
    static const char *const methods[] = {"GET", "POST", "OPTIONS", "HEAD", "DELETE"};
    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        for (size_t j = 0; j < sizeof methods / sizeof *methods; j++) {
            const char *allow;
            if (match(methods[j], paths[i], &allow) != STATUS_NOT_FOUND || allow != NULL)
                fail_msg("%s %s", methods[j], paths[i]);
        }
}

static void another_method_is_told_which_ones_there_are(void **state)
{
    static const struct {
        const char *method, *path, *allow;
    } cases[] = {
        {"PUT", "/tasks", "GET, HEAD, POST, DELETE, OPTIONS"},
        {"POST", "/tasks/" ID, "GET, HEAD, PUT, PATCH, DELETE, OPTIONS"},
        {"GET", "/tasks/" ID "/complete", "PATCH, POST, OPTIONS"},
        {"HEAD", "/tasks/" ID "/complete", "PATCH, POST, OPTIONS"},
        {"GET", "/auth/login", "POST, OPTIONS"},
        {"POST", "/auth/me", "GET, HEAD, DELETE, OPTIONS"},
        {"DELETE", "/healthz", "GET, HEAD, OPTIONS"},
        {"TRACE", "/tags", "GET, HEAD, OPTIONS"},
        {"", "/tags", "GET, HEAD, OPTIONS"},
        {"get", "/tags", "GET, HEAD, OPTIONS"},
        {"CONNECT", "/auth/sessions/" ID, "DELETE, OPTIONS"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *allow;
        assert_int_equal(match(cases[i].method, cases[i].path, &allow), STATUS_NO_METHOD);
        assert_string_equal(allow, cases[i].allow);
        assert_null(request.route);
    }
}

static void options_names_the_methods_of_every_path(void **state)
{
    (void)state;
    for (size_t i = 0; i < routes_count; i++) {
        const char *allow;
        assert_int_equal(match("OPTIONS", example_of(routes[i].path), &allow), STATUS_NO_CONTENT);
        assert_non_null(strstr(allow, routes[i].method));
        assert_non_null(strstr(allow, "OPTIONS"));
    }
}

static void every_route_has_labels_of_its_own(void **state)
{
    (void)state;
    for (size_t i = 0; i < routes_count; i++) {
        const char *expected = arena_printf(arena, "route=\"%s\",method=\"%s\"", routes[i].path,
                                            routes[i].method);
        assert_string_equal(routes_labels(i), expected);
    }
}

static void the_table_is_printed_a_line_a_route(void **state)
{
    char *text = NULL;
    size_t size = 0, lines = 0;
    FILE *out = open_memstream(&text, &size);
    (void)state;
    routes_print(out);
    fclose(out);
    for (size_t i = 0; i < size; i++)
        lines += text[i] == '\n';
    assert_int_equal(lines, routes_count);
    char method[16], path[64], access[16];
    assert_int_equal(sscanf(text, "%15s %63s %15[^\n]", method, path, access), 3);
    assert_string_equal(path, "/auth/signup");
    assert_string_equal(access, "public");
    free(text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_route_says_who_may_call),
        TEST(only_these_routes_are_public),
        TEST(every_route_has_method_path_and_handler),
        TEST(every_body_has_its_fields),
        TEST(every_field_row_fits_its_struct),
        TEST(no_route_is_there_twice),
        TEST(every_route_is_found_by_its_own_path),
        TEST(a_pattern_reads_the_id_in_either_case),
        TEST(head_is_answered_wherever_get_is),
        TEST(an_unknown_path_is_not_found),
        TEST(another_method_is_told_which_ones_there_are),
        TEST(options_names_the_methods_of_every_path),
        TEST(every_route_has_labels_of_its_own),
        TEST(the_table_is_printed_a_line_a_route),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
