/* UUIDs (RFC 9562). */
#include "uuid.h"

#include "clock.h"
#include "encoding.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct uuid uuid_create(void)
{
    static uint64_t last; /* milliseconds, then the twelve bits that count */
    struct uuid uuid;
    uint64_t now = (uint64_t)(clock_now() / 1000) << 12;
    last = now > last ? now : last + 1;
    encoding_random(uuid.bytes, sizeof uuid.bytes);
    for (int i = 0; i < 6; i++)
        uuid.bytes[i] = (unsigned char)(last >> (52 - 8 * i));
    uuid.bytes[6] = (unsigned char)(0x70 | (last >> 8 & 0x0F));
    uuid.bytes[7] = (unsigned char)last;
    uuid.bytes[8] = 0x80 | (uuid.bytes[8] & 0x3F);
    return uuid;
}

bool uuid_equals(const struct uuid *one, const struct uuid *other)
{
    return memcmp(one->bytes, other->bytes, sizeof one->bytes) == 0;
}

static bool is_dash_place(size_t i)
{
    return i == 8 || i == 13 || i == 18 || i == 23;
}

bool uuid_parse(const char *text, struct uuid *uuid)
{
    size_t nibble = 0;
    for (size_t i = 0; i < UUID_TEXT_SIZE - 1; i++) {
        bool is_dash = text[i] == '-';
        if (is_dash != is_dash_place(i))
            return false;
        if (is_dash)
            continue;
        int value = encoding_hex_value(text[i]);
        if (value < 0)
            return false;
        unsigned char *byte = &uuid->bytes[nibble / 2];
        *byte = (unsigned char)(nibble % 2 == 0 ? value << 4 : *byte | value);
        nibble++;
    }
    assert(nibble == 2 * sizeof uuid->bytes);
    return text[UUID_TEXT_SIZE - 1] == '\0';
}

void uuid_format(const struct uuid *uuid, char out[UUID_TEXT_SIZE])
{
    static const char hex[] = "0123456789abcdef";
    static const int groups[] = {4, 2, 2, 2, 6};
    const unsigned char *byte = uuid->bytes;
    for (int group = 0; group < 5; group++) {
        if (group > 0)
            *out++ = '-';
        for (int i = 0; i < groups[group]; i++, byte++) {
            *out++ = hex[*byte >> 4];
            *out++ = hex[*byte & 15];
        }
    }
    *out = '\0';
}
