/* lib/core/utf8: validity, characters, white space. */
#include "lib/core/utf8.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { LAST = 0x10FFFF };

/* RFC 3629 section 3, written down without a check. */
static size_t encode(uint32_t c, char out[5])
{
    size_t size = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const unsigned char leads[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = size - 1; i > 0; i--, c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3F));
    out[0] = (char)(leads[size] | c);
    out[size] = '\0';
    return size;
}

static bool is_surrogate(uint32_t c)
{
    return c >= 0xD800 && c <= 0xDFFF;
}

static void every_character_is_decoded_and_no_surrogate(void **state)
{
    (void)state;
    for (uint32_t c = 0; c <= LAST; c++) {
        char bytes[5];
        uint32_t read = 0xFFFFFFFF;
        size_t size = encode(c, bytes);
        size_t expected = is_surrogate(c) ? 0 : size;
        if (utf8_decode(bytes, size, &read) != expected || (expected > 0 && read != c))
            fail_msg("U+%04X", c);
    }
}

static void a_cut_character_is_none(void **state)
{
    static const uint32_t characters[] = {0x80, 0x7FF, 0x800, 0xFFFD, 0x10000, LAST};
    (void)state;
    for (size_t i = 0; i < sizeof characters / sizeof *characters; i++) {
        char bytes[5];
        uint32_t read;
        size_t size = encode(characters[i], bytes);
        for (size_t length = 0; length < size; length++)
            assert_int_equal(utf8_decode(bytes, length, &read), 0);
        assert_int_equal(utf8_decode(bytes, size, &read), size);
    }
}

static void what_is_not_utf8_is_refused(void **state)
{
    static const char *const cases[] = {
        "\x80", "\xBF", "\xFE", "\xFF", "a\x80", "\xC3", "\xC3(", "\xC3\xC3\xA9", "\xE2\x82",
        "\xE2(\xA1", "\xE2\x82(", "\xF0\x9F\x98", "\xF0(\x8C\xBC", "\xF0\x90(\xBC", "\xF0\x90\x8C(",
        /* overlong */
        "\xC0\x80", "\xC0\xAF", "\xC1\xBF", "\xE0\x80\xAF", "\xE0\x9F\xBF", "\xF0\x80\x80\xAF",
        "\xF0\x8F\xBF\xBF",
        /* surrogates, alone and as a pair (CESU-8) */
        "\xED\xA0\x80", "\xED\xBF\xBF", "\xED\xA0\xBD\xED\xB8\x80",
        /* beyond U+10FFFF */
        "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xF7\xBF\xBF\xBF", "\xF8\x88\x80\x80\x80",
        "\xFC\x84\x80\x80\x80\x80", "caf\xE9", "\xC3\xA9\x80"};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (utf8_is_valid(cases[i], strlen(cases[i])))
            fail_msg("case %zu", i);
}

static void what_is_utf8_is_accepted(void **state)
{
    static const char *const cases[] = {"",
                                        "plain",
                                        "\x7F",
                                        "\xC2\x80",
                                        "\xDF\xBF",
                                        "\xE0\xA0\x80",
                                        "\xED\x9F\xBF",
                                        "\xEE\x80\x80",
                                        "\xEF\xBF\xBF",
                                        "\xEF\xBB\xBF",
                                        "\xF0\x90\x80\x80",
                                        "\xF4\x8F\xBF\xBF",
                                        "épsilon 😀 日本"};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (!utf8_is_valid(cases[i], strlen(cases[i])))
            fail_msg("case %zu", i);
    assert_true(utf8_is_valid("a\0b", 3));
}

static void characters_are_counted_not_bytes(void **state)
{
    (void)state;
    assert_int_equal(utf8_count(""), 0);
    assert_int_equal(utf8_count("abc"), 3);
    assert_int_equal(utf8_count("é"), 1);
    assert_int_equal(utf8_count("日本語"), 3);
    assert_int_equal(utf8_count("😀😀"), 2);
    assert_int_equal(utf8_count("e\xCC\x81"), 2); /* a combining accent is a character */
}

