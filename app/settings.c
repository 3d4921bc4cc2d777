/* The settings: environment variables, one table row each, all checked at start. */
#include "settings.h"

#include "app/http/client.h"
#include "app/http/cors.h"
#include "app/shared/rate_table.h"
#include "lib/auth/password.h"
#include "lib/auth/secret.h"
#include "lib/auth/token.h"
#include "lib/data/db.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum kind { KIND_TEXT, KIND_SECRET, KIND_NUMBER, KIND_WORD };

/* For texts, min and max are lengths in bytes. A NULL default: the setting must be given. */
struct setting {
    const char *name;
    enum kind kind;
    size_t offset;
    int64_t min, max;
    const char *fallback;
    const char *help;
    const char *words[4];                        /* each stands for its place */
    bool (*check)(const char *text);             /* NULL: any text of that length */
    const char *form;                            /* what passes the check, in words */
    const char *(*find_guess)(const char *text); /* NULL: nobody need guess it */
};

enum { MAX_SECRET_FILE = 65536 };

/* Where a row's value goes: a member of that type, or the row does not compile.
 * NOLINTBEGIN(bugprone-macro-parentheses): a type cannot stand in parentheses */
#define PLACE(MEMBER, TYPE)                                                                        \
    _Generic(((struct settings *)0)->MEMBER, TYPE : offsetof(struct settings, MEMBER))
/* NOLINTEND(bugprone-macro-parentheses) */

/* What all rows of a kind say. */
#define NUMBER(NAME, MEMBER, LEAST, MOST, FALLBACK, HELP)                                          \
    .name = (NAME), .kind = KIND_NUMBER, .offset = PLACE(MEMBER, int64_t), .min = (LEAST),         \
    .max = (MOST), .fallback = (FALLBACK), .help = (HELP)
#define WORD(NAME, MEMBER, FALLBACK, HELP)                                                         \
    .name = (NAME), .kind = KIND_WORD, .offset = PLACE(MEMBER, int64_t), .fallback = (FALLBACK),   \
    .help = (HELP)
#define TEXT(NAME, MEMBER, LONGEST, HELP)                                                          \
    .name = (NAME), .kind = KIND_TEXT, .offset = PLACE(MEMBER, const char *), .min = 1,            \
    .max = (LONGEST), .fallback = "", .help = (HELP)
#define SECRET(NAME, MEMBER, SHORTEST, LONGEST, FALLBACK, HELP)                                    \
    .name = (NAME), .kind = KIND_SECRET, .offset = PLACE(MEMBER, const char *), .min = (SHORTEST), \
    .max = (LONGEST), .fallback = (FALLBACK), .help = (HELP)

