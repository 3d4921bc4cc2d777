/* UUIDs (RFC 9562). */
#ifndef CORE_UUID_H
#define CORE_UUID_H

#include <stdbool.h>

enum { UUID_TEXT_SIZE = 37 };

struct uuid {
    unsigned char bytes[16];
};

/* A new version 7 UUID: 48 bits of milliseconds, 12 that count within one (so that those of one
 * process sort in the order they were made), 62 random bits. */
struct uuid uuid_create(void);

/* Reads the 36-character form, in either case. False for anything else. */
bool uuid_parse(const char *text, struct uuid *uuid);

/* Writes the 36-character form in lower case. */
void uuid_format(const struct uuid *uuid, char out[UUID_TEXT_SIZE]);

bool uuid_equals(const struct uuid *one, const struct uuid *other);

#endif
