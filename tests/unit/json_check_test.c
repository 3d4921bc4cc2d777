/* app/json_check: the grammar of RFC 8259, to the letter. */
#include "app/http/json_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { DEPTH = 32 };

/* From memory of just its size, so that a sanitizer sees a look behind the end. */
static struct json_check check(const char *text, size_t length)
{
    char *exact = malloc(length == 0 ? 1 : length);
    assert_non_null(exact);
    memcpy(exact, text, length);
    struct json_check result = json_check(exact, length, DEPTH);
    free(exact);
    return result;
}

static bool is_json(const char *text)
{
    return check(text, strlen(text)).why == NULL;
}

static void assert_all(const char *const *texts, size_t count, bool accepted)
{
    for (size_t i = 0; i < count; i++)
        if (is_json(texts[i]) != accepted)
            fail_msg("%s was %s", texts[i], accepted ? "refused" : "accepted");
}

#define ACCEPT(texts) assert_all(texts, sizeof(texts) / sizeof *(texts), true)
#define REFUSE(texts) assert_all(texts, sizeof(texts) / sizeof *(texts), false)

static void any_value_is_a_document(void **state)
{
    static const char *const texts[] = {"{}",         "[]",    "\"\"",  "0",    "true",
                                        "false",      "null",  "[[]]",  "[{}]", "{\"a\":[]}",
                                        "{\"a\":{}}", "\"x\"", "-1.5e3"};
    (void)state;
    ACCEPT(texts);
}

static void white_space_is_space_tab_and_line_breaks(void **state)
{
    static const char *const accepted[] = {
        " 1",  "1 ",  "\t\n\r 1 \t\n\r",           "[ 1 , 2 ]",
        "[ ]", "{ }", "{ \"a\" : 1 , \"b\" : 2 }", "{\n\"a\"\r:\t1\n}"};
    static const char *const refused[] = {"\f1",
                                          "1\f",
                                          "\v1",
                                          "\b1",
                                          "\x7F"
                                          "1",
                                          "\xC2\xA0"
                                          "1",
                                          "\xE2\x80\xA8"
                                          "1",
                                          "[1\xC2\x85]",
                                          "\xEF\xBB\xBF"
                                          "1",
                                          "\x1F"
                                          "1",
                                          "{\"a\":\xE3\x80\x80"
                                          "1}"};
    (void)state;
    ACCEPT(accepted);
    REFUSE(refused);
}

static void nothing_at_all_is_no_document(void **state)
{
    static const char *const texts[] = {"", " ", "\n\t", ",", ":", "]", "}", "\\", "'"};
    (void)state;
    REFUSE(texts);
}

static void numbers_follow_the_grammar(void **state)
{
    static const char *const accepted[] = {
        "0",
        "-0",
        "1",
        "-1",
        "10",
        "1234567890",
        "0.0",
        "0.5",
        "-0.5",
        "1.0",
        "10.25",
        "0e1",
        "0E1",
        "1e1",
        "1E+1",
        "1e-1",
        "1.5e3",
        "-1.5E-03",
        "1e00",
        "0e+00",
        "1e400",
        "-1e400",
        "123456789012345678901234567890123456789012345678901234567890",
        "0.000000000000000001"};
    static const char *const refused[] = {
        "00",   "01",   "-01",          "-",     "--1",   "+1",    ".5",       "-.5",       "5.",
        "5.e1", "0.e1", "1e",           "1E",    "1e+",   "1e-",   "1e+-1",    "1e1.5",     "1.2.3",
        "0x1",  "0x10", "1a",           "1 2",   "1_000", "1,000", "Infinity", "-Infinity", "NaN",
        "-NaN", "inf",  "nan",          "1e1e1", "-e1",   "0b1",   "0o7",      "1.",        "1..2",
        "- 1",  "1 .5", "\xEF\xBC\x91", "1f",    "1L",    "1n",    "1/2",      "$1",        "1%"};
    (void)state;
    ACCEPT(accepted);
    REFUSE(refused);
}

static void words_are_true_false_and_null(void **state)
{
    static const char *const refused[] = {
        "True", "TRUE", "tru", "truee",     "t",   "truefalse",  "fals",  "False",   "nul", "nulll",
        "NULL", "None", "nil", "undefined", "yes", "true false", "true1", "nullnull"};
    (void)state;
    REFUSE(refused);
}