static void controls_are_those_of_category_cc(void **state)
{
    (void)state;
    for (uint32_t c = 1; c < 0x3000; c++) {
        char text[8] = "a";
        encode(c, text + 1);
        strcat(text, "b");
        bool is_control = c < 0x20 || (c >= 0x7F && c <= 0x9F);
        if (utf8_has_control(text, "") != is_control)
            fail_msg("U+%04X", c);
    }
    assert_false(utf8_has_control("", ""));
}

static void some_controls_can_be_allowed(void **state)
{
    (void)state;
    assert_false(utf8_has_control("a\tb\r\nc", "\t\r\n"));
    assert_true(utf8_has_control("a\tb\vc", "\t\r\n"));
    assert_true(utf8_has_control("a\tb", "\n"));
    assert_true(utf8_has_control("a\n\xC2\x85", "\n"));
    assert_true(utf8_has_control("a\n\x7F", "\n"));
}

/* Unicode's PropList.txt, White_Space. */
static bool is_white_space(uint32_t c)
{
    static const uint32_t ranges[][2] = {
        {0x9, 0xD},       {0x20, 0x20},     {0x85, 0x85},     {0xA0, 0xA0},     {0x1680, 0x1680},
        {0x2000, 0x200A}, {0x2028, 0x2029}, {0x202F, 0x202F}, {0x205F, 0x205F}, {0x3000, 0x3000}};
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (c >= ranges[i][0] && c <= ranges[i][1])
            return true;
    return false;
}

static void white_space_is_found_wherever_unicode_has_it(void **state)
{
    (void)state;
    for (uint32_t c = 1; c <= 0xFFFF; c++) {
        char text[8] = "a";
        if (is_surrogate(c))
            continue;
        encode(c, text + 1);
        strcat(text, "b");
        if (utf8_has_space(text) != is_white_space(c))
            fail_msg("U+%04X", c);
    }
    assert_false(utf8_has_space(""));
}

static void white_space_is_trimmed_at_both_ends(void **state)
{
    static const struct {
        const char *text, *trimmed;
    } cases[] = {
        {"", ""},
        {" ", ""},
        {" \t\r\n ", ""},
        {"a", "a"},
        {" a", "a"},
        {"a ", "a"},
        {" a b ", "a b"},
        {"\xC2\xA0\xE3\x80\x80 x\xE2\x80\x83y \xE2\x80\xA8\xC2\x85", "x\xE2\x80\x83y"},
        {"\xE2\x80\x8Bx\xE2\x80\x8B", "\xE2\x80\x8Bx\xE2\x80\x8B"}, /* zero width: no white space */
        {"\xEF\xBB\xBFx", "\xEF\xBB\xBFx"},
        {"  😀  ", "😀"},
        {"\v\f\x1Cx", "\x1Cx"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[64];
        strcpy(text, cases[i].text);
        assert_string_equal(utf8_trim(text), cases[i].trimmed);
    }
}

static void a_text_of_white_space_alone_shows_nothing(void **state)
{
    (void)state;
    assert_false(utf8_is_visible(""));
    assert_false(utf8_is_visible(" \t\xC2\xA0\xE3\x80\x80"));
    assert_true(utf8_is_visible(" \xE3\x80\x80x "));
    assert_true(utf8_is_visible("😀"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_character_is_decoded_and_no_surrogate),
        cmocka_unit_test(a_cut_character_is_none),
        cmocka_unit_test(what_is_not_utf8_is_refused),
        cmocka_unit_test(what_is_utf8_is_accepted),
        cmocka_unit_test(characters_are_counted_not_bytes),
        cmocka_unit_test(controls_are_those_of_category_cc),
        cmocka_unit_test(some_controls_can_be_allowed),
        cmocka_unit_test(white_space_is_found_wherever_unicode_has_it),
        cmocka_unit_test(white_space_is_trimmed_at_both_ends),
        cmocka_unit_test(a_text_of_white_space_alone_shows_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
