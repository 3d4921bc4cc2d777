/* lib/core/clock: RFC 3339 texts, the calendar, the clocks. */
#include "lib/core/clock.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define SECOND INT64_C(1000000)
#define DAY    (86400 * SECOND)

static const struct {
    const char *text;
    int64_t micros;
    bool is_date;
} accepted[] = {
    {"1970-01-01", 0, true},
    {"1970-01-02", DAY, true},
    {"1969-12-31", -DAY, true},
    {"2000-03-01", 11017 * DAY, true},
    {"1970-01-01T00:00:00Z", 0, false},
    {"1970-01-01t00:00:00z", 0, false},
    {"1970-01-01T00:00:00+00:00", 0, false},
    {"1970-01-01T00:00:00-00:00", 0, false},
    {"1970-01-01T23:59:59Z", DAY - SECOND, false},
    {"1970-01-01T00:00:00.5Z", 500000, false},
    {"1970-01-01T00:00:00.05Z", 50000, false},
    {"1970-01-01T00:00:00.000001Z", 1, false},
    {"1970-01-01T00:00:00.123456Z", 123456, false},
    {"1970-01-01T00:00:00.999999Z", 999999, false},
    {"1970-01-01T00:00:00.9999999Z", 999999, false},
    {"1970-01-01T00:00:00.0000000Z", 0, false},
    {"1970-01-01T00:00:00.123456789012345678901Z", 123456, false},
    {"1970-01-01T01:00:00.1234567+01:00", 123456, false},
    {"1970-01-01T00:00:00.120000Z", 120000, false},
    {"1969-12-31T23:59:59.999999Z", -1, false},
    {"1970-01-01T01:00:00+01:00", 0, false},
    {"1969-12-31T19:00:00-05:00", 0, false},
    {"1970-01-01T05:30:00+05:30", 0, false},
    {"1970-01-01T23:59:00+23:59", 0, false},
    {"1969-12-31T00:01:00-23:59", 0, false},
    {"2001-09-09T01:46:40Z", 1000000000 * SECOND, false},
    {"2038-01-19T03:14:08Z", 2147483648 * SECOND, false},
    {"0001-01-01", CLOCK_MIN, true},
    {"0001-01-01T00:00:00Z", CLOCK_MIN, false},
    {"9999-12-31T23:59:59.999999Z", CLOCK_MAX, false},
    {"9999-12-31", CLOCK_MAX + 1 - DAY, true},
    {"0001-01-01T00:01:00+00:01", CLOCK_MIN, false},
    {"9999-12-31T23:58:59.999999-00:01", CLOCK_MAX, false},
    {"1970-01-01T00:00:00.123456789Z", 123456, false}, /* Go */
    {"1970-01-01T00:00:00.9999999Z", 999999, false},   /* .NET: cut, not rounded */
    {"1970-01-01T00:00:00.0000000", 0, false},
    {"1970-01-01T00:01Z", 60 * SECOND, false}, /* Java leaves out seconds of zero */
    {"1970-01-01T01:00+01:00", 0, false},
    {"1970-01-01T00:01", 60 * SECOND, false},          /* <input type=datetime-local> */
    {"1970-01-01T00:00:01.000001", SECOND + 1, false}, /* Python, without a zone */
    {"1970-01-01t23:59:59", DAY - SECOND, false},
    {"9999-12-31T23:59:59.9999999999", CLOCK_MAX, false},
};

static void dates_and_date_times_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof accepted / sizeof *accepted; i++) {
        int64_t micros = 42;
        bool is_date = !accepted[i].is_date;
        if (!clock_parse(accepted[i].text, &micros, &is_date) || micros != accepted[i].micros ||
            is_date != accepted[i].is_date)
            fail_msg("%s: %" PRId64, accepted[i].text, micros);
    }
}

