/* app/fields: a body or a query against its rows; every error at once. */
#include "app/http/fields.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct sample {
    const char *name;
    int colour;
    bool flag;
    struct texts tags;
    const char *note;
};

static const char *const colours[] = {"red", "green", "blue", NULL};

static const struct field rows[] = {
    {"name", FIELD_TEXT, FIELD_REQUIRED | FIELD_TRIMMED, 1, 10,
     .offset = offsetof(struct sample, name)},
    {"colour", FIELD_CHOICE, .words = colours, .fallback = 1,
     .offset = offsetof(struct sample, colour)},
    {"flag", FIELD_BOOLEAN, .offset = offsetof(struct sample, flag)},
    {"tag", FIELD_TAGS, FIELD_REPEATABLE, .offset = offsetof(struct sample, tags)},
    {"note", FIELD_TEXT, 0, 0, 10, .offset = offsetof(struct sample, note)},
    {"unused", FIELD_IGNORED},
};

static const struct fields fields = {FIELDS(rows, struct sample)};

static struct arena *arena;
static struct response response;
static struct validation validation;
static struct sample sample;
static uint32_t present;

static int set_up(void **state)
{
    (void)state;
    arena = arena_create(4096, 1 << 20);
    response = (struct response){
        .arena = arena, .body = {.arena = arena}, .errors = {.arena = arena}};
    validation = fields_begin(&response);
    sample = (struct sample){0};
    present = 0;
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

static enum status read_object(const char *json)
{
    cJSON *tree = cJSON_Parse(json);
    assert_non_null(tree);
    arena_defer(arena, delete_tree, tree);
    present = fields_read_object(&validation, &fields, tree, &sample);
    return fields_conclude(&response);
}

static enum status read_query(const struct fields *rules, const char *query)
{
    struct pairs pairs;
    assert_int_equal(request_split_pairs(arena, query, &pairs), STATUS_OK);
    fields_read_pairs(&validation, rules, &pairs, &sample);
    return fields_conclude(&response);
}

static void assert_errors(const char *expected)
{
    assert_string_equal(buffer_string(&response.errors), expected);
}

static void a_body_fills_the_struct(void **state)
{
    (void)state;
    assert_int_equal(read_object("{\"name\":\" x \",\"colour\":\"blue\",\"flag\":true,"
                                 "\"tag\":[\"a\"],\"note\":\"n\"}"),
                     STATUS_OK);
    assert_string_equal(sample.name, "x");
    assert_int_equal(sample.colour, 2);
    assert_true(sample.flag);
    assert_int_equal(sample.tags.count, 1);
    assert_string_equal(sample.note, "n");
}

static void what_is_present_is_a_bit_a_row(void **state)
{
    (void)state;
    assert_int_equal(read_object("{\"note\":null,\"name\":\"x\"}"), STATUS_OK);
    assert_int_equal(present, 1U | 1U << 4);
}

static void what_is_absent_or_null_has_its_default(void **state)
{
    static const char *const bodies[] = {"{\"name\":\"x\"}",
                                         "{\"name\":\"x\",\"colour\":null,\"flag\":null,"
                                         "\"tag\":null,\"note\":null,\"unused\":null}"};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        sample = (struct sample){0};
        assert_int_equal(read_object(bodies[i]), STATUS_OK);
        assert_int_equal(sample.colour, 1);
        assert_false(sample.flag);
        assert_null(sample.note);
        assert_int_equal(sample.tags.count, 0);
    }
}

static void what_is_required_must_be_there(void **state)
{
    (void)state;
    assert_int_equal(read_object("{}"), STATUS_INVALID);
    assert_errors("{\"field\":\"name\",\"detail\":\"is required\"}");
    assert_string_equal(response.detail, "name is required.");
}

static void what_is_required_must_not_be_null(void **state)
{
    (void)state;
    assert_int_equal(read_object("{\"name\":null}"), STATUS_INVALID);
    assert_errors("{\"field\":\"name\",\"detail\":\"is required and must not be null\"}");
}

static void a_patch_needs_nothing_but_no_null_where_required(void **state)
{
    (void)state;
    validation.partial = true;
    assert_int_equal(read_object("{}"), STATUS_OK);
    assert_int_equal(present, 0);
    assert_int_equal(read_object("{\"name\":null}"), STATUS_INVALID);
}

