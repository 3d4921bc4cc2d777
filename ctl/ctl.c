/* What the commands of todoctl share: settings, the database, the sentence about what went wrong.
 */
#include "ctl.h"

#include "lib/core/utf8.h"
#include "lib/data/db_health.h"
#include "lib/data/schema.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* For one statement. An account with a million tasks takes seconds to delete. */
static const int64_t database_timeout = 60 * 1000000;

static const char *const own_settings[] = {"DATABASE_URL", "DB_PREPARE", "BCRYPT_COST", NULL};

enum ctl_exit ctl_refuse(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("todoctl: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    return CTL_REFUSED;
}

enum ctl_exit ctl_explain(const struct ctl *ctl, enum status status)
{
    switch (status) {
    case STATUS_UNAVAILABLE:
        (void)ctl_refuse("the database is away: %s", db_health(ctl->db)->last_error);
        return CTL_AWAY;
    case STATUS_SCHEMA_OLDER:
        return ctl_refuse("the database's schema is older than this program: todoctl migrate"
                          " brings it up to date");
    case STATUS_SCHEMA_NEWER:
        return ctl_refuse("the database's schema is newer than this program, which must be"
                          " upgraded");
    case STATUS_INVALID_TOKEN:
        return ctl_refuse("the account has been deleted in the meantime");
    default:
        return ctl_refuse("the database refuses: %s", db_health(ctl->db)->last_error);
    }
}

void ctl_next(struct ctl *ctl)
{
    assert(ctl->arena != NULL && ctl->db != NULL);
    arena_reset(ctl->arena);
    db_begin(ctl->db);
}

bool ctl_open_database(struct ctl *ctl, enum ctl_exit *exit)
{
    *exit = CTL_USAGE;
    if (!settings_load_named(&ctl->settings, own_settings, stderr))
        return false;
    ctl->arena = arena_create(64 * 1024, SIZE_MAX);
    struct db_settings db_settings = {.url = ctl->settings.database_url,
                                      .timeout = database_timeout,
                                      .prepare = ctl->settings.db_prepare != 0,
                                      .on_connect = ctl->dry_run ? admin_store_pretend : NULL,
                                      .arena = ctl->arena};
    ctl->db = ctl->arena == NULL ? NULL : db_create(&db_settings);
    if (ctl->db == NULL)
        abort();
    db_begin(ctl->db);
    enum status status = db_connect(ctl->db);
    if (status != STATUS_OK)
        *exit = ctl_explain(ctl, status);
    return status == STATUS_OK;
}

bool ctl_open(struct ctl *ctl, enum ctl_exit *exit)
{
    if (!ctl_open_database(ctl, exit))
        return false;
    enum status status = schema_check(ctl->db);
    if (status != STATUS_OK)
        *exit = ctl_explain(ctl, status);
    return status == STATUS_OK;
}

void ctl_close(struct ctl *ctl)
{
    if (ctl->db != NULL)
        db_destroy(ctl->db);
    if (ctl->arena != NULL)
        arena_destroy(ctl->arena);
}

bool ctl_find_user(struct ctl *ctl, const char *who, struct admin_user *user, enum ctl_exit *exit)
{
    enum status status = STATUS_NOT_FOUND;
    if (utf8_is_valid(who, strlen(who)))
        status = admin_store_find(ctl->db, who, user);
    if (status == STATUS_NOT_FOUND)
        *exit = ctl_refuse("there is no account %s", who);
    else if (status != STATUS_OK)
        *exit = ctl_explain(ctl, status);
    return status == STATUS_OK;
}

void ctl_show_progress(const char *what, int64_t done, int64_t total)
{
    if (!isatty(STDERR_FILENO))
        return;
    if (total > 0)
        fprintf(stderr, "\r%lld of %lld %s", (long long)done, (long long)total, what);
    else
        fprintf(stderr, "\r%lld %s", (long long)done, what);
}

void ctl_end_progress(void)
{
    if (isatty(STDERR_FILENO))
        fputc('\n', stderr);
}

enum ctl_exit ctl_finish_output(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return CTL_DONE;
    return ctl_refuse("the output cannot be written: %s", strerror(errno));
}
