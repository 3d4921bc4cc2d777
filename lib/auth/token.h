/* Access tokens (JWT, RFC 7519, HS256 by libjwt) and refresh tokens (random bits). */
#ifndef AUTH_TOKEN_H
#define AUTH_TOKEN_H

#include "lib/core/arena.h"
#include "lib/core/status.h"
#include "lib/core/uuid.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    TOKEN_MIN_PREVIOUS = 16,     /* for one that verifies only: others have signed with it */
    TOKEN_MIN_SECRET = 32,       /* bytes; RFC 7518 §3.2 asks for no less than the hash's size */
    TOKEN_MAX_LENGTH = 4096,     /* libjwt puts the token on its stack */
    TOKEN_REFRESH_SIZE = 44,     /* 256 bits in base64url, and the NUL */
    TOKEN_REFRESH_HASH_SIZE = 32 /* SHA-256 */
};

struct token_cache;

/* The secret that signs and verifies, and one that only still verifies; NULL for none. With a cache
 * (token_cache.h), or NULL, of what they have verified. */
struct token_keys {
    const char *current;
    const char *previous;
    struct token_cache *cache;
};

struct claims {
    struct uuid user_id;    /* sub */
    const char *email;      /* email; only written */
    struct uuid session_id; /* sid */
    int64_t issued_at;      /* iat, microseconds */
    int64_t expires_at;     /* exp, microseconds */
    int64_t not_before;     /* nbf, microseconds, or 0; only read */
    bool has_session;
    bool has_issued_at;
};

/* Signs `claims` (with whole seconds) into request memory. */
MUST_CHECK enum status token_sign(struct arena *arena, const struct token_keys *keys,
                                  const struct claims *claims, const char **token);

/*
 * Verifies a token and reads its claims. STATUS_INVALID_TOKEN, and *why as a short English phrase
 * for error_description, when it is not exactly: HS256 with one of our keys, canonical base64url,
 * no `crit`, a `sub` that is a UUID in a string, an `exp` in the future (no leeway), no `nbf` in
 * the future, `sid` absent or a UUID in a string, `iat` absent or a number.
 */
MUST_CHECK enum status token_verify(const struct token_keys *keys, const char *token,
                                    struct claims *claims, const char **why);

/* Makes a refresh token of 256 random bits. */
void token_create_refresh(char out[TOKEN_REFRESH_SIZE]);

/* SHA-256 of a refresh token: all that is ever stored of it. */
MUST_CHECK enum status token_hash_refresh(const char *token,
                                          unsigned char out[TOKEN_REFRESH_HASH_SIZE]);

#endif
