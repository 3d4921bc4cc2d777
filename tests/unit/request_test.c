/* app/request: CGI variables, the mount, the path, pairs, cookies, preconditions. */
#include "app/http/request.h"
#include "lib/core/buffer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static struct arena *arena;
static struct request request;

static int set_up(void **state)
{
    (void)state;
    arena = arena_create(16384, 1 << 22);
    request = (struct request){.arena = arena, .body = ""};
    return arena == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    arena_destroy(arena);
    return 0;
}

static void begin_again(void)
{
    request = (struct request){.arena = arena, .body = ""};
}

static void set(const char *name, const char *value)
{
    request_set_variable(&request, name, value);
}

static enum status complete(void)
{
    return request_complete(&request, "");
}

static void every_variable_has_its_member(void **state)
{
    static const struct {
        const char *name;
        size_t offset;
    } cases[] = {
        {"REQUEST_METHOD", offsetof(struct cgi, method)},
        {"PATH_INFO", offsetof(struct cgi, path_info)},
        {"SCRIPT_NAME", offsetof(struct cgi, script_name)},
        {"REQUEST_URI", offsetof(struct cgi, uri)},
        {"QUERY_STRING", offsetof(struct cgi, query)},
        {"CONTENT_TYPE", offsetof(struct cgi, content_type)},
        {"CONTENT_LENGTH", offsetof(struct cgi, content_length)},
        {"REMOTE_ADDR", offsetof(struct cgi, remote_address)},
        {"SERVER_NAME", offsetof(struct cgi, server_name)},
        {"HTTPS", offsetof(struct cgi, https)},
        {"REQUEST_SCHEME", offsetof(struct cgi, scheme)},
        {"HTTP_HOST", offsetof(struct cgi, host)},
        {"HTTP_AUTHORIZATION", offsetof(struct cgi, authorization)},
        {"HTTP_COOKIE", offsetof(struct cgi, cookie)},
        {"HTTP_USER_AGENT", offsetof(struct cgi, user_agent)},
        {"HTTP_X_REQUEST_ID", offsetof(struct cgi, request_id)},
        {"HTTP_X_FORWARDED_PROTO", offsetof(struct cgi, forwarded_scheme)},
        {"HTTP_X_FORWARDED_FOR", offsetof(struct cgi, forwarded_for)},
        {"HTTP_IF_MATCH", offsetof(struct cgi, if_match)},
        {"HTTP_IF_NONE_MATCH", offsetof(struct cgi, if_none_match)},
        {"HTTP_ORIGIN", offsetof(struct cgi, origin)},
        {"HTTP_ACCESS_CONTROL_REQUEST_METHOD", offsetof(struct cgi, wanted_method)},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char value[16];
        begin_again();
        snprintf(value, sizeof value, "value %zu", i);
        set(cases[i].name, value);
        const char *member;
        memcpy(&member, (const char *)&request.cgi + cases[i].offset, sizeof member);
        assert_ptr_not_equal(member, value); /* the server's memory may be gone */
        assert_string_equal(member, value);
    }
}

static void unknown_variables_are_ignored(void **state)
{
    static const struct cgi nothing;
    (void)state;
    set("HTTP_PROXY", "http://x");
    set("HTTP_X_REQUEST_IDX", "x");
    set("", "x");
    set("request_method", "GET");
    assert_memory_equal(&request.cgi, &nothing, sizeof nothing);
}

static void what_was_not_sent_is_an_empty_text(void **state)
{
    (void)state;
    assert_int_equal(complete(), STATUS_OK);
    const char *const *members = (const char *const *)(const void *)&request.cgi;
    for (size_t i = 0; i < sizeof request.cgi / sizeof *members; i++)
        assert_string_equal(members[i], "");
}

static void the_client_s_request_id_is_kept_if_it_is_harmless(void **state)
{
    static const char id64[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_";
    static const struct {
        const char *sent;
        bool kept;
    } cases[] = {{"a", true},    {"A-z_0.9", true}, {id64, true},   {"", false},
                 {"a b", false}, {"a\n", false},    {"é", false},   {"a\"b", false},
                 {"a;b", false}, {"a/b", false},    {"a,b", false}, {"a\r\nX: y", false},
                 {"{id}", false}};
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        begin_again();
        set("HTTP_X_REQUEST_ID", cases[i].sent);
        assert_int_equal(complete(), STATUS_OK);
        assert_int_equal(strcmp(request.id, cases[i].sent) == 0, cases[i].kept);
    }
    begin_again();
    set("HTTP_X_REQUEST_ID", arena_printf(arena, "%s.", id64));
    assert_int_equal(complete(), STATUS_OK);
    assert_int_equal(strlen(request.id), UUID_TEXT_SIZE - 1);
}

