/* JSON that is too long to be read at once: one value of an array or object at a time. */
#ifndef CTL_JSON_STREAM_H
#define CTL_JSON_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Zero-initialise, then set `file`, and `limit`: the bytes that one value may take. */
struct json_stream {
    FILE *file;
    size_t limit;
    char *text; /* the value read last; its grammar is the reader's to check */
    size_t length;
    size_t capacity;
    const char *why; /* what is wrong, once something is */
};

void json_stream_close(struct json_stream *stream);

/* The next byte that is not white space, without taking it; EOF at the end. */
int json_stream_peek(struct json_stream *stream);

/* Takes this byte behind white space. False where another one stands there; `why` is then
 * what is wrong. */
bool json_stream_take(struct json_stream *stream, char wanted, const char *why);

/* Reads the bytes of one whole value. */
bool json_stream_read(struct json_stream *stream);

/* Goes to the next item before `close`, the opening bracket or, `*is_first`, items before it being
 * taken. False at the end, which is taken, and where something is wrong. */
bool json_stream_has_next(struct json_stream *stream, char close, bool *is_first);

#endif
