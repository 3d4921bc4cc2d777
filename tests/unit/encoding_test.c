/* lib/core/encoding: hexadecimal, base64url, percent-encoding, random bytes. */
#include "lib/core/encoding.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void hexadecimal_digits_have_their_values(void **state)
{
    static const char digits[] = "0123456789abcdef";
    static const char capitals[] = "ABCDEF";
    (void)state;
    for (int byte = 0; byte < 256; byte++) {
        const char *lower = byte == 0 ? NULL : strchr(digits, byte);
        const char *upper = byte == 0 ? NULL : strchr(capitals, byte);
        int expected = lower != NULL ? (int)(lower - digits) : -1;
        if (upper != NULL)
            expected = 10 + (int)(upper - capitals);
        assert_int_equal(encoding_hex_value((char)byte), expected);
    }
}

static void a_plain_text_is_letters_digits_and_the_marks_named(void **state)
{
    (void)state;
    assert_true(encoding_is_plain("azAZ09", ""));
    assert_true(encoding_is_plain("a.b-c", ".-"));
    assert_false(encoding_is_plain("", ".-"));
    for (int byte = 1; byte < 256; byte++) {
        char text[] = {'x', (char)byte, 'y', '\0'};
        bool is_letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
        bool expected = is_letter || (byte >= '0' && byte <= '9') || byte == '.' || byte == '[';
        assert_int_equal(encoding_is_plain(text, ".["), expected);
    }
}

static void texts_that_differ_anywhere_have_other_hashes(void **state)
{
    char text[40] = "";
    (void)state;
    for (size_t length = 0; length < sizeof text - 1; length++) {
        memset(text, 'a', length);
        text[length] = '\0';
        uint64_t hash = encoding_hash(text);
        assert_true(hash == encoding_hash(text));
        for (size_t i = 0; i <= length; i++)
            for (int other = 1; other < 256; other <<= 1) {
                char before = text[i];
                text[i] = (char)(before ^ other);
                text[i + 1] = i == length ? '\0' : text[i + 1];
                assert_true(hash != encoding_hash(text));
                text[i] = before;
            }
    }
}

static void random_bytes_are_not_the_same_twice(void **state)
{
    unsigned char one[256], other[256];
    (void)state;
    encoding_random(one, sizeof one);
    encoding_random(other, sizeof other);
    assert_memory_not_equal(one, other, sizeof one);
    assert_memory_not_equal(one, one + 128, 128);
}

static void random_bytes_stay_in_their_place(void **state)
{
    unsigned char bytes[3] = {1, 0, 2};
    (void)state;
    encoding_random(bytes + 1, 1);
    encoding_random(bytes + 1, 0);
    assert_int_equal(bytes[0], 1);
    assert_int_equal(bytes[2], 2);
}

static const struct {
    const char *bytes;
    size_t length;
    const char *text;
} pairs[] = {
    {"", 0, ""}, /* RFC 4648 section 10, without padding */
    {"f", 1, "Zg"},
    {"fo", 2, "Zm8"},
    {"foo", 3, "Zm9v"},
    {"foob", 4, "Zm9vYg"},
    {"fooba", 5, "Zm9vYmE"},
    {"foobar", 6, "Zm9vYmFy"},
    {"\0", 1, "AA"},
    {"\0\0\0", 3, "AAAA"},
    {"\xFF", 1, "_w"},
    {"\xFF\xFF\xFF", 3, "____"},
    {"\xFB\xEF\xBE", 3, "----"},
    {"\x14\xFB\x9C\x03\xD9\x7E", 6, "FPucA9l-"},
    {"{\"alg\":\"HS256\"}", 15, "eyJhbGciOiJIUzI1NiJ9"},
};

static void bytes_are_written_as_base64url_without_padding(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        char text[32];
        encoding_base64_encode(pairs[i].bytes, pairs[i].length, text);
        assert_string_equal(text, pairs[i].text);
        assert_int_equal(strlen(text) + 1, ENCODING_BASE64_SIZE(pairs[i].length));
    }
}

static void base64url_is_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        unsigned char bytes[32];
        size_t length = 99;
        assert_true(encoding_base64_decode(pairs[i].text, strlen(pairs[i].text), bytes, &length));
        assert_int_equal(length, pairs[i].length);
        assert_memory_equal(bytes, pairs[i].bytes, length);
    }
}

