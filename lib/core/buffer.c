/* A text that grows, in request memory. */
#include "buffer.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { BUFFER_FIRST = 1024 };

char *buffer_reserve(struct buffer *buffer, size_t more)
{
    if (more > buffer->capacity - buffer->length) {
        size_t capacity = buffer->capacity == 0 ? BUFFER_FIRST : buffer->capacity * 2;
        if (capacity < buffer->length + more)
            capacity = buffer->length + more;
        buffer->data = arena_grow(buffer->arena, buffer->data, buffer->capacity, capacity);
        buffer->capacity = capacity;
    }
    return buffer->data + buffer->length;
}

void buffer_add(struct buffer *buffer, const char *bytes, size_t length)
{
    if (length == 0)
        return;
    memcpy(buffer_reserve(buffer, length), bytes, length);
    buffer->length += length;
}

void buffer_add_text(struct buffer *buffer, const char *text)
{
    buffer_add(buffer, text, strlen(text));
}

void buffer_add_char(struct buffer *buffer, char byte)
{
    *buffer_reserve(buffer, 1) = byte;
    buffer->length++;
}

void buffer_add_integer(struct buffer *buffer, int64_t number)
{
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%" PRId64, number);
    buffer_add(buffer, digits, (size_t)length);
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
