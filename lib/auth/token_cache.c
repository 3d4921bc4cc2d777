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
    EVP_MD *sha256; /* looked up once: that costs more than the hash */
    struct entry entries[TOKEN_CACHE_SIZE];
};

struct token_cache *token_cache_create(void)
{
    struct token_cache *cache = calloc(1, sizeof *cache);
    if (cache == NULL)
        return NULL;
    cache->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    if (cache->sha256 != NULL)
        return cache;
    free(cache);
    return NULL;
}

void token_cache_destroy(struct token_cache *cache)
{
    if (cache != NULL)
        EVP_MD_free(cache->sha256);
    free(cache);
}

/* The one place where a token may stand. */
static size_t find_place(const struct token_cache *cache, const char *token,
                         unsigned char digest[DIGEST_SIZE])
{
    uint16_t place;
    if (EVP_Digest(token, strlen(token), digest, NULL, cache->sha256, NULL) != 1)
        return TOKEN_CACHE_SIZE;
    memcpy(&place, digest, sizeof place);
    return place % TOKEN_CACHE_SIZE;
}

bool token_cache_find(const struct token_cache *cache, const char *token, struct claims *claims)
{
    unsigned char digest[DIGEST_SIZE];
    size_t place = cache == NULL ? TOKEN_CACHE_SIZE : find_place(cache, token, digest);
    if (place == TOKEN_CACHE_SIZE)
        return false;
    const struct entry *entry = &cache->entries[place];
    if (!entry->is_used || memcmp(entry->digest, digest, sizeof digest) != 0)
        return false;
    *claims = entry->claims;
    return true;
}

void token_cache_add(struct token_cache *cache, const char *token, const struct claims *claims)
{
    unsigned char digest[DIGEST_SIZE];
    size_t place = cache == NULL ? TOKEN_CACHE_SIZE : find_place(cache, token, digest);
    if (place == TOKEN_CACHE_SIZE)
        return;
    struct entry *entry = &cache->entries[place];
    *entry = (struct entry){.is_used = true, .claims = *claims};
    memcpy(entry->digest, digest, sizeof digest);
}
