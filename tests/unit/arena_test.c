/* lib/core/arena: memory that is given back all at once. */
#include "lib/core/arena.h"

#include <setjmp.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { FIRST = 1024, CAP = 4096 };

static int set_up(void **state)
{
    *state = arena_create(FIRST, CAP);
    return *state == NULL;
}

static int tear_down(void **state)
{
    arena_unguard(*state);
    arena_destroy(*state);
    return 0;
}

static bool is_filled(const unsigned char *bytes, size_t size, unsigned char with)
{
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != with)
            return false;
    return true;
}

static void memory_is_zeroed_also_when_it_is_used_again(void **state)
{
    for (int round = 0; round < 3; round++) {
        for (size_t size = 1; size <= 300; size += 13) {
            unsigned char *bytes = arena_alloc(*state, size);
            assert_true(is_filled(bytes, size, 0));
            memset(bytes, 0xA5, size);
        }
        arena_reset(*state);
    }
}

static void memory_is_aligned_for_any_type(void **state)
{
    for (size_t size = 1; size < 70; size++)
        assert_int_equal((uintptr_t)arena_alloc(*state, size) % alignof(max_align_t), 0);
}

static void pieces_do_not_overlap_across_blocks(void **state)
{
    unsigned char *pieces[40];
    for (unsigned char i = 0; i < 40; i++)
        pieces[i] = memset(arena_alloc(*state, 90), i, 90);
    for (unsigned char i = 0; i < 40; i++)
        assert_true(is_filled(pieces[i], 90, i));
}

static void a_piece_may_be_larger_than_the_first_block(void **state)
{
    unsigned char *large = arena_alloc(*state, 3 * FIRST);
    assert_true(is_filled(large, 3 * FIRST, 0));
    memset(large, 1, 3 * FIRST);
    unsigned char *next = arena_alloc(*state, 16);
    assert_true(next >= large + 3 * FIRST || next + 16 <= large);
}

static void the_first_block_is_kept_over_a_reset(void **state)
{
    void *first = arena_alloc(*state, 16);
    arena_alloc(*state, 2 * FIRST);
    arena_reset(*state);
    assert_ptr_equal(arena_alloc(*state, 16), first);
}

static void growing_nothing_gives_memory(void **state)
{
    char *grown = arena_grow(*state, NULL, 0, 100);
    memset(grown, 'x', 100);
    assert_non_null(grown);
}

static void the_newest_piece_grows_in_place(void **state)
{
    char *text = arena_copy(*state, "begin", 5);
    char *grown = arena_grow(*state, text, 6, 500);
    assert_ptr_equal(grown, text);
    assert_string_equal(grown, "begin");
    unsigned char *next = arena_alloc(*state, 8);
    assert_true(next >= (unsigned char *)grown + 500);
}

static void an_older_piece_moves_as_it_grows(void **state)
{
    char *text = arena_copy(*state, "begin", 5);
    char *other = arena_copy(*state, "other", 5);
    char *grown = arena_grow(*state, text, 6, 500);
    memset(grown + 6, 'z', 494);
    assert_ptr_not_equal(grown, text);
    assert_string_equal(grown, "begin");
    assert_string_equal(other, "other");
}

static void a_piece_grows_out_of_its_block(void **state)
{
    char *text = arena_alloc(*state, FIRST);
    memset(text, 'q', FIRST);
    char *grown = arena_grow(*state, text, FIRST, 2 * FIRST);
    assert_true(is_filled((unsigned char *)grown, FIRST, 'q'));
    memset(grown, 0, 2 * FIRST);
}

static void copies_end_with_a_nul(void **state)
{
    const char bytes[] = {'a', '\0', 'b'};
    assert_string_equal(arena_copy(*state, "abcdef", 3), "abc");
    assert_string_equal(arena_copy(*state, "", 0), "");
    assert_memory_equal(arena_copy(*state, bytes, 3), "a\0b", 4);
}

static void printf_takes_texts_of_any_length(void **state)
{
    char text[2001];
    memset(text, 'y', 2000);
    text[2000] = '\0';
    assert_string_equal(arena_printf(*state, "%s", ""), "");
    assert_string_equal(arena_printf(*state, "%d-%s", -7, "x"), "-7-x");
    const char *printed = arena_printf(*state, "<%s>", text);
    assert_int_equal(strlen(printed), 2002);
    assert_memory_equal(printed + 1, text, 2000);
}