static void a_new_request_id_is_a_new_uuid(void **state)
{
    struct uuid uuid;
    char first[UUID_TEXT_SIZE];
    (void)state;
    assert_int_equal(complete(), STATUS_OK);
    assert_true(uuid_parse(request.id, &uuid));
    strcpy(first, request.id);
    begin_again();
    assert_int_equal(complete(), STATUS_OK);
    assert_string_not_equal(request.id, first);
}

static void path_and_mount_are_found_however_the_server_tells_them(void **state)
{
    static const struct {
        const char *script_name, *path_info, *base_path, *mount, *path;
    } cases[] = {
        {"", "/tasks", "", "", "/tasks"},               /* lighttpd, key "/" */
        {"/api/v1", "/tasks", "", "/api/v1", "/tasks"}, /* a mount */
        {"/todo.fcgi", "/tasks", "", "/todo.fcgi", "/tasks"},
        {"/todo.fcgi", "/tasks", "/ignored", "/todo.fcgi", "/tasks"},
        {"/tasks", "", "", "", "/tasks"}, /* nginx, mod_proxy_fcgi: no PATH_INFO */
        {"/api/tasks", "", "/api", "/api", "/tasks"},
        {"/api/tasks", "", "/api/", "/api", "/tasks"},
        {"/api/tasks", "", "/", "", "/api/tasks"},
        {"/api", "", "/api", "/api", ""},
        {"/other/tasks", "", "/api", "", "/other/tasks"},
        {"/with space", "/tasks", "", "/with%20space", "/tasks"},
        {"/é", "/tasks", "", "/%C3%A9", "/tasks"},
        {"/a\"b<c>", "/x", "", "/a%22b%3Cc%3E", "/x"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        begin_again();
        set("SCRIPT_NAME", cases[i].script_name);
        set("PATH_INFO", cases[i].path_info);
        assert_int_equal(request_complete(&request, cases[i].base_path), STATUS_OK);
        assert_string_equal(request.mount, cases[i].mount);
        assert_string_equal(request.path, cases[i].path);
    }
}

static void links_begin_with_scheme_host_and_mount(void **state)
{
    static const struct {
        const char *scheme, *forwarded, *https, *host, *server_name, *base;
    } cases[] = {
        {"http", "", "", "todo.example:8080", "", "http://todo.example:8080/m"},
        {"https", "", "", "h", "", "https://h/m"},
        {"http", "https", "", "h", "", "https://h/m"},
        {"https", "http", "", "h", "", "http://h/m"},
        {"", "", "on", "h", "", "https://h/m"},
        {"", "", "off", "h", "", "http://h/m"},
        {"HTTPS", "", "", "h", "", "https://h/m"},
        {"", "HTTPS", "", "h", "", "https://h/m"},
        {"", "https, http", "", "h", "", "https://h/m"},
        {"", "", "", "[::1]:80", "", "http://[::1]:80/m"},
        {"", "", "", "", "name", "http://name/m"},
        {"", "", "", "a b", "name", "http://name/m"},
        {"", "", "", "evil\"><", "name", "http://name/m"},
        {"", "", "", "a/b", "name", "http://name/m"},
        {"", "", "", "a@b", "name", "http://name/m"},
        {"", "", "", "", "", "http://localhost/m"},
        {"", "", "", "\r\nx", "b\\c", "http://localhost/m"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        begin_again();
        set("REQUEST_SCHEME", cases[i].scheme);
        set("HTTP_X_FORWARDED_PROTO", cases[i].forwarded);
        set("HTTPS", cases[i].https);
        set("HTTP_HOST", cases[i].host);
        set("SERVER_NAME", cases[i].server_name);
        set("SCRIPT_NAME", "/m");
        set("PATH_INFO", "/tasks");
        assert_int_equal(complete(), STATUS_OK);
        assert_string_equal(request.base, cases[i].base);
        assert_int_equal(request.is_secure, strncmp(cases[i].base, "https", 5) == 0);
    }
}

static void a_host_has_at_most_255_characters(void **state)
{
    char host[257];
    (void)state;
    memset(host, 'h', 256);
    host[256] = '\0';
    set("HTTP_HOST", host);
    assert_int_equal(complete(), STATUS_OK);
    assert_string_equal(request.base, "http://localhost");
    begin_again();
    host[255] = '\0';
    set("HTTP_HOST", host);
    assert_int_equal(complete(), STATUS_OK);
    assert_int_equal(strlen(request.base), 255 + strlen("http://"));
}

static void only_head_is_head(void **state)
{
    static const char *const methods[] = {"HEAD", "GET", "head", "HEADX", ""};
    (void)state;
    for (size_t i = 0; i < COUNT(methods); i++) {
        begin_again();
        set("REQUEST_METHOD", methods[i]);
        assert_int_equal(complete(), STATUS_OK);
        assert_int_equal(request.is_head, i == 0);
    }
}

static void a_uri_has_at_most_8192_bytes(void **state)
{
    static const char *const names[] = {"REQUEST_URI", "QUERY_STRING"};
    char *text = arena_alloc(arena, REQUEST_MAX_URI + 2);
    (void)state;
    memset(text, 'x', REQUEST_MAX_URI + 1);
    text[0] = '/';
    for (size_t i = 0; i < COUNT(names); i++)
        for (size_t length = REQUEST_MAX_URI; length <= REQUEST_MAX_URI + 1; length++) {
            begin_again();
            set(names[i], arena_copy(arena, text, length));
            assert_int_equal(complete(),
                             length > REQUEST_MAX_URI ? STATUS_URI_TOO_LONG : STATUS_OK);
            assert_non_null(request.id); /* a refused request is answered too */
        }
}

static void a_path_that_can_be_read_two_ways_is_malformed(void **state)
{
    static const char *const plain[] = {
        "",       "/",       "/tasks", "/tasks/", "/tasks/x", "/tasks?x=//&y=%2F&z=%00",
        "/a%20b", "/%C3%A9", "/a.b",   "/..a",    "/a..",     "/...",
        "/.a/b.", "/a%2Eb",  "/~a",    "/a;b=c",  "/a+b",     "/tasks#//",
        "/%25",   "/a%3Fb",  "*",      "/tasks/?"};
    static const char *const unclear[] = {
        "//",         "//tasks",  "/tasks//",    "/tasks//x", "/a//?x",    "/.",
        "/..",        "/./tasks", "/../tasks",   "/tasks/.",  "/tasks/..", "/tasks/../auth",
        "/tasks/./x", "/a%2Fb",   "/a%2fb",      "/%2F",      "/%2e",      "/%2e%2e",
        "/%2E./x",    "/.%2e/x",  "/a/%2e%2E/b", "/a%00b",    "/%00",      "/%",
        "/%4",        "/%zz",     "/a%",         "/%C3",      "/%FF",      "/%C0%AF",
        "/%ED%A0%80", "/\xFF",    "/a%u0041",    "/%2F?x=1"};
    (void)state;
    for (size_t i = 0; i < COUNT(plain); i++) {
        begin_again();
        set("REQUEST_URI", plain[i]);
        if (complete() != STATUS_OK)
            fail_msg("'%s' was refused", plain[i]);
    }
    for (size_t i = 0; i < COUNT(unclear); i++) {
        begin_again();
        set("REQUEST_URI", unclear[i]);
        if (complete() != STATUS_MALFORMED)
            fail_msg("'%s' was taken", unclear[i]);
    }
}

static void pairs_are_split_and_decoded(void **state)
{
    static const struct {
        const char *text, *name, *value;
    } cases[] = {
        {"a=b", "a", "b"},
        {"a", "a", ""},
        {"a=", "a", ""},
        {"=b", "", "b"},
        {"=", "", ""},
        {"a=b=c", "a", "b=c"},
        {"a=b+c", "a", "b c"},
        {"a=b%2Bc", "a", "b+c"},
        {"a=b%26c", "a", "b&c"},
        {"a%3Db=c", "a=b", "c"},
        {"%C3%A9=%E2%82%AC", "é", "€"},
        {"&&a=b&", "a", "b"},
        {"a=b;c", "a", "b;c"},
        {"a+b=c", "a b", "c"},
        {"a=%25", "a", "%"},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct pairs pairs;
        assert_int_equal(request_split_pairs(arena, cases[i].text, &pairs), STATUS_OK);
        assert_int_equal(pairs.count, 1);
        assert_string_equal(pairs.items[0].name, cases[i].name);
        assert_string_equal(pairs.items[0].value, cases[i].value);
        assert_false(pairs.items[0].has_nul);
    }
}

static void pairs_keep_their_order_and_their_repetitions(void **state)
{
    struct pairs pairs;
    (void)state;
    assert_int_equal(request_split_pairs(arena, "b=1&a=2&b=3&&a", &pairs), STATUS_OK);
    assert_int_equal(pairs.count, 4);
    assert_string_equal(pairs.items[2].name, "b");
    assert_string_equal(pairs.items[2].value, "3");
    assert_int_equal(request_split_pairs(arena, "", &pairs), STATUS_OK);
    assert_int_equal(pairs.count, 0);
    assert_int_equal(request_split_pairs(arena, "&&&", &pairs), STATUS_OK);
    assert_int_equal(pairs.count, 0);
}

static void a_thousand_pairs_are_split_and_one_more_is_malformed(void **state)
{
    char text[2 * 1001 + 1];
    struct pairs pairs;
    (void)state;
    for (size_t i = 0; i < sizeof text - 1; i += 2)
        memcpy(text + i, "a&", 2);
    text[sizeof text - 1] = '\0';
    assert_int_equal(request_split_pairs(arena, text, &pairs), STATUS_MALFORMED);
    text[2 * 1000] = '\0';
    assert_int_equal(request_split_pairs(arena, text, &pairs), STATUS_OK);
    assert_int_equal(pairs.count, 1000);
}

static void a_broken_encoding_in_a_pair_is_malformed(void **state)
{
    static const char *const texts[] = {"%",           "a=%",     "a=%4",     "a=%zz",
                                        "%zz=a",       "a=b&c=%", "a=%FF",    "%C3=a",
                                        "a=%ED%A0%80", "a=\xFF",  "a=%C0%80", "a=%\xC3\xA9"};
    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct pairs pairs;
        if (request_split_pairs(arena, texts[i], &pairs) != STATUS_MALFORMED)
            fail_msg("'%s' was taken", texts[i]);
    }
}

static void a_nul_in_a_pair_is_noted(void **state)
{
    static const char *const texts[] = {"a%00b=c", "a=b%00c", "a=%00", "%00"};
    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct pairs pairs;
        assert_int_equal(request_split_pairs(arena, texts[i], &pairs), STATUS_OK);
        assert_true(pairs.items[0].has_nul);
    }
}

