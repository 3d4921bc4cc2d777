/* lib/core/buffer: a text that grows. */
#include "lib/core/buffer.h"

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
    arena = arena_create(512, 1 << 20);
    return arena == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    arena_destroy(arena);
    return 0;
}

static void an_empty_buffer_is_an_empty_string(void **state)
{
    (void)state;
    struct buffer buffer = {.arena = arena};
    assert_string_equal(buffer_string(&buffer), "");
    assert_int_equal(buffer.length, 0);
}

static void adding_nothing_needs_no_memory(void **state)
{
    (void)state;
    struct buffer buffer = {.arena = arena};
    buffer_add(&buffer, NULL, 0);
    buffer_add_text(&buffer, "");
    assert_null(buffer.data);
}

static void pieces_follow_one_another(void **state)
{
    (void)state;
    struct buffer buffer = {.arena = arena};
    buffer_add_text(&buffer, "one");
    buffer_add_char(&buffer, ' ');
    buffer_add(&buffer, "two!", 3);
    assert_string_equal(buffer_string(&buffer), "one two");
    assert_int_equal(buffer.length, 7);
}

static void the_string_s_nul_is_no_part_of_the_text(void **state)
{
    (void)state;
    struct buffer buffer = {.arena = arena};
    buffer_add_text(&buffer, "a");
    buffer_string(&buffer);
    buffer_add_text(&buffer, "b");
    assert_string_equal(buffer_string(&buffer), "ab");
}

static void nul_bytes_are_bytes(void **state)
{
    (void)state;
    struct buffer buffer = {.arena = arena};
    buffer_add(&buffer, "a\0b", 3);
    buffer_add_char(&buffer, '\0');
    assert_int_equal(buffer.length, 4);
    assert_memory_equal(buffer.data, "a\0b\0", 4);
}

/* Other memory is taken in between, so that the text has to move. */
static void a_text_survives_all_its_moves(void **state)
{
    (void)state;
    struct buffer buffer = {.arena = arena};
    for (int i = 0; i < 50000; i++) {
        buffer_add_char(&buffer, (char)('a' + i % 26));
        if (i % 1000 == 0)
            arena_alloc(arena, 16);
    }
    assert_int_equal(buffer.length, 50000);
    for (int i = 0; i < 50000; i++)
        if (buffer.data[i] != 'a' + i % 26)
            fail_msg("byte %d", i);
}

static void two_buffers_grow_side_by_side(void **state)
{
    (void)state;
    struct buffer one = {.arena = arena}, other = {.arena = arena};
    for (int i = 0; i < 5000; i++) {
        buffer_add_char(&one, '1');
        buffer_add_char(&other, '2');
    }
    assert_int_equal(strspn(buffer_string(&one), "1"), 5000);
    assert_int_equal(strspn(buffer_string(&other), "2"), 5000);
}

static void a_large_piece_is_taken_whole(void **state)
{
    (void)state;
    static char large[100000];
    struct buffer buffer = {.arena = arena};
    memset(large, 'x', sizeof large);
    buffer_add_text(&buffer, "<");
    buffer_add(&buffer, large, sizeof large);
    buffer_add_text(&buffer, ">");
    assert_int_equal(strlen(buffer_string(&buffer)), sizeof large + 2);
}

static void reserved_room_can_be_written(void **state)
{
    (void)state;
    struct buffer buffer = {.arena = arena};
    buffer_add_text(&buffer, "ab");
    memset(buffer_reserve(&buffer, 3000), 'r', 3000);
    assert_int_equal(buffer.length, 2);
    assert_true(buffer.capacity >= 3002);
    assert_memory_equal(buffer.data, "abr", 3);
}

static void integers_are_written_up_to_both_limits(void **state)
{
    static const struct {
        int64_t number;
        const char *text;
    } cases[] = {
        {0, "0"},
        {-1, "-1"},
        {2147483648, "2147483648"},
        {INT64_MAX, "9223372036854775807"},
        {INT64_MIN, "-9223372036854775808"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buffer buffer = {.arena = arena};
        buffer_add_integer(&buffer, cases[i].number);
        assert_string_equal(buffer_string(&buffer), cases[i].text);
    }
}

static void hexadecimal_numbers_are_written_in_lower_case_without_zeros_before(void **state)
{
    static const struct {
        uint64_t number;
        const char *text;
    } cases[] = {
        {0, "0"},
        {0xA0F, "a0f"},
        {UINT64_C(0x0123456789ABCDEF), "123456789abcdef"},
        {UINT64_MAX, "ffffffffffffffff"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buffer buffer = {.arena = arena};
        buffer_add_hex(&buffer, cases[i].number);
        assert_string_equal(buffer_string(&buffer), cases[i].text);
    }
}

static void all_but_unreserved_characters_are_percent_encoded(void **state)
{
    static const char unreserved[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                     "0123456789-._~"; /* RFC 3986 section 2.3 */
    (void)state;
    for (int byte = 1; byte < 256; byte++) {
        struct buffer buffer = {.arena = arena};
        char text[2] = {(char)byte, '\0'};
        char expected[4] = {(char)byte, '\0'};
        if (strchr(unreserved, (char)byte) == NULL)
            snprintf(expected, sizeof expected, "%%%02X", (unsigned)byte);
        buffer_add_uri_encoded(&buffer, text);
        assert_string_equal(buffer_string(&buffer), expected);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_empty_buffer_is_an_empty_string),
        TEST(adding_nothing_needs_no_memory),
        TEST(pieces_follow_one_another),
        TEST(the_string_s_nul_is_no_part_of_the_text),
        TEST(nul_bytes_are_bytes),
        TEST(a_text_survives_all_its_moves),
        TEST(two_buffers_grow_side_by_side),
        TEST(a_large_piece_is_taken_whole),
        TEST(reserved_room_can_be_written),
        TEST(integers_are_written_up_to_both_limits),
        TEST(hexadecimal_numbers_are_written_in_lower_case_without_zeros_before),
        TEST(all_but_unreserved_characters_are_percent_encoded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
