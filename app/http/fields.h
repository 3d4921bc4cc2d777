/* Field rules: what a body or a query may hold. Reads it into a struct, and tells every error. */
#ifndef APP_FIELDS_H
#define APP_FIELDS_H

#include "app/http/request.h"
#include "app/http/response.h"

#include <cjson/cJSON.h>

/* Each type with the C type that it is read into. */
enum field_type {
    FIELD_TEXT = 1,     /* const char *: min to max characters */
    FIELD_EMAIL,        /* const char *, trimmed */
    FIELD_PASSWORD,     /* const char *: 1 character to 72 bytes */
    FIELD_NEW_PASSWORD, /* const char *: by the policy */
    FIELD_BOOLEAN,      /* bool */
    FIELD_INTEGER,      /* struct optional_integer: min to max */
    FIELD_CHOICE,       /* int: the index of one of `words` */
    FIELD_CHOICES,      /* unsigned: a bit for each of `words`, from a comma list */
    FIELD_TAGS,         /* struct texts: a set of at most 20, each of 1 to 50 characters */
    FIELD_TIME,         /* struct optional_time */
    FIELD_UUID,         /* struct optional_uuid */
    FIELD_REFRESH,      /* int: 0 for false, 1 for true, 2 for "cookie" */
    FIELD_IGNORED       /* nothing: read-only, or of no use to us */
};

enum {
    FIELD_REQUIRED = 1, /* also: null is refused */
    FIELD_TRIMMED = 2,
    FIELD_ONE_LINE = 4,   /* no control character */
    FIELD_NO_CONTROL = 8, /* none but tab and line breaks */
    FIELD_REPEATABLE = 16 /* in a query */
};

struct field {
    const char *name;
    enum field_type type;
    unsigned flags;
    int64_t min, max;
    const char *const *words; /* NULL-terminated */
    size_t offset;            /* in the struct */
    int fallback;             /* of a CHOICE that is absent or null */
};

/* Zero `rows` for nothing at all. */
struct fields {
    const struct field *rows;
    size_t count;
    size_t size;         /* of the struct */
    bool ignore_unknown; /* parameters that OAuth 2 may add, RFC 6749 §3.2 */
};

#define FIELDS(rows, type)                                                                         \
    {                                                                                              \
        rows, sizeof(rows) / sizeof *(rows), sizeof(type), false                                   \
    }

/* Where errors go: `prefix` names the element of a batch ("[3]"), or is "". */
struct field_reader {
    struct arena *arena;
    struct response *response;
    const char *prefix;
    bool partial; /* a merge patch: what is required may be absent */
};

/* Notes that a field is wrong: "title", "must be 1 to 200 characters". */
void fields_add_error(const struct field_reader *reader, const char *name, const char *detail);

/* Reads an object into `out`, a zeroed struct; `present` gets a bit for every row named. */
void fields_read_object(const struct field_reader *reader, const struct fields *fields,
                        const cJSON *object, void *out, uint32_t *present);

/* Reads a query or a form likewise. */
void fields_read_pairs(const struct field_reader *reader, const struct fields *fields,
                       const struct pairs *pairs, void *out);

/* STATUS_INVALID where an error has been noted; then the response's detail says it in a sentence.
 */
MUST_CHECK enum status fields_conclude(struct response *response);

#endif
