/* Field rules: what a body or a query may hold. Reads it into a struct, and reports every error. */
#include "fields.h"

#include "app/http/field_types.h"
#include "app/http/json.h"

#include <assert.h>
#include <string.h>

enum { SENTENCE_ERRORS = 3 };

struct validation fields_begin(struct response *response)
{
    return (struct validation){.response = response, .prefix = ""};
}

void fields_add_error(const struct validation *validation, const char *name, const char *detail)
{
    struct response *response = validation->response;
    struct arena *arena = response->arena;
    struct buffer *errors = &response->errors;
    if (response->error_count++ >= RESPONSE_MAX_ERRORS)
        return;
    const char *dot = validation->prefix[0] != '\0' && name[0] != '\0' ? "." : "";
    const char *field = arena_printf(arena, "%s%s%s", validation->prefix, dot, name);
    if (response->error_count > 1)
        buffer_add_char(errors, ',');
    buffer_add_text(errors, "{\"field\":");
    json_add_text(errors, field);
    buffer_add_text(errors, ",\"detail\":");
    json_add_text(errors, detail);
    buffer_add_char(errors, '}');

    if (response->error_count <= SENTENCE_ERRORS)
        response->detail = arena_printf(arena, "%s%s%s %s",
                                        response->detail ? response->detail : "",
                                        response->detail ? "; " : "", field, detail);
}

enum status fields_conclude(struct response *response)
{
    if (response->error_count == 0)
        return STATUS_OK;
    assert(response->detail != NULL);
    const char *more = response->error_count > SENTENCE_ERRORS ? "; and more" : "";
    response->detail = arena_printf(response->arena, "%s%s.", response->detail, more);
    return STATUS_INVALID;
}

const struct field *fields_row(const struct fields *fields, size_t number)
{
    const struct fields *base = fields->base;
    size_t inherited = base == NULL ? 0 : base->count;
    assert(base == NULL || base->base == NULL);
    if (number < inherited)
        return &base->rows[number];
    number -= inherited;
    return number < fields->count ? &fields->rows[number] : NULL;
}

/* The row of this name, and its bit; NULL where there is none. */
static const struct field *find_field(const struct fields *fields, const char *name, uint32_t *bit)
{
    const struct field *row;
    for (size_t i = 0; (row = fields_row(fields, i)) != NULL; i++)
        if (strcmp(row->name, name) == 0) {
            assert(i < 8 * sizeof *bit); /* `present` has no more */
            assert(row->type == FIELD_IGNORED || row->offset < fields->size);
            *bit = UINT32_C(1) << i;
            return row;
        }
    return NULL;
}

static bool is_read_only(const struct validation *validation, const char *name)
{
    for (const char *const *item = validation->read_only; item != NULL && *item != NULL; item++)
        if (strcmp(name, *item) == 0)
            return true;
    return false;
}

/* What a client's name for an unknown field looks like in an error: no longer than is of help. */
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

static void add_unknown(const struct validation *validation, const char *name)
{
    fields_add_error(validation, shorten(validation->response->arena, name), "is not known here");
}

static void set_fallbacks(const struct fields *fields, void *out)
{
    const struct field *row;
    for (size_t i = 0; (row = fields_row(fields, i)) != NULL; i++)
        if (row->type == FIELD_CHOICE) {
            assert(row->offset + sizeof row->fallback <= fields->size);
            memcpy((char *)out + row->offset, &row->fallback, sizeof row->fallback);
        }
}

static void report_missing(const struct validation *validation, const struct fields *fields,
                           uint32_t present)
{
    const struct field *row;
    for (size_t i = 0; !validation->partial && (row = fields_row(fields, i)) != NULL; i++)
        if ((row->flags & FIELD_REQUIRED) && !(present >> i & 1))
            fields_add_error(validation, row->name, "is required");
}

/* Reads one value. Null means the default; a field without one is required. */
static void read_value(const struct validation *validation, const struct field *field,
                       const struct field_value *value, void *out)
{
    const char *wrong;
    if (field->type == FIELD_IGNORED)
        return;
    if (cJSON_IsNull(value->json))
        wrong = field->flags & FIELD_REQUIRED ? "is required and must not be null" : NULL;
    else
        wrong = field_types_read(validation->response->arena, field, value,
                                 (char *)out + field->offset);
    if (wrong != NULL)
        fields_add_error(validation, field->name, wrong);
}

/* Tells of a NUL in a member, and says whether there was one. */
static bool refuse_nul(const struct validation *validation, const cJSON *member)
{
    if (!validation->has_nul || !json_has_nul(member))
        return false;
    bool in_name = strchr(member->string, JSON_NUL) != NULL;
    fields_add_error(validation,
                     in_name ? "body" : shorten(validation->response->arena, member->string),
                     "must not hold a NUL character (\\u0000)");
    return true;
}

uint32_t fields_read_object(const struct validation *validation, const struct fields *fields,
                            const cJSON *object, void *out)
{
    uint32_t present = 0;
    set_fallbacks(fields, out);
    if (!cJSON_IsObject(object)) {
        const char *name = validation->prefix[0] == '\0' ? "body" : "";
        fields_add_error(validation, name, "must be a JSON object");
        return present;
    }
    for (const cJSON *member = object->child; member != NULL; member = member->next) {
        struct field_value value = {.json = member};
        uint32_t bit;
        const struct field *field = find_field(fields, member->string, &bit);
        if (field != NULL)
            present |= bit;
        if (refuse_nul(validation, member))
            continue;
        if (field != NULL) {
            read_value(validation, field, &value, out);
        } else if (!is_read_only(validation, member->string)) {
            add_unknown(validation, member->string);
        }
    }
    report_missing(validation, fields, present);
    return present;
}

/* A list may be written as PHP and others do: `tag[]` is `tag`. */
static const struct field *find_parameter(struct arena *arena, const struct fields *fields,
                                          const char *name, uint32_t *bit)
{
    size_t length = strlen(name);
    if (length < 2 || strcmp(name + length - 2, "[]") != 0)
        return find_field(fields, name, bit);
    const struct field *field = find_field(fields, arena_copy(arena, name, length - 2), bit);
    if (field != NULL && field->flags & FIELD_REPEATABLE)
        return field;
    *bit = 0;
    return NULL;
}

void fields_read_pairs(const struct validation *validation, const struct fields *fields,
                       const struct pairs *pairs, void *out)
{
    uint32_t present = 0;
    set_fallbacks(fields, out);
    for (size_t i = 0; i < pairs->count; i++) {
        const struct pair *pair = &pairs->items[i];
        struct field_value value = {.text = pair->value};
        uint32_t bit = 0;
        const struct field *field = find_parameter(validation->response->arena, fields, pair->name,
                                                   &bit);
        if (field == NULL && fields->ignore_unknown)
            continue;
        if (field == NULL)
            add_unknown(validation, pair->name);
        else if (pair->has_nul)
            fields_add_error(validation, field->name, "must not hold a NUL character");
        else if ((present & bit) && !(field->flags & FIELD_REPEATABLE))
            fields_add_error(validation, field->name, "appears more than once");
        else
            read_value(validation, field, &value, out);
        present |= bit;
    }
    report_missing(validation, fields, present);
}
