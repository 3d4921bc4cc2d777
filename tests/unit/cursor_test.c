/* app/cursor: a place in a list, given out and taken back. */
#include "app/resources/cursor.h"
#include "lib/core/encoding.h"

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
    arena = arena_create(16384, 1 << 20);
    return arena == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    arena_destroy(arena);
    return 0;
}

static struct task_place make_place(const void *key, size_t length)
{
    struct task_place place = {.id = uuid_create(), .key_length = length};
    memcpy(place.key, key, length);
    return place;
}

/* The key of the right kind for an order. */
static struct task_place place_for(enum task_sort sort)
{
    if (sort == TASK_BY_TITLE)
        return make_place("Buy milk é", 11);
    return make_place("\0\1\2\3\4\5\6\7", sort == TASK_BY_PRIORITY ? 2 : 8);
}

static void a_place_is_read_back_in_every_order(void **state)
{
    (void)state;
    for (int i = 0; i < 12; i++) {
        struct task_page page = {.sort = (enum task_sort)(i / 2), .descending = i % 2 == 1};
        struct task_place place = place_for(page.sort), read = {.key_length = 0};
        const char *text = cursor_encode(arena, &page, &place);
        assert_true(cursor_decode(text, &page, &read));
        assert_true(uuid_equals(&read.id, &place.id));
        assert_int_equal(read.key_length, place.key_length);
        assert_memory_equal(read.key, place.key, place.key_length);
    }
}

static void a_cursor_is_safe_in_a_uri(void **state)
{
    static const char safe[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    (void)state;
    struct task_page page = {.sort = TASK_BY_TITLE};
    struct task_place place = place_for(TASK_BY_TITLE);
    const char *text = cursor_encode(arena, &page, &place);
    assert_int_equal(strspn(text, safe), strlen(text));
}

static void another_order_or_direction_refuses_it(void **state)
{
    (void)state;
    for (int made = 0; made < 12; made++) {
        struct task_page page = {.sort = (enum task_sort)(made / 2), .descending = made % 2 == 1};
        struct task_place place = place_for(page.sort), read;
        const char *text = cursor_encode(arena, &page, &place);
        for (int used = 0; used < 12; used++) {
            struct task_page other = {.sort = (enum task_sort)(used / 2),
                                      .descending = used % 2 == 1};
            assert_int_equal(cursor_decode(text, &other, &read), made == used);
        }
    }
}

/* A cursor out of given bytes, as a client might make one. */
static const char *make_cursor(const void *bytes, size_t length)
{
    char *text = arena_alloc(arena, ENCODING_BASE64_SIZE(length));
    encoding_base64_encode(bytes, length, text);
    return text;
}

static void a_key_of_the_wrong_size_is_refused(void **state)
{
    static const struct {
        enum task_sort sort;
        size_t size;
    } cases[] = {{TASK_BY_CREATED, 8},
                 {TASK_BY_UPDATED, 8},
                 {TASK_BY_DUE, 8},
                 {TASK_BY_PRIORITY, 2},
                 {TASK_BY_ORDER, 8}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (size_t size = 0; size <= 16; size++) {
            struct task_page page = {.sort = cases[i].sort};
            struct task_place place = make_place("0123456789abcdef", size), read;
            const char *text = cursor_encode(arena, &page, &place);
            assert_int_equal(cursor_decode(text, &page, &read), size == cases[i].size);
        }
}

static void a_title_that_no_task_can_have_is_refused(void **state)
{
    static const struct {
        const char *key;
        size_t length;
        bool good;
    } cases[] = {{"a", 1, true},     {"é", 2, true},     {"", 0, false},
                 {"a\0b", 3, false}, {"\xFF", 1, false}, {"\xC3", 1, false}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct task_page page = {.sort = TASK_BY_TITLE};
        struct task_place place = make_place(cases[i].key, cases[i].length), read;
        const char *text = cursor_encode(arena, &page, &place);
        assert_int_equal(cursor_decode(text, &page, &read), cases[i].good);
    }
}

static void the_longest_title_fits_and_no_longer_one(void **state)
{
    unsigned char bytes[1 + 16 + TASK_KEY_MAX + 1];
    struct task_page page = {.sort = TASK_BY_TITLE};
    struct task_place read;
    (void)state;
    memset(bytes, 'x', sizeof bytes);
    bytes[0] = (unsigned char)(TASK_BY_TITLE << 1);
    assert_true(cursor_decode(make_cursor(bytes, sizeof bytes - 1), &page, &read));
    assert_int_equal(read.key_length, TASK_KEY_MAX);
    assert_false(cursor_decode(make_cursor(bytes, sizeof bytes), &page, &read));
}

static void what_is_no_cursor_of_ours_is_refused(void **state)
{
    (void)state;
    struct task_page page = {.sort = TASK_BY_CREATED};
    struct task_place place = place_for(TASK_BY_CREATED), read;
    const char *good = cursor_encode(arena, &page, &place);
    const char *cases[] = {
        "",
        "A",
        "AA",
        "AAAA",
        "x",
        "=",
        "0",
        "!",
        "next",
        "\xC3\xA9",
        arena_printf(arena, "%s=", good),
        arena_printf(arena, "%s ", good),
        arena_printf(arena, " %s", good),
        arena_printf(arena, "%sA", good),
        arena_printf(arena, "%sAAAA", good),
        good + 1,
        good + 4,
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (cursor_decode(cases[i], &page, &read))
            fail_msg("'%s' was taken", cases[i]);
}

static void a_cursor_cut_anywhere_is_refused(void **state)
{
    (void)state;
    struct task_page page = {.sort = TASK_BY_CREATED, .descending = true};
    struct task_place place = place_for(TASK_BY_CREATED), read;
    const char *good = cursor_encode(arena, &page, &place);
    for (size_t length = 0; length < strlen(good); length++)
        assert_false(cursor_decode(arena_copy(arena, good, length), &page, &read));
}

static void a_very_long_text_is_refused(void **state)
{
    char *text = arena_alloc(arena, 100001);
    struct task_page page = {.sort = TASK_BY_TITLE};
    struct task_place read;
    (void)state;
    memset(text, 'A', 100000);
    assert_false(cursor_decode(text, &page, &read));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_place_is_read_back_in_every_order),
        TEST(a_cursor_is_safe_in_a_uri),
        TEST(another_order_or_direction_refuses_it),
        TEST(a_key_of_the_wrong_size_is_refused),
        TEST(a_title_that_no_task_can_have_is_refused),
        TEST(the_longest_title_fits_and_no_longer_one),
        TEST(what_is_no_cursor_of_ours_is_refused),
        TEST(a_cursor_cut_anywhere_is_refused),
        TEST(a_very_long_text_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
