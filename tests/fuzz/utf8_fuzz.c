/* lib/core/utf8: decoding, counting and trimming agree with one another. */
#include "lib/core/utf8.h"
#include "tests/fuzz/fuzz.h"

/* How many characters there are, or -1 where it is no UTF-8. */
static long walk(const char *bytes, size_t length)
{
    long count = 0;
    while (length > 0) {
        uint32_t character = UINT32_MAX;
        size_t size = utf8_decode(bytes, length, &character);
        if (size == 0)
            return -1;
        REQUIRE(size <= 4 && size <= length && character <= 0x10FFFF);
        REQUIRE(character < 0xD800 || character > 0xDFFF);
        REQUIRE(size == (character < 0x80      ? 1U
                         : character < 0x800   ? 2U
                         : character < 0x10000 ? 3U
                                               : 4U));
        bytes += size;
        length -= size;
        count++;
    }
    return count;
}

static void check_trim(char *text)
{
    size_t length = strlen(text);
    char *trimmed = utf8_trim(text);
    size_t left = strlen(trimmed);
    REQUIRE(trimmed >= text && trimmed + left <= text + length);
    REQUIRE(utf8_is_valid(trimmed, left));
    REQUIRE(utf8_trim(trimmed) == trimmed && strlen(trimmed) == left);
    REQUIRE(left > 0 || trimmed[0] == '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *exact = malloc(size + (size == 0));
    memcpy(exact, data, size);
    REQUIRE(utf8_is_valid(exact, size) == (walk(exact, size) >= 0));
    free(exact);
    char *text = fuzz_text(data, size);
    size_t length = strlen(text);
    if (utf8_is_valid(text, length)) {
        REQUIRE((long)utf8_count(text) == walk(text, length));
        (void)utf8_has_space(text);
        REQUIRE(!utf8_has_control(text, "\t\n") || utf8_has_control(text, ""));
        check_trim(text);
    }
    free(text);
    return 0;
}
