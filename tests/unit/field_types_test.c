/* app/field_types: each type's limits from both sides, out of JSON and out of texts. */
#include "app/http/field_types.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct arena *arena;

static int set_up(void **state)
{
    (void)state;
    arena = arena_create(4096, 1 << 24);
    return arena == NULL;
}

static void delete_tree(void *tree)
{
    cJSON_Delete(tree);
}

static int tear_down(void **state)
{
    (void)state;
    arena_destroy(arena);
    return 0;
}

static const char *read_json(const struct field *field, const char *json, void *out)
{
    cJSON *tree = cJSON_Parse(json);
    struct field_value value = {.json = tree};
    assert_non_null(tree);
    arena_defer(arena, delete_tree, tree);
    return field_types_read(arena, field, &value, out);
}

static const char *read_plain(const struct field *field, const char *text, void *out)
{
    struct field_value value = {.text = text};
    return field_types_read(arena, field, &value, out);
}

/* `count` times the same character, with what stands around it. */
static const char *repeat(const char *before, const char *character, int count, const char *behind)
{
    struct buffer text = {.arena = arena};
    buffer_add_text(&text, before);
    for (int i = 0; i < count; i++)
        buffer_add_text(&text, character);
    buffer_add_text(&text, behind);
    return buffer_string(&text);
}

struct example {
    const char *given;
    bool accepted;
};

static void assert_json(const struct field *field, const struct example *examples, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        union {
            void *pointer;
            struct optional_time due;
            struct texts texts;
            struct optional_uuid uuid;
            struct optional_integer integer;
        } out;
        memset(&out, 0, sizeof out); /* all of it: an initialiser owes only the first member */
        if ((read_json(field, examples[i].given, &out) == NULL) != examples[i].accepted)
            fail_msg("%.80s", examples[i].given);
    }
}

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const struct field title = {.name = "title",
                                   .type = FIELD_TEXT,
                                   .flags = FIELD_TRIMMED | FIELD_ONE_LINE,
                                   .min = 1,
                                   .max = 5};

static void a_text_is_counted_in_characters_after_trimming(void **state)
{
    static const struct example examples[] = {
        {"\"a\"", true},
        {"\"abcde\"", true},
        {"\"abcdef\"", false},
        {"\"éééöö\"", true},
        {"\"éééööö\"", false},
        {"\"😀😀😀😀😀\"", true},
        {"\"😀😀😀😀😀😀\"", false},
        {"\"\"", false},
        {"\"   \"", false},
        {"\"  abcde  \"", true},
        {"\"\\u3000\\u00a0\"", false},
        {"\" a b \"", true},
        {"1", false},
        {"true", false},
        {"[]", false},
        {"{}", false},
        {"[\"a\"]", false},
    };
    (void)state;
    assert_json(&title, examples, COUNT(examples));
}

static void a_text_is_kept_trimmed(void **state)
{
    const char *text = NULL;
    (void)state;
    assert_null(read_json(&title, "\" \\u2003é b\\n\"", &text));
    assert_string_equal(text, "é b");
    assert_null(read_plain(&title, "  x ", &text));
    assert_string_equal(text, "x");
}

static void a_text_without_the_flag_is_kept_as_sent(void **state)
{
    static const struct field field = {.type = FIELD_TEXT, .min = 0, .max = 10};
    const char *text = NULL;
    (void)state;
    assert_null(read_json(&field, "\" a\\tb\\u0001 \"", &text));
    assert_string_equal(text, " a\tb\x01 ");
    assert_null(read_json(&field, "\"\"", &text));
    assert_string_equal(text, "");
}

static void one_line_holds_no_control_character(void **state)
{
    static const struct example examples[] = {
        {"\"a\\nb\"", false},    {"\"a\\tb\"", false},     {"\"a\\u0001\"", false},
        {"\"a\\u007f\"", false}, {"\"a\\u0085b\"", false}, {"\"a\\u009fb\"", false},
        {"\"a\\u00a0b\"", true}, {"\"a\\u2028b\"", true},  {"\"\\na\"", true},
    };
    (void)state;
    assert_json(&title, examples, COUNT(examples));
}

