/* Random bytes and the texts that carry bytes: hexadecimal, base64url, percent-encoding. */
#ifndef CORE_ENCODING_H
#define CORE_ENCODING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Fills `out` (at most 256 bytes) from the kernel's generator; ends the process where there is
 * none. */
void encoding_random(void *out, size_t length);

/* Mixes 64 bits more into a hash that tells our own things apart; whoever wants to can make two
 * that are the same. */
static inline uint64_t encoding_mix(uint64_t hash, uint64_t more)
{
    hash = (hash ^ more) * UINT64_C(0x9E3779B97F4A7C15);
    return hash ^ hash >> 29;
}

/* Such a hash of a text: of a statement's some kilobytes in less than a microsecond. */
uint64_t encoding_hash(const char *text);

/* Whether a text is not empty and holds nothing but ASCII letters, digits and these marks. */
bool encoding_is_plain(const char *text, const char *marks);

/* The value of a hexadecimal digit, or -1. */
int encoding_hex_value(char digit);

/* How many characters base64url, without padding, takes for `length` bytes, with the NUL. */
#define ENCODING_BASE64_SIZE(length) (((length)*4 + 2) / 3 + 1)

/* Writes base64url without padding (RFC 4648 §5) and a NUL. */
void encoding_base64_encode(const void *bytes, size_t length, char *out);

/* Reads `characters` of base64url without padding into `out`, which must have room for 3/4 as many
 * bytes. False for anything but the one canonical encoding. */
bool encoding_base64_decode(const char *text, size_t characters, void *out, size_t *length);

/*
 * Decodes %XX in place (RFC 3986 §2.1), and `+` to a space where `plus` says so. False for a `%`
 * that no two hexadecimal digits follow. `*has_nul` tells of a %00: the text ends there for C.
 */
bool encoding_percent_decode(char *text, bool plus, bool *has_nul);

#endif
