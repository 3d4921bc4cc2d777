/* todoctl import: accounts and their tasks from JSON, a batch at a time. */
#include "import.h"

#include "ctl/export.h"
#include "ctl/import_account.h"
#include "ctl/import_tasks.h"
#include "lib/core/clock.h"

#include <string.h>

enum { MAX_VALUE = 1024 * 1024 };

static bool read_format(struct import *import)
{
    static const char known[] = "\"" EXPORT_FORMAT "\"";
    struct json_stream *stream = &import->stream;
    if (!json_stream_read(stream))
        return import_input_refuse_stream(import);
    if (stream->length == sizeof known - 1 && memcmp(stream->text, known, stream->length) == 0)
        return true;
    return import_input_refuse(import, "the input: ", "its format is not " EXPORT_FORMAT);
}

static const struct {
    const char *name; /* as it stands in the file, quotes and all */
    bool (*read)(struct import *import);
} members[] = {{"\"format\"", read_format},
               {"\"user\"", import_account_read},
               {"\"tasks\"", import_tasks_read}};

static bool read_member(struct import *import)
{
    struct json_stream *stream = &import->stream;
    if (!json_stream_read(stream))
        return import_input_refuse_stream(import);
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        if (strlen(members[i].name) == stream->length &&
            memcmp(members[i].name, stream->text, stream->length) == 0)
            return json_stream_take(stream, ':', "a colon is expected")
                       ? members[i].read(import)
                       : import_input_refuse_stream(import);
    return import_input_refuse(
        import, "the input: ", "it holds something other than format, user and tasks");
}

static bool read_members(struct import *import)
{
    struct json_stream *stream = &import->stream;
    bool is_first = true;
    const char *wanted = import->ctl->all ? "an account as export writes it is expected"
                                          : "it is neither an export nor an array of tasks";
    if (!json_stream_take(stream, '{', wanted))
        return import_input_refuse_stream(import);
    while (json_stream_has_next(stream, '}', &is_first))
        if (!read_member(import))
            return false;
    return stream->why == NULL || import_input_refuse_stream(import);
}

static bool read_one(struct import *import)
{
    struct json_stream *stream = &import->stream;
    bool is_list = !import->ctl->all && json_stream_peek(stream) == '[';
    import->is_object = !is_list;
    if (!(is_list ? import_tasks_read(import) : read_members(import)))
        return false;
    if (json_stream_peek(stream) != EOF)
        stream->why = "something follows its end; many accounts take --all";
    return stream->why == NULL || import_input_refuse_stream(import);
}

/* One export after the other, as `todoctl export` run again and again gives them. */
static bool read_all(struct import *import)
{
    do {
        import->who = NULL;
        import->is_object = true;
        import->is_known = false;
        import->is_left_out = false;
        import->has_user = false;
        import->read = 0;
        if (!read_members(import))
            return false;
        ctl_next(import->ctl);
    } while (json_stream_peek(&import->stream) != EOF);
    return true;
}

/* A dry run goes on behind what a real one would end at. */
static enum ctl_exit conclude(const struct import *import)
{
    const struct import_report *report = &import->report;
    import_report_print(report, import->ctl->all, import->ctl->dry_run);
    if (import->ctl->skip_invalid || report->left_out + report->accounts_left_out == 0)
        return CTL_DONE;
    return ctl_refuse("the import would end at the first of these; --skip-invalid leaves them out");
}

enum ctl_exit import_run(struct ctl *ctl, char **arguments)
{
    static struct import import;
    enum ctl_exit exit;
    if ((arguments[0] == NULL) != ctl->all) {
        (void)ctl_refuse("import takes one USER, or --all for everyone in the file");
        return CTL_USAGE;
    }
    if (!ctl_open(ctl, &exit))
        return exit;
    import.ctl = ctl;
    import.stream = (struct json_stream){.file = stdin, .limit = MAX_VALUE};
    import.who = arguments[0];
    import.now = clock_now();
    enum status status = ctl->all ? STATUS_OK : import_account_find(&import);
    if (status != STATUS_OK)
        return ctl_explain(ctl, status);
    bool good = ctl->all ? read_all(&import) : read_one(&import);
    ctl_end_progress();
    json_stream_close(&import.stream);
    return good ? conclude(&import) : CTL_REFUSED;
}
