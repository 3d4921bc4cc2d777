/* lib/core/clock: what is read can be written and read again, and the other way round. */
#include "lib/core/clock.h"
#include "tests/fuzz/fuzz.h"

static void check_instant(int64_t micros, bool precise)
{
    char text[CLOCK_TEXT_SIZE];
    int64_t again;
    bool is_date;
    clock_format(micros, precise, text);
    REQUIRE(clock_parse(text, &again, &is_date) && again == micros && !is_date);
    clock_format_date(micros, text);
    REQUIRE(clock_parse(text, &again, &is_date) && is_date);
    REQUIRE(again <= micros && micros - again < INT64_C(86400000000));
}

static void check_number(const uint8_t *data)
{
    int64_t micros;
    memcpy(&micros, data, sizeof micros);
    if (micros >= CLOCK_MIN && micros <= CLOCK_MAX) {
        check_instant(micros, true);
        check_instant(micros, false);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int64_t micros;
    bool is_date;
    char written[CLOCK_TEXT_SIZE];
    char *text = fuzz_text(data, size);
    if (clock_parse(text, &micros, &is_date)) {
        REQUIRE(micros >= CLOCK_MIN && micros <= CLOCK_MAX);
        check_instant(micros, false);
        clock_format_date(micros, written);
        REQUIRE(!is_date || strcmp(written, text) == 0);
    }
    free(text);
    if (size >= sizeof micros)
        check_number(data);
    return 0;
}