static void a_cookie_is_found_by_its_whole_name(void **state)
{
    static const struct {
        const char *header, *value;
    } cases[] = {
        {"t=1", "1"},       {"a=0; t=1", "1"}, {"t=1; a=0", "1"}, {"a=0;t=1;b=2", "1"},
        {"t=", ""},         {"t==", "="},      {"t=1=2", "1=2"},  {"t=1; t=2", "1"},
        {"", NULL},         {"t", NULL},       {"a=t=1", NULL},   {"tt=1", NULL},
        {"at=1", NULL},     {"T=1", NULL},     {"a=0; t", NULL},  {"; ;t=1", "1"},
        {"a=\"; t=1", "1"}, {" t=1", "1"},     {";", NULL},       {"a=0 t=1", NULL},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        request.cgi.cookie = cases[i].header;
        const char *value = request_find_cookie(&request, "t");
        if (cases[i].value == NULL ? value != NULL
                                   : value == NULL || strcmp(value, cases[i].value) != 0)
            fail_msg("'%s' gave '%s'", cases[i].header, value == NULL ? "nothing" : value);
    }
}

static void if_match_names_versions(void **state)
{
    static const struct {
        const char *header;
        bool required;
        size_t count;
        int64_t first;
    } cases[] = {
        {"", false, 0, 0},
        {"*", false, 0, 0},
        {"\"5f\"", true, 1, 0x5F},
        {"W/\"5f\"", true, 1, 0x5F},
        {"\"5f-gzip\"", true, 1, 0x5F},
        {"W/\"5f-gzip\"", true, 1, 0x5F},
        {"\"5f-br\"", true, 0, 0},
        {"\"5f-gzip-gzip\"", true, 0, 0},
        {"\"0x5f\"", true, 0, 0},
        {"\"005f\"", true, 0, 0},
        {"\"5F\"", true, 0, 0},
        {"\"7ffffffffffffffff\"", true, 0, 0},
        {"\"1\", \"2\",\"3\"", true, 3, 1},
        {"\"x\", \"2\"", true, 1, 2},
        {"\"7fffffffffffffff\"", true, 1, INT64_MAX},
        {"\"\"", true, 0, 0},
        {"\"x\"", true, 0, 0},
        {"5f", true, 0, 0},
        {"\"5f", true, 0, 0},
        {"\"5g\"", true, 0, 0},
        {"\" 5f\"", true, 0, 0},
        {"\"-5f\"", true, 0, 0},
        {"\"+5f\"", true, 0, 0},
        {"\"5f \"", true, 0, 0},
        {"\"*\"", true, 0, 0},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        request.cgi.if_match = cases[i].header;
        request.cgi.if_none_match = "";
        struct precondition read = request_read_precondition(&request);
        if (read.required != cases[i].required || read.count != cases[i].count ||
            (read.count > 0 && read.versions[0] != cases[i].first))
            fail_msg("'%s'", cases[i].header);
    }
}

