/* Field rules: what a body or a query may hold. Reads it into a struct, and tells every error. */
#include "fields.h"

#include "app/http/field_types.h"
#include "app/http/json.h"

#include <string.h>

enum { SENTENCE_ERRORS = 3 };

/* Members that we write and a client may send back: accepted everywhere, and ignored. */
static const char *const read_only[] = {"id",         "url",          "created_at",
                                        "updated_at", "completed_at", "user_id"};

void fields_add_error(const struct field_reader *reader, const char *name, const char *detail)
{
    struct response *response = reader->response;
    struct buffer *errors = &response->errors;
    const char *dot = reader->prefix[0] != '\0' && name[0] != '\0' ? "." : "";
    const char *field = arena_printf(reader->arena, "%s%s%s", reader->prefix, dot, name);
    if (response->error_count > 0)
        buffer_add_char(errors, ',');
    buffer_add_text(errors, "{\"field\":");
    json_add_text(errors, field);
    buffer_add_text(errors, ",\"detail\":");
    json_add_text(errors, detail);
    buffer_add_char(errors, '}');

    if (response->error_count < SENTENCE_ERRORS)
        response->detail = arena_printf(reader->arena, "%s%s%s %s",
                                        response->detail ? response->detail : "",
                                        response->detail ? "; " : "", field, detail);
    response->error_count++;
}

enum status fields_conclude(struct response *response)
{
    if (response->error_count == 0)
        return STATUS_OK;
    const char *more = response->error_count > SENTENCE_ERRORS ? "; and more" : "";
    response->detail = arena_printf(response->arena, "%s%s.", response->detail, more);
    return STATUS_INVALID;
}

static const struct field *find_field(const struct fields *fields, const char *name)
{
    for (size_t i = 0; i < fields->count; i++)
        if (strcmp(fields->rows[i].name, name) == 0)
            return &fields->rows[i];
    return NULL;
}

static bool is_read_only(const char *name)
{
    for (size_t i = 0; i < sizeof read_only / sizeof *read_only; i++)
        if (strcmp(name, read_only[i]) == 0)
            return true;
    return false;
}

/* What a client's name for an unknown field looks like in an error: not longer than it helps. */
static const char *shorten(struct arena *arena, const char *name)
{
    enum { LONGEST = 64 };
    size_t length = strlen(name);
    if (length <= LONGEST)
        return name;
    length = LONGEST;
    while (length > 0 && ((unsigned char)name[length] & 0xC0) == 0x80)
        length--;
    return arena_printf(arena, "%.*s…", (int)length, name);
}

static void set_fallbacks(const struct fields *fields, void *out)
{
    for (size_t i = 0; i < fields->count; i++)
        if (fields->rows[i].type == FIELD_CHOICE)
            memcpy((char *)out + fields->rows[i].offset, &fields->rows[i].fallback, sizeof(int));
}

static void report_missing(const struct field_reader *reader, const struct fields *fields,
                           uint32_t present)
{
    for (size_t i = 0; i < fields->count && !reader->partial; i++)
        if ((fields->rows[i].flags & FIELD_REQUIRED) && !(present >> i & 1))
            fields_add_error(reader, fields->rows[i].name, "is required");
}

/* Reads one value. Null stands for the default; a default that does not exist cannot be had. */
static void read_value(const struct field_reader *reader, const struct field *field,
                       const struct field_value *value, void *out)
{
    const char *wrong;
    if (field->type == FIELD_IGNORED)
        return;
    if (cJSON_IsNull(value->json))
        wrong = field->flags & FIELD_REQUIRED ? "is required and must not be null" : NULL;
    else
        wrong = field_types_read(reader->arena, field, value, (char *)out + field->offset);
    if (wrong != NULL)
        fields_add_error(reader, field->name, wrong);
}

void fields_read_object(const struct field_reader *reader, const struct fields *fields,
                        const cJSON *object, void *out, uint32_t *present)
{
    *present = 0;
    set_fallbacks(fields, out);
    if (!cJSON_IsObject(object)) {
        const char *name = reader->prefix[0] == '\0' ? "body" : "";
        fields_add_error(reader, name, "must be a JSON object");
        return;
    }
    for (const cJSON *member = object->child; member != NULL; member = member->next) {
        const struct field *field = find_field(fields, member->string);
        struct field_value value = {.json = member};
        if (field != NULL) {
            *present |= UINT32_C(1) << (field - fields->rows);
            read_value(reader, field, &value, out);
        } else if (!is_read_only(member->string)) {
            fields_add_error(reader, shorten(reader->arena, member->string), "is not known here");
        }
    }
    report_missing(reader, fields, *present);
}

void fields_read_pairs(const struct field_reader *reader, const struct fields *fields,
                       const struct pairs *pairs, void *out)
{
    uint32_t present = 0;
    set_fallbacks(fields, out);
    for (size_t i = 0; i < pairs->count; i++) {
        const struct pair *pair = &pairs->items[i];
        const struct field *field = find_field(fields, pair->name);
        struct field_value value = {.text = pair->value};
        if (field == NULL) {
            if (!fields->ignore_unknown)
                fields_add_error(reader, shorten(reader->arena, pair->name), "is not known here");
            continue;
        }
        uint32_t bit = UINT32_C(1) << (field - fields->rows);
        if (pair->has_nul)
            fields_add_error(reader, field->name, "must not hold a NUL character");
        else if ((present & bit) && !(field->flags & FIELD_REPEATABLE))
            fields_add_error(reader, field->name, "is there more than once");
        else
            read_value(reader, field, &value, out);
        present |= bit;
    }
    report_missing(reader, fields, present);
}
