/* One pass over a JSON text before cJSON sees it: the grammar, to the letter. */
#include "json_check.h"

#include "lib/core/encoding.h"
#include "lib/core/utf8.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

struct cursor {
    const char *at;
    const char *end;
    struct json_check *check;
    int depth_left;
};

static bool note_error(struct cursor *cursor, const char *why)
{
    if (cursor->check->why == NULL)
        cursor->check->why = why;
    return false;
}

static void skip_space(struct cursor *cursor)
{
    while (cursor->at < cursor->end && (*cursor->at == ' ' || *cursor->at == '\t' ||
                                        *cursor->at == '\n' || *cursor->at == '\r'))
        cursor->at++;
}

static bool take_byte(struct cursor *cursor, char wanted)
{
    bool found = cursor->at < cursor->end && *cursor->at == wanted;
    cursor->at += found;
    return found;
}

/* The four digits of \uXXXX, or -1. */
static int32_t take_unit(struct cursor *cursor)
{
    int32_t unit = 0;
    if (cursor->end - cursor->at < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        int digit = encoding_hex_value(*cursor->at++);
        if (digit < 0)
            return -1;
        unit = unit << 4 | digit;
    }
    return unit;
}

static bool check_unicode_escape(struct cursor *cursor)
{
    int32_t unit = take_unit(cursor);
    if (unit < 0)
        return note_error(cursor, "a \\u is not followed by four hexadecimal digits");
    cursor->check->has_nul |= unit == 0;
    if (unit < 0xD800 || unit > 0xDFFF)
        return true;
    if (unit < 0xDC00 && take_byte(cursor, '\\') && take_byte(cursor, 'u')) {
        int32_t low = take_unit(cursor);
        if (low >= 0xDC00 && low <= 0xDFFF)
            return true;
    }
    return note_error(cursor, "a string holds a lone surrogate");
}

static bool check_escape(struct cursor *cursor)
{
    if (take_byte(cursor, 'u'))
        return check_unicode_escape(cursor);
    if (cursor->at < cursor->end && *cursor->at != '\0' &&
        strchr("\"\\/bfnrt", *cursor->at) != NULL) {
        cursor->at++;
        return true;
    }
    return note_error(cursor, "a string holds an unknown escape");
}

static bool check_string(struct cursor *cursor)
{
    uint32_t character;
    if (!take_byte(cursor, '"'))
        return note_error(cursor, "a string is expected");
    for (;;) {
        size_t size = utf8_decode(cursor->at, (size_t)(cursor->end - cursor->at), &character);
        if (size == 0)
            return note_error(cursor, cursor->at == cursor->end ? "a string has no end"
                                                                : "it is not valid UTF-8");
        cursor->at += size;
        if (character == '"')
            return true;
        if (character < 0x20)
            return note_error(cursor, "a string holds a raw control character");
        if (character == '\\' && !check_escape(cursor))
            return false;
    }
}

static size_t skip_digits(struct cursor *cursor)
{
    const char *from = cursor->at;
    while (cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9')
        cursor->at++;
    return (size_t)(cursor->at - from);
}

static bool check_number(struct cursor *cursor)
{
    take_byte(cursor, '-');
    if (!take_byte(cursor, '0') && skip_digits(cursor) == 0)
        return note_error(cursor, "a value is expected");
    if (take_byte(cursor, '.') && skip_digits(cursor) == 0)
        return note_error(cursor, "a number has no digit after its point");
    if (take_byte(cursor, 'e') || take_byte(cursor, 'E')) {
        if (!take_byte(cursor, '+'))
            take_byte(cursor, '-');
        if (skip_digits(cursor) == 0)
            return note_error(cursor, "a number has no digit in its exponent");
    }
    return true;
}

static bool check_word(struct cursor *cursor, const char *word)
{
    size_t length = strlen(word);
    if ((size_t)(cursor->end - cursor->at) < length || memcmp(cursor->at, word, length) != 0)
        return note_error(cursor, "a value is expected");
    cursor->at += length;
    return true;
}

static bool check_value(struct cursor *cursor);

static bool check_member(struct cursor *cursor)
{
    skip_space(cursor);
    cursor->check->values++;
    if (!check_string(cursor))
        return false;
    skip_space(cursor);
    return take_byte(cursor, ':') ? check_value(cursor) : note_error(cursor, "a colon is expected");
}

/* What stands between brackets or braces, the opening one being read. */
static bool check_items(struct cursor *cursor, char close, bool (*check_item)(struct cursor *))
{
    if (cursor->depth_left-- == 0)
        return note_error(cursor, "it is nested too deeply");
    skip_space(cursor);
    bool is_empty = take_byte(cursor, close);
    for (bool more = !is_empty; more; more = take_byte(cursor, ','))
        if (!check_item(cursor))
            return false;
    if (!is_empty && !take_byte(cursor, close))
        return note_error(cursor, "a comma or the end of an array or object is expected");
    cursor->depth_left++;
    return true;
}

/* A value and the space around it. */
static bool check_value(struct cursor *cursor)
{
    bool good;
    skip_space(cursor);
    cursor->check->values++;
    if (cursor->at == cursor->end)
        return note_error(cursor, "it ends too early");
    switch (*cursor->at) {
    case '{':
        cursor->at++;
        good = check_items(cursor, '}', check_member);
        break;
    case '[':
        cursor->at++;
        good = check_items(cursor, ']', check_value);
        break;
    case '"':
        good = check_string(cursor);
        break;
    case 't':
        good = check_word(cursor, "true");
        break;
    case 'f':
        good = check_word(cursor, "false");
        break;
    case 'n':
        good = check_word(cursor, "null");
        break;
    default:
        good = check_number(cursor);
    }
    skip_space(cursor);
    return good;
}

struct json_check json_check(const char *text, size_t length, int max_depth)
{
    struct json_check check = {0};
    struct cursor cursor = {text, text + length, &check, max_depth};
    if (check_value(&cursor) && cursor.at != cursor.end)
        note_error(&cursor, "something follows its end");
    assert(cursor.at <= cursor.end);
    assert(check.why != NULL || cursor.depth_left == max_depth);
    return check;
}
