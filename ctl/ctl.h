/* What the commands of todoctl share: settings, the database, the sentence about what went wrong.
 */
#ifndef CTL_CTL_H
#define CTL_CTL_H

#include "app/settings.h"
#include "lib/data/admin_store.h"

/* The exit statuses: a script can tell from them whether to try again. */
enum ctl_exit {
    CTL_DONE = 0,
    CTL_REFUSED = 1, /* it cannot be done, or something was found to be wrong */
    CTL_USAGE = 2,   /* the arguments or the settings are wrong */
    CTL_AWAY = 3     /* the database is away */
};

/* What a command works with. Texts of the database live until ctl_next. */
struct ctl {
    struct settings settings; /* those that ctl_open names */
    struct arena *arena;
    struct db *db;
    const char *url;    /* --url, or NULL */
    const char *output; /* --output, or NULL */
    bool yes;           /* --yes: do not ask */
    bool all, into, skip_invalid;
    bool dry_run; /* whatever is written is given up at the end */
};

/* Reads the settings that todoctl itself needs and connects. False, with a sentence said, where
 * that fails; *exit is what to end with. */
bool ctl_open_database(struct ctl *ctl, enum ctl_exit *exit);

/* The same, and demands the schema that this program knows. */
bool ctl_open(struct ctl *ctl, enum ctl_exit *exit);

void ctl_close(struct ctl *ctl);

/* Begins the next piece of work: its memory and its time in the database count from zero. */
void ctl_next(struct ctl *ctl);

/* Says "todoctl: …" on standard error. Returns CTL_REFUSED. */
enum ctl_exit ctl_refuse(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Says why a statement has failed, in one sentence. */
enum ctl_exit ctl_explain(const struct ctl *ctl, enum status status);

/* Finds the account that an argument names: its e-mail or its id. */
bool ctl_find_user(struct ctl *ctl, const char *who, struct admin_user *user, enum ctl_exit *exit);

/* Shows how far a long task has got, where standard error is a terminal. `total` is 0 where nobody
 * knows it. */
void ctl_show_progress(const char *what, int64_t done, int64_t total);
void ctl_end_progress(void);

/* Flushes standard output. CTL_REFUSED where not all of it could be written. */
enum ctl_exit ctl_finish_output(void);

#endif
