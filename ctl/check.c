/* todoctl check: the doctor. */
#include "check.h"

#include "ctl/check_http.h"
#include "ctl/database.h"
#include "lib/auth/secret.h"
#include "lib/core/clock.h"
#include "lib/data/schema.h"
#include "lib/data/schema_inspect.h"

#include <stdlib.h>
#include <string.h>

/* A token issued in the database's past or future would not hold, or hold too long. */
static const int64_t most_skew = 2 * 1000000;

struct check {
    struct ctl *ctl;
    struct findings findings;
};

static void check_secret(struct check *check, const char *name, const char *secret)
{
    const char *weakness = secret[0] == '\0' ? NULL : secret_find_weakness(secret);
    if (weakness != NULL)
        finding_say(&check->findings, FINDING_WRONG,
                    "%s %s: make one with: openssl rand -base64 48", name, weakness);
}

static bool check_settings(struct check *check, struct settings *settings)
{
    fflush(stdout);
    if (!settings_load(settings, stderr)) {
        finding_say(&check->findings, FINDING_WRONG,
                    "settings: see above; the service does not start with them");
        return false;
    }
    finding_say(&check->findings, FINDING_GOOD, "settings");
    check_secret(check, "JWT_SECRET", settings->jwt_secret);
    check_secret(check, "JWT_SECRET_PREVIOUS", settings->jwt_secret_previous);
    if (strcmp(settings->jwt_secret, settings->jwt_secret_previous) == 0)
        finding_say(&check->findings, FINDING_WRONG,
                    "JWT_SECRET_PREVIOUS is the same as JWT_SECRET: nothing has been"
                    " rotated");
    if (settings->bcrypt_cost < 10)
        finding_say(&check->findings, FINDING_NOTE,
                    "BCRYPT_COST %lld is cheap to guess against: 12 is the default",
                    (long long)settings->bcrypt_cost);
    return true;
}

/* The database's clock against the middle of the time in which it was asked. */
static void check_clock(struct check *check, int64_t before, int64_t theirs, int64_t after)
{
    int64_t skew = theirs - (before + after) / 2;
    if (llabs(skew) > most_skew + (after - before))
        finding_say(&check->findings, FINDING_WRONG,
                    "clock: the database's is %.1f s %s this machine's: both need NTP",
                    (double)llabs(skew) / 1e6, skew > 0 ? "ahead of" : "behind");
    else
        finding_say(&check->findings, FINDING_GOOD,
                    "clock: the database's agrees with this machine's");
}

static enum status check_server(struct check *check, const struct settings *settings)
{
    bool has_second = settings_has_auth_pool(settings);
    int64_t workers = settings->workers + (has_second ? settings->auth_workers : 0);
    struct admin_health health;
    int64_t before = clock_now();
    enum status status = admin_store_read_health(check->ctl->db, &health);
    int64_t after = clock_now();
    if (status != STATUS_OK)
        return status;
    finding_say(&check->findings, FINDING_GOOD, "database: PostgreSQL %lld.%lld answers",
                (long long)health.version / 10000, (long long)health.version % 10000);
    if (health.is_read_only)
        finding_say(&check->findings, FINDING_WRONG,
                    "database: it is read-only; with several hosts DATABASE_URL wants"
                    " target_session_attrs=read-write");
    if (workers > health.max_connections - 3)
        finding_say(&check->findings, FINDING_WRONG,
                    "database: WORKERS%s take %lld connections, and it allows %lld, 3 of them for"
                    " its superuser",
                    has_second ? " and AUTH_WORKERS" : "", (long long)workers,
                    (long long)health.max_connections);
    check_clock(check, before, health.now, after);
    return STATUS_OK;
}

static enum status check_schema(struct check *check)
{
    struct texts indexes = database_list_indexes(check->ctl->arena), missing, faults;
    int64_t version;
    enum status status = schema_inspect(check->ctl->db, false, &faults);
    for (size_t i = 0; i < faults.count; i++)
        finding_say(&check->findings, FINDING_WRONG, "database: %s", faults.items[i]);
    if (status == STATUS_OK && faults.count == 0)
        status = schema_read_version(check->ctl->db, &version);
    if (status != STATUS_OK || faults.count > 0)
        return status;
    if (version != SCHEMA_VERSION) {
        finding_say(&check->findings, FINDING_WRONG,
                    "schema: version %lld, but this program's is %d%s", (long long)version,
                    SCHEMA_VERSION, version < SCHEMA_VERSION ? ": todoctl migrate" : "");
        return STATUS_OK;
    }
    finding_say(&check->findings, FINDING_GOOD, "schema: version %d", SCHEMA_VERSION);
    status = admin_store_list_missing_indexes(check->ctl->db, &indexes, &missing);
    for (size_t i = 0; status == STATUS_OK && i < missing.count; i++)
        finding_say(&check->findings, FINDING_WRONG,
                    "index: %s is missing or invalid: drop it, then todoctl migrate",
                    missing.items[i]);
    if (status == STATUS_OK && missing.count == 0)
        finding_say(&check->findings, FINDING_GOOD, "indexes: all %zu", indexes.count);
    return status;
}

enum ctl_exit check_run(struct ctl *ctl, char **arguments)
{
    struct check check = {.ctl = ctl};
    struct settings settings = {0};
    enum ctl_exit exit = CTL_USAGE;
    (void)arguments;
    if (check_settings(&check, &settings) && ctl_open_database(ctl, &exit)) {
        enum status status = check_server(&check, &settings);
        if (status == STATUS_OK)
            status = check_schema(&check);
        exit = status == STATUS_OK ? CTL_DONE : ctl_explain(ctl, status);
    }
    if (ctl->url != NULL)
        check_http_run(&check.findings, ctl->url, settings.trusted_proxies);
    return exit == CTL_DONE && check.findings.is_wrong ? CTL_REFUSED : exit;
}