static void strings_hold_any_character_but_raw_controls(void **state)
{
    static const char *const accepted[] = {"\"é\"",
                                           "\"日本\"",
                                           "\"😀\"",
                                           "\"\x7F\"",
                                           "\"'\"",
                                           "\"/\"",
                                           "\"\xC2\x80\"",
                                           "\"\xE2\x80\xA8\xE2\x80\xA9\"",
                                           "\"\xEF\xBB\xBF\"",
                                           "\"\xEF\xBF\xBF\"",
                                           "\"\xF4\x8F\xBF\xBF\"",
                                           "\"{}[],:\""};
    static const char *const refused[] = {"\"",       "\"a",        "a\"",    "'a'",
                                          "\"a\"b",   "\"a\"\"b\"", "`a`",    "\"a\nb\"",
                                          "\"a\tb\"", "\"a\rb\"",   "\"\n\"", "\"\\\""};
    (void)state;
    ACCEPT(accepted);
    REFUSE(refused);
    for (char control = 1; control < 0x20; control++) {
        char text[] = {'"', 'a', control, '"', '\0'};
        assert_false(is_json(text));
    }
}

static void escapes_are_those_of_the_grammar(void **state)
{
    (void)state;
    for (int byte = 1; byte < 256; byte++) {
        char text[] = {'"', '\\', (char)byte, '"', '\0'};
        assert_int_equal(is_json(text), strchr("\"\\/bfnrt", byte) != NULL);
    }
}

static void unicode_escapes_have_four_hexadecimal_digits(void **state)
{
    static const char *const accepted[] = {
        "\"\\u0041\"", "\"\\u00e9\"",  "\"\\u00E9\"", "\"\\uffff\"", "\"\\uFFFE\"",
        "\"\\u0001\"", "\"\\u0041b\"", "\"\\\\u12\"", "\"\\ud7ff\"", "\"\\ue000\""};
    static const char *const refused[] = {
        "\"\\u\"",     "\"\\u1\"",    "\"\\u12\"",   "\"\\u123\"",  "\"\\u123g\"", "\"\\ug123\"",
        "\"\\u+123\"", "\"\\u 123\"", "\"\\u-123\"", "\"\\U0041\"", "\"\\u{41}\"", "\"\\x41\"",
        "\"\\041\"",   "\"\\u00",     "\"\\u",       "\"\\",        "\"\\u0041"};
    (void)state;
    ACCEPT(accepted);
    REFUSE(refused);
}

static void surrogates_come_in_pairs_only(void **state)
{
    static const char *const accepted[] = {"\"\\ud83d\\ude00\"", "\"\\uD83D\\uDE00\"",
                                           "\"\\ud800\\udc00\"", "\"\\udbff\\udfff\"",
                                           "\"\\ud83d\\ude00\\ud83d\\ude00\""};
    static const char *const refused[] = {"\"\\ud800\"",
                                          "\"\\udbff\"",
                                          "\"\\udc00\"",
                                          "\"\\udfff\"",
                                          "\"\\udc00\\ud800\"",
                                          "\"\\ud800\\ud800\"",
                                          "\"\\ud800\\ud800\\udc00\"",
                                          "\"\\ud83dx\"",
                                          "\"\\ud83d\\n\"",
                                          "\"\\ud83d\\u0041\"",
                                          "\"\\ud83d\\u\"",
                                          "\"\\ud83d\\ude0\"",
                                          "\"\\ud83d \\ude00\"",
                                          "\"\\ud83d\\\\ude00\"",
                                          "\"x\\ude00\\ud83dx\"",
                                          "\"\\ud83d\\ue000\"",
                                          "\"\\ud83d\\udbff\""};
    (void)state;
    ACCEPT(accepted);
    REFUSE(refused);
}

