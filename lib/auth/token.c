/* Access tokens (JWT, RFC 7519, HS256 by libjwt) and refresh tokens (random bits). */
#include "token.h"

#include "lib/core/clock.h"
#include "lib/core/encoding.h"
#include "token_cache.h"

#include <assert.h>
#include <errno.h>
#include <jwt.h>
#include <math.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

static int add_grants(jwt_t *jwt, const struct claims *claims)
{
    char text[UUID_TEXT_SIZE];
    uuid_format(&claims->user_id, text);
    int failed = jwt_add_grant(jwt, "sub", text);
    failed |= jwt_add_grant(jwt, "email", claims->email);
    if (claims->has_session) {
        uuid_format(&claims->session_id, text);
        failed |= jwt_add_grant(jwt, "sid", text);
    }
    failed |= jwt_add_grant_int(jwt, "iat", (long)(claims->issued_at / CLOCK_SECOND));
    failed |= jwt_add_grant_int(jwt, "exp", (long)(claims->expires_at / CLOCK_SECOND));
    return failed;
}

static char *encode(const char *secret, const struct claims *claims)
{
    assert(strlen(secret) >= TOKEN_MIN_SECRET); /* or it could not be verified again */
    jwt_t *jwt = NULL;
    char *token = NULL;
    if (jwt_new(&jwt) != 0)
        return NULL;
    if (add_grants(jwt, claims) == 0 &&
        jwt_set_alg(jwt, JWT_ALG_HS256, (const unsigned char *)secret, (int)strlen(secret)) == 0)
        token = jwt_encode_str(jwt);
    jwt_free(jwt);
    return token;
}

enum status token_sign(struct arena *arena, const struct token_keys *keys,
                       const struct claims *claims, const char **token)
{
    char *encoded = encode(keys->current, claims);
    if (encoded == NULL)
        return STATUS_INTERNAL;
    *token = arena_copy(arena, encoded, strlen(encoded));
    explicit_bzero(encoded, strlen(encoded));
    free(encoded);
    return STATUS_OK;
}

/* Three non-empty segments of canonical base64url, of bounded length: libjwt writes past its buffer
 * on an empty one, runs out of stack on a long one, and reads JSON only up to a NUL. */
static bool has_token_form(const char *token)
{
    unsigned char bytes[TOKEN_MAX_LENGTH];
    size_t size;
    if (strnlen(token, TOKEN_MAX_LENGTH + 1) > TOKEN_MAX_LENGTH)
        return false;
    for (int segment = 0; segment < 3; segment++) {
        size_t length = strcspn(token, ".");
        bool good = length > 0 && token[length] == (segment < 2 ? '.' : '\0') &&
                    encoding_base64_decode(token, length, bytes, &size);
        if (!good || (segment < 2 && memchr(bytes, 0, size) != NULL))
            return false;
        token += length + 1;
    }
    return true;
}

/* The verified token, or NULL. A key without length would make libjwt skip the signature. */
static jwt_t *decode(const char *secret, size_t least, const char *token)
{
    jwt_t *jwt = NULL;
    if (secret == NULL || strlen(secret) < least)
        return NULL;
    if (jwt_decode(&jwt, token, (const unsigned char *)secret, (int)strlen(secret)) != 0)
        return NULL;
    return jwt;
}

enum claim_form { CLAIM_ABSENT, CLAIM_GOOD, CLAIM_BAD };

/* A NumericDate (RFC 7519 §2): a JSON number of seconds, not necessarily whole. */
static enum claim_form read_seconds(jwt_t *jwt, const char *name, double *seconds)
{
    /* libjwt takes strings and fractions for 0, and what is absent for -1. */
    long whole = jwt_get_grant_int(jwt, name);
    if (whole > 0) {
        *seconds = (double)whole;
        return CLAIM_GOOD;
    }
    char *json = jwt_get_grants_json(jwt, name);
    if (json == NULL)
        return CLAIM_ABSENT;
    char *end;
    *seconds = strtod(json, &end);
    bool is_number = end != json && *end == '\0' && strchr("-0123456789", json[0]) != NULL;
    free(json);
    return is_number && isfinite(*seconds) ? CLAIM_GOOD : CLAIM_BAD;
}

