/* lib/core/encoding: base64url has one text a value; percent-decoding undoes the encoding. */
#include "lib/core/buffer.h"
#include "lib/core/encoding.h"
#include "tests/fuzz/fuzz.h"

static void check_base64(struct arena *arena, const uint8_t *data, size_t size)
{
    unsigned char *bytes = malloc(size * 3 / 4 + 1);
    char *text = arena_alloc(arena, ENCODING_BASE64_SIZE(size));
    size_t length;
    REQUIRE(bytes != NULL);
    if (encoding_base64_decode((const char *)data, size, bytes, &length)) {
        REQUIRE(length == size * 3 / 4);
        encoding_base64_encode(bytes, length, text);
        REQUIRE(strlen(text) == size && memcmp(text, data, size) == 0);
    }
    free(bytes);
    bytes = arena_alloc(arena, size + 1);
    encoding_base64_encode(data, size, text);
    REQUIRE(strlen(text) + 1 == ENCODING_BASE64_SIZE(size));
    REQUIRE(encoding_base64_decode(text, strlen(text), bytes, &length));
    REQUIRE(length == size && memcmp(bytes, data, size) == 0);
}

static void check_percent(struct arena *arena, const uint8_t *data, size_t size)
{
    struct buffer encoded = {.arena = arena};
    bool has_nul;
    char *text = fuzz_text(data, size);
    buffer_add_uri_encoded(&encoded, text);
    char *decoded = buffer_string(&encoded);
    REQUIRE(encoding_percent_decode(decoded, size % 2 == 0, &has_nul) && !has_nul);
    REQUIRE(strcmp(decoded, text) == 0);
    size_t length = strlen(text);
    if (encoding_percent_decode(text, size % 2 == 1, &has_nul))
        REQUIRE(strlen(text) <= length);
    free(text);
}

static void run(struct arena *arena, const uint8_t *data, size_t size)
{
    check_base64(arena, data, size);
    check_percent(arena, data, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_run(run, data, size);
}
