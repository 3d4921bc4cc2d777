/* todoctl export: an account and its tasks as JSON, a page at a time. */
#include "export.h"

#include "app/http/json.h"
#include "app/resources/task_json.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static void write_buffer(const struct buffer *text)
{
    fwrite(text->data, 1, text->length, stdout);
}

static void write_user(struct ctl *ctl, const struct admin_user *user)
{
    struct buffer text = {.arena = ctl->arena};
    buffer_add_text(&text, "{\"format\":\"" EXPORT_FORMAT "\",\n\"user\":{\"id\":");
    json_add_uuid(&text, &user->user.id);
    buffer_add_text(&text, ",\"email\":");
    json_add_text(&text, user->user.email);
    buffer_add_text(&text, ",\"hashed_password\":");
    json_add_text(&text, user->user.hashed_password);
    buffer_add_text(&text, ",\"created_at\":");
    json_add_timestamp(&text, user->user.created_at);
    buffer_add_text(&text, ",\"disabled_at\":");
    if (user->is_disabled)
        json_add_timestamp(&text, user->disabled_at);
    else
        buffer_add_text(&text, "null");
    buffer_add_text(&text, "},\n\"tasks\":[");
    write_buffer(&text);
}

static void write_tasks(struct ctl *ctl, const struct admin_page *page, bool is_first)
{
    struct buffer text = {.arena = ctl->arena};
    for (int i = 0; i < page->count; i++) {
        buffer_add_text(&text, is_first && i == 0 ? "\n" : ",\n");
        task_json_add(&text, &page->tasks[i], "");
    }
    if (text.length > 0)
        write_buffer(&text);
}

/* Makes standard output a file that is not there yet: it holds the hash of a password, so nobody
 * else may read it, and where a link points is not for whoever made the link to say. */
static bool open_output(const char *path)
{
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) {
        (void)ctl_refuse("%s cannot be made: %s", path, strerror(errno));
        return false;
    }
    bool good = dup2(file, STDOUT_FILENO) >= 0;
    close(file);
    return good;
}

static enum ctl_exit write_all(struct ctl *ctl, const struct admin_user *user)
{
    struct admin_page page = {.has_more = true};
    /* A terminal that shows the tasks shows how far they are; a line between would cut them up. */
    bool is_elsewhere = !isatty(STDOUT_FILENO);
    write_user(ctl, user);
    for (int64_t done = 0; page.has_more && !ferror(stdout); done += page.count) {
        ctl_next(ctl);
        enum status status = admin_store_list_tasks(ctl->db, &user->user.id, &page);
        if (status != STATUS_OK)
            return ctl_explain(ctl, status);
        write_tasks(ctl, &page, done == 0);
        if (is_elsewhere)
            ctl_show_progress("tasks", done + page.count, user->tasks);
    }
    if (is_elsewhere)
        ctl_end_progress();
    printf("\n]}\n");
    return ctl_finish_output();
}

enum ctl_exit export_run(struct ctl *ctl, char **arguments)
{
    struct admin_user user;
    enum ctl_exit exit;
    if (!ctl_open(ctl, &exit) || !ctl_find_user(ctl, arguments[0], &user, &exit))
        return exit;
    if (ctl->output != NULL && !open_output(ctl->output))
        return CTL_REFUSED;
    exit = write_all(ctl, &user);
    if (exit != CTL_DONE && ctl->output != NULL)
        unlink(ctl->output);
    return exit;
}
