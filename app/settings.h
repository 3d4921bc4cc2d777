/* The settings: environment variables, one table row each, all checked at start. */
#ifndef APP_SETTINGS_H
#define APP_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* The most that some settings may say, where memory is laid out for it. */
enum { SETTINGS_MAX_WORKERS = 256, SETTINGS_MAX_AUTH_WORKERS = 64, SETTINGS_MAX_HASHES = 64 };

struct settings {
    const char *database_url;
    const char *jwt_secret;
    const char *jwt_secret_previous; /* "" for none */
    const char *metrics_token;       /* "" for none */
    const char *cors_origins;        /* "" for none */
    const char *base_path;
    const char *auth_socket;     /* "" for none */
    const char *trusted_proxies; /* "" for none */
    int64_t access_token_ttl;    /* seconds */
    int64_t refresh_token_ttl;   /* seconds */
    int64_t bcrypt_cost;
    int64_t workers;
    int64_t auth_workers;
    int64_t hash_concurrency;
    int64_t max_requests;    /* 0: without end */
    int64_t max_body;        /* bytes */
    int64_t request_timeout; /* seconds */
    int64_t drain_seconds;
    int64_t db_timeout;  /* milliseconds */
    int64_t db_prepare;  /* 1 for on */
    int64_t rate_limits; /* 1 for on */
    int64_t rate_sign_ins, rate_sign_ins_account,
        rate_sign_ins_address;             /* failures without delay */
    int64_t rate_sign_ups;                 /* an hour */
    int64_t rate_refreshes, rate_requests; /* a minute */
    int64_t log_format;                    /* 1 for json */
    int64_t log_level;                     /* enum log_level */
    int64_t slow_request;                  /* milliseconds; 0: none is */
    int64_t purge_interval;                /* seconds; 0: never */
};

/*
 * Reads the environment. A secret may also be in a file that NAME_FILE names (its last newline does
 * not count). Writes one sentence to `errors` for every setting that is wrong; false if any is.
 * What the settings point to lives as long as the process.
 */
bool settings_load(struct settings *settings, FILE *errors);

/* The same for some settings only, NULL-terminated: for todoctl, which signs no token. */
bool settings_load_named(struct settings *settings, const char *const *names, FILE *errors);

/* Writes the table as --help shows it. */
void settings_describe(FILE *out);

/* Whether workers of /auth are apart from the others: a worker that is alone does all. */
static inline bool settings_has_auth_pool(const struct settings *settings)
{
    return settings->workers > 0 && settings->auth_socket[0] != '\0';
}

#endif
