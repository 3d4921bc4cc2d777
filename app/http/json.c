/* JSON (RFC 8259): reading strictly, by cJSON behind a check of our own; writing. */
#include "json.h"

#include "app/http/json_check.h"
#include "lib/core/clock.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/* cJSON's memory is the request's: its cap bounds the tree, and nothing has to be deleted. */
static struct arena *tree_arena;

static void *tree_alloc(size_t size)
{
    assert(tree_arena != NULL);
    return arena_alloc(tree_arena, size);
}

static void tree_free(void *unused)
{
    (void)unused;
}

static int compare_names(const void *one, const void *other)
{
    return strcmp(*(const char *const *)one, *(const char *const *)other);
}

/* The name of a member that an object has twice, or NULL. */
static const char *find_twice_in(struct arena *arena, const cJSON *object)
{
    size_t count = 0;
    const char **names = arena_alloc(arena, (size_t)cJSON_GetArraySize(object) * sizeof *names);
    for (const cJSON *member = object->child; member != NULL; member = member->next)
        names[count++] = member->string;
    qsort(names, count, sizeof *names, compare_names);
    for (size_t i = 1; i < count; i++)
        if (strcmp(names[i - 1], names[i]) == 0)
            return names[i];
    return NULL;
}

static const char *find_twice(struct arena *arena, const cJSON *value)
{
    const char *name = NULL;
    if (cJSON_IsObject(value) && value->child != NULL && value->child->next != NULL)
        name = find_twice_in(arena, value);
    for (const cJSON *child = value->child; name == NULL && child != NULL; child = child->next)
        name = find_twice(arena, child);
    return name;
}

/* A copy, as good as checked, with JSON_NUL for every \\u0000. */
static const char *mark_nuls(struct arena *arena, const char *text, size_t *length)
{
    static const char escape[] = "\\u0000";
    const char *end = text + *length;
    char *begin = arena_alloc(arena, *length);
    char *out = begin;
    while (text < end) {
        if (*text != '\\') {
            *out++ = *text++;
        } else if (end - text > 5 && memcmp(text, escape, sizeof escape - 1) == 0) {
            *out++ = (char)JSON_NUL;
            text += sizeof escape - 1;
        } else {
            *out++ = *text++;
            *out++ = *text++;
        }
    }
    *length = (size_t)(out - begin);
    return begin;
}

static bool has_mark(const char *text)
{
    return text != NULL && strchr(text, JSON_NUL) != NULL;
}

bool json_has_nul(const cJSON *value)
{
    if (has_mark(value->string) || has_mark(value->valuestring))
        return true;
    for (const cJSON *child = value->child; child != NULL; child = child->next)
        if (json_has_nul(child))
            return true;
    return false;
}

static void skip_byte_order_mark(const char **text, size_t *length)
{
    static const char mark[] = "\xEF\xBB\xBF";
    const size_t size = sizeof mark - 1;
    if (*length < size || memcmp(*text, mark, size) != 0)
        return;
    *text += size;
    *length -= size;
}

enum status json_parse(struct arena *arena, const char *text, size_t length,
                       struct json_document *document)
{
    skip_byte_order_mark(&text, &length);
    struct json_check check = json_check(text, length, JSON_MAX_DEPTH);
    *document = (struct json_document){.why = check.why, .has_nul = check.has_nul};
    if (check.why != NULL)
        return STATUS_MALFORMED;
    if (check.values > JSON_MAX_VALUES) {
        document->why = "holds too many values";
        return STATUS_INVALID;
    }
    if (check.has_nul)
        text = mark_nuls(arena, text, &length);
    cJSON_Hooks hooks = {.malloc_fn = tree_alloc, .free_fn = tree_free};
    tree_arena = arena;
    cJSON_InitHooks(&hooks);
    document->root = cJSON_ParseWithLength(text, length);
    if (document->root == NULL) {
        document->why = "it cannot be read";
        return STATUS_MALFORMED;
    }
    document->member = find_twice(arena, document->root);
    if (document->member == NULL)
        return STATUS_OK;
    document->why = "appears more than once";
    if (has_mark(document->member))
        document->member = NULL;
    return STATUS_INVALID;
}

bool json_is_empty_object(const char *text, size_t length)
{
    static const char object[] = "{}";
    size_t found = 0;
    skip_byte_order_mark(&text, &length);
    for (size_t i = 0; i < length; i++) {
        if (text[i] != '\0' && strchr(" \t\n\r", text[i]) != NULL)
            continue;
        if (text[i] != object[found] || object[found] == '\0')
            return false;
        found++;
    }
    return found == sizeof object - 1;
}

static char *put_escaped(char *out, unsigned char byte)
{
    static const char hex[] = "0123456789abcdef";
    static const char shorts[] = "\bb\ff\nn\rr\tt\"\"\\\\";
    *out++ = '\\';
    for (const char *at = shorts; *at != '\0'; at += 2)
        if (*at == (char)byte) {
            *out++ = at[1];
            return out;
        }
    memcpy(out, "u00", 3);
    out[3] = hex[byte >> 4];
    out[4] = hex[byte & 15];
    return out + 5;
}

static bool is_plain(unsigned char byte)
{
    return byte >= 0x20 && byte != '"' && byte != '\\';
}

/* The same for eight bytes at once. In each byte, the highest bit of (x - n) & ~x says x < n, as
 * long as no lower byte does; and x is 0 where x < 1. */
static bool is_plain_word(const char *text)
{
    const uint64_t each = UINT64_C(0x0101010101010101);
    uint64_t word;
    memcpy(&word, text, sizeof word);
    uint64_t quote = word ^ each * '"';
    uint64_t backslash = word ^ each * '\\';
    uint64_t below = (word - each * 0x20) & ~word;
    below |= (quote - each) & ~quote;
    below |= (backslash - each) & ~backslash;
    return (below & each * 0x80) == 0;
}

void json_add_text(struct buffer *buffer, const char *text)
{
    enum { LONGEST_ESCAPE = 6 };
    const char *end = text + strlen(text);
    char *begin = buffer_reserve(buffer, (size_t)(end - text) * LONGEST_ESCAPE + 2);
    char *out = begin;
    *out++ = '"';
    while (*text != '\0') {
        for (; end - text >= 8 && is_plain_word(text); text += 8, out += 8)
            memcpy(out, text, 8);
        while (is_plain((unsigned char)*text))
            *out++ = *text++;
        if (*text != '\0')
            out = put_escaped(out, (unsigned char)*text++);
    }
    *out++ = '"';
    buffer->length += (size_t)(out - begin);
    assert(buffer->length <= buffer->capacity);
}

void json_add_nullable(struct buffer *buffer, const char *text)
{
    if (text == NULL)
        buffer_add_text(buffer, "null");
    else
        json_add_text(buffer, text);
}

void json_add_timestamp(struct buffer *buffer, int64_t micros)
{
    char *text = buffer_reserve(buffer, CLOCK_TEXT_SIZE + 2);
    size_t length = clock_format(micros, true, text + 1);
    text[0] = '"';
    text[length + 1] = '"';
    buffer->length += length + 2;
    assert(buffer->length <= buffer->capacity);
}

void json_add_uuid(struct buffer *buffer, const struct uuid *uuid)
{
    char text[UUID_TEXT_SIZE];
    uuid_format(uuid, text);
    buffer_add_char(buffer, '"');
    buffer_add(buffer, text, UUID_TEXT_SIZE - 1);
    buffer_add_char(buffer, '"');
}