static void an_unknown_member_is_named(void **state)
{
    (void)state;
    assert_int_equal(read_object("{\"name\":\"x\",\"Name\":\"y\",\"nam\":1}"), STATUS_INVALID);
    assert_errors("{\"field\":\"Name\",\"detail\":\"is not known here\"},"
                  "{\"field\":\"nam\",\"detail\":\"is not known here\"}");
}

static void an_unknown_member_s_name_is_shortened_between_characters(void **state)
{
    struct buffer body = {.arena = arena}, expected = {.arena = arena};
    (void)state;
    buffer_add_text(&body, "{\"name\":\"x\",\"a");
    buffer_add_text(&expected, "{\"field\":\"a");
    for (int i = 0; i < 100; i++) {
        buffer_add_text(&body, "é");
        buffer_add_text(&expected, i < 31 ? "é" : "");
    }
    buffer_add_text(&body, "\":1}");
    buffer_add_text(&expected, "…\",\"detail\":\"is not known here\"}");
    assert_int_equal(read_object(buffer_string(&body)), STATUS_INVALID);
    assert_errors(buffer_string(&expected));
}

static void a_name_of_64_bytes_is_told_whole(void **state)
{
    static const char name[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    (void)state;
    assert_int_equal(read_object(arena_printf(arena, "{\"name\":\"x\",\"%s\":1}", name)),
                     STATUS_INVALID);
    assert_errors(arena_printf(arena, "{\"field\":\"%s\",\"detail\":\"is not known here\"}", name));
}

static void read_only_members_are_ignored(void **state)
{
    static const char *const names[] = {"id", "url", NULL};
    (void)state;
    validation.read_only = names;
    assert_int_equal(read_object("{\"name\":\"x\",\"id\":1,\"url\":[]}"), STATUS_OK);
    assert_int_equal(present, 1);
    assert_int_equal(read_object("{\"name\":\"x\",\"ids\":1}"), STATUS_INVALID);
}

/* A set of rows and the one that it stands on, each of which is read as if it stood alone. */
static void rows_on_a_base_come_after_its_own(void **state)
{
    struct larger {
        struct sample sample;
        const char *more;
    } larger = {0};
    static const struct field more_rows[] = {
        {"more", FIELD_TEXT, FIELD_REQUIRED, 1, 10, .offset = offsetof(struct larger, more)}};
    static const struct fields on_top = {FIELDS(more_rows, struct larger), .base = &fields};
    const size_t own = sizeof rows / sizeof *rows;
    (void)state;
    assert_ptr_equal(fields_row(&on_top, 0), &rows[0]);
    assert_ptr_equal(fields_row(&on_top, own), &more_rows[0]);
    assert_null(fields_row(&on_top, own + 1));
    assert_null(fields_row(&fields, own));
    cJSON *tree = cJSON_Parse("{\"more\":\"y\",\"name\":\"x\"}");
    arena_defer(arena, delete_tree, tree);
    present = fields_read_object(&validation, &on_top, tree, &larger);
    assert_int_equal(fields_conclude(&response), STATUS_OK);
    assert_int_equal(present, 1U | 1U << own);
    assert_string_equal(larger.sample.name, "x");
    assert_int_equal(larger.sample.colour, 1);
    assert_string_equal(larger.more, "y");
}

static void ignored_rows_take_anything(void **state)
{
    (void)state;
    assert_int_equal(read_object("{\"name\":\"x\",\"unused\":{\"a\":[1]}}"), STATUS_OK);
}

static void only_an_object_will_do(void **state)
{
    static const char *const bodies[] = {"[]", "null", "1", "\"x\"", "true", "[{\"name\":\"x\"}]"};
    (void)state;
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        response.errors.length = 0;
        response.error_count = 0;
        assert_int_equal(read_object(bodies[i]), STATUS_INVALID);
        assert_errors("{\"field\":\"body\",\"detail\":\"must be a JSON object\"}");
    }
}

static void every_wrong_field_is_told_and_the_sentence_names_three(void **state)
{
    (void)state;
    assert_int_equal(read_object("{\"colour\":\"pink\",\"flag\":1,\"tag\":1,\"note\":2,\"zz\":3}"),
                     STATUS_INVALID);
    assert_int_equal(response.error_count, 6);
    assert_string_equal(response.detail,
                        "colour must be red, green or blue; flag must be true or false; tag must be"
                        " an array of strings; and more.");
    assert_non_null(
        strstr(buffer_string(&response.errors), "{\"field\":\"name\",\"detail\":\"is required\"}"));
}

