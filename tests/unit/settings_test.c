/* app/settings: the environment, read as one table; everything wrong is told at once. */
#include "app/settings.h"
#include "app/shared/rate_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define SECRET32 "Yhb_s6MPRORhjJM2DBFoJsBNbnMZuuSW"
#define SECRET31 "Yhb_s6MPRORhjJM2DBFoJsBNbnMZuuS"

static struct settings settings;
static char *said; /* what settings_load wrote */
static char folder[] = "/tmp/settings_test.XXXXXX";

/* Every setting that --help lists. */
static void unset_all(void)
{
    char *text, name[64], twin[80];
    size_t size;
    FILE *out = open_memstream(&text, &size);
    settings_describe(out);
    fclose(out);
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        assert_int_equal(sscanf(line, " %63s", name), 1);
        snprintf(twin, sizeof twin, "%s_FILE", name);
        unsetenv(name);
        unsetenv(twin);
    }
    free(text);
}

static int set_up(void **state)
{
    (void)state;
    unset_all();
    setenv("DATABASE_URL", "postgresql:///todo", 1);
    setenv("JWT_SECRET", SECRET32, 1);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    free(said);
    said = NULL;
    return 0;
}

static bool load(void)
{
    size_t size;
    free(said);
    FILE *errors = open_memstream(&said, &size);
    settings = (struct settings){0};
    bool good = settings_load(&settings, errors);
    fclose(errors);
    assert_int_equal(good, size == 0); /* it never fails in silence, nor speaks without cause */
    return good;
}

/* The value of a setting that came out of a file: ours to free once the test is done with it. */
static void free_value(const char *value)
{
    free((void *)(uintptr_t)value);
}

static const char *write_file(const char *name, const void *bytes, size_t length)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    fclose(file);
    return path;
}

static void two_settings_are_enough_and_the_rest_has_defaults(void **state)
{
    (void)state;
    assert_true(load());
    assert_string_equal(settings.database_url, "postgresql:///todo");
    assert_string_equal(settings.jwt_secret, SECRET32);
    assert_string_equal(settings.jwt_secret_previous, "");
    assert_string_equal(settings.metrics_token, "");
    assert_string_equal(settings.cors_origins, "");
    assert_string_equal(settings.base_path, "");
    assert_int_equal(settings.access_token_ttl, 7 * 86400);
    assert_int_equal(settings.refresh_token_ttl, 30 * 86400);
    assert_int_equal(settings.bcrypt_cost, 12);
    assert_int_equal(settings.max_body, 1 << 20);
    assert_int_equal(settings.db_prepare, 1);
    assert_int_equal(settings.log_format, 0);
    assert_int_equal(settings.log_level, 2);
    assert_int_equal(settings.slow_request, 1000);
    assert_int_equal(settings.purge_interval, 300);
}