static void several_lines_hold_tabs_and_line_breaks(void **state)
{
    static const struct field field = {
        .type = FIELD_TEXT, .flags = FIELD_NO_CONTROL, .min = 0, .max = 20};
    static const struct example examples[] = {{"\"a\\nb\\r\\n\\tc\"", true},
                                              {"\"a\\u000b\"", false},
                                              {"\"a\\u001b[0m\"", false},
                                              {"\"a\\u007f\"", false}};
    (void)state;
    assert_json(&field, examples, COUNT(examples));
}

static void a_wrong_length_is_told_with_its_limits(void **state)
{
    static const struct field optional = {.type = FIELD_TEXT, .min = 0, .max = 5};
    const char *text;
    (void)state;
    assert_string_equal(read_json(&title, "\"\"", &text), "must be 1 to 5 characters");
    assert_string_equal(read_json(&optional, "\"123456\"", &text), "must be at most 5 characters");
    assert_string_equal(read_json(&title, "7", &text), "must be a string");
}

static void an_email_has_one_at_and_a_dot_in_its_domain(void **state)
{
    static const struct field field = {.type = FIELD_EMAIL};
    static const struct example examples[] = {
        {"\"a@b.c\"", true},
        {"\"You+tag@Example.ORG\"", true},
        {"\"é@exämple.org\"", true},
        {"\"a@b.c.d\"", true},
        {"\" a@b.c\\n\"", true},
        {"\"'a'@b.c\"", true},
        {"\"\"", false},
        {"\"a\"", false},
        {"\"@\"", false},
        {"\"a@b\"", false},
        {"\"@b.c\"", false},
        {"\"a@\"", false},
        {"\"a@.c\"", false},
        {"\"a@b.\"", false},
        {"\"a@b..c\"", false},
        {"\"a@.\"", false},
        {"\"a@@b.c\"", false},
        {"\"a@b@c.d\"", false},
        {"\"a b@c.d\"", false},
        {"\"a@b .c\"", false},
        {"\"a\\t@b.c\"", false},
        {"\"a\\u00a0@b.c\"", false},
        {"\"a\\u0001@b.c\"", false},
        {"\"a@b.c\\u007fd\"", false},
        {"\"a\\u0085@b.c\"", false},
        {"\"a.b@c\"", false},
        {"1", false},
        {"[\"a@b.c\"]", false},
    };
    (void)state;
    assert_json(&field, examples, COUNT(examples));
}

static void an_email_has_at_most_254_characters(void **state)
{
    static const struct field field = {.type = FIELD_EMAIL};
    const char *text = NULL;
    (void)state;
    assert_null(read_plain(&field, repeat("", "x", 250, "@b.c"), &text));
    assert_int_equal(strlen(text), 254);
    assert_non_null(read_plain(&field, repeat("", "x", 251, "@b.c"), &text));
    assert_null(read_plain(&field, repeat("  ", "é", 250, "@b.c  "), &text));
    assert_non_null(read_plain(&field, repeat("", "é", 251, "@b.c"), &text));
}

static void an_email_keeps_its_case(void **state)
{
    static const struct field field = {.type = FIELD_EMAIL};
    const char *text = NULL;
    (void)state;
    assert_null(read_plain(&field, " You@Example.Org ", &text));
    assert_string_equal(text, "You@Example.Org");
}

static void a_password_has_1_to_72_bytes(void **state)
{
    static const struct field field = {.type = FIELD_PASSWORD};
    const char *text = NULL;
    (void)state;
    assert_null(read_plain(&field, "x", &text));
    assert_null(read_plain(&field, repeat("", "x", 72, ""), &text));
    assert_null(read_plain(&field, repeat("", "é", 36, ""), &text));
    assert_non_null(read_plain(&field, "", &text));
    assert_non_null(read_plain(&field, repeat("", "x", 73, ""), &text));
    assert_non_null(read_plain(&field, repeat("x", "é", 36, ""), &text));
    assert_non_null(read_json(&field, "12345678", &text));
}

static void a_password_is_kept_as_sent(void **state)
{
    static const struct field field = {.type = FIELD_PASSWORD};
    const char *text = NULL;
    (void)state;
    assert_null(read_json(&field, "\" \\tpass word\\n \"", &text));
    assert_string_equal(text, " \tpass word\n ");
}

