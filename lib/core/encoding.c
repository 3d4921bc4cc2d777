/* Random bytes and the texts that carry bytes: hexadecimal, base64url, percent-encoding. */
#include "encoding.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void encoding_random(void *out, size_t length)
{
    if (getentropy(out, length) != 0)
        abort();
}

uint64_t encoding_hash(const char *text)
{
    size_t left = strlen(text);
    uint64_t hash = left + 1; /* never 0, not even of "" */
    uint64_t word = 0;
    for (; left >= sizeof word; text += sizeof word, left -= sizeof word) {
        memcpy(&word, text, sizeof word);
        hash = encoding_mix(hash, word);
    }
    word = 0;
    memcpy(&word, text, left);
    return encoding_mix(encoding_mix(hash, word), 0);
}

bool encoding_is_plain(const char *text, const char *marks)
{
    const char *at = text;
    while ((*at >= 'a' && *at <= 'z') || (*at >= '0' && *at <= '9') || (*at >= 'A' && *at <= 'Z') ||
           (*at != '\0' && strchr(marks, *at) != NULL))
        at++;
    return at != text && *at == '\0';
}

int encoding_hex_value(char digit)
{
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    if (digit >= 'A' && digit <= 'F')
        return digit - 'A' + 10;
    return -1;
}

void encoding_base64_encode(const void *bytes, size_t length, char *out)
{
    const unsigned char *in = bytes;
    uint32_t bits = 0;
    unsigned held = 0;
    for (size_t i = 0; i < length; i++) {
        bits = bits << 8 | in[i];
        held += 8;
        while (held >= 6) {
            held -= 6;
            *out++ = base64_digits[bits >> held & 63];
        }
    }
    assert(held < 6);
    if (held > 0)
        *out++ = base64_digits[bits << (6 - held) & 63];
    *out = '\0';
}

static int base64_value(char digit)
{
    if (digit >= 'A' && digit <= 'Z')
        return digit - 'A';
    if (digit >= 'a' && digit <= 'z')
        return digit - 'a' + 26;
    if (digit >= '0' && digit <= '9')
        return digit - '0' + 52;
    return digit == '-' ? 62 : digit == '_' ? 63 : -1;
}

bool encoding_base64_decode(const char *text, size_t characters, void *out, size_t *length)
{
    unsigned char *bytes = out;
    uint32_t bits = 0;
    unsigned held = 0;
    size_t used = 0;
    for (size_t i = 0; i < characters; i++) {
        int digit = base64_value(text[i]);
        if (digit < 0)
            return false;
        bits = bits << 6 | (uint32_t)digit;
        held += 6;
        if (held < 8)
            continue;
        held -= 8;
        bytes[used++] = (unsigned char)(bits >> held);
    }
    *length = used;
    /* A lone digit carries nothing, and bits left over must be zero: one text a value. */
    return characters % 4 != 1 && (bits & ((1U << held) - 1)) == 0;
}

bool encoding_percent_decode(char *text, bool plus, bool *has_nul)
{
    char *out = text;
    *has_nul = false;
    for (; *text != '\0'; text++) {
        if (*text != '%') {
            *out++ = plus && *text == '+' ? ' ' : *text;
            continue;
        }
        int high = encoding_hex_value(text[1]);
        int low = high < 0 ? -1 : encoding_hex_value(text[2]);
        if (low < 0)
            return false;
        *out = (char)(high << 4 | low);
        *has_nul |= *out == '\0';
        out++;
        text += 2;
    }
    *out = '\0';
    return true;
}
