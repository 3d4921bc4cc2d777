/* todoctl session: who is signed in, and where. */
#include "session.h"

#include "lib/core/clock.h"

/* What a client says of itself may hold anything: nothing that steers a terminal gets through. */
static void print_agent(const char *agent)
{
    for (const unsigned char *at = (const unsigned char *)agent; *at != '\0'; at++) {
        bool is_c1 = at[0] == 0xC2 && at[1] >= 0x80 && at[1] <= 0x9F;
        if (*at < 0x20 || *at == 0x7F || is_c1)
            putchar('?');
        else
            putchar(*at);
        at += is_c1;
    }
    putchar('\n');
}

enum ctl_exit session_list(struct ctl *ctl, char **arguments)
{
    struct admin_user user;
    struct session *sessions;
    enum ctl_exit exit;
    int count;
    if (!ctl_open(ctl, &exit) || !ctl_find_user(ctl, arguments[0], &user, &exit))
        return exit;
    enum status status = admin_store_list_sessions(ctl->db, &user.user.id, &sessions, &count);
    if (status != STATUS_OK)
        return ctl_explain(ctl, status);
    printf("%-36s  %-20s  %-20s  %s\n", "ID", "CREATED", "LAST-USED", "CLIENT");
    for (int i = 0; i < count; i++) {
        char id[UUID_TEXT_SIZE], created[CLOCK_TEXT_SIZE], used[CLOCK_TEXT_SIZE];
        uuid_format(&sessions[i].id, id);
        clock_format(sessions[i].created_at / 1000000 * 1000000, false, created);
        clock_format(sessions[i].last_used_at / 1000000 * 1000000, false, used);
        printf("%s  %-20s  %-20s  ", id, created, used);
        print_agent(sessions[i].user_agent);
    }
    return CTL_DONE;
}

static enum ctl_exit end_one(struct ctl *ctl, const struct admin_user *user, const char *text)
{
    struct uuid id;
    if (!uuid_parse(text, &id)) {
        (void)ctl_refuse("a session's id is a UUID: todoctl session list %s shows it",
                         user->user.email);
        return CTL_USAGE;
    }
    enum status status = admin_store_delete_session(ctl->db, &user->user.id, &id);
    if (status == STATUS_NOT_FOUND)
        return ctl_refuse("%s has no session %s", user->user.email, text);
    if (status != STATUS_OK)
        return ctl_explain(ctl, status);
    printf("%s: sessions ended: 1\n", user->user.email);
    return CTL_DONE;
}

enum ctl_exit session_end(struct ctl *ctl, char **arguments)
{
    const struct admin_change nothing = {.access = ADMIN_KEEP};
    struct admin_user user;
    enum ctl_exit exit;
    int64_t ended;
    if (!ctl_open(ctl, &exit) || !ctl_find_user(ctl, arguments[0], &user, &exit))
        return exit;
    if (arguments[1] != NULL)
        return end_one(ctl, &user, arguments[1]);
    enum status status = admin_store_update(ctl->db, &user.user.id, &nothing, &ended);
    if (status != STATUS_OK)
        return ctl_explain(ctl, status == STATUS_NOT_FOUND ? STATUS_INVALID_TOKEN : status);
    printf("%s: sessions ended: %lld\n", user.user.email, (long long)ended);
    return CTL_DONE;
}
