/* JSON (RFC 8259): reading strictly, by cJSON behind a check of our own; writing. */
#ifndef APP_JSON_H
#define APP_JSON_H

#include "lib/core/buffer.h"
#include "lib/core/status.h"
#include "lib/core/uuid.h"

#include <cjson/cJSON.h>

enum { JSON_MAX_DEPTH = 32, JSON_MAX_VALUES = 600000 };

/* What was read, or what is wrong with it: a phrase, and the name of a member that is there twice.
 */
struct json_document {
    cJSON *root;
    const char *why;
    const char *member;
    bool has_nul; /* in a string; JSON_NUL stands there, and whoever reads must look for it */
};

/* Stands for a \u0000, which would end a C string. No UTF-8 has this byte. */
#define JSON_NUL 0xFF

/*
 * Reads a whole document, with or without a byte order mark, into request memory. STATUS_MALFORMED
 * for what the grammar forbids, for lone surrogates and nesting beyond JSON_MAX_DEPTH;
 * STATUS_INVALID for what the grammar allows and we cannot mean: a member twice, more than
 * JSON_MAX_VALUES values.
 */
MUST_CHECK enum status json_parse(struct arena *arena, const char *text, size_t length,
                                  struct json_document *document);

/* Whether JSON_NUL stands in a string or name of a tree. */
bool json_has_nul(const cJSON *value);

/* Whether a text is `{}`, with or without white space. */
bool json_is_empty_object(const char *text, size_t length);

/* Adds a text as a JSON string. */
void json_add_text(struct buffer *buffer, const char *text);

/* Adds an instant, microseconds since 1970, as RFC 3339 with six digits of a second. */
void json_add_timestamp(struct buffer *buffer, int64_t micros);

void json_add_uuid(struct buffer *buffer, const struct uuid *uuid);

/* Adds a text, or null for NULL. */
void json_add_nullable(struct buffer *buffer, const char *text);

#endif
