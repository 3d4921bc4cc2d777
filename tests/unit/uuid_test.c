/* lib/core/uuid: RFC 9562. */
#include "lib/core/clock.h"
#include "lib/core/uuid.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void both_cases_are_read_and_lower_case_is_written(void **state)
{
    static const struct {
        const char *text, *written;
    } cases[] = {
        {"00000000-0000-0000-0000-000000000000", "00000000-0000-0000-0000-000000000000"},
        {"ffffffff-ffff-ffff-ffff-ffffffffffff", "ffffffff-ffff-ffff-ffff-ffffffffffff"},
        {"FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF", "ffffffff-ffff-ffff-ffff-ffffffffffff"},
        {"01234567-89ab-cdef-0123-456789abcdef", "01234567-89ab-cdef-0123-456789abcdef"},
        {"01234567-89AB-cDeF-0123-456789aBCDEF", "01234567-89ab-cdef-0123-456789abcdef"},
        {"017F22E2-79B0-7CC3-98C4-DC0C0C07398F", "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct uuid uuid;
        char text[UUID_TEXT_SIZE];
        assert_true(uuid_parse(cases[i].text, &uuid));
        uuid_format(&uuid, text);
        assert_string_equal(text, cases[i].written);
    }
}

static void the_bytes_stand_in_network_order(void **state)
{
    static const unsigned char expected[16] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF,
                                               0x10, 0x32, 0x54, 0x76, 0x98, 0xBA, 0xDC, 0xFE};
    struct uuid uuid;
    (void)state;
    assert_true(uuid_parse("01234567-89ab-cdef-1032-547698badcfe", &uuid));
    assert_memory_equal(uuid.bytes, expected, 16);
}

static void anything_else_is_refused(void **state)
{
    static const char *const cases[] = {
        "",
        "0",
        "-",
        "01234567",
        "01234567-",
        "01234567-89ab-cdef-0123-456789abcde",
        "01234567-89ab-cdef-0123-456789abcdef0",
        "01234567-89ab-cdef-0123-456789abcdef ",
        " 01234567-89ab-cdef-0123-456789abcdef",
        "0123456789abcdef0123456789abcdef",
        "{01234567-89ab-cdef-0123-456789abcdef}",
        "urn:uuid:01234567-89ab-cdef-0123-456789abcdef",
        "01234567089ab-cdef-0123-456789abcdef",
        "0123456-789ab-cdef-0123-456789abcdef",
        "01234567-89ab-cdef-0123-456789abcdeg",
        "01234567-89ab-cdef-0123-456789abcde-",
        "01234567_89ab_cdef_0123_456789abcdef",
        "01234567-89ab-cdef-0123--56789abcdef",
        "g1234567-89ab-cdef-0123-456789abcdef",
        "01234567-89ab-cdef-0123-45678\xC3\xA9xcdef",
        "------------------------------------",
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct uuid uuid;
        if (uuid_parse(cases[i], &uuid))
            fail_msg("'%s' was taken", cases[i]);
    }
}

static void a_text_cut_anywhere_is_refused(void **state)
{
    static const char text[] = "01234567-89ab-cdef-0123-456789abcdef";
    (void)state;
    for (size_t length = 0; length < sizeof text - 1; length++) {
        char cut[UUID_TEXT_SIZE] = "";
        struct uuid uuid;
        memcpy(cut, text, length);
        assert_false(uuid_parse(cut, &uuid));
    }
}

static void a_new_one_has_version_7_and_the_rfc_s_variant(void **state)
{
    (void)state;
    for (int i = 0; i < 1000; i++) {
        struct uuid uuid = uuid_create();
        assert_int_equal(uuid.bytes[6] >> 4, 7);
        assert_int_equal(uuid.bytes[8] >> 6, 2);
    }
}

static int64_t read_millis(const struct uuid *uuid)
{
    int64_t millis = 0;
    for (int i = 0; i < 6; i++)
        millis = millis << 8 | uuid->bytes[i];
    return millis;
}

static void a_new_one_begins_with_the_time(void **state)
{
    (void)state;
    int64_t before = clock_now() / 1000;
    struct uuid uuid = uuid_create();
    int64_t after = clock_now() / 1000;
    /* Those before may have counted a little ahead. */
    assert_true(read_millis(&uuid) >= before && read_millis(&uuid) <= after + 10);
}

/* More than one millisecond's twelve bits can count. */
static void new_ones_sort_in_the_order_they_were_made(void **state)
{
    (void)state;
    struct uuid last = uuid_create();
    for (int i = 0; i < 20000; i++) {
        struct uuid next = uuid_create();
        if (memcmp(last.bytes, next.bytes, sizeof last.bytes) >= 0)
            fail_msg("number %d", i);
        last = next;
    }
}

static void new_ones_are_random_behind_the_counter(void **state)
{
    (void)state;
    struct uuid one = uuid_create(), other = uuid_create();
    assert_memory_not_equal(one.bytes + 9, other.bytes + 9, 7);
}

static void equality_looks_at_every_byte(void **state)
{
    (void)state;
    struct uuid one = uuid_create();
    for (int i = 0; i < 16; i++) {
        struct uuid other = one;
        assert_true(uuid_equals(&one, &other));
        other.bytes[i] ^= 0x80;
        assert_false(uuid_equals(&one, &other));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_cases_are_read_and_lower_case_is_written),
        cmocka_unit_test(the_bytes_stand_in_network_order),
        cmocka_unit_test(anything_else_is_refused),
        cmocka_unit_test(a_text_cut_anywhere_is_refused),
        cmocka_unit_test(a_new_one_has_version_7_and_the_rfc_s_variant),
        cmocka_unit_test(a_new_one_begins_with_the_time),
        cmocka_unit_test(new_ones_sort_in_the_order_they_were_made),
        cmocka_unit_test(new_ones_are_random_behind_the_counter),
        cmocka_unit_test(equality_looks_at_every_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