static void a_new_password_follows_the_policy(void **state)
{
    static const struct field field = {.type = FIELD_NEW_PASSWORD};
    static const struct example examples[] = {
        {"\"correcth\"", true},  {"\"correct\"", false},  {"\"éééééééö\"", true},
        {"\"éééééééé\"", true},  {"\"ééééééé\"", false},  {"\"😀😀😀😀😀😀😀😀\"", true},
        {"\"\"", false},         {"\"password\"", false}, {"\"PassWord\"", false},
        {"\"12345678\"", false}, {"\"        \"", true},  {"1234567890", false},
        {"null", false},
    };
    const char *text;
    (void)state;
    assert_json(&field, examples, COUNT(examples));
    assert_null(read_plain(&field, repeat("", "z1", 36, ""), &text));
    assert_non_null(read_plain(&field, repeat("", "z1", 36, "z"), &text));
}

static void a_boolean_is_true_or_false_and_nothing_like_it(void **state)
{
    static const struct field field = {.type = FIELD_BOOLEAN};
    static const struct example examples[] = {{"true", true}, {"false", true},     {"0", false},
                                              {"1", false},   {"\"true\"", false}, {"\"\"", false},
                                              {"[]", false},  {"[true]", false},   {"{}", false}};
    static const char *const texts[] = {"",    "1",     "0",     "tru", "truee",
                                        "yes", " true", "true ", "on"};
    bool value = false;
    (void)state;
    assert_json(&field, examples, COUNT(examples));
    assert_null(read_plain(&field, "true", &value));
    assert_true(value);
    assert_null(read_plain(&field, "false", &value));
    assert_false(value);
    assert_null(read_plain(&field, "tRUE", &value)); /* Python writes True */
    assert_true(value);
    assert_null(read_plain(&field, "False", &value));
    assert_false(value);
    for (size_t i = 0; i < COUNT(texts); i++)
        assert_non_null(read_plain(&field, texts[i], &value));
}

static const struct field integer = {.type = FIELD_INTEGER, .min = INT32_MIN, .max = INT32_MAX};

static void a_whole_json_number_is_an_integer(void **state)
{
    static const struct {
        const char *json;
        int64_t value;
    } cases[] = {{"0", 0},
                 {"-0", 0},
                 {"1.0", 1},
                 {"1e2", 100},
                 {"-1.5e1", -15},
                 {"100e-2", 1},
                 {"2147483647", INT32_MAX},
                 {"-2147483648", INT32_MIN},
                 {"2147483647.0", INT32_MAX}};
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct optional_integer out = {0};
        assert_null(read_json(&integer, cases[i].json, &out));
        assert_true(out.is_set && out.value == cases[i].value);
    }
}

static void any_other_json_value_is_no_integer(void **state)
{
    static const struct example examples[] = {{"0.5", false},
                                              {"1e-1", false},
                                              {"2147483648", false},
                                              {"-2147483649", false},
                                              {"2147483647.5", false},
                                              {"1e10", false},
                                              {"1e400", false},
                                              {"-1e400", false},
                                              {"9007199254740993", false},
                                              {"18446744073709551616", false},
                                              {"\"1\"", false},
                                              {"true", false},
                                              {"[]", false},
                                              {"[1]", false},
                                              {"{}", false}};
    (void)state;
    assert_json(&integer, examples, COUNT(examples));
}

static void an_integer_in_a_query_has_digits_only(void **state)
{
    static const struct field limit = {.type = FIELD_INTEGER, .min = 1, .max = 200};
    static const struct example cases[] = {{"1", true},
                                           {"200", true},
                                           {"007", true},
                                           {"0", false},
                                           {"201", false},
                                           {"-1", false},
                                           {"", false},
                                           {"-", false},
                                           {"+1", false},
                                           {" 1", false},
                                           {"1 ", false},
                                           {"1.0", false},
                                           {"1e2", false},
                                           {"0x10", false},
                                           {"x", false},
                                           {"--1", false},
                                           {"99999999999999999999999", false},
                                           {"-99999999999999999999999", false}};
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct optional_integer out = {0};
        if ((read_plain(&limit, cases[i].given, &out) == NULL) != cases[i].accepted)
            fail_msg("'%s'", cases[i].given);
        assert_int_equal(out.is_set, cases[i].accepted);
    }
}

static const char *const words[] = {"low", "medium", "high", NULL};

