/* Field rules: what a body or a query may hold. Reads it into a struct, and reports every error. */
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
    FIELD_ONE_LINE = 4,    /* no control character */
    FIELD_NO_CONTROL = 8,  /* none but tab and line breaks */
    FIELD_REPEATABLE = 16, /* in a query */
    FIELD_ANY_CASE = 32,   /* of a CHOICE */
    FIELD_VISIBLE = 64     /* more than white space */
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

/* A set of rows. Zeroed: nothing at all. */
struct fields {
    const struct field *rows;
    size_t count;
    size_t size;               /* of the struct that they are read into */
    const struct fields *base; /* its rows come first, its struct stands first in ours; has none */
    bool ignore_unknown;       /* parameters that OAuth 2 may add, RFC 6749 §3.2 */
    size_t batch_max;          /* an array may hold this many of these objects, */
    const char *batch_noun;    /* which are called so */
};

#define FIELDS(array, type)                                                                        \
    .rows = (array), .count = sizeof(array) / sizeof *(array), .size = sizeof(type)

/* A row by its number, that of its bit in `present`: those of the base first. NULL behind the last.
 */
const struct field *fields_row(const struct fields *fields, size_t number);

/* One look at what a client sent: where its errors go, and what is let pass. */
struct validation {
    struct response *response;
    const char *prefix;           /* the element of a batch ("[3]"), or "" */
    bool partial;                 /* a merge patch: what is required may be absent */
    bool has_nul;                 /* JSON_NUL stands somewhere in the document */
    const char *const *read_only; /* members that are ignored, NULL-terminated; NULL for none */
};

/* A validation that lets nothing pass. */
struct validation fields_begin(struct response *response);

/* Notes that a field is wrong: "title", "must be 1 to 200 characters". */
void fields_add_error(const struct validation *validation, const char *name, const char *detail);

/* Reads an object into `out`, a zeroed struct. Returns a bit for every row that it names. */
uint32_t fields_read_object(const struct validation *validation, const struct fields *fields,
                            const cJSON *object, void *out);

/* Reads a query or a form likewise. */
void fields_read_pairs(const struct validation *validation, const struct fields *fields,
                       const struct pairs *pairs, void *out);

/* STATUS_INVALID where an error has been noted; then the response's detail says it in a sentence.
 */
MUST_CHECK enum status fields_conclude(struct response *response);

#endif