static void three_errors_need_no_more(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++)
        fields_add_error(&validation, "f", "is wrong");
    assert_int_equal(fields_conclude(&response), STATUS_INVALID);
    assert_string_equal(response.detail, "f is wrong; f is wrong; f is wrong.");
}

static void names_in_errors_are_escaped(void **state)
{
    (void)state;
    assert_int_equal(read_object("{\"name\":\"x\",\"\\\"},\\n\":1}"), STATUS_INVALID);
    assert_errors("{\"field\":\"\\\"},\\n\",\"detail\":\"is not known here\"}");
}

static void an_element_of_a_batch_stands_before_its_field(void **state)
{
    (void)state;
    validation.prefix = "[3]";
    assert_int_equal(read_object("{}"), STATUS_INVALID);
    assert_errors("{\"field\":\"[3].name\",\"detail\":\"is required\"}");
}

static void an_element_that_is_no_object_is_named_alone(void **state)
{
    (void)state;
    validation.prefix = "[3]";
    assert_int_equal(read_object("1"), STATUS_INVALID);
    assert_errors("{\"field\":\"[3]\",\"detail\":\"must be a JSON object\"}");
}

static void no_error_is_no_failure(void **state)
{
    (void)state;
    assert_int_equal(fields_conclude(&response), STATUS_OK);
    assert_null(response.detail);
}

static void a_query_fills_the_struct(void **state)
{
    (void)state;
    assert_int_equal(read_query(&fields, "name=a+b&colour=red&flag=true&tag=x&tag=y&note="),
                     STATUS_OK);
    assert_string_equal(sample.name, "a b");
    assert_int_equal(sample.colour, 0);
    assert_true(sample.flag);
    assert_int_equal(sample.tags.count, 2);
    assert_string_equal(sample.note, "");
}

static void a_parameter_is_repeated_only_where_it_may(void **state)
{
    (void)state;
    assert_int_equal(read_query(&fields, "name=a&tag=x&name=a"), STATUS_INVALID);
    assert_errors("{\"field\":\"name\",\"detail\":\"appears more than once\"}");
}

static void an_unknown_parameter_is_named(void **state)
{
    (void)state;
    assert_int_equal(read_query(&fields, "name=a&%6Eope=1&id=2"), STATUS_INVALID);
    assert_errors("{\"field\":\"nope\",\"detail\":\"is not known here\"},"
                  "{\"field\":\"id\",\"detail\":\"is not known here\"}");
}

static void an_oauth_form_may_hold_more(void **state)
{
    struct fields lenient = fields;
    (void)state;
    lenient.ignore_unknown = true;
    assert_int_equal(read_query(&lenient, "client_id=x&name=a&client_id=y&audience=%00"),
                     STATUS_OK);
}

static void a_nul_in_a_parameter_is_refused(void **state)
{
    (void)state;
    assert_int_equal(read_query(&fields, "name=a%00b"), STATUS_INVALID);
    assert_errors("{\"field\":\"name\",\"detail\":\"must not hold a NUL character\"}");
}

static void no_rows_know_nothing(void **state)
{
    static const struct fields none = {0};
    (void)state;
    assert_int_equal(read_query(&none, ""), STATUS_OK);
    assert_int_equal(read_query(&none, "x=1"), STATUS_INVALID);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_body_fills_the_struct),
        TEST(what_is_present_is_a_bit_a_row),
        TEST(what_is_absent_or_null_has_its_default),
        TEST(what_is_required_must_be_there),
        TEST(what_is_required_must_not_be_null),
        TEST(a_patch_needs_nothing_but_no_null_where_required),
        TEST(an_unknown_member_is_named),
        TEST(an_unknown_member_s_name_is_shortened_between_characters),
        TEST(a_name_of_64_bytes_is_told_whole),
        TEST(read_only_members_are_ignored),
        TEST(rows_on_a_base_come_after_its_own),
        TEST(ignored_rows_take_anything),
        TEST(only_an_object_will_do),
        TEST(every_wrong_field_is_told_and_the_sentence_names_three),
        TEST(three_errors_need_no_more),
        TEST(names_in_errors_are_escaped),
        TEST(an_element_of_a_batch_stands_before_its_field),
        TEST(an_element_that_is_no_object_is_named_alone),
        TEST(no_error_is_no_failure),
        TEST(a_query_fills_the_struct),
        TEST(a_parameter_is_repeated_only_where_it_may),
        TEST(an_unknown_parameter_is_named),
        TEST(an_oauth_form_may_hold_more),
        TEST(a_nul_in_a_parameter_is_refused),
        TEST(no_rows_know_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
