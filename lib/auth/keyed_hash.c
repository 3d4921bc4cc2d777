/* A hash that nobody can steer who does not know its key. */
#include "keyed_hash.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>

uint64_t keyed_hash(const unsigned char key[KEYED_HASH_KEY_SIZE], const void *data, size_t length)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    uint64_t hash;
    if (HMAC(EVP_sha256(), key, KEYED_HASH_KEY_SIZE, data, length, digest, NULL) == NULL)
        abort(); /* out of memory */
    memcpy(&hash, digest, sizeof hash);
    return hash;
}