static void a_choice_is_one_of_its_words(void **state)
{
    static const struct field field = {.type = FIELD_CHOICE, .words = words};
    static const char *const wrong[] = {"\"\"",      "\"Low\"",      "\"lo\"", "\"lowest\"",
                                        "\" low\"",  "\"low,high\"", "0",      "null",
                                        "[\"low\"]", "true"};
    (void)state;
    for (int i = 0; words[i] != NULL; i++) {
        int value = -1;
        assert_null(read_plain(&field, words[i], &value));
        assert_int_equal(value, i);
    }
    for (size_t i = 0; i < COUNT(wrong); i++) {
        int value = -1;
        assert_string_equal(read_json(&field, wrong[i], &value), "must be low, medium or high");
        assert_int_equal(value, -1);
    }
}

static void choices_are_a_comma_list(void **state)
{
    static const struct field field = {.type = FIELD_CHOICES, .words = words};
    static const struct {
        const char *text;
        unsigned mask;
    } cases[] = {{"low", 1}, {"low,high", 5}, {"high,low,medium", 7}, {"low,low", 1}};
    static const char *const wrong[] = {"",          ",",     "low,", ",low",    "low,,high",
                                        "low, high", "lower", "LOW",  "low;high"};
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        unsigned mask = 0;
        assert_null(read_plain(&field, cases[i].text, &mask));
        assert_int_equal(mask, cases[i].mask);
    }
    for (size_t i = 0; i < COUNT(wrong); i++) {
        unsigned mask = 0;
        if (read_plain(&field, wrong[i], &mask) == NULL)
            fail_msg("'%s' was taken", wrong[i]);
    }
    static const char *const no_texts[] = {"1", "true", "[]", "{}"};
    for (size_t i = 0; i < COUNT(no_texts); i++) {
        unsigned mask = 0;
        assert_string_equal(read_json(&field, no_texts[i], &mask), "must be low, medium or high");
    }
}

static const struct field tags = {.type = FIELD_TAGS};

static void tags_are_a_set_in_the_order_first_given(void **state)
{
    struct texts out = {0};
    (void)state;
    assert_null(read_json(&tags, "[\"b\",\" a \",\"b\",\"é\",\"a\",\"B\"]", &out));
    assert_int_equal(out.count, 4);
    assert_string_equal(out.items[0], "b");
    assert_string_equal(out.items[1], "a");
    assert_string_equal(out.items[2], "é");
    assert_string_equal(out.items[3], "B");
}

static void no_tags_are_an_empty_set(void **state)
{
    struct texts out = {0};
    (void)state;
    assert_null(read_json(&tags, "[]", &out));
    assert_int_equal(out.count, 0);
}

static void a_tag_has_1_to_50_characters(void **state)
{
    static const struct example examples[] = {
        {"[\"\"]", false},      {"[\"  \"]", false}, {"[1]", false},          {"[null]", false},
        {"[[\"a\"]]", false},   {"\"a\"", false},    {"{}", false},           {"{\"a\":1}", false},
        {"[\"a\\nb\"]", false}, {"1", false},        {"[\"a\",true]", false}, {"[\"a,b\"]", true},
    };
    struct texts out = {0};
    (void)state;
    assert_json(&tags, examples, COUNT(examples));
    assert_null(read_json(&tags, repeat("[\"", "é", 50, "\"]"), &out));
    assert_non_null(read_json(&tags, repeat("[\"", "é", 51, "\"]"), &out));
}

/* A JSON array of the tags t0, t1, …, each `times` times. */
static const char *make_tags(int count, int times)
{
    struct buffer text = {.arena = arena};
    for (int i = 0; i < times * count; i++) {
        buffer_add_text(&text, i == 0 ? "[\"t" : ",\"t");
        buffer_add_integer(&text, i % count);
        buffer_add_char(&text, '"');
    }
    buffer_add_char(&text, ']');
    return buffer_string(&text);
}

static void twenty_tags_are_taken_not_counting_duplicates(void **state)
{
    (void)state;
    for (int times = 1; times <= 2; times++) {
        struct texts out = {0}, more = {0};
        assert_null(read_json(&tags, make_tags(20, times), &out));
        assert_int_equal(out.count, 20);
        assert_string_equal(out.items[19], "t19");
        assert_non_null(read_json(&tags, make_tags(21, times), &more));
        assert_int_equal(more.count, 20);
    }
}

static void tags_of_a_query_come_one_by_one(void **state)
{
    struct texts out = {0};
    (void)state;
    assert_null(read_plain(&tags, "home", &out));
    assert_null(read_plain(&tags, "work, later", &out));
    assert_null(read_plain(&tags, "home", &out));
    assert_int_equal(out.count, 2);
    assert_string_equal(out.items[1], "work, later");
    assert_non_null(read_plain(&tags, "", &out));
}

