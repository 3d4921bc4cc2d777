/* How each type of field is read, from JSON and from texts alike. */
#include "field_types.h"

#include "lib/auth/password.h"
#include "lib/core/clock.h"
#include "lib/core/utf8.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { MAX_EMAIL = 254, MAX_TAGS = 20, MAX_TAG = 50 };

/* A copy of a string that may be trimmed; NULL where the value is none. */
static char *copy_string(struct arena *arena, const struct field_value *value)
{
    const char *text = value->json != NULL ? cJSON_GetStringValue(value->json) : value->text;
    return text == NULL ? NULL : arena_copy(arena, text, strlen(text));
}

static const char *say_length(struct arena *arena, const struct field *field)
{
    if (field->min == 0)
        return arena_printf(arena, "must be at most %lld characters", (long long)field->max);
    return arena_printf(arena, "must be %lld to %lld characters", (long long)field->min,
                        (long long)field->max);
}

static const char *read_text(struct arena *arena, const struct field *field,
                             const struct field_value *value, void *out)
{
    char *text = copy_string(arena, value);
    assert(field->max > 0 && field->min <= field->max);
    if (text == NULL)
        return "must be a string";
    if (field->flags & FIELD_TRIMMED)
        text = utf8_trim(text);
    int64_t count = (int64_t)utf8_count(text);
    if (count < field->min || count > field->max)
        return say_length(arena, field);
    if ((field->flags & FIELD_ONE_LINE && utf8_has_control(text, "")) ||
        (field->flags & FIELD_NO_CONTROL && utf8_has_control(text, "\t\n\r")))
        return "must not hold control characters";
    if (field->flags & FIELD_VISIBLE && !utf8_is_visible(text))
        return "must hold more than white space";
    *(const char **)out = text;
    return NULL;
}

/* A label before and behind every dot of the domain. */
static bool is_email(const char *text)
{
    const char *at = strchr(text, '@');
    if (at == NULL || at == text || strchr(at + 1, '@') != NULL)
        return false;
    const char *domain = at + 1;
    size_t length = strlen(domain);
    return strchr(domain, '.') != NULL && domain[0] != '.' && domain[length - 1] != '.' &&
           strstr(domain, "..") == NULL;
}

static const char *read_email(struct arena *arena, const struct field *field,
                              const struct field_value *value, void *out)
{
    (void)field;
    char *text = copy_string(arena, value);
    if (text == NULL)
        return "must be a string";
    text = utf8_trim(text);
    if (utf8_count(text) > MAX_EMAIL)
        return "must be at most 254 characters";
    if (!is_email(text) || utf8_has_space(text) || utf8_has_control(text, ""))
        return "must be an e-mail address, like you@example.org";
    *(const char **)out = text;
    return NULL;
}

static const char *read_password(struct arena *arena, const struct field *field,
                                 const struct field_value *value, void *out)
{
    (void)field;
    char *text = copy_string(arena, value);
    if (text == NULL)
        return "must be a string";
    if (text[0] == '\0')
        return "must not be empty";
    if (strlen(text) > PASSWORD_MAX_BYTES)
        return "must be at most 72 bytes";
    *(const char **)out = text;
    return NULL;
}

static const char *read_new_password(struct arena *arena, const struct field *field,
                                     const struct field_value *value, void *out)
{
    (void)field;
    const char *text = copy_string(arena, value);
    if (text == NULL)
        return "must be a string";
    if (utf8_count(text) < PASSWORD_MIN_CHARACTERS)
        return "must be at least 8 characters";
    if (strlen(text) > PASSWORD_MAX_BYTES)
        return "must be at most 72 bytes";
    if (password_is_common(text))
        return "is one of the most-used passwords: choose another";
    *(const char **)out = text;
    return NULL;
}

static const char *read_boolean(struct arena *arena, const struct field *field,
                                const struct field_value *value, void *out)
{
    (void)arena;
    (void)field;
    bool is_true = value->json != NULL ? cJSON_IsTrue(value->json)
                                       : strcasecmp(value->text, "true") == 0;
    bool is_false = value->json != NULL ? cJSON_IsFalse(value->json)
                                        : strcasecmp(value->text, "false") == 0;
    *(bool *)out = is_true;
    return is_true || is_false ? NULL : "must be true or false";
}

static bool parse_integer(const struct field_value *value, int64_t *number)
{
    if (value->json != NULL) {
        double real = cJSON_GetNumberValue(value->json);
        if (!cJSON_IsNumber(value->json) || !isfinite(real) || real != floor(real) ||
            fabs(real) > 9007199254740992.0)
            return false;
        *number = (int64_t)real;
        return true;
    }
    const char *digits = value->text + (value->text[0] == '-');
    char *end;
    errno = 0;
    *number = strtoll(value->text, &end, 10);
    return digits[0] >= '0' && digits[0] <= '9' && *end == '\0' && errno == 0;
}

static const char *read_integer(struct arena *arena, const struct field *field,
                                const struct field_value *value, void *out)
{
    struct optional_integer *integer = out;
    integer->is_set = parse_integer(value, &integer->value) && integer->value >= field->min &&
                      integer->value <= field->max;
    if (integer->is_set)
        return NULL;
    return arena_printf(arena, "must be a whole number from %lld to %lld", (long long)field->min,
                        (long long)field->max);
}

