/* Time: the clocks, and RFC 3339 texts. */
#include "clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define MICROS_PER_DAY (86400 * CLOCK_SECOND)

static int64_t read_clock(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return now.tv_sec * CLOCK_SECOND + now.tv_nsec / 1000;
}

int64_t clock_now(void)
{
    return read_clock(CLOCK_REALTIME);
}

int64_t clock_monotonic(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

/*
 * Days since 1970-01-01 of a day in the proleptic Gregorian calendar. The year is made to begin in
 * March, so that the leap day is its last: then the days before a month are (153 m + 2) / 5.
 */
static int64_t days_from_civil(int64_t year, int64_t month, int64_t day)
{
    if (month <= 2) {
        year--;
        month += 12;
    }
    return year * 365 + year / 4 - year / 100 + year / 400 + (153 * (month - 3) + 2) / 5 + day - 1 -
           719468;
}

struct civil {
    unsigned year, month, day;
};

/* The inverse of days_from_civil, in 400-year cycles of 146,097 days; for years from 0 on. */
static struct civil civil_from_days(unsigned days)
{
    days += 719468;
    unsigned cycle = days / 146097;
    unsigned rest = days % 146097;
    unsigned year = (rest - rest / 1460 + rest / 36524 - rest / 146096) / 365;
    unsigned day = rest - (365 * year + year / 4 - year / 100);
    unsigned month = (5 * day + 2) / 153;
    struct civil civil = {
        .year = year + cycle * 400 + (month >= 10),
        .month = month < 10 ? month + 3 : month - 9,
        .day = day - (153 * month + 2) / 5 + 1,
    };
    return civil;
}

static int64_t floor_divide(int64_t value, int64_t by)
{
    return value / by - (value % by < 0);
}

static const char digit_pairs[] = "0001020304050607080910111213141516171819"
                                  "2021222324252627282930313233343536373839"
                                  "4041424344454647484950515253545556575859"
                                  "6061626364656667686970717273747576777879"
                                  "8081828384858687888990919293949596979899";

static char *put_two(char *out, unsigned number)
{
    memcpy(out, digit_pairs + 2 * number, 2);
    return out + 2;
}

static char *put_date(char *out, int64_t days)
{
    struct civil date = civil_from_days((unsigned)days);
    out = put_two(out, date.year / 100);
    out = put_two(out, date.year % 100);
    *out++ = '-';
    out = put_two(out, date.month);
    *out++ = '-';
    return put_two(out, date.day);
}

void clock_format_date(int64_t micros, char out[CLOCK_TEXT_SIZE])
{
    *put_date(out, floor_divide(micros, MICROS_PER_DAY)) = '\0';
}

static char *put_fraction(char *out, unsigned fraction, bool precise)
{
    *out++ = '.';
    out = put_two(out, fraction / 10000);
    out = put_two(out, fraction / 100 % 100);
    out = put_two(out, fraction % 100);
    while (!precise && out[-1] == '0')
        out--;
    return out;
}

size_t clock_format(int64_t micros, bool precise, char out[CLOCK_TEXT_SIZE])
{
    char *begin = out;
    int64_t days = floor_divide(micros, MICROS_PER_DAY);
    int64_t rest = micros - days * MICROS_PER_DAY;
    unsigned seconds = (unsigned)(rest / CLOCK_SECOND);
    unsigned fraction = (unsigned)(rest % CLOCK_SECOND);

    out = put_date(out, days);
    *out++ = 'T';
    out = put_two(out, seconds / 3600);
    *out++ = ':';
    out = put_two(out, seconds / 60 % 60);
    *out++ = ':';
    out = put_two(out, seconds % 60);
    if (precise || fraction != 0)
        out = put_fraction(out, fraction, precise);
    *out++ = 'Z';
    *out = '\0';
    return (size_t)(out - begin);
}

/* Reads exactly `width` digits. */
static bool take_digits(const char **at, int width, int *number)
{
    *number = 0;
    for (int i = 0; i < width; i++, (*at)++) {
        if (**at < '0' || **at > '9')
            return false;
        *number = *number * 10 + (**at - '0');
    }
    return true;
}

static bool take_char(const char **at, const char *any_of)
{
    if (**at == '\0' || strchr(any_of, **at) == NULL)
        return false;
    (*at)++;
    return true;
}

static bool take_date(const char **at, int64_t *days)
{
    static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year, month, day;
    if (!take_digits(at, 4, &year) || !take_char(at, "-") || !take_digits(at, 2, &month) ||
        !take_char(at, "-") || !take_digits(at, 2, &day))
        return false;
    if (year < 1 || month < 1 || month > 12 || day < 1)
        return false;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (day > lengths[month - 1] + (month == 2 && leap))
        return false;
    *days = days_from_civil(year, month, day);
    return true;
}

/* The digits of a fraction, at least one; those beyond microseconds are cut off. */
static bool take_fraction(const char **at, int64_t *micros)
{
    int digit;
    if (**at < '0' || **at > '9')
        return false;
    for (int64_t unit = CLOCK_SECOND / 10; **at >= '0' && **at <= '9'; unit /= 10) {
        (void)take_digits(at, 1, &digit);
        *micros += digit * unit;
    }
    return true;
}

static bool take_time(const char **at, int64_t *micros)
{
    int hour, minute, second = 0;
    if (!take_digits(at, 2, &hour) || !take_char(at, ":") || !take_digits(at, 2, &minute))
        return false;
    bool has_seconds = take_char(at, ":");
    if (has_seconds && !take_digits(at, 2, &second))
        return false;
    if (hour > 23 || minute > 59 || second > 59)
        return false;
    *micros = (hour * 3600 + minute * 60 + second) * CLOCK_SECOND;
    return !has_seconds || !take_char(at, ".") || take_fraction(at, micros);
}

static bool take_offset(const char **at, int64_t *micros)
{
    *micros = 0;
    if (**at == '\0' || take_char(at, "Zz"))
        return true;
    bool west = **at == '-';
    int hour, minute;
    if (!take_char(at, "+-") || !take_digits(at, 2, &hour) || !take_char(at, ":") ||
        !take_digits(at, 2, &minute) || hour > 23 || minute > 59)
        return false;
    *micros = (hour * 3600 + minute * 60) * CLOCK_SECOND * (west ? -1 : 1);
    return true;
}

bool clock_parse(const char *text, int64_t *micros, bool *is_date)
{
    int64_t days, time = 0, offset = 0;
    if (!take_date(&text, &days))
        return false;
    *is_date = *text == '\0';
    if (!*is_date &&
        (!take_char(&text, "Tt") || !take_time(&text, &time) || !take_offset(&text, &offset)))
        return false;
    *micros = days * MICROS_PER_DAY + time - offset;
    return *text == '\0' && *micros >= CLOCK_MIN && *micros <= CLOCK_MAX;
}
