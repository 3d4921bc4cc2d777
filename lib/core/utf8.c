/* UTF-8 (RFC 3629): validity, characters, white space. */
#include "utf8.h"

#include <string.h>

size_t utf8_decode(const char *bytes, size_t length, uint32_t *character)
{
    static const uint32_t smallest[5] = {0, 0, 0x80, 0x800, 0x10000};
    if (length == 0)
        return 0;
    const unsigned char *in = (const unsigned char *)bytes;
    if (in[0] < 0x80) {
        *character = in[0];
        return 1;
    }
    size_t size = in[0] >= 0xF0 ? 4 : in[0] >= 0xE0 ? 3 : 2;
    if (in[0] < 0xC2 || in[0] > 0xF4 || size > length)
        return 0;
    uint32_t value = in[0] & (0xFFU >> (size + 1));
    for (size_t i = 1; i < size; i++) {
        if ((in[i] & 0xC0) != 0x80)
            return 0;
        value = value << 6 | (in[i] & 0x3FU);
    }
    if (value < smallest[size] || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF))
        return 0;
    *character = value;
    return size;
}

bool utf8_is_valid(const char *bytes, size_t length)
{
    uint32_t character;
    while (length > 0) {
        size_t size = (unsigned char)*bytes < 0x80 ? 1 : utf8_decode(bytes, length, &character);
        if (size == 0)
            return false;
        bytes += size;
        length -= size;
    }
    return true;
}

size_t utf8_count(const char *text)
{
    size_t count = 0;
    for (; *text != '\0'; text++)
        count += ((unsigned char)*text & 0xC0) != 0x80;
    return count;
}

static bool is_space(uint32_t c)
{
    return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
           c == 0x205F || c == 0x3000;
}

bool utf8_has_control(const char *text, const char *but)
{
    size_t left = strlen(text);
    uint32_t c;
    for (size_t size; left > 0 && (size = utf8_decode(text, left, &c)) > 0; left -= size) {
        if ((c < 0x20 || (c >= 0x7F && c <= 0x9F)) && (c >= 0x80 || strchr(but, (int)c) == NULL))
            return true;
        text += size;
    }
    return false;
}

/* Whether a text holds a character that is white space, or one that is not. */
static bool has_character(const char *text, bool white)
{
    size_t left = strlen(text);
    uint32_t c;
    for (size_t size; left > 0 && (size = utf8_decode(text, left, &c)) > 0; left -= size) {
        if (is_space(c) == white)
            return true;
        text += size;
    }
    return false;
}

bool utf8_has_space(const char *text)
{
    return has_character(text, true);
}

bool utf8_is_visible(const char *text)
{
    return has_character(text, false);
}

char *utf8_trim(char *text)
{
    size_t left = strlen(text);
    uint32_t c;
    size_t size;
    while ((size = utf8_decode(text, left, &c)) > 0 && is_space(c)) {
        text += size;
        left -= size;
    }
    char *end = text;
    for (char *at = text; (size = utf8_decode(at, left, &c)) > 0; left -= size) {
        at += size;
        if (!is_space(c))
            end = at;
    }
    *end = '\0';
    return text;
}
