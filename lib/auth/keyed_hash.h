/* A hash that nobody can steer who does not know its key. */
#ifndef AUTH_KEYED_HASH_H
#define AUTH_KEYED_HASH_H

#include <stddef.h>
#include <stdint.h>

enum { KEYED_HASH_KEY_SIZE = 32 };

/* The first 64 bits of HMAC-SHA-256 (RFC 2104) over `data`. */
uint64_t keyed_hash(const unsigned char key[KEYED_HASH_KEY_SIZE], const void *data, size_t length);

#endif
