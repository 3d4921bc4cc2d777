/* Passwords: the policy's list, bcrypt hashes (libxcrypt). */
#ifndef AUTH_PASSWORD_H
#define AUTH_PASSWORD_H

#include "lib/core/status.h"

#include <stdbool.h>

enum {
    PASSWORD_MIN_CHARACTERS = 8,
    PASSWORD_MAX_BYTES = 72, /* bcrypt reads no more */
    PASSWORD_HASH_SIZE = 61, /* $2b$12$ + 53 characters + NUL */
    PASSWORD_MIN_COST = 4,
    PASSWORD_MAX_COST = 16 /* each more doubles the time: at 31 a sign-in takes days */
};

/* Whether it is on the built-in list of most-used passwords; case is ignored. */
bool password_is_common(const char *password);

/* Hashes with $2b$ at `cost` (4 to 31) and a fresh salt. STATUS_INTERNAL where the library fails.
 */
MUST_CHECK enum status password_hash(const char *password, int cost, char out[PASSWORD_HASH_SIZE]);

/*
 * Whether `password` is the one behind `hash` ($2a$, $2b$, $2y$ at a cost of 4 to
 * PASSWORD_MAX_COST; anything else never matches). Pass
 * NULL for the hash of a user that does not exist. A failure takes as long as one hash at `cost`
 * does, whatever the stored hash's own cost (up to `cost`), so that time tells nothing.
 */
bool password_verify(const char *password, const char *hash, int cost);

/* Whether it is a hash that can be verified: bcrypt of these prefixes, at a cost of 4 to
 * PASSWORD_MAX_COST. */
bool password_is_hash(const char *hash);

/* Whether a hash that has just verified should be replaced: another prefix or cost than ours. */
bool password_is_outdated(const char *hash, int cost);

#endif
