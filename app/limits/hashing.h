/* Hashing passwords, the one costly thing here: never more than HASH_CONCURRENCY at once over all
 * workers, and never in so many workers that none is left for everybody else. */
#ifndef APP_HASHING_H
#define APP_HASHING_H

#include "app/http/response.h"
#include "app/services.h"
#include "lib/auth/password.h"

/* Seconds that a hash may wait for its turn. */
enum { HASHING_LONGEST_WAIT = 2 };

/*
 * The turns, in memory that all workers share: `concurrency` for those that compute, and for those
 * that wait as many as leave one of the pool's `workers` free. `*fd` as in rate_limit_create. NULL
 * when memory is exhausted.
 */
struct hashing *hashing_create(int64_t concurrency, int64_t workers, int *fd);

/* As password_hash and password_verify (STATUS_WRONG_PASSWORD), when it is this worker's turn.
 * STATUS_UNAVAILABLE, with a detail, where too many wait already, or the wait was too long. */
MUST_CHECK enum status hashing_hash(struct services *services, struct response *response,
                                    const char *password, char out[PASSWORD_HASH_SIZE]);
MUST_CHECK enum status hashing_verify(struct services *services, struct response *response,
                                      const char *password, const char *hash);

#endif