static const struct setting table[] = {
    {SECRET("DATABASE_URL", database_url, 1, 8192, NULL,
            "PostgreSQL: a URI or a libpq conninfo string"),
     .check = db_is_url,
     .form = "a URI, with %XX for special characters in a password, or a libpq conninfo string"},
    {SECRET("JWT_SECRET", jwt_secret, TOKEN_MIN_SECRET, 4096, NULL,
            "signs and verifies access tokens; at least 32 bytes"),
     .find_guess = secret_find_guess},
    {SECRET("JWT_SECRET_PREVIOUS", jwt_secret_previous, TOKEN_MIN_PREVIOUS, 4096, "",
            "verifies only: the secret before a rotation")},
    {NUMBER("ACCESS_TOKEN_TTL", access_token_ttl, 1, 31536000, "604800",
            "seconds for which an access token is valid")},
    {NUMBER("REFRESH_TOKEN_TTL", refresh_token_ttl, 1, 31536000, "2592000",
            "seconds for which a refresh token is valid")},
    {NUMBER("BCRYPT_COST", bcrypt_cost, PASSWORD_MIN_COST, PASSWORD_MAX_COST, "12",
            "password hashing takes 2^cost rounds")},
    {NUMBER("WORKERS", workers, 0, SETTINGS_MAX_WORKERS, "8",
            "processes that answer; 0 answers in this one (mod_fcgid, a debugger)")},
    {TEXT("AUTH_SOCKET", auth_socket, 107,
          "a unix socket to make for workers that hash passwords alone, at the lowest priority")},
    {NUMBER("AUTH_WORKERS", auth_workers, 1, SETTINGS_MAX_AUTH_WORKERS, "4",
            "how many of these, where AUTH_SOCKET is set")},
    {NUMBER("HASH_CONCURRENCY", hash_concurrency, 1, SETTINGS_MAX_HASHES, "2",
            "password hashes that are computed at once, over all workers")},
    {NUMBER("MAX_REQUESTS", max_requests, 0, 1000000000, "100000",
            "requests after which a worker is replaced; 0 for never")},
    {NUMBER("MAX_BODY", max_body, 1024, 8388608, "1048576", "bytes of a request's body")},
    {NUMBER("REQUEST_TIMEOUT", request_timeout, 1, 300, "5",
            "seconds for a request to come in, and again for its answer to go out")},
    {NUMBER("DRAIN_SECONDS", drain_seconds, 1, 600, "10",
            "seconds that running requests get when the service stops")},
    {NUMBER("DB_TIMEOUT", db_timeout, 100, 60000, "2500",
            "milliseconds that a request may spend in the database")},
    {WORD("DB_PREPARE", db_prepare, "on",
          "prepared statements; off behind PgBouncer before 1.21 in transaction mode"),
     .words = {"off", "on"}},
    {WORD("RATE_LIMITS", rate_limits, "on", "off turns off all that begin with RATE_"),
     .words = {"off", "on"}},
    {NUMBER("RATE_SIGN_INS", rate_sign_ins, 1, RATE_MAX_FAILURES, "10",
            "failed sign-ins to one account from one address until delays begin")},
    {NUMBER("RATE_SIGN_INS_ACCOUNT", rate_sign_ins_account, 1, RATE_MAX_FAILURES, "100",
            "the same, to one account from everywhere: after that, one try per address")},
    {NUMBER("RATE_SIGN_INS_ADDRESS", rate_sign_ins_address, 1, RATE_MAX_FAILURES, "100",
            "the same, from one address to all accounts")},
    {NUMBER("RATE_SIGN_UPS", rate_sign_ups, 1, 100000, "30", "sign-ups per hour from one address")},
    {NUMBER("RATE_REFRESHES", rate_refreshes, 1, 100000, "60",
            "refreshes per minute of one session")},
    {NUMBER("RATE_REQUESTS", rate_requests, 1, 100000, "6000", "requests per minute of one user")},
    {TEXT("TRUSTED_PROXIES", trusted_proxies, 4096,
          "addresses and networks, separated by commas, whose X-Forwarded-For or Forwarded is"
          " believed"),
     .check = client_are_networks,
     .form = "addresses and networks such as 10.0.0.0/8 or ::1, separated by commas"},
    {NUMBER("PURGE_INTERVAL", purge_interval, 0, 86400, "300",
            "seconds between two purges of expired sessions, when a worker is idle; 0 for never")},
    {TEXT("CORS_ORIGINS", cors_origins, 4096,
          "origins, separated by commas, whose pages may call the API; * for all"),
     .check = cors_are_origins,
     .form = "* or origins exactly as browsers send them, such as https://app.example or"
             " http://localhost:3000: a scheme, a host in lower case, no path and no slash at the"
             " end, no port that is the scheme's own; not null"},
    {SECRET("METRICS_TOKEN", metrics_token, 16, 4096, "",
            "bearer token for /metrics from elsewhere than loopback")},
    {TEXT("BASE_PATH", base_path, 1024, "the mount, where the web server sends no PATH_INFO")},
    {WORD("LOG_FORMAT", log_format, "logfmt", "how log lines are written"),
     .words = {"logfmt", "json"}},
    {WORD("LOG_LEVEL", log_level, "info", "log lines less important than this are dropped"),
     .words = {"error", "warning", "info"}},
    {NUMBER("SLOW_REQUEST", slow_request, 0, 3600000, "1000",
            "milliseconds after which a request gets a warning of its own; 0 for none")},
};

enum { SETTING_COUNT = sizeof table / sizeof *table };

/* Reads a secret's file. False, with a sentence said, where that cannot be done; NULL where the
 * file is empty, as systemd hands over a secret that is not there. */
static bool read_file(const char *variable, const char *path, const char **value, FILE *errors)
{
    char *text = calloc(1, MAX_SECRET_FILE + 1);
    FILE *file = fopen(path, "re");
    if (file == NULL || text == NULL) {
        fprintf(errors, "%s: cannot read %s: %s\n", variable, path, strerror(errno));
        if (file != NULL)
            fclose(file);
        free(text);
        return false;
    }
    size_t length = fread(text, 1, MAX_SECRET_FILE, file);
    bool failed = ferror(file) != 0;
    fclose(file);
    if (failed || memchr(text, 0, length) != NULL) {
        fprintf(errors, "%s: %s is not a readable text file\n", variable, path);
        free(text);
        return false;
    }
    while (length > 0 && (text[length - 1] == '\n' || text[length - 1] == '\r'))
        text[--length] = '\0';
    *value = length > 0 ? text : NULL;
    if (length == 0)
        free(text);
    return true;
}

