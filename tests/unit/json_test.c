/* app/json: reading into a tree, and writing. */
#include "app/http/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct arena *arena;

static int set_up(void **state)
{
    (void)state;
    arena = arena_create(4096, 1 << 28);
    return arena == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    arena_destroy(arena);
    return 0;
}

static enum status parse(const char *text, struct json_document *document)
{
    return json_parse(arena, text, strlen(text), document);
}

static const cJSON *parse_good(const char *text)
{
    struct json_document document;
    assert_int_equal(parse(text, &document), STATUS_OK);
    return document.root;
}

static void values_are_read(void **state)
{
    (void)state;
    const cJSON *root = parse_good("{\"a\":[1,-2.5,true,null],\"b\":\"x\"}");
    const cJSON *array = cJSON_GetObjectItemCaseSensitive(root, "a");
    assert_int_equal(cJSON_GetArraySize(array), 4);
    assert_true(cJSON_GetNumberValue(cJSON_GetArrayItem(array, 1)) < -2.4);
    assert_true(cJSON_IsTrue(cJSON_GetArrayItem(array, 2)));
    assert_true(cJSON_IsNull(cJSON_GetArrayItem(array, 3)));
    assert_string_equal(cJSON_GetObjectItemCaseSensitive(root, "b")->valuestring, "x");
}