static void everything_that_is_wrong_is_told_at_once(void **state)
{
    (void)state;
    unsetenv("DATABASE_URL");
    setenv("JWT_SECRET", "short", 1);
    setenv("WORKERS", "many", 1);
    setenv("LOG_LEVEL", "loud", 1);
    setenv("METRICS_TOKEN", "x", 1);
    assert_false(load());
    static const char *const wrong[] = {"DATABASE_URL is not set", "JWT_SECRET must be",
                                        "WORKERS must be", "LOG_LEVEL must be",
                                        "METRICS_TOKEN must be"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        if (strstr(said, wrong[i]) == NULL)
            fail_msg("'%s' was not said, but: %s", wrong[i], said);
    size_t lines = 0;
    for (const char *at = said; *at != '\0'; at++)
        lines += *at == '\n';
    assert_int_equal(lines, 5);
}

static void a_secret_is_never_repeated_in_a_complaint(void **state)
{
    (void)state;
    setenv("JWT_SECRET", "hunter2", 1);
    setenv("METRICS_TOKEN", "swordfish", 1);
    assert_false(load());
    assert_null(strstr(said, "hunter2"));
    assert_null(strstr(said, "swordfish"));
}

static void secrets_have_at_least_32_bytes(void **state)
{
    (void)state;
    setenv("JWT_SECRET", SECRET31, 1);
    assert_false(load());
    setenv("JWT_SECRET", SECRET32, 1);
    assert_true(load());
}

/* Wherever a service comes from, its tokens go on until they expire. */
static void a_previous_secret_may_be_short_and_guessable(void **state)
{
    (void)state;
    setenv("JWT_SECRET_PREVIOUS", "changeme-change", 1);
    assert_false(load());
    setenv("JWT_SECRET_PREVIOUS", "changeme-changem", 1);
    assert_true(load());
    assert_string_equal(settings.jwt_secret_previous, "changeme-changem");
}

static void a_secret_that_is_tried_first_is_refused_with_a_way_to_a_better_one(void **state)
{
    static const char *const guessed[] = {
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",        "abababababababababababababababababab",
        "abc123XYabc123XYabc123XYabc123XY",        "changeme-changeme-changeme-changeme",
        "your-super-secret-jwt-key-here-2024",     "MySuperSecretKeyForTodo2024isGood!",
        "CHANGE_THIS_TO_SOMETHING_LONG_0Xk3v9Qz7", "0000000000000000000000000000000000001"};
    (void)state;
    for (size_t i = 0; i < sizeof guessed / sizeof *guessed; i++) {
        setenv("JWT_SECRET", guessed[i], 1);
        assert_false(load());
        assert_non_null(strstr(said, ": make one with: openssl rand -base64 48\n"));
        assert_ptr_equal(strstr(said, "JWT_SECRET "), said);
        assert_null(strstr(said, guessed[i]));
    }
}

static void without_a_secret_nothing_starts(void **state)
{
    static const char *const required[] = {"DATABASE_URL", "JWT_SECRET"};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        set_up(NULL);
        unsetenv(required[i]);
        assert_false(load());
        setenv(required[i], "", 1); /* empty is the same as not there */
        assert_false(load());
        assert_non_null(strstr(said, "is not set"));
    }
}

static void an_empty_setting_has_its_default(void **state)
{
    (void)state;
    setenv("BCRYPT_COST", "", 1);
    setenv("LOG_LEVEL", "", 1);
    setenv("JWT_SECRET_PREVIOUS", "", 1);
    setenv("JWT_SECRET_FILE", "", 1);
    assert_true(load());
    assert_int_equal(settings.bcrypt_cost, 12);
    assert_string_equal(settings.jwt_secret_previous, "");
}

static void an_empty_secret_file_is_no_secret(void **state)
{
    (void)state;
    setenv("JWT_SECRET_PREVIOUS_FILE", write_file("secret", "\n", 1), 1);
    assert_true(load());
    assert_string_equal(settings.jwt_secret_previous, "");
    unsetenv("JWT_SECRET");
    setenv("JWT_SECRET_FILE", write_file("secret", "\n", 1), 1);
    assert_false(load());
    assert_non_null(strstr(said, "JWT_SECRET is not set"));
}