static void strings_and_names_are_utf8(void **state)
{
    static const char *const bad[] = {"\x80",
                                      "\xFF",
                                      "\xC3",
                                      "\xC3(",
                                      "\xC0\x80",
                                      "\xE0\x80\xAF",
                                      "\xED\xA0\x80",
                                      "\xF4\x90\x80\x80",
                                      "\xF8\x88\x80\x80\x80",
                                      "\xE2\x82",
                                      "\xF0\x9F\x98"};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char value[32] = "\"", name[32] = "{\"", bare[32] = "";
        strcat(strcat(value, bad[i]), "\"");
        strcat(strcat(name, bad[i]), "\":1}");
        strcat(bare, bad[i]);
        assert_false(is_json(value) || is_json(name) || is_json(bare));
    }
}

static void arrays_and_objects_have_commas_between(void **state)
{
    static const char *const refused[] = {"[",
                                          "[1",
                                          "[1,",
                                          "[1,]",
                                          "[,1]",
                                          "[,]",
                                          "[1,,2]",
                                          "[1 2]",
                                          "[1;2]",
                                          "[1:2]",
                                          "[1}",
                                          "[1]]",
                                          "[\"a\":1]",
                                          "[]]",
                                          "[}",
                                          "{",
                                          "{]",
                                          "{}}",
                                          "{\"a\"",
                                          "{\"a\"}",
                                          "{\"a\":",
                                          "{\"a\":}",
                                          "{\"a\" 1}",
                                          "{\"a\":1",
                                          "{\"a\":1,",
                                          "{\"a\":1,}",
                                          "{,\"a\":1}",
                                          "{\"a\":1,,\"b\":2}",
                                          "{\"a\":1 \"b\":2}",
                                          "{\"a\"::1}",
                                          "{\"a\":1:2}",
                                          "{a:1}",
                                          "{'a':1}",
                                          "{1:1}",
                                          "{null:1}",
                                          "{[]:1}",
                                          "{{}:1}",
                                          "{:1}",
                                          "{\"a\",\"b\"}",
                                          "{\"a\":1]",
                                          "{\"a\":1;}",
                                          "[1,\n",
                                          "[[1,2]",
                                          "{\"a\":{\"b\":1}",
                                          "[undefined]",
                                          "[a]",
                                          "[*]",
                                          "{*}"};
    static const char *const accepted[] = {
        "[1,2]",    "[\"a\",[],{},null]", "{\"a\":1,\"b\":[1,2]}",
        "{\"\":0}", "{\"a\":1,\"a\":2}",  "[[],[[]]]"};
    (void)state;
    REFUSE(refused);
    ACCEPT(accepted);
}

static void nothing_may_follow_the_document(void **state)
{
    static const char *const refused[] = {
        "{} {}",  "{}x",    "[],",  "1 2", "\"a\" \"b\"", "null null", "{}#",   "{}//", "{}/**/",
        "//\n{}", "/**/{}", "#\n1", "1;",  "[] ]",        "{};",       "true,", "1\f"};
    (void)state;
    REFUSE(refused);
}

static void a_nul_byte_is_refused_wherever_it_stands(void **state)
{
    static const char valid[] = " { \"a\" : [ 1.5e1 , true ] } ";
    (void)state;
    assert_null(check(valid, sizeof valid - 1).why);
    for (size_t i = 0; i <= sizeof valid - 1; i++) {
        char text[sizeof valid + 1];
        memcpy(text, valid, i);
        text[i] = '\0';
        memcpy(text + i + 1, valid + i, sizeof valid - 1 - i);
        if (check(text, sizeof valid).why == NULL)
            fail_msg("a NUL at %zu was accepted", i);
    }
    assert_non_null(check("\"\\\0\"", 4).why);
    assert_non_null(check("\0", 1).why);
}

static void a_document_cut_anywhere_is_refused(void **state)
{
    static const char text[] =
        "{\"a\":[1.5e+1,true,false,null,\"\\ud83d\\ude00é\\n\"],\"b\":{\"c\":-0}}";
    (void)state;
    for (size_t length = 0; length < sizeof text - 1; length++)
        if (check(text, length).why == NULL)
            fail_msg("%zu bytes were accepted", length);
    assert_null(check(text, sizeof text - 1).why);
}