static void a_due_date_keeps_its_kind(void **state)
{
    static const struct field field = {.type = FIELD_TIME};
    struct optional_time due = {0};
    (void)state;
    assert_null(read_json(&field, "\"1970-01-02\"", &due));
    assert_true(due.is_set && due.is_date && due.at == INT64_C(86400000000));
    assert_null(read_plain(&field, "1970-01-01T01:00:00+01:00", &due));
    assert_true(due.is_set && !due.is_date && due.at == 0);
}

static void anything_else_is_no_due_date(void **state)
{
    static const struct field field = {.type = FIELD_TIME};
    static const struct example examples[] = {{"\" \"", false},
                                              {"0", false},
                                              {"true", false},
                                              {"[]", false},
                                              {"\"tomorrow\"", false},
                                              {"\"2026-02-30\"", false},
                                              {"\"2026-11-30T18\"", false},
                                              {"\"infinity\"", false},
                                              {"\" 2026-11-30\"", false},
                                              {"1764525600", false}};
    struct optional_time due = {.is_set = true};
    (void)state;
    assert_json(&field, examples, COUNT(examples));
    assert_null(read_json(&field, "\"\"", &due)); /* an emptied input is no date */
    assert_false(due.is_set);
    assert_non_null(read_plain(&field, "", &due));
    assert_false(due.is_set);
}

static void an_id_is_any_uuid(void **state)
{
    static const struct field field = {.type = FIELD_UUID};
    static const struct example examples[] = {{"\"019a0000-0000-7000-8000-000000000001\"", true},
                                              {"\"019A0000-0000-4000-8000-00000000000F\"", true},
                                              {"\"00000000-0000-0000-0000-000000000000\"", true},
                                              {"\"\"", false},
                                              {"\"1\"", false},
                                              {"1", false},
                                              {"[]", false},
                                              {"\"019a000000007000800000000000000001\"", false}};
    (void)state;
    assert_json(&field, examples, COUNT(examples));
}

static void refresh_is_a_boolean_or_cookie(void **state)
{
    static const struct field field = {.type = FIELD_REFRESH};
    static const struct {
        const char *json;
        int value;
    } cases[] = {{"false", 0}, {"true", 1}, {"\"cookie\"", 2}};
    static const char *const wrong[] = {"\"Cookie\"", "\"true\"", "\"\"", "1", "2", "[]", "{}"};
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        int value = -1;
        assert_null(read_json(&field, cases[i].json, &value));
        assert_int_equal(value, cases[i].value);
    }
    for (size_t i = 0; i < COUNT(wrong); i++) {
        int value;
        assert_string_equal(read_json(&field, wrong[i], &value),
                            "must be true, false or \"cookie\"");
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_text_is_counted_in_characters_after_trimming),
        TEST(a_text_is_kept_trimmed),
        TEST(a_text_without_the_flag_is_kept_as_sent),
        TEST(one_line_holds_no_control_character),
        TEST(several_lines_hold_tabs_and_line_breaks),
        TEST(a_wrong_length_is_told_with_its_limits),
        TEST(an_email_has_one_at_and_a_dot_in_its_domain),
        TEST(an_email_has_at_most_254_characters),
        TEST(an_email_keeps_its_case),
        TEST(a_password_has_1_to_72_bytes),
        TEST(a_password_is_kept_as_sent),
        TEST(a_new_password_follows_the_policy),
        TEST(a_boolean_is_true_or_false_and_nothing_like_it),
        TEST(a_whole_json_number_is_an_integer),
        TEST(any_other_json_value_is_no_integer),
        TEST(an_integer_in_a_query_has_digits_only),
        TEST(a_choice_is_one_of_its_words),
        TEST(choices_are_a_comma_list),
        TEST(tags_are_a_set_in_the_order_first_given),
        TEST(no_tags_are_an_empty_set),
        TEST(a_tag_has_1_to_50_characters),
        TEST(twenty_tags_are_taken_not_counting_duplicates),
        TEST(tags_of_a_query_come_one_by_one),
        TEST(a_due_date_keeps_its_kind),
        TEST(anything_else_is_no_due_date),
        TEST(an_id_is_any_uuid),
        TEST(refresh_is_a_boolean_or_cookie),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