static enum claim_form read_time(jwt_t *jwt, const char *name, int64_t *micros)
{
    const double earliest = (double)CLOCK_MIN / CLOCK_SECOND;
    const double latest = (double)CLOCK_MAX / CLOCK_SECOND;
    double seconds;
    enum claim_form form = read_seconds(jwt, name, &seconds);
    if (form != CLAIM_GOOD)
        return form;
    *micros = (int64_t)(fmax(earliest, fmin(seconds, latest)) * CLOCK_SECOND);
    return CLAIM_GOOD;
}

static enum claim_form read_uuid(jwt_t *jwt, const char *name, struct uuid *uuid)
{
    errno = 0;
    const char *text = jwt_get_grant(jwt, name);
    if (text == NULL) {
        char *json = jwt_get_grants_json(jwt, name);
        enum claim_form form = json == NULL ? CLAIM_ABSENT : CLAIM_BAD;
        free(json);
        return form;
    }
    return uuid_parse(text, uuid) ? CLAIM_GOOD : CLAIM_BAD;
}

/* libjwt takes the family of HMACs and any case for one; we take the one that we write. */
static bool has_pinned_header(jwt_t *jwt)
{
    const char *algorithm = jwt_get_header(jwt, "alg");
    char *crit = jwt_get_headers_json(jwt, "crit");
    bool pinned = jwt_get_alg(jwt) == JWT_ALG_HS256 && algorithm != NULL &&
                  strcmp(algorithm, "HS256") == 0 && crit == NULL;
    free(crit);
    return pinned;
}

static const char *read_claims(jwt_t *jwt, struct claims *claims)
{
    *claims = (struct claims){0};
    if (!has_pinned_header(jwt))
        return "the token's header is not accepted";
    if (read_time(jwt, "exp", &claims->expires_at) != CLAIM_GOOD)
        return "the token has no valid expiry";
    if (read_uuid(jwt, "sub", &claims->user_id) != CLAIM_GOOD)
        return "the token names no user";
    enum claim_form session = read_uuid(jwt, "sid", &claims->session_id);
    enum claim_form issued = read_time(jwt, "iat", &claims->issued_at);
    enum claim_form begins = read_time(jwt, "nbf", &claims->not_before);
    if (session == CLAIM_BAD || issued == CLAIM_BAD || begins == CLAIM_BAD)
        return "the token's claims are malformed";
    claims->has_session = session == CLAIM_GOOD;
    claims->has_issued_at = issued == CLAIM_GOOD;
    return NULL;
}

/* The claims of a token that one of the keys has signed, valid now or not. */
static const char *read_token(const struct token_keys *keys, const char *token,
                              struct claims *claims)
{
    bool has_form = has_token_form(token);
    jwt_t *jwt = has_form ? decode(keys->current, TOKEN_MIN_SECRET, token) : NULL;
    if (jwt == NULL && has_form)
        jwt = decode(keys->previous, TOKEN_MIN_PREVIOUS, token);
    if (jwt == NULL)
        return "the token is malformed or its signature is wrong";
    const char *why = read_claims(jwt, claims);
    jwt_free(jwt);
    return why;
}

enum status token_verify(const struct token_keys *keys, const char *token, struct claims *claims,
                         const char **why)
{
    int64_t now = clock_now();
    *why = NULL;
    if (!token_cache_find(keys->cache, token, claims)) {
        *why = read_token(keys, token, claims);
        if (*why == NULL)
            token_cache_add(keys->cache, token, claims);
    }
    if (*why == NULL && claims->expires_at <= now)
        *why = "the token has expired";
    if (*why == NULL && claims->not_before > now)
        *why = "the token is not valid yet";
    return *why == NULL ? STATUS_OK : STATUS_INVALID_TOKEN;
}

void token_create_refresh(char out[TOKEN_REFRESH_SIZE])
{
    unsigned char bits[32];
    encoding_random(bits, sizeof bits);
    encoding_base64_encode(bits, sizeof bits, out);
    explicit_bzero(bits, sizeof bits);
}

enum status token_hash_refresh(const char *token, unsigned char out[TOKEN_REFRESH_HASH_SIZE])
{
    int done = EVP_Digest(token, strlen(token), out, NULL, EVP_sha256(), NULL);
    return done == 1 ? STATUS_OK : STATUS_INTERNAL;
}
