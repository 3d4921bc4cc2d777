/* One pass over a JSON text before cJSON sees it: the grammar, to the letter. */
#ifndef APP_JSON_CHECK_H
#define APP_JSON_CHECK_H

#include <stdbool.h>
#include <stddef.h>

struct json_check {
    const char *why; /* NULL: it is JSON */
    bool has_nul;    /* a \u0000 in a string */
    size_t values;   /* values and member names */
};

/* Checks `length` bytes. cJSON itself takes leading zeros, raw control characters, invalid UTF-8
 * and more, and cuts a string at \u0000. */
struct json_check json_check(const char *text, size_t length, int max_depth);

#endif
