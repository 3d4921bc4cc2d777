/* How each type of field is read, from JSON and from texts alike. */
#ifndef APP_FIELD_TYPES_H
#define APP_FIELD_TYPES_H

#include "app/http/fields.h"

/* Either a JSON value or the text of a query or form. */
struct field_value {
    const cJSON *json;
    const char *text;
};

/* Reads a value (not null) into `out`, of the C type that the field's type names. Returns what is
 * wrong with it, to stand behind the field's name, or NULL. */
const char *field_types_read(struct arena *arena, const struct field *field,
                             const struct field_value *value, void *out);

#endif