static void any_bytes_of_any_length_survive(void **state)
{
    unsigned char bytes[100], again[100];
    char text[ENCODING_BASE64_SIZE(100)];
    (void)state;
    for (size_t length = 0; length <= sizeof bytes; length++) {
        size_t read;
        encoding_random(bytes, sizeof bytes);
        encoding_base64_encode(bytes, length, text);
        assert_int_equal(strlen(text), ENCODING_BASE64_SIZE(length) - 1);
        assert_true(encoding_base64_decode(text, strlen(text), again, &read));
        assert_int_equal(read, length);
        assert_memory_equal(again, bytes, length);
    }
}

static void every_other_text_is_refused(void **state)
{
    static const char *const cases[] = {
        "A", "AAAAA", "=", "A=", "AA=", "AA==", "AAA=", "Zg==", "Zm8=", "A A", " AA", "AA ", "AA\n",
        "Zm9v\n", "+w", "/w", "Z.", "Zm9v.", "Zm9v,", "\xC3\xA9", "Zm\x80v", "Zm9v%3D",
        /* what is not canonical: bits behind the last byte that are not zero */
        "Zh", "Zn", "Zo", "Zv", "AB", "AQ==", "Zm9", "Zm-", "Zm_", "Zm9vYh", "Zm9vYmF"};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned char bytes[32];
        size_t length;
        if (encoding_base64_decode(cases[i], strlen(cases[i]), bytes, &length))
            fail_msg("'%s' was taken", cases[i]);
    }
}

/* Of all texts of two and three digits just those that the encoder writes. */
static void one_text_stands_for_one_value(void **state)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    int taken[2] = {0, 0};
    (void)state;
    for (int i = 0; i < 64; i++)
        for (int j = 0; j < 64; j++) {
            char text[3] = {'A', digits[i], digits[j]};
            unsigned char bytes[3];
            size_t length;
            taken[0] += encoding_base64_decode(text + 1, 2, bytes, &length);
            taken[1] += encoding_base64_decode(text, 3, bytes, &length);
        }
    assert_int_equal(taken[0], 256);
    assert_int_equal(taken[1], 65536 / 64); /* the first six bits are those of 'A' */
}

static void a_nul_in_the_text_is_no_digit(void **state)
{
    unsigned char bytes[8];
    size_t length;
    (void)state;
    assert_false(encoding_base64_decode("AA\0A", 4, bytes, &length));
}

static const struct {
    const char *text;
    bool plus;
    const char *decoded; /* NULL where it is refused */
    bool has_nul;
} percents[] = {
    {"", false, "", false},
    {"abc", false, "abc", false},
    {"a%20b", false, "a b", false},
    {"%41%42", false, "AB", false},
    {"%e2%82%AC", false, "\xE2\x82\xAC", false},
    {"%2525", false, "%25", false},
    {"%2B", true, "+", false},
    {"a+b", true, "a b", false},
    {"a+b", false, "a+b", false},
    {"++", true, "  ", false},
    {"%00", false, "", true},
    {"a%00b", false, "a", true},
    {"%FF", false, "\xFF", false},
    {"%", false, NULL, false},
    {"%4", false, NULL, false},
    {"%4g", false, NULL, false},
    {"%g4", false, NULL, false},
    {"%%41", false, NULL, false},
    {"% 41", false, NULL, false},
    {"%-1", false, NULL, false},
    {"%+1", true, NULL, false},
    {"%u0041", false, NULL, false},
    {"ok%zz", false, NULL, false},
    {"%41%", false, NULL, false},
};

static void percent_encodings_are_decoded_in_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof percents / sizeof *percents; i++) {
        char text[32];
        bool has_nul = !percents[i].has_nul;
        strcpy(text, percents[i].text);
        bool good = encoding_percent_decode(text, percents[i].plus, &has_nul);
        if (good != (percents[i].decoded != NULL))
            fail_msg("'%s'", percents[i].text);
        if (!good)
            continue;
        assert_string_equal(text, percents[i].decoded);
        assert_int_equal(has_nul, percents[i].has_nul);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hexadecimal_digits_have_their_values),
        cmocka_unit_test(a_plain_text_is_letters_digits_and_the_marks_named),
        cmocka_unit_test(texts_that_differ_anywhere_have_other_hashes),
        cmocka_unit_test(random_bytes_are_not_the_same_twice),
        cmocka_unit_test(random_bytes_stay_in_their_place),
        cmocka_unit_test(bytes_are_written_as_base64url_without_padding),
        cmocka_unit_test(base64url_is_read),
        cmocka_unit_test(any_bytes_of_any_length_survive),
        cmocka_unit_test(every_other_text_is_refused),
        cmocka_unit_test(one_text_stands_for_one_value),
        cmocka_unit_test(a_nul_in_the_text_is_no_digit),
        cmocka_unit_test(percent_encodings_are_decoded_in_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