static void the_other_encodings_are_refused(void **state)
{
    static const char utf16[] = "\xFF\xFE{\0}\0", utf16_bare[] = "{\0}\0",
                      utf32[] = "\0\0\0{\0\0\0}";
    (void)state;
    assert_non_null(check(utf16, sizeof utf16 - 1).why);
    assert_non_null(check(utf16_bare, sizeof utf16_bare - 1).why);
    assert_non_null(check(utf32, sizeof utf32 - 1).why);
}

/* `depth` arrays and objects, one in the other, by turns. */
static void nest(char *text, int depth, const char *opening, const char *closing)
{
    *text = '\0';
    for (int i = 0; i < depth; i++)
        strcat(text, opening);
    strcat(text, "1");
    for (int i = 0; i < depth; i++)
        strcat(text, closing);
}

static void nesting_ends_at_32_levels(void **state)
{
    static const struct {
        const char *opening, *closing;
        int levels;
    } forms[] = {{"[", "]", 1}, {"{\"a\":", "}", 1}, {"[{\"a\":", "}]", 2}};
    (void)state;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        char text[1024];
        nest(text, DEPTH / forms[i].levels, forms[i].opening, forms[i].closing);
        assert_true(is_json(text));
        nest(text, DEPTH / forms[i].levels + 1, forms[i].opening, forms[i].closing);
        assert_false(is_json(text));
    }
}

static void only_nesting_counts_as_depth(void **state)
{
    char text[2048] = "[";
    (void)state;
    for (int i = 0; i < 100; i++)
        strcat(text, "[[]],");
    strcat(text, "{}]");
    assert_true(is_json(text));
}

static void very_deep_nesting_is_refused_without_descending(void **state)
{
    static char text[1000000];
    (void)state;
    memset(text, '[', sizeof text);
    assert_non_null(check(text, sizeof text).why);
    for (size_t i = 0; i + 5 <= sizeof text; i += 5)
        memcpy(text + i, "{\"a\":", 5);
    assert_non_null(check(text, sizeof text).why);
}

static void values_and_names_are_counted(void **state)
{
    static const struct {
        const char *text;
        size_t values;
    } cases[] = {{"1", 1},
                 {"[]", 1},
                 {"[1,2]", 3},
                 {"{}", 1},
                 {"{\"a\":1}", 3},
                 {"[[],{}]", 3},
                 {"{\"a\":[1,{\"b\":null}]}", 7}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(check(cases[i].text, strlen(cases[i].text)).values, cases[i].values);
}

static void an_escaped_nul_is_grammar_and_is_reported(void **state)
{
    static const struct {
        const char *text;
        bool has_nul;
    } cases[] = {{"\"\\u0000\"", true},  {"{\"\\u0000\":1}", true}, {"[\"a\\u0000b\",1]", true},
                 {"\"\\u0001\"", false}, {"\"\\\\u0000\"", false},  {"\"u0000\"", false}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct json_check result = check(cases[i].text, strlen(cases[i].text));
        assert_null(result.why);
        assert_int_equal(result.has_nul, cases[i].has_nul);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_value_is_a_document),
        cmocka_unit_test(white_space_is_space_tab_and_line_breaks),
        cmocka_unit_test(nothing_at_all_is_no_document),
        cmocka_unit_test(numbers_follow_the_grammar),
        cmocka_unit_test(words_are_true_false_and_null),
        cmocka_unit_test(strings_hold_any_character_but_raw_controls),
        cmocka_unit_test(escapes_are_those_of_the_grammar),
        cmocka_unit_test(unicode_escapes_have_four_hexadecimal_digits),
        cmocka_unit_test(surrogates_come_in_pairs_only),
        cmocka_unit_test(strings_and_names_are_utf8),
        cmocka_unit_test(arrays_and_objects_have_commas_between),
        cmocka_unit_test(nothing_may_follow_the_document),
        cmocka_unit_test(a_nul_byte_is_refused_wherever_it_stands),
        cmocka_unit_test(a_document_cut_anywhere_is_refused),
        cmocka_unit_test(the_other_encodings_are_refused),
        cmocka_unit_test(nesting_ends_at_32_levels),
        cmocka_unit_test(only_nesting_counts_as_depth),
        cmocka_unit_test(very_deep_nesting_is_refused_without_descending),
        cmocka_unit_test(values_and_names_are_counted),
        cmocka_unit_test(an_escaped_nul_is_grammar_and_is_reported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
