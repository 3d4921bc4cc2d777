/* The settings: environment variables, one table row each, all checked at start. */
#include "settings.h"

#include "app/http/client.h"
#include "app/shared/rate_table.h"
#include "lib/auth/token.h"
#include "lib/data/db.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum kind { KIND_TEXT, KIND_SECRET, KIND_NUMBER, KIND_WORD };

/* For texts, min and max are lengths in bytes. A NULL default: the setting must be given. */
struct setting {
    const char *name;
    enum kind kind;
    int64_t min, max;
    const char *fallback;
    const char *words[4];
    size_t offset;
    const char *help;
    bool (*check)(const char *text); /* NULL: any text of that length */
    const char *form;                /* what passes the check, in words */
};

#define AT(member) offsetof(struct settings, member)

enum { MAX_SECRET_FILE = 65536 };

/* clang-format off */
static const struct setting table[] = {
    {"DATABASE_URL", KIND_SECRET, 1, 8192, NULL, {0}, AT(database_url),
     "PostgreSQL: a URI or a libpq conninfo string", .check = db_is_url,
     .form = "a URI, with %XX for special characters in a password, or a libpq conninfo string"},
    {"JWT_SECRET", KIND_SECRET, TOKEN_MIN_SECRET, 4096, NULL, {0}, AT(jwt_secret),
     "signs and verifies access tokens; at least 32 bytes"},
    {"JWT_SECRET_PREVIOUS", KIND_SECRET, TOKEN_MIN_SECRET, 4096, "", {0}, AT(jwt_secret_previous),
     "verifies only: the secret before a rotation"},
    {"ACCESS_TOKEN_TTL", KIND_NUMBER, 1, 31536000, "604800", {0}, AT(access_token_ttl),
     "seconds that an access token holds"},
    {"REFRESH_TOKEN_TTL", KIND_NUMBER, 1, 31536000, "2592000", {0}, AT(refresh_token_ttl),
     "seconds that a refresh token holds"},
    {"BCRYPT_COST", KIND_NUMBER, 4, 16, "12", {0}, AT(bcrypt_cost),
     "password hashing takes 2^cost rounds"},
    {"WORKERS", KIND_NUMBER, 0, SETTINGS_MAX_WORKERS, "8", {0}, AT(workers),
     "processes that answer; 0 answers in this one (mod_fcgid, a debugger)"},
    {"AUTH_SOCKET", KIND_TEXT, 1, 107, "", {0}, AT(auth_socket),
     "a unix socket to make for workers that hash passwords alone, at the lowest priority"},
    {"AUTH_WORKERS", KIND_NUMBER, 1, SETTINGS_MAX_AUTH_WORKERS, "4", {0}, AT(auth_workers),
     "how many of these, where AUTH_SOCKET is set"},
    {"HASH_CONCURRENCY", KIND_NUMBER, 1, SETTINGS_MAX_HASHES, "2", {0}, AT(hash_concurrency),
     "password hashes that are computed at once, over all workers"},
    {"MAX_REQUESTS", KIND_NUMBER, 0, 1000000000, "100000", {0}, AT(max_requests),
     "requests after which a worker is replaced; 0 for never"},
    {"MAX_BODY", KIND_NUMBER, 1024, 8388608, "1048576", {0}, AT(max_body),
     "bytes of a request's body"},
    {"REQUEST_TIMEOUT", KIND_NUMBER, 1, 300, "5", {0}, AT(request_timeout),
     "seconds for a request to come in, and again for its answer to go out"},
    {"DRAIN_SECONDS", KIND_NUMBER, 1, 600, "10", {0}, AT(drain_seconds),
     "seconds that running requests get when the service stops"},
    {"DB_TIMEOUT", KIND_NUMBER, 100, 60000, "2500", {0}, AT(db_timeout),
     "milliseconds that a request may spend in the database"},
    {"DB_PREPARE", KIND_WORD, 0, 0, "on", {"off", "on"}, AT(db_prepare),
     "prepared statements; off behind PgBouncer before 1.21 in transaction mode"},
    {"RATE_LIMITS", KIND_WORD, 0, 0, "on", {"off", "on"}, AT(rate_limits),
     "off turns off all that begin with RATE_"},
    {"RATE_SIGN_INS", KIND_NUMBER, 1, RATE_MAX_FAILURES, "10", {0}, AT(rate_sign_ins),
     "failed sign-ins to one account from one address until delays begin"},
    {"RATE_SIGN_INS_ACCOUNT", KIND_NUMBER, 1, RATE_MAX_FAILURES, "100", {0}, AT(rate_sign_ins_account),
     "the same, to one account from everywhere: then an address has one try"},
    {"RATE_SIGN_INS_ADDRESS", KIND_NUMBER, 1, RATE_MAX_FAILURES, "100", {0}, AT(rate_sign_ins_address),
     "the same, from one address to all accounts"},
    {"RATE_SIGN_UPS", KIND_NUMBER, 1, 100000, "30", {0}, AT(rate_sign_ups),
     "sign-ups an hour from one address"},
    {"RATE_REFRESHES", KIND_NUMBER, 1, 100000, "60", {0}, AT(rate_refreshes),
     "refreshes a minute of one session"},
    {"RATE_REQUESTS", KIND_NUMBER, 1, 100000, "6000", {0}, AT(rate_requests),
     "requests a minute of one user"},
    {"TRUSTED_PROXIES", KIND_TEXT, 1, 4096, "", {0}, AT(trusted_proxies),
     "addresses and networks, separated by commas, whose X-Forwarded-For or Forwarded is believed",
     .check = client_are_networks, .form = "addresses and networks such as 10.0.0.0/8 or ::1, separated by commas"},
    {"PURGE_INTERVAL", KIND_NUMBER, 0, 86400, "300", {0}, AT(purge_interval),
     "seconds between two purges of expired sessions, when a worker is idle; 0 for never"},
    {"CORS_ORIGINS", KIND_TEXT, 1, 4096, "", {0}, AT(cors_origins),
     "origins, separated by commas, whose pages may call the API; * for all"},
    {"METRICS_TOKEN", KIND_SECRET, 16, 4096, "", {0}, AT(metrics_token),
     "bearer token for /metrics from elsewhere than loopback"},
    {"BASE_PATH", KIND_TEXT, 1, 1024, "", {0}, AT(base_path),
     "the mount, where the web server sends no PATH_INFO"},
    {"LOG_FORMAT", KIND_WORD, 0, 0, "logfmt", {"logfmt", "json"}, AT(log_format),
     "how log lines are written"},
    {"LOG_LEVEL", KIND_WORD, 0, 0, "info", {"error", "warning", "info"}, AT(log_level),
     "log lines less important than this are dropped"},
    {"SLOW_REQUEST", KIND_NUMBER, 0, 3600000, "1000", {0}, AT(slow_request),
     "milliseconds from which a request has a warning of its own; 0 for none"},
};
/* clang-format on */

