/* todoctl user: accounts. */
#include "user.h"

#include "ctl/credentials.h"
#include "lib/core/clock.h"

#include <string.h>
#include <unistd.h>

static void print_user(const struct admin_user *user)
{
    char id[UUID_TEXT_SIZE], created[CLOCK_TEXT_SIZE];
    uuid_format(&user->user.id, id);
    clock_format(user->user.created_at / 1000000 * 1000000, false, created);
    printf("%s  %-20s  %-8s  %8lld  %8lld  %s\n", id, created,
           user->is_disabled ? "disabled" : "enabled", (long long)user->tasks,
           (long long)user->sessions, user->user.email);
}

enum ctl_exit user_list(struct ctl *ctl, char **arguments)
{
    struct admin_page page = {.has_more = true};
    enum ctl_exit exit;
    (void)arguments;
    if (!ctl_open(ctl, &exit))
        return exit;
    printf("%-36s  %-20s  %-8s  %8s  %8s  %s\n", "ID", "CREATED", "STATE", "TASKS", "SESSIONS",
           "EMAIL");
    while (page.has_more) {
        ctl_next(ctl);
        enum status status = admin_store_list(ctl->db, &page);
        if (status != STATUS_OK)
            return ctl_explain(ctl, status);
        for (int i = 0; i < page.count; i++)
            print_user(&page.users[i]);
    }
    return CTL_DONE;
}

enum ctl_exit user_add(struct ctl *ctl, char **arguments)
{
    enum ctl_exit exit;
    struct new_password password;
    struct user user;
    if (!ctl_open(ctl, &exit))
        return exit;
    const char *email = credentials_read_email(ctl, arguments[0]);
    if (email == NULL || !credentials_create_password(ctl, email, arguments[1] != NULL, &password))
        return CTL_REFUSED;
    enum status status = user_store_insert(ctl->db, email, password.hash, &user);
    if (status == STATUS_EMAIL_TAKEN)
        return ctl_refuse("there is an account %s already", email);
    if (status != STATUS_OK)
        return ctl_explain(ctl, status);
    char id[UUID_TEXT_SIZE];
    uuid_format(&user.id, id);
    printf("id: %s\nemail: %s\n", id, user.email);
    credentials_print_password(&password);
    return CTL_DONE;
}

/* Changes the account that has been found; `done` says so. */
static enum ctl_exit change_user(struct ctl *ctl, const struct admin_user *user,
                                 const struct admin_change *wanted, const char *done)
{
    int64_t sessions;
    enum status status = admin_store_update(ctl->db, &user->user.id, wanted, &sessions);
    if (status != STATUS_OK)
        return ctl_explain(ctl, status == STATUS_NOT_FOUND ? STATUS_INVALID_TOKEN : status);
    printf("%s: %s; sessions ended: %lld\n", user->user.email, done, (long long)sessions);
    return CTL_DONE;
}

enum ctl_exit user_disable(struct ctl *ctl, char **arguments)
{
    const struct admin_change wanted = {.access = ADMIN_DISABLE};
    struct admin_user user;
    enum ctl_exit exit;
    if (!ctl_open(ctl, &exit) || !ctl_find_user(ctl, arguments[0], &user, &exit))
        return exit;
    return change_user(ctl, &user, &wanted, "disabled");
}

enum ctl_exit user_enable(struct ctl *ctl, char **arguments)
{
    const struct admin_change wanted = {.access = ADMIN_ENABLE};
    struct admin_user user;
    enum ctl_exit exit;
    if (!ctl_open(ctl, &exit) || !ctl_find_user(ctl, arguments[0], &user, &exit))
        return exit;
    if (user.is_disabled)
        return change_user(ctl, &user, &wanted, "enabled");
    printf("%s: is already enabled\n", user.user.email);
    return CTL_DONE;
}

enum ctl_exit user_reset_password(struct ctl *ctl, char **arguments)
{
    struct admin_user user;
    struct new_password password;
    enum ctl_exit exit;
    if (!ctl_open(ctl, &exit) || !ctl_find_user(ctl, arguments[0], &user, &exit))
        return exit;
    if (!credentials_create_password(ctl, user.user.email, arguments[1] != NULL, &password))
        return CTL_REFUSED;
    const struct admin_change wanted = {.hashed_password = password.hash};
    exit = change_user(ctl, &user, &wanted, "the password has been changed");
    if (exit == CTL_DONE)
        credentials_print_password(&password);
    return exit;
}

/* Whether the operator types the e-mail again. Without a terminal there is nobody to ask. */
static bool is_meant(const struct admin_user *user, enum ctl_exit *exit)
{
    char line[1024];
    *exit = CTL_REFUSED;
    if (!isatty(STDIN_FILENO)) {
        (void)ctl_refuse("deleting cannot be undone: confirm it with --yes");
        *exit = CTL_USAGE;
        return false;
    }
    fprintf(stderr,
            "This deletes %s and %lld tasks for ever. Type the e-mail again: ", user->user.email,
            (long long)user->tasks);
    if (fgets(line, sizeof line, stdin) == NULL)
        line[0] = '\0';
    line[strcspn(line, "\n")] = '\0';
    if (strcmp(line, user->user.email) == 0)
        return true;
    (void)ctl_refuse("that is not the e-mail; nothing has been deleted");
    return false;
}

enum ctl_exit user_delete(struct ctl *ctl, char **arguments)
{
    struct admin_user user;
    enum ctl_exit exit;
    if (!ctl_open(ctl, &exit) || !ctl_find_user(ctl, arguments[0], &user, &exit))
        return exit;
    if (!ctl->yes && !is_meant(&user, &exit))
        return exit;
    enum status status = admin_store_delete(ctl->db, &user.user.id);
    if (status != STATUS_OK)
        return ctl_explain(ctl, status == STATUS_NOT_FOUND ? STATUS_INVALID_TOKEN : status);
    printf("%s: deleted, with %lld tasks\n", user.user.email, (long long)user.tasks);
    return CTL_DONE;
}
