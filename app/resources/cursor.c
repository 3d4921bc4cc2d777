/* The opaque `cursor` of a page: a place in a sort order, as base64url. */
#include "cursor.h"

#include "lib/core/encoding.h"

#include <assert.h>
#include <string.h>

/* One byte for the sort and its direction, then the id, then the key. */
enum { ID_AT = 1, KEY_AT = 17, MAX_SIZE = KEY_AT + TASK_KEY_MAX };

static unsigned char sort_byte(const struct task_page *page)
{
    return (unsigned char)(page->sort << 1 | page->descending);
}

const char *cursor_encode(struct arena *arena, const struct task_page *page,
                          const struct task_place *place)
{
    unsigned char bytes[MAX_SIZE];
    size_t size = KEY_AT + place->key_length;
    assert(place->key_length <= sizeof place->key);
    char *text = arena_alloc(arena, ENCODING_BASE64_SIZE(MAX_SIZE));
    bytes[0] = sort_byte(page);
    memcpy(bytes + ID_AT, place->id.bytes, sizeof place->id.bytes);
    memcpy(bytes + KEY_AT, place->key, place->key_length);
    encoding_base64_encode(bytes, size, text);
    return text;
}

bool cursor_decode(const char *text, const struct task_page *page, struct task_place *place)
{
    unsigned char bytes[MAX_SIZE];
    size_t size;
    size_t characters = strlen(text);
    if (characters >= ENCODING_BASE64_SIZE(MAX_SIZE) ||
        !encoding_base64_decode(text, characters, bytes, &size) || size < KEY_AT ||
        bytes[0] != sort_byte(page))
        return false;
    memcpy(place->id.bytes, bytes + ID_AT, sizeof place->id.bytes);
    place->key_length = size - KEY_AT;
    memcpy(place->key, bytes + KEY_AT, place->key_length);
    return task_list_is_key(page->sort, place->key, place->key_length);
}
