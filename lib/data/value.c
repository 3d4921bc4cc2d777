/* Values on their way to and from PostgreSQL, in its binary formats. */
#include "value.h"

#include <assert.h>
#include <endian.h>
#include <string.h>

/* PostgreSQL counts microseconds from 2000-01-01. */
#define POSTGRES_EPOCH INT64_C(946684800000000)

enum { FORMAT_TEXT = 0, FORMAT_BINARY = 1 };
enum { OID_TEXT = 25, OID_TIMESTAMPTZ = 1184 };
enum { ARRAY_EMPTY_SIZE = 12, ARRAY_HEADER_SIZE = 20 };

static void put_big_endian(unsigned char *out, size_t size, uint64_t value)
{
    for (size_t i = 0; i < size; i++)
        out[i] = (unsigned char)(value >> 8 * (size - 1 - i));
}

static uint64_t get_big_endian(const unsigned char *in, size_t size)
{
    uint64_t value = 0;
    memcpy((unsigned char *)&value + sizeof value - size, in, size);
    return be64toh(value);
}

static void add_parameter(struct db_query *query, const void *value, size_t length, int format)
{
    assert(query->count < DB_MAX_PARAMS);
    query->values[query->count] = value;
    query->lengths[query->count] = (int)length;
    query->formats[query->count] = format;
    query->count++;
}

static void add_number(struct db_query *query, size_t size, int64_t value)
{
    assert(query->count < DB_MAX_PARAMS);
    unsigned char *number = query->numbers[query->count];
    put_big_endian(number, size, (uint64_t)value);
    add_parameter(query, number, size, FORMAT_BINARY);
}

void value_add_null(struct db_query *query)
{
    add_parameter(query, NULL, 0, FORMAT_TEXT);
}

void value_add_text(struct db_query *query, const char *text)
{
    add_parameter(query, text, 0, FORMAT_TEXT);
}

void value_add_bytes(struct db_query *query, const void *bytes, size_t length)
{
    add_parameter(query, bytes, length, FORMAT_BINARY);
}

void value_add_uuid(struct db_query *query, const struct uuid *uuid)
{
    add_parameter(query, uuid->bytes, sizeof uuid->bytes, FORMAT_BINARY);
}

void value_add_boolean(struct db_query *query, bool value)
{
    add_number(query, 1, value);
}

void value_add_smallint(struct db_query *query, int value)
{
    add_number(query, 2, value);
}

void value_add_int(struct db_query *query, int32_t value)
{
    add_number(query, 4, value);
}

void value_add_integer(struct db_query *query, int64_t value)
{
    add_number(query, 8, value);
}

void value_add_timestamp(struct db_query *query, int64_t micros)
{
    value_add_integer(query, micros - POSTGRES_EPOCH);
}

/* Begins an array: array_recv's format is dimensions, flags and element type, then the length and
 * lower bound of the one dimension, then each element behind its length. */
static unsigned char *begin_array(unsigned char *at, uint32_t element_type, size_t count)
{
    put_big_endian(at, 4, count > 0);
    put_big_endian(at + 8, 4, element_type);
    if (count == 0)
        return at + ARRAY_EMPTY_SIZE;
    put_big_endian(at + 12, 4, count);
    put_big_endian(at + 16, 4, 1);
    return at + ARRAY_HEADER_SIZE;
}

static size_t array_size(size_t count, size_t elements_size)
{
    return count == 0 ? ARRAY_EMPTY_SIZE : ARRAY_HEADER_SIZE + 4 * count + elements_size;
}

void value_add_texts(struct db_query *query, struct arena *arena, const struct texts *texts)
{
    size_t size = 0;
    for (size_t i = 0; i < texts->count; i++)
        size += strlen(texts->items[i]);
    size = array_size(texts->count, size);
    unsigned char *array = arena_alloc(arena, size);
    unsigned char *at = begin_array(array, OID_TEXT, texts->count);
    for (size_t i = 0; i < texts->count; i++) {
        size_t length = strlen(texts->items[i]);
        put_big_endian(at, 4, length);
        memcpy(at + 4, texts->items[i], length);
        at += 4 + length;
    }
    add_parameter(query, array, size, FORMAT_BINARY);
}

void value_add_timestamps(struct db_query *query, struct arena *arena, const int64_t *micros,
                          size_t count)
{
    size_t size = array_size(count, 8 * count);
    unsigned char *array = arena_alloc(arena, size);
    unsigned char *at = begin_array(array, OID_TIMESTAMPTZ, count);
    for (size_t i = 0; i < count; i++, at += 12) {
        put_big_endian(at, 4, 8);
        put_big_endian(at + 4, 8, (uint64_t)(micros[i] - POSTGRES_EPOCH));
    }
    add_parameter(query, array, size, FORMAT_BINARY);
}

bool value_is_null(const struct db_rows *rows, int row, int column)
{
    size_t length;
    return db_cell(rows, row, column, &length) == NULL;
}

const char *value_get_text(const struct db_rows *rows, int row, int column)
{
    size_t length;
    return db_cell(rows, row, column, &length);
}

struct uuid value_get_uuid(const struct db_rows *rows, int row, int column)
{
    struct uuid uuid = {{0}};
    size_t length;
    const void *bytes = db_cell(rows, row, column, &length);
    if (bytes != NULL && length == sizeof uuid.bytes)
        memcpy(uuid.bytes, bytes, length);
    return uuid;
}

bool value_get_boolean(const struct db_rows *rows, int row, int column)
{
    size_t length;
    const char *bytes = db_cell(rows, row, column, &length);
    return bytes != NULL && length == 1 && bytes[0] != 0;
}

static int64_t read_integer(const void *bytes, size_t length)
{
    switch (length) {
    case 2:
        return (int16_t)get_big_endian(bytes, 2);
    case 4:
        return (int32_t)get_big_endian(bytes, 4);
    case 8:
        return (int64_t)get_big_endian(bytes, 8);
    default:
        return 0;
    }
}

bool value_read_integer(const struct db_rows *rows, int row, int column, int64_t *value)
{
    size_t length;
    const void *bytes = db_cell(rows, row, column, &length);
    *value = bytes == NULL ? 0 : read_integer(bytes, length);
    return bytes != NULL;
}

bool value_read_timestamp(const struct db_rows *rows, int row, int column, int64_t *micros)
{
    bool is_set = value_read_integer(rows, row, column, micros);
    *micros += POSTGRES_EPOCH;
    return is_set;
}

int64_t value_get_integer(const struct db_rows *rows, int row, int column)
{
    int64_t value;
    (void)value_read_integer(rows, row, column, &value);
    return value;
}

int64_t value_get_timestamp(const struct db_rows *rows, int row, int column)
{
    return value_get_integer(rows, row, column) + POSTGRES_EPOCH;
}

struct texts value_get_texts(const struct db_rows *rows, int row, int column, struct arena *arena)
{
    size_t size;
    const unsigned char *at = db_cell(rows, row, column, &size);
    if (at == NULL || size < ARRAY_HEADER_SIZE)
        return (struct texts){0};
    size_t count = get_big_endian(at + 12, 4);
    const char **items = arena_alloc(arena, count * sizeof *items);
    at += ARRAY_HEADER_SIZE;
    for (size_t i = 0; i < count; i++) {
        size_t length = get_big_endian(at, 4);
        items[i] = arena_copy(arena, (const char *)at + 4, length);
        at += 4 + length;
    }
    return (struct texts){.items = items, .count = count};
}