static const struct {
    const char *name;
    size_t offset;
    long long least, most;
} numbers[] = {
    {"ACCESS_TOKEN_TTL", offsetof(struct settings, access_token_ttl), 1, 31536000},
    {"REFRESH_TOKEN_TTL", offsetof(struct settings, refresh_token_ttl), 1, 31536000},
    {"BCRYPT_COST", offsetof(struct settings, bcrypt_cost), 4, 16},
    {"WORKERS", offsetof(struct settings, workers), 0, 256},
    {"MAX_REQUESTS", offsetof(struct settings, max_requests), 0, 1000000000},
    {"MAX_BODY", offsetof(struct settings, max_body), 1024, 8388608},
    {"REQUEST_TIMEOUT", offsetof(struct settings, request_timeout), 1, 300},
    {"DRAIN_SECONDS", offsetof(struct settings, drain_seconds), 1, 600},
    {"DB_TIMEOUT", offsetof(struct settings, db_timeout), 100, 60000},
    {"AUTH_WORKERS", offsetof(struct settings, auth_workers), 1, 64},
    {"HASH_CONCURRENCY", offsetof(struct settings, hash_concurrency), 1, 64},
    {"RATE_SIGN_INS", offsetof(struct settings, rate_sign_ins), 1, RATE_MAX_FAILURES},
    {"RATE_SIGN_INS_ACCOUNT", offsetof(struct settings, rate_sign_ins_account), 1,
     RATE_MAX_FAILURES},
    {"RATE_SIGN_INS_ADDRESS", offsetof(struct settings, rate_sign_ins_address), 1,
     RATE_MAX_FAILURES},
    {"RATE_SIGN_UPS", offsetof(struct settings, rate_sign_ups), 1, 100000},
    {"RATE_REFRESHES", offsetof(struct settings, rate_refreshes), 1, 100000},
    {"RATE_REQUESTS", offsetof(struct settings, rate_requests), 1, 100000},
    {"PURGE_INTERVAL", offsetof(struct settings, purge_interval), 0, 86400},
    {"SLOW_REQUEST", offsetof(struct settings, slow_request), 0, 3600000},
};

static bool takes(const char *name, long long number)
{
    char text[32];
    snprintf(text, sizeof text, "%lld", number);
    setenv(name, text, 1);
    return load();
}

static void numbers_are_taken_between_their_limits(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        int64_t read;
        set_up(NULL);
        bool good = !takes(numbers[i].name, numbers[i].least - 1) &&
                    !takes(numbers[i].name, numbers[i].most + 1) &&
                    takes(numbers[i].name, numbers[i].least) &&
                    takes(numbers[i].name, numbers[i].most);
        memcpy(&read, (const char *)&settings + numbers[i].offset, sizeof read);
        if (!good || read != numbers[i].most)
            fail_msg("%s", numbers[i].name);
    }
}

static void a_number_has_digits_only(void **state)
{
    static const char *const texts[] = {
        "x", "-1",      "+5", " 5", "5 ", "5s", "5.0", "1e1", "0x5", "5,0", "99999999999999999999",
        "-", "\xD9\xA5"};
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        setenv("BCRYPT_COST", texts[i], 1);
        if (load())
            fail_msg("'%s' was taken", texts[i]);
    }
}