static const char *say_words(struct arena *arena, const struct field *field)
{
    const char *list = "must be";
    for (const char *const *word = field->words; *word != NULL; word++)
        list = arena_printf(arena, "%s%s %s", list,
                            word == field->words ? ""
                            : word[1] == NULL    ? " or"
                                                 : ",",
                            *word);
    return list;
}

static int find_word(const struct field *field, const char *text, size_t length)
{
    for (int i = 0; field->words[i] != NULL; i++)
        if (strlen(field->words[i]) == length &&
            (field->flags & FIELD_ANY_CASE ? strncasecmp(field->words[i], text, length)
                                           : memcmp(field->words[i], text, length)) == 0)
            return i;
    return -1;
}

static const char *read_choice(struct arena *arena, const struct field *field,
                               const struct field_value *value, void *out)
{
    const char *text = copy_string(arena, value);
    int index = text == NULL ? -1 : find_word(field, text, strlen(text));
    if (index < 0)
        return say_words(arena, field);
    *(int *)out = index;
    return NULL;
}

static const char *read_choices(struct arena *arena, const struct field *field,
                                const struct field_value *value, void *out)
{
    const char *at = copy_string(arena, value);
    unsigned *mask = out;
    while (at != NULL) {
        size_t length = strcspn(at, ",");
        int index = find_word(field, at, length);
        if (index < 0)
            return say_words(arena, field);
        assert(index < 32);
        *mask |= 1U << index;
        if (at[length] == '\0')
            return NULL;
        at += length + 1;
    }
    return say_words(arena, field);
}

/* Adds a tag to a set, unless it is in it. */
static const char *add_tag(struct arena *arena, struct texts *tags, const struct field_value *value)
{
    static const struct field rule = {
        .flags = FIELD_TRIMMED | FIELD_ONE_LINE, .min = 1, .max = MAX_TAG};
    const char *tag = NULL;
    const char **items = (const char **)tags->items;
    if (read_text(arena, &rule, value, &tag) != NULL)
        return "must each be a string of 1 to 50 characters, without control characters";
    assert(tag != NULL);
    for (size_t i = 0; i < tags->count; i++)
        if (strcmp(items[i], tag) == 0)
            return NULL;
    if (tags->count == MAX_TAGS)
        return "must be at most 20";
    if (items == NULL)
        tags->items = items = arena_alloc(arena, MAX_TAGS * sizeof *items);
    items[tags->count++] = tag;
    return NULL;
}

/* A JSON array, or one of the parameters of a query, which come one by one. */
static const char *read_tags(struct arena *arena, const struct field *field,
                             const struct field_value *value, void *out)
{
    (void)field;
    const char *wrong = NULL;
    if (value->json == NULL)
        return add_tag(arena, out, value);
    if (!cJSON_IsArray(value->json))
        return "must be an array of strings";
    for (const cJSON *item = value->json->child; item != NULL && wrong == NULL; item = item->next) {
        struct field_value tag = {.json = item};
        wrong = add_tag(arena, out, &tag);
    }
    return wrong;
}

static const char *read_time(struct arena *arena, const struct field *field,
                             const struct field_value *value, void *out)
{
    (void)field;
    struct optional_time *time = out;
    const char *text = copy_string(arena, value);
    *time = (struct optional_time){0};
    if (value->json != NULL && text != NULL && text[0] == '\0') /* an emptied input of a form */
        return NULL;
    time->is_set = text != NULL && clock_parse(text, &time->at, &time->is_date);
    return time->is_set ? NULL
                        : "must be a date (2026-11-30) or a date-time (2026-11-30T18:00:00Z, with"
                          " %2B for + in an address), in the years 0001 to 9999";
}

static const char *read_uuid(struct arena *arena, const struct field *field,
                             const struct field_value *value, void *out)
{
    (void)field;
    struct optional_uuid *uuid = out;
    const char *text = copy_string(arena, value);
    uuid->is_set = text != NULL && uuid_parse(text, &uuid->value);
    return uuid->is_set ? NULL : "must be a UUID";
}

static const char *read_refresh(struct arena *arena, const struct field *field,
                                const struct field_value *value, void *out)
{
    bool wanted = false;
    const char *text = copy_string(arena, value);
    *(int *)out = 2;
    if (text != NULL && strcmp(text, "cookie") == 0)
        return NULL;
    const char *wrong = read_boolean(arena, field, value, &wanted);
    *(int *)out = wanted;
    return wrong == NULL ? NULL : "must be true, false or \"cookie\"";
}

typedef const char *field_reader_fn(struct arena *, const struct field *,
                                    const struct field_value *, void *);

static field_reader_fn *const readers[] = {
    [FIELD_TEXT] = read_text,         [FIELD_EMAIL] = read_email,
    [FIELD_PASSWORD] = read_password, [FIELD_NEW_PASSWORD] = read_new_password,
    [FIELD_BOOLEAN] = read_boolean,   [FIELD_INTEGER] = read_integer,
    [FIELD_CHOICE] = read_choice,     [FIELD_CHOICES] = read_choices,
    [FIELD_TAGS] = read_tags,         [FIELD_TIME] = read_time,
    [FIELD_UUID] = read_uuid,         [FIELD_REFRESH] = read_refresh,
};

const char *field_types_read(struct arena *arena, const struct field *field,
                             const struct field_value *value, void *out)
{
    assert(field->type < sizeof readers / sizeof *readers && readers[field->type] != NULL);
    assert((value->json == NULL) != (value->text == NULL));
    return readers[field->type](arena, field, value, out);
}
