/* Rate limits: how much of what, by whom; and what the answer says of it: Retry-After (RFC 9110),
 * RateLimit and RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers-10). */
#ifndef APP_RATE_LIMIT_H
#define APP_RATE_LIMIT_H

#include "app/http/response.h"
#include "app/services.h"

/*
 * The counters, in memory that all workers share. `*fd` is that of the program before a reload, or
 * -1, and is then the one in use. NULL when memory is exhausted.
 */
struct rate_limits *rate_limit_create(int *fd);

/* All of these add the response's fields. STATUS_RATE_LIMITED: with a detail, and Retry-After. With
 * RATE_LIMITS=off they do nothing. */

/* A request of the user who has been authenticated. */
MUST_CHECK enum status rate_limit_request(struct services *services, struct request *request,
                                          struct response *response);

/* The user's token was no longer valid, which only the database knew: whoever still has one must
 * not use up what its owner may ask for. */
void rate_limit_undo_request(struct services *services, const struct request *request);

/* A sign-up, whether it succeeds or not; undone where it could not be tried. */
MUST_CHECK enum status rate_limit_sign_up(struct services *services, struct request *request,
                                          struct response *response);
void rate_limit_undo_sign_up(struct services *services, const struct request *request);

/*
 * An attempt to show the password of the account with this e-mail, as user_store_fold_email has it:
 * it counts as failed until rate_limit_settle knows how it went. Delays are for this account from
 * this address, so that its owner can still sign in from elsewhere, and for this address.
 */
MUST_CHECK enum status rate_limit_sign_in(struct services *services, struct request *request,
                                          struct response *response, const char *email);

/* STATUS_OK: the password was right, and what failed before is forgotten; STATUS_BAD_CREDENTIALS or
 * STATUS_WRONG_PASSWORD: it was not; anything else: it was not tried. */
void rate_limit_settle(struct services *services, const struct request *request, const char *email,
                       enum status outcome);

/* The pace of a session's refreshes, for session_renewal: the database keeps it, beside the token.
 */
void rate_limit_pace_refreshes(const struct services *services, int64_t *interval, int64_t *window);

/* What the renewal has found: how far `ahead` of the clock the session is. */
MUST_CHECK enum status rate_limit_refresh(struct services *services, struct response *response,
                                          int64_t ahead);

#endif