/* NULL where it is not set, or empty. */
static const char *get_variable(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

/* The value as it was given; the fallback where it was not, or is empty. NULL: the reason has been
 * written. */
static const char *find_value(const struct setting *setting, FILE *errors)
{
    const char *value = get_variable(setting->name);
    char variable[64];
    snprintf(variable, sizeof variable, "%s_FILE", setting->name);
    const char *path = setting->kind == KIND_SECRET ? get_variable(variable) : NULL;
    if (path != NULL && value != NULL) {
        fprintf(errors, "%s and %s are both set: give only one\n", setting->name, variable);
        return NULL;
    }
    if (path != NULL && !read_file(variable, path, &value, errors))
        return NULL;
    if (value == NULL && setting->fallback == NULL)
        fprintf(errors, "%s is not set: %s\n", setting->name, setting->help);
    return value != NULL ? value : setting->fallback;
}

static bool store_number(const struct setting *setting, const char *value, int64_t *out)
{
    char *end;
    errno = 0;
    *out = strtoll(value, &end, 10);
    bool digits = value[0] >= '0' && value[0] <= '9' && *end == '\0';
    return digits && errno == 0 && *out >= setting->min && *out <= setting->max;
}

static bool store_word(const struct setting *setting, const char *value, int64_t *out)
{
    assert(setting->words[sizeof setting->words / sizeof *setting->words - 1] == NULL);
    for (*out = 0; setting->words[*out] != NULL; ++*out)
        if (strcmp(value, setting->words[*out]) == 0)
            return true;
    return false;
}

static void say_wrong(const struct setting *setting, FILE *errors)
{
    fprintf(errors, "%s must be ", setting->name);
    if (setting->kind == KIND_WORD) {
        for (int i = 0; setting->words[i] != NULL; i++)
            fprintf(errors, "%s%s", i > 0 ? " or " : "", setting->words[i]);
        fprintf(errors, "\n");
        return;
    }
    const char *before = setting->kind == KIND_NUMBER ? "a whole number from " : "a text of ";
    if (setting->form != NULL)
        fprintf(errors, "%s: ", setting->form);
    fprintf(errors, "%s%lld to %lld%s\n", before, (long long)setting->min, (long long)setting->max,
            setting->kind == KIND_NUMBER ? "" : " bytes");
}

static bool store_value(struct settings *settings, const struct setting *setting, const char *value)
{
    void *place = (char *)settings + setting->offset;
    if (setting->kind == KIND_NUMBER)
        return store_number(setting, value, place);
    if (setting->kind == KIND_WORD)
        return store_word(setting, value, place);
    memcpy(place, &value, sizeof value);
    int64_t length = (int64_t)strlen(value);
    return value == setting->fallback || (length >= setting->min && length <= setting->max &&
                                          (setting->check == NULL || setting->check(value)));
}

static bool load_setting(struct settings *settings, const struct setting *setting, FILE *errors)
{
    const char *value = find_value(setting, errors);
    if (value == NULL)
        return false;
    if (!store_value(settings, setting, value)) {
        say_wrong(setting, errors);
        return false;
    }
    const char *guess = setting->find_guess == NULL ? NULL : setting->find_guess(value);
    if (guess != NULL)
        fprintf(errors, "%s %s: make one with: openssl rand -base64 48\n", setting->name, guess);
    return guess == NULL;
}

bool settings_load(struct settings *settings, FILE *errors)
{
    bool good = true;
    for (size_t i = 0; i < SETTING_COUNT; i++)
        good = load_setting(settings, &table[i], errors) && good;
    return good;
}

static const struct setting *find_setting(const char *name)
{
    size_t i = 0;
    while (strcmp(table[i].name, name) != 0) {
        i++;
        assert(i < SETTING_COUNT);
    }
    return &table[i];
}

bool settings_load_named(struct settings *settings, const char *const *names, FILE *errors)
{
    bool good = true;
    for (; *names != NULL; names++)
        good = load_setting(settings, find_setting(*names), errors) && good;
    return good;
}

void settings_describe(FILE *out)
{
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        const struct setting *setting = &table[i];
        const char *value = setting->fallback == NULL      ? "required"
                            : setting->fallback[0] == '\0' ? "none"
                                                           : setting->fallback;
        fprintf(out, "  %-21s %-9s %s%s\n", setting->name, value, setting->help,
                setting->kind == KIND_SECRET ? " (or _FILE)" : "");
    }
}