static void strings_are_unescaped_to_utf8(void **state)
{
    static const struct {
        const char *json, *text;
    } cases[] = {
        {"\"\\u00e9\"", "é"},
        {"\"\\ud83d\\ude00\"", "😀"},
        {"\"\\\" \\\\ \\/ \\b \\f \\n \\r \\t\"", "\" \\ / \b \f \n \r \t"},
        {"\"\\u0001\\u001f\"", "\x01\x1F"},
        {"\"\\uFFFF\"", "\xEF\xBF\xBF"},
        {"\"\\udbff\\udfff\"", "\xF4\x8F\xBF\xBF"},
        {"\"日本\"", "日本"},
        {"\"\"", ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(parse_good(cases[i].json)->valuestring, cases[i].text);
}

static void what_is_no_json_is_malformed_and_says_why(void **state)
{
    static const char *const cases[] = {"", "{", "01", "\"\\ud800\"", "\"\xFF\"", "{} x", "[1,]"};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct json_document document;
        assert_int_equal(parse(cases[i], &document), STATUS_MALFORMED);
        assert_true(document.why != NULL && document.why[0] != '\0');
    }
}

static void the_length_ends_the_text_not_a_nul(void **state)
{
    struct json_document document;
    (void)state;
    assert_int_equal(json_parse(arena, "{}x", 2, &document), STATUS_OK);
    assert_int_equal(json_parse(arena, "{}\0", 3, &document), STATUS_MALFORMED);
    assert_int_equal(json_parse(arena, "123", 2, &document), STATUS_OK);
    assert_int_equal((int)cJSON_GetNumberValue(document.root), 12);
}

static void what_we_cannot_mean_is_invalid(void **state)
{
    static const struct {
        const char *json, *member;
    } cases[] = {
        {"{\"\\u0000\":1,\"\\u0000\":2}", NULL},
        {"{\"a\":1,\"a\":1}", "a"},
        {"{\"a\":1,\"b\":2,\"\\u0061\":3}", "a"},
        {"[{\"x\":{\"dup\":1,\"y\":2,\"dup\":3}}]", "dup"},
        {"{\"\":1,\"\":2}", ""},
        {"{\"é\":1,\"\\u00e9\":2}", "é"},
        {"[[[[{\"k\":null,\"k\":null}]]]]", "k"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct json_document document;
        assert_int_equal(parse(cases[i].json, &document), STATUS_INVALID);
        assert_non_null(document.why);
        if (cases[i].member == NULL)
            assert_null(document.member);
        else
            assert_string_equal(document.member, cases[i].member);
    }
}

static void a_nul_is_marked_where_it_stands(void **state)
{
    static const struct {
        const char *json;
        bool has_nul;
    } cases[] = {
        {"\"a\\u0000b\"", true},         {"[1,{\"a\":[\"\\u0000\"]}]", true},
        {"{\"\\u0000\":1}", true},       {"\"\\\\\\u0000\"", true},
        {"\"\\\\u0000\"", false},        {"\"\\u00000\"", true},
        {"\"\\u00ff\\\"u0000\"", false}, {"{}", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct json_document document;
        assert_int_equal(parse(cases[i].json, &document), STATUS_OK);
        assert_int_equal(document.has_nul, cases[i].has_nul);
        assert_int_equal(json_has_nul(document.root), cases[i].has_nul);
    }
    assert_string_equal(parse_good("\"a\\u0000b\"")->valuestring, "a\xFF"
                                                                  "b");
}

static void names_that_only_look_alike_are_not_twice(void **state)
{
    (void)state;
    parse_good("{\"a\":1,\"A\":2,\"a \":3,\"á\":4,\"a\xCC\x81\":5}");
    parse_good("[{\"a\":1},{\"a\":2},{\"b\":{\"a\":1},\"a\":{\"a\":2}}]");
}

static void nesting_is_taken_up_to_the_limit(void **state)
{
    char text[2 * JSON_MAX_DEPTH + 3];
    struct json_document document;
    (void)state;
    memset(text, '[', JSON_MAX_DEPTH);
    memset(text + JSON_MAX_DEPTH, ']', JSON_MAX_DEPTH);
    assert_int_equal(json_parse(arena, text, (size_t)2 * JSON_MAX_DEPTH, &document), STATUS_OK);
    memset(text, '[', JSON_MAX_DEPTH + 1);
    memset(text + JSON_MAX_DEPTH + 1, ']', JSON_MAX_DEPTH + 1);
    assert_int_equal(json_parse(arena, text, (size_t)2 * JSON_MAX_DEPTH + 2, &document),
                     STATUS_MALFORMED);
}

/* An array of zeros: it is a value too. */
static enum status parse_zeros(size_t zeros)
{
    char *text = arena_alloc(arena, 2 * zeros + 2);
    struct json_document document;
    text[0] = '[';
    for (size_t i = 0; i < zeros; i++)
        memcpy(text + 1 + 2 * i, "0,", 2);
    text[2 * zeros] = ']';
    return json_parse(arena, text, 2 * zeros + 1, &document);
}

static void values_are_taken_up_to_the_limit(void **state)
{
    (void)state;
    assert_int_equal(parse_zeros(JSON_MAX_VALUES - 1), STATUS_OK);
    assert_int_equal(parse_zeros(JSON_MAX_VALUES), STATUS_INVALID);
}

static const char *write_text(const char *text)
{
    struct buffer buffer = {.arena = arena};
    json_add_text(&buffer, text);
    return buffer_string(&buffer);
}

static void texts_are_written_as_json_strings(void **state)
{
    static const struct {
        const char *text, *json;
    } cases[] = {
        {"", "\"\""},
        {"plain", "\"plain\""},
        {"\"\\/", "\"\\\"\\\\/\""},
        {"\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\""},
        {"\x01\x1F\x7F", "\"\\u0001\\u001f\x7F\""},
        {"é😀", "\"é😀\""},
        {"</script>", "\"</script>\""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(write_text(cases[i].text), cases[i].json);
}

static void what_is_written_is_read_back(void **state)
{
    (void)state;
    for (int byte = 1; byte < 128; byte++) {
        char text[] = {'a', (char)byte, (char)byte, 'b', '\0'};
        assert_string_equal(parse_good(write_text(text))->valuestring, text);
    }
    assert_string_equal(parse_good(write_text("日本 😀\\u0041"))->valuestring, "日本 😀\\u0041");
}

static void null_is_written_for_what_is_not_there(void **state)
{
    struct buffer buffer = {.arena = arena};
    (void)state;
    json_add_nullable(&buffer, NULL);
    json_add_nullable(&buffer, "null");
    assert_string_equal(buffer_string(&buffer), "null\"null\"");
}

static void timestamps_and_uuids_are_strings(void **state)
{
    struct buffer buffer = {.arena = arena};
    struct uuid uuid;
    (void)state;
    assert_true(uuid_parse("019A0000-0000-7000-8000-00000000000F", &uuid));
    json_add_timestamp(&buffer, 500000);
    json_add_uuid(&buffer, &uuid);
    assert_string_equal(buffer_string(&buffer), "\"1970-01-01T00:00:00.500000Z\""
                                                "\"019a0000-0000-7000-8000-00000000000f\"");
}

static void an_object_of_nothing_is_told_from_all_else(void **state)
{
    static const char *const others[] = {"", " ", "{", "}", "{}}", "{{}", "{}x", "[]", "null"};
    (void)state;
    assert_true(json_is_empty_object("{}", 2));
    assert_true(json_is_empty_object(" {\r\n}\t", 6));
    assert_false(json_is_empty_object("{}\0", 3));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_false(json_is_empty_object(others[i], strlen(others[i])));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(values_are_read),
        TEST(strings_are_unescaped_to_utf8),
        TEST(what_is_no_json_is_malformed_and_says_why),
        TEST(the_length_ends_the_text_not_a_nul),
        TEST(what_we_cannot_mean_is_invalid),
        TEST(a_nul_is_marked_where_it_stands),
        TEST(names_that_only_look_alike_are_not_twice),
        TEST(nesting_is_taken_up_to_the_limit),
        TEST(values_are_taken_up_to_the_limit),
        TEST(texts_are_written_as_json_strings),
        TEST(what_is_written_is_read_back),
        TEST(null_is_written_for_what_is_not_there),
        TEST(an_object_of_nothing_is_told_from_all_else),
        TEST(timestamps_and_uuids_are_strings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