static const char *const refused[] = {
    "",
    " ",
    "x",
    "2026",
    "2026-11",
    "2026-11-",
    "2026-11-3",
    "2026-1-30",
    "226-11-30",
    "02026-11-30",
    "12026-11-30",
    "+2026-11-30",
    "-2026-11-30",
    "2026/11/30",
    "20261130",
    "2026-11-30 ",
    " 2026-11-30",
    "2026-11-30x",
    "2026-11-30T",
    "2026-11-30Z",
    "2026-334",
    "2026-W48-1",
    "2026-00-10",
    "2026-13-10",
    "2026-11-00",
    "2026-11-31",
    "2026-01-32",
    "2026-04-31",
    "0000-12-31",
    "0000-12-31T23:59:59Z",
    "0000-12-31T23:59:59-01:00",
    "2026-11-30T18",
    "2026-11-30T18Z",
    "2026-11-30T18:",
    "2026-11-30T18:00:",
    "2026-11-30T18:00:Z",
    "2026-11-30T18:00.5",
    "2026-11-30T18:60",
    "2026-11-30 18:00:00Z",
    "2026-11-30T18:00:00 Z",
    "2026-11-30T1:00:00Z",
    "2026-11-30T24:00:00Z",
    "2026-11-30T18:60:00Z",
    "2026-11-30T18:00:60Z",
    "2016-12-31T23:59:60Z",
    "2026-11-30T18:00:00,5Z",
    "2026-11-30T18:00:00.Z",
    "2026-11-30T18:00:00.1234567x",
    "2026-11-30T18:00:00.-1Z",
    "2026-11-30T18:00:00.",
    "2026-11-30T18:00:00.5.5Z",
    "2026-11-30T18:00:00ZZ",
    "2026-11-30T18:00:00Z+01:00",
    "2026-11-30T18:00:00+1:00",
    "2026-11-30T18:00:00+0100",
    "2026-11-30T18:00:00+01",
    "2026-11-30T18:00:00+01:",
    "2026-11-30T18:00:00+01:0",
    "2026-11-30T18:00:00+24:00",
    "2026-11-30T18:00:00-24:00",
    "2026-11-30T18:00:00+01:60",
    "2026-11-30T18:00:00+01:00:00",
    "2026-11-30T18:00:00UTC",
    "2026-11-30T18:00:00\342\210\22201:00", /* a real minus sign */
    "2026-11-30T18:00:00Z\n",
    "\xD9\xA2\xD9\xA0\xD9\xA2\xD9\xA6-11-30",
    "0001-01-01T00:00:00+00:01",
    "0001-01-01T23:58:59.999999+23:59",
    "9999-12-31T23:59:00-00:01",
    "9999-12-31T00:01:00-23:59",
    "now",
    "infinity",
    "1764525600",
};

static void anything_else_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        int64_t micros;
        bool is_date;
        if (clock_parse(refused[i], &micros, &is_date))
            fail_msg("'%s' was taken", refused[i]);
    }
}

static void every_month_ends_where_it_ends(void **state)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    (void)state;
    for (int month = 1; month <= 12; month++)
        for (int day = 27; day <= 32; day++) {
            char text[16];
            int64_t micros;
            bool is_date;
            snprintf(text, sizeof text, "2025-%02d-%02d", month, day);
            if (clock_parse(text, &micros, &is_date) != (day <= lengths[month - 1]))
                fail_msg("%s", text);
        }
}

static void a_leap_day_is_in_leap_years_only(void **state)
{
    (void)state;
    for (int year = 1; year <= 9999; year++) {
        char text[24];
        int64_t micros;
        bool is_date;
        bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
        snprintf(text, sizeof text, "%04d-02-29", year);
        if (clock_parse(text, &micros, &is_date) != leap)
            fail_msg("%s", text);
    }
}

static void leap_days_on_both_sides_of_the_rule(void **state)
{
    static const struct {
        const char *text;
        bool is_day;
    } cases[] = {{"2024-02-29", true},  {"2023-02-29", false}, {"2000-02-29", true},
                 {"1900-02-29", false}, {"2100-02-29", false}, {"2400-02-29", true},
                 {"0004-02-29", true},  {"0100-02-29", false}, {"0400-02-29", true},
                 {"2024-02-30", false}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t micros;
        bool is_date;
        if (clock_parse(cases[i].text, &micros, &is_date) != cases[i].is_day)
            fail_msg("%s", cases[i].text);
    }
}

