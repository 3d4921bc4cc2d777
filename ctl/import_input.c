/* What the parts of an import share: the file as far as it is read, and what may be wrong in it. */
#include "import_input.h"

#include "app/http/json.h"
#include "app/resources/read_only.h"

bool import_input_refuse(const struct import *import, const char *where, const char *why)
{
    bool has_stored = import->report.stored > 0 && !import->ctl->dry_run;
    const char *so_far = has_stored ? "; the tasks before it are stored, and the same import can"
                                      " be run again"
                                    : "";
    (void)ctl_refuse("%s%s%s", where, why, so_far);
    return false;
}

/* "behind 7 tasks: ", and with --all of whom. */
bool import_input_refuse_stream(const struct import *import)
{
    bool is_named = import->ctl->all && import->who != NULL;
    char where[IMPORT_PLACE_SIZE + 64];
    snprintf(where, sizeof where, "%s%safter %lld tasks: ", is_named ? import->who : "",
             is_named ? ": " : "", (long long)import->read);
    return import_input_refuse(import, import->read == 0 && !is_named ? "the input: " : where,
                               import->stream.why);
}

bool import_input_may_leave_out(const struct import *import)
{
    return import->ctl->skip_invalid || import->ctl->dry_run;
}

const char *import_input_read_object(const struct import *import, const struct fields *fields,
                                     void *out)
{
    struct arena *arena = import->ctl->arena;
    struct response response = {.arena = arena, .errors = {.arena = arena}};
    struct validation validation = fields_begin(&response);
    struct json_document document;
    char *text = arena_copy(arena, import->stream.text, import->stream.length);
    if (json_parse(arena, text, import->stream.length, &document) != STATUS_OK) {
        const char *member = document.member == NULL ? "" : document.member;
        const char *dot = document.member == NULL ? "" : ".";
        return arena_printf(arena, "%s%s: %s", dot, member, document.why);
    }
    if (!cJSON_IsObject(document.root))
        return " must be a JSON object.";
    validation.read_only = read_only_members;
    validation.has_nul = document.has_nul;
    (void)fields_read_object(&validation, fields, document.root, out);
    if (fields_conclude(&response) == STATUS_OK)
        return NULL;
    return arena_printf(arena, ".%s", response.detail);
}