static void a_word_is_one_of_its_table(void **state)
{
    static const struct {
        const char *name, *word;
        int64_t value; /* -1: refused */
    } cases[] = {
        {"DB_PREPARE", "on", 1},     {"DB_PREPARE", "off", 0},   {"DB_PREPARE", "ON", -1},
        {"DB_PREPARE", "true", -1},  {"DB_PREPARE", "1", -1},    {"LOG_FORMAT", "json", 1},
        {"LOG_FORMAT", "logfmt", 0}, {"LOG_FORMAT", "xml", -1},  {"LOG_LEVEL", "error", 0},
        {"LOG_LEVEL", "warning", 1}, {"LOG_LEVEL", "info", 2},   {"LOG_LEVEL", "debug", -1},
        {"LOG_LEVEL", "warn", -1},   {"LOG_LEVEL", "info ", -1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        set_up(NULL);
        setenv(cases[i].name, cases[i].word, 1);
        if (load() != (cases[i].value >= 0))
            fail_msg("%s=%s", cases[i].name, cases[i].word);
        if (cases[i].value < 0)
            continue;
        int64_t read = strcmp(cases[i].name, "DB_PREPARE") == 0   ? settings.db_prepare
                       : strcmp(cases[i].name, "LOG_FORMAT") == 0 ? settings.log_format
                                                                  : settings.log_level;
        assert_int_equal(read, cases[i].value);
    }
}

static void a_word_s_complaint_names_the_words(void **state)
{
    (void)state;
    setenv("DB_PREPARE", "maybe", 1);
    assert_false(load());
    assert_string_equal(said, "DB_PREPARE must be off or on\n");
}

static void a_secret_may_be_in_a_file(void **state)
{
    static const char *const contents[] = {SECRET32, SECRET32 "\n", SECRET32 "\r\n"};
    (void)state;
    unsetenv("JWT_SECRET");
    for (size_t i = 0; i < 3; i++) {
        setenv("JWT_SECRET_FILE", write_file("secret", contents[i], strlen(contents[i])), 1);
        assert_true(load());
        assert_string_equal(settings.jwt_secret, SECRET32);
        free_value(settings.jwt_secret);
    }
}

static void every_secret_has_a_file_and_no_other_setting_has(void **state)
{
    (void)state;
    setenv("DATABASE_URL_FILE", write_file("url", "host=/run", 9), 1);
    unsetenv("DATABASE_URL");
    const char *path = write_file("text", SECRET32, 32);
    setenv("JWT_SECRET_PREVIOUS_FILE", path, 1);
    setenv("METRICS_TOKEN_FILE", path, 1);
    setenv("CORS_ORIGINS_FILE", path, 1);
    assert_true(load());
    assert_string_equal(settings.database_url, "host=/run");
    assert_string_equal(settings.jwt_secret_previous, SECRET32);
    assert_string_equal(settings.metrics_token, SECRET32);
    assert_string_equal(settings.cors_origins, "");
    free_value(settings.database_url);
    free_value(settings.jwt_secret_previous);
    free_value(settings.metrics_token);
}

static void a_secret_given_both_ways_is_refused(void **state)
{
    (void)state;
    setenv("JWT_SECRET_FILE", write_file("secret", SECRET32, 32), 1);
    assert_false(load());
    assert_string_equal(said, "JWT_SECRET and JWT_SECRET_FILE are both set: give only one\n");
}

static void a_file_that_cannot_be_read_is_told(void **state)
{
    (void)state;
    unsetenv("JWT_SECRET");
    setenv("JWT_SECRET_FILE", "/nonexistent/secret", 1);
    assert_false(load());
    assert_string_equal(said, "JWT_SECRET_FILE: cannot read /nonexistent/secret:"
                              " No such file or directory\n");
    setenv("JWT_SECRET_FILE", folder, 1);
    assert_false(load());
    assert_non_null(strstr(said, "JWT_SECRET_FILE"));
}

static void a_file_with_a_nul_in_it_is_refused(void **state)
{
    (void)state;
    unsetenv("JWT_SECRET");
    setenv("JWT_SECRET_FILE", write_file("secret", SECRET32 "\0more", 37), 1);
    assert_false(load());
}

static void a_short_secret_in_a_file_is_refused(void **state)
{
    static const char *const contents[] = {"", "\n", SECRET31 "\n"};
    (void)state;
    unsetenv("JWT_SECRET");
    for (size_t i = 0; i < 3; i++) {
        setenv("JWT_SECRET_FILE", write_file("secret", contents[i], strlen(contents[i])), 1);
        assert_false(load());
        free_value(settings.jwt_secret);
    }
}

static void the_help_tells_defaults_and_what_may_be_in_a_file(void **state)
{
    static const char *const lines[] = {
        ("  DATABASE_URL          required  PostgreSQL: a URI or a libpq conninfo string (or "
         "_FILE)\n"),
        "  RATE_SIGN_INS_ACCOUNT 100       ",
        "  BASE_PATH             none      the mount, where the web server sends no PATH_INFO\n",
        "  LOG_FORMAT            logfmt    how log lines are written\n",
    };
    size_t size;
    FILE *out = open_memstream(&said, &size);
    (void)state;
    settings_describe(out);
    fclose(out);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        if (strstr(said, lines[i]) == NULL)
            fail_msg("'%s' is not in\n%s", lines[i], said);
}

/* Whatever was in it before: the table has a row for each. */
static void every_member_is_set(void **state)
{
    struct settings one, other;
    (void)state;
    memset(&one, 0, sizeof one);
    memset(&other, 0xFF, sizeof other);
    assert_true(settings_load(&one, stderr));
    assert_true(settings_load(&other, stderr));
    assert_memory_equal(&one, &other, sizeof one);
}

static void limits_are_on_and_no_proxy_is_trusted_unless_it_is_said(void **state)
{
    (void)state;
    assert_true(load());
    assert_int_equal(settings.rate_limits, 1);
    assert_string_equal(settings.trusted_proxies, "");
    assert_int_equal(settings.hash_concurrency, 2);
    setenv("RATE_LIMITS", "off", 1);
    setenv("TRUSTED_PROXIES", "10.0.0.0/8, ::1", 1);
    assert_true(load());
    assert_int_equal(settings.rate_limits, 0);
    assert_string_equal(settings.trusted_proxies, "10.0.0.0/8, ::1");
}

static void proxies_that_are_no_networks_are_told_with_an_example(void **state)
{
    (void)state;
    setenv("TRUSTED_PROXIES", "proxy.example.org", 1);
    assert_false(load());
    assert_string_equal(said, "TRUSTED_PROXIES must be addresses and networks such as 10.0.0.0/8 or"
                              " ::1, separated by commas: a text of 1 to 4096 bytes\n");
}

static void a_database_url_that_libpq_cannot_read_is_told_and_not_repeated(void **state)
{
    static const char *const wrong[] = {"nonsense", "postgresql://a:hush%@db/x",
                                        "postgresql://a:hush/@db/x", "postgresql://a@[db/hush"};
    static const char *const good[] = {"host=/run port='5432, 5433'",
                                       "postgres://a:%2F@[::1]:1,b/x"};
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        setenv("DATABASE_URL", wrong[i], 1);
        assert_false(load());
        assert_non_null(strstr(said, "DATABASE_URL must be a URI"));
        assert_null(strstr(said, "hush"));
    }
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        setenv("DATABASE_URL", good[i], 1);
        assert_true(load());
    }
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL;
}

