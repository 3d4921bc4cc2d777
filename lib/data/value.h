/* Values on their way to and from PostgreSQL, in its binary formats. */
#ifndef DATA_VALUE_H
#define DATA_VALUE_H

#include "db.h"
#include "lib/core/optional.h"

/* Adds the next parameter. Texts and bytes are not copied: they must outlive the call. */
void value_add_null(struct db_query *query);
void value_add_text(struct db_query *query, const char *text); /* NULL is SQL's NULL */
void value_add_bytes(struct db_query *query, const void *bytes, size_t length);
void value_add_uuid(struct db_query *query, const struct uuid *uuid);
void value_add_boolean(struct db_query *query, bool value);
void value_add_smallint(struct db_query *query, int value);
void value_add_int(struct db_query *query, int32_t value);
void value_add_integer(struct db_query *query, int64_t value);    /* bigint */
void value_add_timestamp(struct db_query *query, int64_t micros); /* since 1970 */
/* text[], built in `arena`. */
void value_add_texts(struct db_query *query, struct arena *arena, const struct texts *texts);

/* timestamptz[], built in `arena`. */
void value_add_timestamps(struct db_query *query, struct arena *arena, const int64_t *micros,
                          size_t count);

/* The cells of a result. Texts live as long as the result; NULL for SQL's NULL. */
bool value_is_null(const struct db_rows *rows, int row, int column);
const char *value_get_text(const struct db_rows *rows, int row, int column);
struct uuid value_get_uuid(const struct db_rows *rows, int row, int column);
bool value_get_boolean(const struct db_rows *rows, int row, int column);
int64_t value_get_integer(const struct db_rows *rows, int row, int column); /* int2, int4 or int8 */
int64_t value_get_timestamp(const struct db_rows *rows, int row, int column); /* since 1970 */
/* Those that may be NULL: whether they are not. */
bool value_read_integer(const struct db_rows *rows, int row, int column, int64_t *value);
bool value_read_timestamp(const struct db_rows *rows, int row, int column, int64_t *micros);
/* text[] without NULLs, into `arena`. */
struct texts value_get_texts(const struct db_rows *rows, int row, int column, struct arena *arena);

#endif