enum { SETTING_COUNT = sizeof table / sizeof *table };

/* Reads a secret's file. NULL, with a sentence said, where that cannot be done. */
static char *read_file(const char *variable, const char *path, FILE *errors)
{
    char *text = calloc(1, MAX_SECRET_FILE + 1);
    FILE *file = fopen(path, "re");
    if (file == NULL || text == NULL) {
        fprintf(errors, "%s: cannot read %s: %s\n", variable, path, strerror(errno));
        if (file != NULL)
            fclose(file);
        free(text);
        return NULL;
    }
    size_t length = fread(text, 1, MAX_SECRET_FILE, file);
    bool failed = ferror(file) != 0;
    fclose(file);
    if (failed || memchr(text, 0, length) != NULL) {
        fprintf(errors, "%s: %s is not a readable text file\n", variable, path);
        free(text);
        return NULL;
    }
    while (length > 0 && (text[length - 1] == '\n' || text[length - 1] == '\r'))
        text[--length] = '\0';
    return text;
}

/* The value as it was given; the fallback where it was not, or is empty. NULL: said why. */
static const char *find_value(const struct setting *setting, FILE *errors)
{
    const char *value = getenv(setting->name);
    bool given = value != NULL && value[0] != '\0';
    if (setting->kind == KIND_SECRET) {
        char variable[64];
        snprintf(variable, sizeof variable, "%s_FILE", setting->name);
        const char *path = getenv(variable);
        if (path != NULL && path[0] != '\0') {
            if (!given)
                return read_file(variable, path, errors);
            fprintf(errors, "%s and %s are both set: give only one\n", setting->name, variable);
            return NULL;
        }
    }
    if (!given && setting->fallback == NULL)
        fprintf(errors, "%s is not set: %s\n", setting->name, setting->help);
    return given ? value : setting->fallback;
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

static bool store(struct settings *settings, const struct setting *setting, const char *value)
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

static bool load(struct settings *settings, const struct setting *setting, FILE *errors)
{
    const char *value = find_value(setting, errors);
    if (value == NULL || store(settings, setting, value))
        return value != NULL;
    say_wrong(setting, errors);
    return false;
}

bool settings_load(struct settings *settings, FILE *errors)
{
    bool good = true;
    for (size_t i = 0; i < SETTING_COUNT; i++)
        good = load(settings, &table[i], errors) && good;
    return good;
}

bool settings_load_named(struct settings *settings, const char *const *names, FILE *errors)
{
    bool good = true;
    for (; *names != NULL; names++)
        for (size_t i = 0; i < SETTING_COUNT; i++)
            if (strcmp(table[i].name, *names) == 0)
                good = load(settings, &table[i], errors) && good;
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
