/* A text that grows, in request memory. */
#ifndef CORE_BUFFER_H
#define CORE_BUFFER_H

#include "arena.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Zero-initialise, then set `arena`. `data` is not NUL-terminated: see buffer_string. */
struct buffer {
    struct arena *arena;
    char *data;
    size_t length;
    size_t capacity;
};

void buffer_grow(struct buffer *buffer, size_t more);

/* Makes room for `more` bytes behind the text and returns where they go. */
static inline char *buffer_reserve(struct buffer *buffer, size_t more)
{
    if (more > buffer->capacity - buffer->length)
        buffer_grow(buffer, more);
    return buffer->data + buffer->length;
}

/* Inline, as what is added is mostly a literal: its length is then known to the compiler. */
static inline void buffer_add(struct buffer *buffer, const char *bytes, size_t length)
{
    if (length == 0)
        return;
    memcpy(buffer_reserve(buffer, length), bytes, length);
    buffer->length += length;
}

static inline void buffer_add_text(struct buffer *buffer, const char *text)
{
    buffer_add(buffer, text, strlen(text));
}

static inline void buffer_add_char(struct buffer *buffer, char byte)
{
    *buffer_reserve(buffer, 1) = byte;
    buffer->length++;
}

void buffer_add_integer(struct buffer *buffer, int64_t number);
void buffer_add_hex(struct buffer *buffer, uint64_t number);

/* Adds `text` so that it can stand in the query part of a URI: all but the unreserved characters
 * of RFC 3986 as %XX. */
void buffer_add_uri_encoded(struct buffer *buffer, const char *text);

/* The text with a NUL behind it. */
char *buffer_string(struct buffer *buffer);

#endif
