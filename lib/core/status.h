/* The one vocabulary of outcomes: what every function that can fail returns. */
#ifndef CORE_STATUS_H
#define CORE_STATUS_H

#define MUST_CHECK __attribute__((warn_unused_result))

/*
 * app/http/response.c holds the one table that turns these into HTTP (status, title, code word),
 * lib/data/sqlstate.c the one that makes them out of SQLSTATEs.
 */
enum status {
    STATUS_OK = 0,
    STATUS_CREATED,
    STATUS_NO_CONTENT,
    STATUS_NOT_MODIFIED,

    STATUS_MALFORMED,         /* the bytes break a grammar: JSON, form, percent-encoding */
    STATUS_UNAUTHENTICATED,   /* no token came */
    STATUS_INVALID_TOKEN,     /* a token came, and it is not (or no longer) valid */
    STATUS_BAD_CREDENTIALS,   /* unknown e-mail or wrong password: never told apart */
    STATUS_BAD_REFRESH_TOKEN, /* unknown, expired or stolen */
    STATUS_WRONG_PASSWORD,    /* the signed-in user did not repeat the password correctly */
    STATUS_NOT_FOUND,
    STATUS_NO_METHOD,
    STATUS_CONFLICT, /* a unique key is taken; the API says which: the next two */
    STATUS_EMAIL_TAKEN,
    STATUS_ID_TAKEN,
    STATUS_PRECONDITION,
    STATUS_TOO_LARGE,
    STATUS_URI_TOO_LONG,
    STATUS_NOT_JSON,
    STATUS_INVALID, /* well-formed, but values are wrong: the problem lists them */
    STATUS_RATE_LIMITED,
    STATUS_INTERNAL,
    STATUS_UNAVAILABLE, /* the database is away: nothing was half-done */
    STATUS_SCHEMA_NEWER,
    STATUS_SCHEMA_OLDER,

    STATUS_COUNT
};

#endif
