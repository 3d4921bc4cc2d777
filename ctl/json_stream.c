/* JSON that is too long to be read at once: one value of an array or object at a time. */
#include "json_stream.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 4096 };

static bool note_error(struct json_stream *stream, const char *why)
{
    if (stream->why == NULL)
        stream->why = ferror(stream->file) ? "it cannot be read"
                      : feof(stream->file) ? "it ends too early"
                                           : why;
    return false;
}

void json_stream_close(struct json_stream *stream)
{
    free(stream->text);
    stream->text = NULL;
}

int json_stream_peek(struct json_stream *stream)
{
    int byte;
    do
        byte = getc(stream->file);
    while (byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r');
    return ungetc(byte, stream->file);
}

bool json_stream_take(struct json_stream *stream, char wanted, const char *why)
{
    if (json_stream_peek(stream) != wanted)
        return note_error(stream, why);
    (void)getc(stream->file);
    return true;
}

static bool keep_byte(struct json_stream *stream, int byte)
{
    if (stream->length == stream->limit)
        return note_error(stream, "a value is too long");
    if (stream->length == stream->capacity) {
        stream->capacity = stream->capacity == 0 ? FIRST_CAPACITY : stream->capacity * 2;
        stream->text = realloc(stream->text, stream->capacity);
        if (stream->text == NULL)
            abort();
    }
    assert(stream->length < stream->capacity);
    stream->text[stream->length++] = (char)byte;
    return true;
}

/* The rest of a string, its opening quote being read. */
static bool read_string(struct json_stream *stream)
{
    bool escaped = false;
    for (;;) {
        int byte = getc(stream->file);
        if (byte == EOF || !keep_byte(stream, byte))
            return note_error(stream, "a string has no end");
        if (byte == '"' && !escaped)
            return true;
        escaped = byte == '\\' && !escaped;
    }
}

/* The rest of a number or a word: up to what cannot be a part of it. */
static bool read_word(struct json_stream *stream)
{
    int byte;
    while ((byte = getc(stream->file)) > 0 && strchr(",]}: \t\r\n", byte) == NULL)
        if (!keep_byte(stream, byte))
            return false;
    (void)ungetc(byte, stream->file);
    return true;
}

/* Where brackets and braces are balanced again, it ends. */
bool json_stream_read(struct json_stream *stream)
{
    int depth = 0;
    stream->length = 0;
    (void)json_stream_peek(stream);
    do {
        int byte = getc(stream->file);
        if (byte <= 0 || (depth == 0 && strchr(",]}:", byte) != NULL))
            return note_error(stream, "a value is expected");
        if (!keep_byte(stream, byte))
            return false;
        depth += (byte == '{' || byte == '[') - (byte == '}' || byte == ']');
        if (byte == '"' && !read_string(stream))
            return false;
        if (depth == 0 && strchr("\"]}", byte) == NULL && !read_word(stream))
            return false;
    } while (depth > 0);
    return true;
}

bool json_stream_has_next(struct json_stream *stream, char close, bool *is_first)
{
    if (json_stream_peek(stream) == close) {
        (void)getc(stream->file);
        return false;
    }
    bool is_next = *is_first || json_stream_take(stream, ',', "a comma or the end is expected");
    *is_first = false;
    return is_next && stream->why == NULL;
}
