/* lib/data/value: PostgreSQL's binary formats, on results made without a server. */
#include "lib/data/value.h"

#include <libpq-fe.h>
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
    arena = arena_create(4096, 1 << 24);
    return arena == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    arena_destroy(arena);
    return 0;
}

static void clear_result(void *result)
{
    PQclear(result);
}

/* A result of one cell. */
static struct db_rows make_cell(const void *bytes, int length)
{
    PGresAttDesc column = {.name = "cell", .format = 1};
    PGresult *result = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
    assert_non_null(result);
    arena_defer(arena, clear_result, result);
    assert_int_equal(PQsetResultAttrs(result, 1, &column), 1);
    assert_int_equal(PQsetvalue(result, 0, 0, (char *)bytes, length), 1);
    return (struct db_rows){.result = result, .count = 1};
}

static struct db_rows make_null(void)
{
    return make_cell(NULL, -1);
}

/* The last parameter as a cell: as if the database gave back what it got. */
static struct db_rows echo(const struct db_query *query)
{
    int last = query->count - 1;
    return make_cell(query->values[last], query->lengths[last]);
}

static void assert_param(const struct db_query *query, const void *bytes, int length)
{
    int last = query->count - 1;
    assert_int_equal(query->formats[last], 1);
    assert_int_equal(query->lengths[last], length);
    assert_memory_equal(query->values[last], bytes, (size_t)length);
}

static void parameters_stand_in_their_order(void **state)
{
    struct db_query query = {0};
    (void)state;
    value_add_text(&query, "first");
    value_add_null(&query);
    value_add_boolean(&query, true);
    value_add_text(&query, NULL);
    assert_int_equal(query.count, 4);
    assert_string_equal(query.values[0], "first");
    assert_int_equal(query.formats[0], 0);
    assert_null(query.values[1]);
    assert_memory_equal(query.values[2], "\1", 1);
    assert_null(query.values[3]);
}

/* Numbers lie in the parameters themselves: a copy of a pointer must not be overwritten. */
static void as_many_numbers_as_there_is_room_for_stay_apart(void **state)
{
    struct db_query query = {0};
    (void)state;
    for (int i = 0; i < DB_MAX_PARAMS; i++)
        value_add_integer(&query, i);
    for (int i = 0; i < DB_MAX_PARAMS; i++) {
        const unsigned char expected[8] = {0, 0, 0, 0, 0, 0, 0, (unsigned char)i};
        assert_memory_equal(query.values[i], expected, 8);
    }
}

