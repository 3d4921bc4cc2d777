/* Tokens that were verified before: one that comes again, to whichever worker, costs a hash. */
#include "token_cache.h"

#include <assert.h>
#include <openssl/evp.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { DIGEST_SIZE = 32, PLACES = 4 };

/* The token's SHA-256 instead of the token: it identifies the token just as well, and is no use to
 * a thief. */
struct content {
    unsigned char digest[DIGEST_SIZE];
    struct claims claims;
};

enum { WORDS = sizeof(struct content) / sizeof(uint64_t) };
_Static_assert(sizeof(struct content) == WORDS * sizeof(uint64_t), "a content is whole words");

/* A sequence lock: the number is odd while somebody writes, and a different one afterwards. A
 * worker that is killed in between leaves it odd: the entry is then lost, and nobody waits for it,
 * as somebody would for a lock. All zero: empty. */
struct entry {
    atomic_uint_fast64_t sequence;
    atomic_uint_fast64_t words[WORDS];
};

struct token_cache {
    EVP_MD_CTX *sha256; /* set up once: that costs more than the hash */
    size_t size;
    struct entry *entries;
};

struct token_cache *token_cache_create(size_t size)
{
    assert(size > 0);
    struct token_cache *cache = calloc(1, sizeof *cache);
    if (cache == NULL)
        return NULL;
    void *memory = mmap(NULL, size * sizeof *cache->entries, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory != MAP_FAILED) {
        cache->size = size;
        cache->entries = memory;
        cache->sha256 = EVP_MD_CTX_new();
        if (cache->sha256 != NULL && EVP_DigestInit_ex(cache->sha256, EVP_sha256(), NULL) == 1)
            return cache;
    }
    token_cache_destroy(cache);
    return NULL;
}

void token_cache_destroy(struct token_cache *cache)
{
    if (cache == NULL)
        return;
    EVP_MD_CTX_free(cache->sha256);
    if (cache->entries != NULL)
        munmap(cache->entries, cache->size * sizeof *cache->entries);
    free(cache);
}

static bool hash_token(const struct token_cache *cache, const char *token,
                       unsigned char digest[DIGEST_SIZE])
{
    return cache != NULL && EVP_DigestInit_ex(cache->sha256, NULL, NULL) == 1 &&
           EVP_DigestUpdate(cache->sha256, token, strlen(token)) == 1 &&
           EVP_DigestFinal_ex(cache->sha256, digest, NULL) == 1;
}

/* One of the places where a token may stand: two, each with its neighbour. With single ones, a
 * cache that is half full would already have to evict one token in ten. */
static struct entry *find_place(const struct token_cache *cache,
                                const unsigned char digest[DIGEST_SIZE], size_t place)
{
    uint32_t number;
    assert(place < PLACES);
    memcpy(&number, digest + place / 2 * sizeof number, sizeof number);
    return &cache->entries[(number + place % 2) % cache->size];
}

/* False where somebody is writing: a token not found is only verified again, which costs less than
 * waiting for a writer that may be dead. */
static bool read_entry(const struct entry *entry, struct content *content)
{
    uint64_t words[WORDS] = {0};
    uint64_t sequence = atomic_load_explicit(&entry->sequence, memory_order_acquire);
    for (size_t i = 0; i < WORDS; i++)
        words[i] = atomic_load_explicit(&entry->words[i], memory_order_relaxed);
    /* Pairs with the writer's fence: whoever has read a new word also sees that the number has
     * changed, so half of one content and half of another are never taken for a whole. */
    atomic_thread_fence(memory_order_acquire);
    memcpy(content, words, sizeof words);
    return sequence % 2 == 0 &&
           sequence == atomic_load_explicit(&entry->sequence, memory_order_relaxed);
}

/* Does nothing where somebody else writes. */
static void write_entry(struct entry *entry, const struct content *content)
{
    uint64_t words[WORDS];
    uint64_t sequence = atomic_load_explicit(&entry->sequence, memory_order_relaxed);
    if (sequence % 2 != 0 ||
        !atomic_compare_exchange_strong_explicit(&entry->sequence, &sequence, sequence + 1,
                                                 memory_order_acquire, memory_order_relaxed))
        return;
    atomic_thread_fence(memory_order_release);
    memcpy(words, content, sizeof words);
    for (size_t i = 0; i < WORDS; i++)
        atomic_store_explicit(&entry->words[i], words[i], memory_order_relaxed);
    atomic_store_explicit(&entry->sequence, sequence + 2, memory_order_release);
}

bool token_cache_find(const struct token_cache *cache, const char *token, struct claims *claims)
{
    unsigned char digest[DIGEST_SIZE];
    struct content content;
    if (!hash_token(cache, token, digest))
        return false;
    for (size_t place = 0; place < PLACES; place++) {
        if (read_entry(find_place(cache, digest, place), &content) &&
            memcmp(content.digest, digest, sizeof digest) == 0) {
            *claims = content.claims;
            return true;
        }
    }
    return false;
}

void token_cache_add(struct token_cache *cache, const char *token, const struct claims *claims)
{
    struct content content = {.claims = *claims}, held;
    struct entry *chosen = NULL;
    int64_t earliest = INT64_MAX;
    if (!hash_token(cache, token, content.digest))
        return;
    content.claims.email = NULL; /* this process's memory, and nobody reads it */
    /* The one that is free, or else expires first. */
    for (size_t place = 0; place < PLACES; place++) {
        struct entry *entry = find_place(cache, content.digest, place);
        if (read_entry(entry, &held) && held.claims.expires_at < earliest) {
            earliest = held.claims.expires_at;
            chosen = entry;
        }
    }
    if (chosen != NULL)
        write_entry(chosen, &content);
}