static int remove_folder(void **state)
{
    static const char *const files[] = {"secret", "text", "url"};
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s", folder, files[i]);
        unlink(path);
    }
    return rmdir(folder);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(two_settings_are_enough_and_the_rest_has_defaults),
        TEST(everything_that_is_wrong_is_told_at_once),
        TEST(a_secret_is_never_repeated_in_a_complaint),
        TEST(secrets_have_at_least_32_bytes),
        TEST(a_previous_secret_may_be_short_and_guessable),
        TEST(a_secret_that_is_tried_first_is_refused_with_a_way_to_a_better_one),
        TEST(without_a_secret_nothing_starts),
        TEST(an_empty_setting_has_its_default),
        TEST(an_empty_secret_file_is_no_secret),
        TEST(numbers_are_taken_between_their_limits),
        TEST(a_number_has_digits_only),
        TEST(a_word_is_one_of_its_table),
        TEST(a_word_s_complaint_names_the_words),
        TEST(a_secret_may_be_in_a_file),
        TEST(every_secret_has_a_file_and_no_other_setting_has),
        TEST(a_secret_given_both_ways_is_refused),
        TEST(a_file_that_cannot_be_read_is_told),
        TEST(a_file_with_a_nul_in_it_is_refused),
        TEST(a_short_secret_in_a_file_is_refused),
        TEST(the_help_tells_defaults_and_what_may_be_in_a_file),
        TEST(every_member_is_set),
        TEST(limits_are_on_and_no_proxy_is_trusted_unless_it_is_said),
        TEST(proxies_that_are_no_networks_are_told_with_an_example),
        TEST(a_database_url_that_libpq_cannot_read_is_told_and_not_repeated),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
