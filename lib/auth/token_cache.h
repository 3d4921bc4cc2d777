/* Tokens that were verified before: one that comes again, to whichever worker, costs a hash. */
#ifndef AUTH_TOKEN_CACHE_H
#define AUTH_TOKEN_CACHE_H

#include "token.h"

/*
 * For `size` tokens, in memory that this process shares with those that it forks. Nobody ever waits
 * for another: what one of them is just writing, or was killed while writing, is not found.
 * Belongs to the keys that verified its tokens: other keys, another cache. NULL when memory is
 * exhausted; the functions below take that for a cache that holds nothing.
 */
struct token_cache *token_cache_create(size_t size);

void token_cache_destroy(struct token_cache *cache);

/* Whether exactly this token was added. Its times are still to be checked. */
bool token_cache_find(const struct token_cache *cache, const char *token, struct claims *claims);

/* Adds a token whose signature and form are good; another may have to make room. */
void token_cache_add(struct token_cache *cache, const char *token, const struct claims *claims);

#endif