static void instants_are_written_as_precisely_as_asked(void **state)
{
    static const struct {
        int64_t micros;
        const char *precise, *brief;
    } cases[] = {
        {0, "1970-01-01T00:00:00.000000Z", "1970-01-01T00:00:00Z"},
        {1, "1970-01-01T00:00:00.000001Z", "1970-01-01T00:00:00.000001Z"},
        {10, "1970-01-01T00:00:00.000010Z", "1970-01-01T00:00:00.00001Z"},
        {500000, "1970-01-01T00:00:00.500000Z", "1970-01-01T00:00:00.5Z"},
        {SECOND, "1970-01-01T00:00:01.000000Z", "1970-01-01T00:00:01Z"},
        {-1, "1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z"},
        {-SECOND, "1969-12-31T23:59:59.000000Z", "1969-12-31T23:59:59Z"},
        {-DAY, "1969-12-31T00:00:00.000000Z", "1969-12-31T00:00:00Z"},
        {951782400 * SECOND, "2000-02-29T00:00:00.000000Z", "2000-02-29T00:00:00Z"},
        {1764525599 * SECOND + 120000, "2025-11-30T17:59:59.120000Z", "2025-11-30T17:59:59.12Z"},
        {CLOCK_MIN, "0001-01-01T00:00:00.000000Z", "0001-01-01T00:00:00Z"},
        {CLOCK_MAX, "9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[CLOCK_TEXT_SIZE];
        clock_format(cases[i].micros, true, text);
        assert_string_equal(text, cases[i].precise);
        clock_format(cases[i].micros, false, text);
        assert_string_equal(text, cases[i].brief);
    }
}

static void dates_are_written_by_their_utc_day(void **state)
{
    static const struct {
        int64_t micros;
        const char *text;
    } cases[] = {{0, "1970-01-01"},          {DAY - 1, "1970-01-01"},   {DAY, "1970-01-02"},
                 {-1, "1969-12-31"},         {-DAY, "1969-12-31"},      {-DAY - 1, "1969-12-30"},
                 {CLOCK_MIN, "0001-01-01"},  {CLOCK_MAX, "9999-12-31"}, {11016 * DAY, "2000-02-29"},
                 {11017 * DAY, "2000-03-01"}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[CLOCK_TEXT_SIZE];
        clock_format_date(cases[i].micros, text);
        assert_string_equal(text, cases[i].text);
    }
}

static void check_round_trip(int64_t micros, bool precise)
{
    char text[CLOCK_TEXT_SIZE];
    int64_t again;
    bool is_date;
    clock_format(micros, precise, text);
    if (!clock_parse(text, &again, &is_date) || again != micros || is_date)
        fail_msg("%" PRId64 " became %s", micros, text);
}

static void what_is_written_is_read_back(void **state)
{
    (void)state;
    check_round_trip(CLOCK_MIN, true);
    check_round_trip(CLOCK_MAX, false);
    /* An odd step: days, seconds and fractions all vary. */
    for (int64_t micros = CLOCK_MIN; micros < CLOCK_MAX; micros += INT64_C(3155760012345677))
        check_round_trip(micros, micros % 2 == 0);
    for (int64_t micros = -3 * DAY; micros < 3 * DAY; micros += INT64_C(59999999))
        check_round_trip(micros, micros % 2 == 0);
    for (int64_t unit = 1; unit < SECOND; unit *= 10)
        for (int digit = 0; digit < 10; digit++)
            check_round_trip(digit * unit, false);
}

static void days_are_the_c_library_s_days(void **state)
{
    (void)state;
    for (int64_t day = CLOCK_MIN / DAY; day <= CLOCK_MAX / DAY;
         day += day > 0 && day < 40000 ? 1 : 61) {
        char text[CLOCK_TEXT_SIZE], expected[CLOCK_TEXT_SIZE];
        int64_t micros;
        bool is_date;
        time_t seconds = (time_t)(day * 86400);
        struct tm parts;
        gmtime_r(&seconds, &parts);
        clock_format_date(day * DAY, text);
        snprintf(expected, sizeof expected, "%04d-%02d-%02d", parts.tm_year + 1900,
                 parts.tm_mon + 1, parts.tm_mday);
        if (strcmp(text, expected) != 0 || !clock_parse(text, &micros, &is_date) ||
            micros != day * DAY || !is_date)
            fail_msg("day %" PRId64 ": %s, not %s", day, text, expected);
    }
}

static void now_is_the_system_s_time(void **state)
{
    (void)state;
    int64_t before = (int64_t)time(NULL);
    int64_t now = clock_now() / SECOND;
    int64_t after = (int64_t)time(NULL);
    /* time() reads a coarser clock, up to a tick behind. */
    assert_true(now >= before && now <= after + 1);
}

static void the_monotonic_clock_never_goes_back(void **state)
{
    (void)state;
    int64_t last = clock_monotonic();
    for (int i = 0; i < 1000; i++) {
        int64_t now = clock_monotonic();
        assert_true(now >= last);
        last = now;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dates_and_date_times_are_read),
        cmocka_unit_test(anything_else_is_refused),
        cmocka_unit_test(every_month_ends_where_it_ends),
        cmocka_unit_test(a_leap_day_is_in_leap_years_only),
        cmocka_unit_test(leap_days_on_both_sides_of_the_rule),
        cmocka_unit_test(instants_are_written_as_precisely_as_asked),
        cmocka_unit_test(dates_are_written_by_their_utc_day),
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(days_are_the_c_library_s_days),
        cmocka_unit_test(now_is_the_system_s_time),
        cmocka_unit_test(the_monotonic_clock_never_goes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
