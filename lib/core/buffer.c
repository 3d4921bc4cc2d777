/* A text that grows, in request memory. */
#include "buffer.h"

#include <assert.h>
#include <stdbool.h>

enum { BUFFER_FIRST = 1024 };

void buffer_grow(struct buffer *buffer, size_t more)
{
    assert(buffer->arena != NULL);
    assert(buffer->length <= buffer->capacity);
    size_t capacity = buffer->capacity == 0 ? BUFFER_FIRST : buffer->capacity * 2;
    if (capacity < buffer->length + more)
        capacity = buffer->length + more;
    buffer->data = arena_grow(buffer->arena, buffer->data, buffer->capacity, capacity);
    buffer->capacity = capacity;
}

void buffer_add_integer(struct buffer *buffer, int64_t number)
{
    char digits[24];
    char *at = digits + sizeof digits;
    uint64_t left = number < 0 ? -(uint64_t)number : (uint64_t)number;
    do
        *--at = (char)('0' + left % 10);
    while ((left /= 10) > 0);
    if (number < 0)
        *--at = '-';
    buffer_add(buffer, at, (size_t)(digits + sizeof digits - at));
}

void buffer_add_hex(struct buffer *buffer, uint64_t number)
{
    char digits[16];
    char *at = digits + sizeof digits;
    do
        *--at = "0123456789abcdef"[number & 15];
    while ((number >>= 4) > 0);
    buffer_add(buffer, at, (size_t)(digits + sizeof digits - at));
}

static bool is_unreserved(unsigned char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '-' || byte == '.' || byte == '_' || byte == '~';
}

void buffer_add_uri_encoded(struct buffer *buffer, const char *text)
{
    static const char hex[] = "0123456789ABCDEF";
    for (; *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;
        if (is_unreserved(byte)) {
            buffer_add_char(buffer, *text);
        } else {
            char encoded[3] = {'%', hex[byte >> 4], hex[byte & 15]};
            buffer_add(buffer, encoded, sizeof encoded);
        }
    }
}

char *buffer_string(struct buffer *buffer)
{
    *buffer_reserve(buffer, 1) = '\0';
    return buffer->data;
}