/* In a first block of 64 bytes: lengths that end on its last byte, before and behind it. */
static void printf_is_whole_wherever_its_block_ends(void **state)
{
    (void)state;
    for (int used = 0; used < 64; used += 8)
        for (int length = 0; length < 80; length++) {
            struct arena *small = arena_create(64, 1 << 20);
            char *before = arena_copy(small, "abcdefg", 7);
            (void)arena_alloc(small, (size_t)used);
            const char *printed = arena_printf(small, "%*d", length, 7);
            const char *next = arena_copy(small, "next", 4);
            assert_int_equal(strlen(printed), length < 1 ? 1 : length);
            assert_int_equal(strtol(printed, NULL, 10), 7);
            assert_string_equal(before, "abcdefg");
            assert_string_equal(next, "next");
            arena_destroy(small);
        }
}

static char ran[8];

static void note(void *letter)
{
    strncat(ran, letter, 1);
}

static void what_is_deferred_runs_newest_first_and_once(void **state)
{
    static char letters[] = "abc";
    ran[0] = '\0';
    for (int i = 0; i < 3; i++)
        arena_defer(*state, note, &letters[i]);
    assert_string_equal(ran, "");
    arena_reset(*state);
    assert_string_equal(ran, "cba");
    arena_reset(*state);
    assert_string_equal(ran, "cba");
}

static void what_is_deferred_runs_when_the_arena_goes(void **state)
{
    static char letter[] = "d";
    (void)state;
    struct arena *arena = arena_create(64, 64);
    ran[0] = '\0';
    arena_defer(arena, note, letter);
    arena_destroy(arena);
    assert_string_equal(ran, "d");
}

/* Takes blocks of FIRST bytes until the cap ends it; how many it got. */
static int take_until_the_cap(struct arena *arena)
{
    static volatile int taken;
    taken = 0;
    if (setjmp(*arena_limit(arena)) == 0)
        while (taken < 100) {
            arena_alloc(arena, FIRST);
            taken++;
        }
    return taken;
}

static void the_cap_is_reached_to_the_byte(void **state)
{
    assert_int_equal(take_until_the_cap(*state), CAP / FIRST);
}

static void the_cap_counts_anew_after_a_reset(void **state)
{
    for (int round = 0; round < 3; round++) {
        assert_int_equal(take_until_the_cap(*state), CAP / FIRST);
        arena_reset(*state);
    }
}

static void whoever_tells_of_the_cap_may_still_allocate(void **state)
{
    take_until_the_cap(*state);
    assert_string_equal(arena_printf(*state, "%s", "too large"), "too large");
    assert_non_null(arena_alloc(*state, 2 * FIRST));
}

static void one_piece_beyond_the_cap_is_refused(void **state)
{
    volatile bool refused = false;
    if (setjmp(*arena_limit(*state)) == 0)
        arena_alloc(*state, CAP - FIRST + 1);
    else
        refused = true;
    assert_true(refused);
}

static void one_piece_up_to_the_cap_is_given(void **state)
{
    volatile bool refused = false;
    if (setjmp(*arena_limit(*state)) == 0)
        arena_alloc(*state, CAP - FIRST);
    else
        refused = true;
    assert_false(refused);
}

static void what_is_deferred_still_runs_after_the_cap(void **state)
{
    static char letter[] = "e";
    ran[0] = '\0';
    arena_defer(*state, note, letter);
    take_until_the_cap(*state);
    arena_reset(*state);
    assert_string_equal(ran, "e");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(memory_is_zeroed_also_when_it_is_used_again),
        TEST(memory_is_aligned_for_any_type),
        TEST(pieces_do_not_overlap_across_blocks),
        TEST(a_piece_may_be_larger_than_the_first_block),
        TEST(the_first_block_is_kept_over_a_reset),
        TEST(growing_nothing_gives_memory),
        TEST(the_newest_piece_grows_in_place),
        TEST(an_older_piece_moves_as_it_grows),
        TEST(a_piece_grows_out_of_its_block),
        TEST(copies_end_with_a_nul),
        TEST(printf_takes_texts_of_any_length),
        TEST(printf_is_whole_wherever_its_block_ends),
        TEST(what_is_deferred_runs_newest_first_and_once),
        TEST(what_is_deferred_runs_when_the_arena_goes),
        TEST(the_cap_is_reached_to_the_byte),
        TEST(the_cap_counts_anew_after_a_reset),
        TEST(whoever_tells_of_the_cap_may_still_allocate),
        TEST(one_piece_beyond_the_cap_is_refused),
        TEST(one_piece_up_to_the_cap_is_given),
        TEST(what_is_deferred_still_runs_after_the_cap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
