/* Tokens that were verified before: one that comes again costs a hash. */
#include "token_cache.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

enum { DIGEST_SIZE = 32 };

/* The token's SHA-256 instead of the token: as good for telling it, and no good to a thief. */
struct entry {
    unsigned char digest[DIGEST_SIZE];
    bool is_used;
    struct claims claims;
};

struct token_cache {
    EVP_MD_CTX *sha256; /* set up once: that costs more than the hash */
    struct entry entries[TOKEN_CACHE_SIZE];
};

struct token_cache *token_cache_create(void)
{
    struct token_cache *cache = calloc(1, sizeof *cache);
    if (cache == NULL)
        return NULL;
    cache->sha256 = EVP_MD_CTX_new();
    if (cache->sha256 != NULL && EVP_DigestInit_ex(cache->sha256, EVP_sha256(), NULL) == 1)
        return cache;
    token_cache_destroy(cache);
    return NULL;
}

void token_cache_destroy(struct token_cache *cache)
{
    if (cache != NULL)
        EVP_MD_CTX_free(cache->sha256);
    free(cache);
}

static bool hash(const struct token_cache *cache, const char *token,
                 unsigned char digest[DIGEST_SIZE])
{
    return cache != NULL && EVP_DigestInit_ex(cache->sha256, NULL, NULL) == 1 &&
           EVP_DigestUpdate(cache->sha256, token, strlen(token)) == 1 &&
           EVP_DigestFinal_ex(cache->sha256, digest, NULL) == 1;
}

/* The two places where a token may stand. */
static size_t find_place(const unsigned char digest[DIGEST_SIZE], size_t choice)
{
    uint16_t number;
    memcpy(&number, digest + choice * sizeof number, sizeof number);
    return number % TOKEN_CACHE_SIZE;
}

bool token_cache_find(const struct token_cache *cache, const char *token, struct claims *claims)
{
    unsigned char digest[DIGEST_SIZE];
    if (!hash(cache, token, digest))
        return false;
    for (size_t choice = 0; choice < 2; choice++) {
        const struct entry *entry = &cache->entries[find_place(digest, choice)];
        if (entry->is_used && memcmp(entry->digest, digest, sizeof digest) == 0) {
            *claims = entry->claims;
            return true;
        }
    }
    return false;
}

void token_cache_add(struct token_cache *cache, const char *token, const struct claims *claims)
{
    unsigned char digest[DIGEST_SIZE];
    if (!hash(cache, token, digest))
        return;
    /* The one that is free, or else expires first. */
    struct entry *entry = &cache->entries[find_place(digest, 0)];
    struct entry *other = &cache->entries[find_place(digest, 1)];
    if (entry->is_used && (!other->is_used || other->claims.expires_at < entry->claims.expires_at))
        entry = other;
    *entry = (struct entry){.is_used = true, .claims = *claims};
    memcpy(entry->digest, digest, sizeof digest);
}