static void integers_are_eight_bytes_big_endian(void **state)
{
    static const struct {
        int64_t value;
        const char *bytes;
    } cases[] = {
        {0, "\0\0\0\0\0\0\0\0"},
        {1, "\0\0\0\0\0\0\0\1"},
        {-1, "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"},
        {0x0102030405060708, "\1\2\3\4\5\6\7\x08"},
        {INT64_MAX, "\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF"},
        {INT64_MIN, "\x80\0\0\0\0\0\0\0"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct db_query query = {0};
        value_add_integer(&query, cases[i].value);
        assert_param(&query, cases[i].bytes, 8);
        struct db_rows rows = echo(&query);
        assert_true(value_get_integer(&rows, 0, 0) == cases[i].value);
    }
}

static void smaller_integers_are_two_and_four_bytes(void **state)
{
    struct db_query query = {0};
    (void)state;
    value_add_smallint(&query, INT16_MIN);
    assert_param(&query, "\x80\x00", 2);
    value_add_smallint(&query, 2);
    assert_param(&query, "\x00\x02", 2);
    value_add_int(&query, INT32_MAX);
    assert_param(&query, "\x7F\xFF\xFF\xFF", 4);
    value_add_int(&query, -2);
    assert_param(&query, "\xFF\xFF\xFF\xFE", 4);
}

static void integers_of_two_and_four_bytes_keep_their_sign(void **state)
{
    static const struct {
        const char *bytes;
        int length;
        int64_t value;
    } cases[] = {
        {"\x00\x02", 2, 2},
        {"\x7F\xFF", 2, INT16_MAX},
        {"\x80\x00", 2, INT16_MIN},
        {"\xFF\xFF", 2, -1},
        {"\x00\x00\x00\x02", 4, 2},
        {"\x7F\xFF\xFF\xFF", 4, INT32_MAX},
        {"\x80\x00\x00\x00", 4, INT32_MIN},
        {"\xFF\xFF\xFF\xFE", 4, -2},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct db_rows rows = make_cell(cases[i].bytes, cases[i].length);
        assert_true(value_get_integer(&rows, 0, 0) == cases[i].value);
    }
}

static void booleans_are_one_byte(void **state)
{
    (void)state;
    for (int value = 0; value <= 1; value++) {
        struct db_query query = {0};
        value_add_boolean(&query, value != 0);
        assert_param(&query, value ? "\1" : "\0", 1);
        struct db_rows rows = echo(&query);
        assert_int_equal(value_get_boolean(&rows, 0, 0), value);
    }
}

static void timestamps_count_from_the_year_2000(void **state)
{
    static const struct {
        int64_t micros;
        const char *bytes;
    } cases[] = {
        {INT64_C(946684800000000), "\0\0\0\0\0\0\0\0"},
        {INT64_C(946684800000001), "\0\0\0\0\0\0\0\1"},
        {INT64_C(946684799999999), "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"},
        {0, "\xFF\xFC\xA2\xFE\xC4\xC8\x20\x00"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct db_query query = {0};
        value_add_timestamp(&query, cases[i].micros);
        assert_param(&query, cases[i].bytes, 8);
        struct db_rows rows = echo(&query);
        assert_true(value_get_timestamp(&rows, 0, 0) == cases[i].micros);
    }
}

static void uuids_are_their_sixteen_bytes(void **state)
{
    struct db_query query = {0};
    (void)state;
    struct uuid uuid = uuid_create();
    value_add_uuid(&query, &uuid);
    assert_param(&query, uuid.bytes, 16);
    struct db_rows rows = echo(&query);
    struct uuid read = value_get_uuid(&rows, 0, 0);
    assert_true(uuid_equals(&read, &uuid));
}

static void bytes_are_sent_as_they_are(void **state)
{
    struct db_query query = {0};
    (void)state;
    value_add_bytes(&query, "a\0b", 3);
    assert_param(&query, "a\0b", 3);
}

static void texts_are_read_with_a_nul_behind(void **state)
{
    (void)state;
    struct db_rows rows = make_cell("épsilon and more", 8);
    assert_string_equal(value_get_text(&rows, 0, 0), "épsilon");
    rows = make_cell("", 0);
    assert_string_equal(value_get_text(&rows, 0, 0), "");
}

static void sql_s_null_is_told_apart_from_nothing(void **state)
{
    static const struct uuid zero;
    (void)state;
    struct db_rows null = make_null(), empty = make_cell("", 0);
    assert_true(value_is_null(&null, 0, 0));
    assert_false(value_is_null(&empty, 0, 0));
    assert_null(value_get_text(&null, 0, 0));
    assert_false(value_get_boolean(&null, 0, 0));
    assert_int_equal(value_get_integer(&null, 0, 0), 0);
    assert_int_equal(value_get_texts(&null, 0, 0, arena).count, 0);
    struct uuid uuid = value_get_uuid(&null, 0, 0);
    assert_true(uuid_equals(&uuid, &zero));
}

static void numbers_that_may_be_null_say_whether_they_are(void **state)
{
    int64_t value = 7;
    (void)state;
    struct db_rows null = make_null(), zero = make_cell("\0\0\0\0\0\0\0\0", 8);
    assert_false(value_read_integer(&null, 0, 0, &value));
    assert_false(value_read_timestamp(&null, 0, 0, &value));
    assert_true(value_read_timestamp(&zero, 0, 0, &value));
    assert_int_equal(value, INT64_C(946684800000000));
    assert_true(value_read_integer(&zero, 0, 0, &value));
    assert_int_equal(value, 0);
}

/* array_recv's format: dimensions, has-null flag, element type, length, lower bound, elements. */
static void an_array_of_texts_has_postgresql_s_binary_format(void **state)
{
    static const char *const items[] = {"home", "", "é"};
    static const char expected[] = "\0\0\0\1"
                                   "\0\0\0\0"
                                   "\0\0\0\x19"
                                   "\0\0\0\3"
                                   "\0\0\0\1"
                                   "\0\0\0\4"
                                   "home"
                                   "\0\0\0\0"
                                   "\0\0\0\2"
                                   "\xC3\xA9";
    struct texts texts = {items, 3};
    struct db_query query = {0};
    (void)state;
    value_add_texts(&query, arena, &texts);
    assert_param(&query, expected, sizeof expected - 1);
}

static void an_empty_array_has_no_dimension(void **state)
{
    static const char texts_expected[] = "\0\0\0\0"
                                         "\0\0\0\0"
                                         "\0\0\0\x19";
    static const char times_expected[] = "\0\0\0\0"
                                         "\0\0\0\0"
                                         "\0\0\x04\xA0";
    struct texts none = {NULL, 0};
    struct db_query query = {0};
    (void)state;
    value_add_texts(&query, arena, &none);
    assert_param(&query, texts_expected, sizeof texts_expected - 1);
    struct db_rows rows = echo(&query);
    assert_int_equal(value_get_texts(&rows, 0, 0, arena).count, 0);
    value_add_timestamps(&query, arena, NULL, 0);
    assert_param(&query, times_expected, sizeof times_expected - 1);
}

static void an_array_of_timestamps_has_postgresql_s_binary_format(void **state)
{
    static const int64_t micros[] = {INT64_C(946684800000000), INT64_C(946684799999999)};
    static const char expected[] = "\0\0\0\1"
                                   "\0\0\0\0"
                                   "\0\0\x04\xA0"
                                   "\0\0\0\2"
                                   "\0\0\0\1"
                                   "\0\0\0\x08"
                                   "\0\0\0\0\0\0\0\0"
                                   "\0\0\0\x08"
                                   "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF";
    struct db_query query = {0};
    (void)state;
    value_add_timestamps(&query, arena, micros, 2);
    assert_param(&query, expected, sizeof expected - 1);
}

static void an_array_of_texts_survives_the_way_there_and_back(void **state)
{
    static char longest[5000];
    const char *items[1000];
    (void)state;
    memset(longest, 'x', sizeof longest - 1);
    for (size_t count = 1; count <= 1000; count *= 10) {
        for (size_t i = 0; i < count; i++)
            items[i] = i % 3 == 0 ? "" : i % 3 == 1 ? "日本 \"{},\\" : longest + i;
        struct texts texts = {items, count};
        struct db_query query = {0};
        value_add_texts(&query, arena, &texts);
        struct db_rows rows = echo(&query);
        struct texts read = value_get_texts(&rows, 0, 0, arena);
        assert_int_equal(read.count, count);
        for (size_t i = 0; i < count; i++)
            assert_string_equal(read.items[i], items[i]);
        arena_reset(arena);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(parameters_stand_in_their_order),
        TEST(as_many_numbers_as_there_is_room_for_stay_apart),
        TEST(integers_are_eight_bytes_big_endian),
        TEST(smaller_integers_are_two_and_four_bytes),
        TEST(integers_of_two_and_four_bytes_keep_their_sign),
        TEST(booleans_are_one_byte),
        TEST(timestamps_count_from_the_year_2000),
        TEST(uuids_are_their_sixteen_bytes),
        TEST(bytes_are_sent_as_they_are),
        TEST(texts_are_read_with_a_nul_behind),
        TEST(sql_s_null_is_told_apart_from_nothing),
        TEST(numbers_that_may_be_null_say_whether_they_are),
        TEST(an_array_of_texts_has_postgresql_s_binary_format),
        TEST(an_empty_array_has_no_dimension),
        TEST(an_array_of_timestamps_has_postgresql_s_binary_format),
        TEST(an_array_of_texts_survives_the_way_there_and_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
