/* lib/core/uuid: one text, in lower case, for one value. */
#include "lib/core/uuid.h"
#include "tests/fuzz/fuzz.h"

#include <strings.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct uuid uuid, again;
    char written[UUID_TEXT_SIZE];
    char *text = fuzz_text(data, size);
    if (uuid_parse(text, &uuid)) {
        uuid_format(&uuid, written);
        REQUIRE(strcasecmp(written, text) == 0);
        REQUIRE(strpbrk(written, "ABCDEF") == NULL);
    }
    free(text);
    if (size >= sizeof uuid.bytes) {
        memcpy(uuid.bytes, data, sizeof uuid.bytes);
        uuid_format(&uuid, written);
        REQUIRE(uuid_parse(written, &again) && uuid_equals(&uuid, &again));
    }
    return 0;
}
