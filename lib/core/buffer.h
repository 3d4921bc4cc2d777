/* A text that grows, in request memory. */
#ifndef CORE_BUFFER_H
#define CORE_BUFFER_H

#include "arena.h"

#include <stddef.h>
#include <stdint.h>

/* Zero-initialise, then set `arena`. `data` is not NUL-terminated: see buffer_string. */
struct buffer {
    struct arena *arena;
    char *data;
    size_t length;
    size_t capacity;
};

/* Makes room for `more` bytes behind the text and returns where they go. */
char *buffer_reserve(struct buffer *buffer, size_t more);

void buffer_add(struct buffer *buffer, const char *bytes, size_t length);
void buffer_add_text(struct buffer *buffer, const char *text);
void buffer_add_char(struct buffer *buffer, char byte);
void buffer_add_integer(struct buffer *buffer, int64_t number);

/* Adds `text` so that it can stand in the query part of a URI: all but the unreserved characters
 * of RFC 3986 as %XX. */
void buffer_add_uri_encoded(struct buffer *buffer, const char *text);

/* The text with a NUL behind it. */
char *buffer_string(struct buffer *buffer);

#endif
