/* Time: the clocks, and RFC 3339 texts. */
#ifndef CORE_CLOCK_H
#define CORE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A second in the microseconds that all times are counted in. */
#define CLOCK_SECOND INT64_C(1000000)

/* Microseconds since 1970-01-01T00:00:00Z. */
int64_t clock_now(void);

/* Microseconds on a clock that is never set: for durations and deadlines. */
int64_t clock_monotonic(void);

enum { CLOCK_TEXT_SIZE = 32 };

/* Writes `micros` as RFC 3339 in UTC: always with six digits of a second when `precise`, otherwise
 * with as many as it takes. Returns its length. */
size_t clock_format(int64_t micros, bool precise, char out[CLOCK_TEXT_SIZE]);

/* Writes the date of `micros`, UTC, as RFC 3339 full-date. */
void clock_format_date(int64_t micros, char out[CLOCK_TEXT_SIZE]);

/*
 * Reads an RFC 3339 full-date or date-time into microseconds since 1970; a date is its start in
 * UTC. More than RFC 3339 has: the seconds may be missing, and so may the offset, which is then
 * UTC's. Digits beyond microseconds are cut off. False for anything else: years out of 0001–9999
 * (also once turned into UTC), days that do not exist, a leap second (the database cannot hold it).
 */
bool clock_parse(const char *text, int64_t *micros, bool *is_date);

/* The range that clock_parse gives: 0001-01-01T00:00:00Z to 9999-12-31T23:59:59.999999Z. */
#define CLOCK_MIN INT64_C(-62135596800000000)
#define CLOCK_MAX INT64_C(253402300799999999)

#endif