static void if_match_names_as_many_versions_as_it_likes(void **state)
{
    struct buffer header = {.arena = arena};
    (void)state;
    for (int i = 0; i < 100; i++)
        buffer_add_text(&header, "\"1\",");
    request.cgi.if_match = buffer_string(&header);
    request.cgi.if_none_match = "";
    struct precondition read = request_read_precondition(&request);
    assert_true(read.required);
    assert_int_equal(read.count, 100);
}

static void if_none_match_excludes_versions(void **state)
{
    static const struct {
        const char *match, *none_match;
        bool required, excluded;
        size_t count;
        bool demanded;
    } cases[] = {
        {"", "*", true, false, 0, true},
        {"*", "*", true, false, 0, true},
        {"\"5f\"", "*", true, false, 0, true},
        {"", "\"5f\"", true, true, 1, true},
        {"*", "W/\"5f\", \"6\"", true, true, 2, true},
        {"\"5f\", \"6\"", "\"5f\"", true, false, 1, true},
        {"\"5f\"", "\"5f\"", true, false, 0, true},
        {"\"5f\"", "x", true, false, 1, true},
        {"*", "", false, false, 0, false},
        {"", "", false, false, 0, false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        request.cgi.if_match = cases[i].match;
        request.cgi.if_none_match = cases[i].none_match;
        struct precondition read = request_read_precondition(&request);
        if (read.required != cases[i].required || read.excluded != cases[i].excluded ||
            read.count != cases[i].count || request_demands_version(&request) != cases[i].demanded)
            fail_msg("'%s' and '%s'", cases[i].match, cases[i].none_match);
    }
}

static void if_none_match_is_compared_weakly(void **state)
{
    static const struct {
        const char *header, *etag;
        bool known;
    } cases[] = {
        {"", "\"5f\"", false},           {"*", "\"5f\"", true},
        {"\"5f\"", "\"5f\"", true},      {"W/\"5f\"", "\"5f\"", true},
        {"\"5f\"", "W/\"5f\"", true},    {"\"1\", W/\"5f\"", "\"5f\"", true},
        {"\"5f-gzip\"", "\"5f\"", true}, {"\"5f", "\"5f\"", false},
        {"5f", "\"5f\"", false},         {"\"5\"", "\"5f\"", false},
        {"\"5f0\"", "\"5f\"", false},    {"\"5F\"", "\"5f\"", false},
        {"\"\"", "\"5f\"", false},       {"\"1\",\"2\"", "\"5f\"", false},
        {"\"*\"", "\"5f\"", false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        request.cgi.if_none_match = cases[i].header;
        if (request_has_etag(&request, cases[i].etag) != cases[i].known)
            fail_msg("'%s'", cases[i].header);
    }
}

static void a_media_type_is_compared_without_case_and_parameters(void **state)
{
    static const struct {
        const char *header;
        bool is_json;
    } cases[] = {
        {"application/json", true},
        {"application/json; charset=utf-8", true},
        {"application/json;charset=utf-8", true},
        {"APPLICATION/JSON", true},
        {"application/json ", true},
        {"application/json\t;x", true},
        {"", false},
        {";", false},
        {"application/jso", false},
        {"application/jsonx", false},
        {"application/json-patch+json", false},
        {"application/problem+json", false},
        {"text/json", false},
        {"text/plain; application/json", false},
        {" application/json", false},
        {"application/json,text/plain", false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        request.cgi.content_type = cases[i].header;
        if (request_is_type(&request, "application/json") != cases[i].is_json)
            fail_msg("'%s'", cases[i].header);
    }
}

static void local_is_loopback_with_no_proxy_before_it(void **state)
{
    static const struct {
        const char *address, *forwarded_for;
        bool is_local;
    } cases[] = {
        {"127.0.0.1", "", true},
        {"127.255.255.254", "", true},
        {"::1", "", true},
        {"::ffff:127.0.0.1", "", true},
        {"127.0.0.1", "10.0.0.1", false},
        {"::1", "::1", false},
        {"", "", false},
        {"128.0.0.1", "", false},
        {"126.255.255.255", "", false},
        {"10.0.0.127", "", false},
        {"127.0.0.1.example", "", false},
        {"127.1", "", false},
        {"::2", "", false},
        {"::ffff:10.0.0.1", "", false},
        {"::ffff:", "", false},
        {"localhost", "", false},
        {"unix:", "", false},
        {"127.0.0.1x", "", false},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        request.cgi.remote_address = cases[i].address;
        request.cgi.forwarded_for = cases[i].forwarded_for;
        request.cgi.forwarded = "";
        if (request_is_local(&request) != cases[i].is_local)
            fail_msg("'%s'", cases[i].address);
    }
}

static void addresses_that_came_twice_are_not_believed(void **state)
{
    (void)state;
    begin_again();
    set("HTTP_X_FORWARDED_FOR", "198.51.100.7");
    assert_string_equal(request.cgi.forwarded_for, "198.51.100.7");
    set("HTTP_X_FORWARDED_FOR", "203.0.113.9");
    assert_string_equal(request.cgi.forwarded_for, "unknown");
    set("HTTP_X_FORWARDED_FOR", "203.0.113.9");
    assert_string_equal(request.cgi.forwarded_for, "unknown");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static void the_bearer_token_is_found_whatever_the_case_of_its_scheme(void **state)
{
    static const struct {
        const char *header, *token;
    } cases[] = {
        {"", NULL},          {"Bearer", ""},           {"Bearer ", ""},   {"Bearer x", "x"},
        {"bearer x", "x"},   {"BEARER    x y", "x y"}, {"Bearerx", NULL}, {"Basic x", NULL},
        {" Bearer x", NULL}, {"Bearer\tx", NULL},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        begin_again();
        set("HTTP_AUTHORIZATION", cases[i].header);
        (void)!complete();
        const char *token = request_bearer(&request);
        if (cases[i].token == NULL)
            assert_null(token);
        else
            assert_string_equal(token, cases[i].token);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_variable_has_its_member),
        TEST(addresses_that_came_twice_are_not_believed),
        TEST(unknown_variables_are_ignored),
        TEST(what_was_not_sent_is_an_empty_text),
        TEST(the_client_s_request_id_is_kept_if_it_is_harmless),
        TEST(a_new_request_id_is_a_new_uuid),
        TEST(path_and_mount_are_found_however_the_server_tells_them),
        TEST(links_begin_with_scheme_host_and_mount),
        TEST(a_host_has_at_most_255_characters),
        TEST(only_head_is_head),
        TEST(a_uri_has_at_most_8192_bytes),
        TEST(a_path_that_can_be_read_two_ways_is_malformed),
        TEST(pairs_are_split_and_decoded),
        TEST(pairs_keep_their_order_and_their_repetitions),
        TEST(a_thousand_pairs_are_split_and_one_more_is_malformed),
        TEST(a_broken_encoding_in_a_pair_is_malformed),
        TEST(a_nul_in_a_pair_is_noted),
        TEST(a_cookie_is_found_by_its_whole_name),
        TEST(if_match_names_versions),
        TEST(if_match_names_as_many_versions_as_it_likes),
        TEST(if_none_match_excludes_versions),
        TEST(if_none_match_is_compared_weakly),
        TEST(a_media_type_is_compared_without_case_and_parameters),
        TEST(local_is_loopback_with_no_proxy_before_it),
        TEST(the_bearer_token_is_found_whatever_the_case_of_its_scheme),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
