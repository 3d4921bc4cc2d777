/* The account of an import: whose the tasks in the file are, and whether it is the same person. */
#include "import_account.h"

#include "ctl/credentials.h"
#include "lib/auth/password.h"

#include <stdio.h>

struct account_input {
    struct optional_uuid id;
    const char *hashed_password;
    struct optional_time created_at, disabled_at;
    const char *email;
};

static const struct field account_rows[] = {
    {"id", FIELD_UUID, .offset = offsetof(struct account_input, id)},
    {"hashed_password", FIELD_TEXT, FIELD_REQUIRED, 0, 1000,
     .offset = offsetof(struct account_input, hashed_password)},
    {"created_at", FIELD_TIME, .offset = offsetof(struct account_input, created_at)},
    {"disabled_at", FIELD_TIME, .offset = offsetof(struct account_input, disabled_at)},
};

/* Whose the tasks are is the argument's to say, */
static const struct field told_rows[] = {
    {"email", FIELD_TEXT, 0, 0, 254, .offset = offsetof(struct account_input, email)},
};

/* or with --all the file's. */
static const struct field own_email_rows[] = {
    {"email", FIELD_EMAIL, FIELD_REQUIRED, .offset = offsetof(struct account_input, email)},
};

static const struct fields account_fields = {FIELDS(account_rows, struct account_input)};
static const struct fields told_fields = {FIELDS(told_rows, struct account_input),
                                          .base = &account_fields};
static const struct fields own_email_fields = {FIELDS(own_email_rows, struct account_input),
                                               .base = &account_fields};

/* Whether the file's user is the account: by the id or, where the file has none, by the e-mail. */
static enum status compare_user(struct import *import, const struct account_input *input,
                                bool *is_same)
{
    struct admin_user other;
    const struct uuid *id = &import->user.user.id;
    *is_same = !input->id.is_set || uuid_equals(&input->id.value, id);
    if (input->id.is_set || input->email == NULL)
        return STATUS_OK;
    enum status status = admin_store_find(import->ctl->db, input->email, &other);
    *is_same = status == STATUS_OK && uuid_equals(&other.user.id, id);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

/* "its user is ann@example.org, id 01…, the file's bob@example.org, id 02…" */
static const char *describe_both(const struct import *import, const struct account_input *input)
{
    char id[UUID_TEXT_SIZE], other[UUID_TEXT_SIZE] = "none";
    uuid_format(&import->user.user.id, id);
    if (input->id.is_set)
        uuid_format(&input->id.value, other);
    return arena_printf(import->ctl->arena,
                        " is another account than the file's: its user is %s, id %s, and the"
                        " file's %s, id %s; --into adds the tasks to it all the same",
                        import->user.user.email, id,
                        input->email == NULL ? "without e-mail" : input->email, other);
}

static enum status make_account(struct import *import, const struct account_input *input,
                                const char *email)
{
    struct admin_user made = {
        .user = {.id = input->id.is_set ? input->id.value : uuid_create(),
                 .email = email,
                 .hashed_password = input->hashed_password,
                 .created_at = input->created_at.is_set ? input->created_at.at : import->now},
        .is_disabled = input->disabled_at.is_set,
        .disabled_at = input->disabled_at.at,
    };
    enum status status = admin_store_insert(import->ctl->db, &made);
    if (status != STATUS_OK)
        return status;
    import->has_user = true;
    import->user = made;
    import->report.accounts_made++;
    printf("account %smade: %s\n", import->ctl->dry_run ? "to be " : "", email);
    return status;
}

/* Leaves the account out, where there are others; else the import ends here. */
static bool leave_account_out(struct import *import, const char *what, const char *wrong)
{
    if (!import->ctl->all || !import_input_may_leave_out(import))
        return import_input_refuse(import, what, wrong);
    import->is_left_out = true;
    import->report.accounts_left_out++;
    import_report_note(&import->report, what, wrong);
    return true;
}

/* What a file of many accounts calls one whose e-mail cannot be read is its place. */
static const char *name_user(const struct import *import)
{
    const struct import_report *report = &import->report;
    int64_t place = report->accounts_made + report->accounts_there + report->accounts_left_out;
    if (!import->ctl->all)
        return "user";
    if (import->who != NULL)
        return arena_printf(import->ctl->arena, "%s: user", import->who);
    return arena_printf(import->ctl->arena, "account %lld: user", (long long)place + 1);
}

static const char *read_input(struct import *import, struct account_input *input)
{
    const struct fields *fields = import->ctl->all ? &own_email_fields : &told_fields;
    const char *wrong = import_input_read_object(import, fields, input);
    if (wrong == NULL && !password_is_hash(input->hashed_password))
        wrong = ".hashed_password must be a bcrypt hash ($2a$, $2b$ or $2y$) of a cost from 4 to"
                " 16.";
    return wrong;
}

enum status import_account_find(struct import *import)
{
    enum status status = admin_store_find(import->ctl->db, import->who, &import->user);
    import->has_user = status == STATUS_OK;
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static bool use_account(struct import *import, const struct account_input *input)
{
    bool is_same = true;
    enum status status = import->ctl->into ? STATUS_OK : compare_user(import, input, &is_same);
    if (status != STATUS_OK) {
        (void)ctl_explain(import->ctl, status);
        return false;
    }
    if (!is_same)
        return leave_account_out(import, import->who, describe_both(import, input));
    import->report.accounts_there++;
    return true;
}

static bool add_account(struct import *import, const struct account_input *input)
{
    const char *email = import->ctl->all ? import->who
                                         : credentials_read_email(import->ctl, import->who);
    if (email == NULL)
        return false;
    enum status status = make_account(import, input, email);
    if (status != STATUS_OK)
        (void)ctl_explain(import->ctl, status);
    return status == STATUS_OK;
}

bool import_account_read(struct import *import)
{
    struct account_input input = {0};
    if (!json_stream_read(&import->stream))
        return import_input_refuse_stream(import);
    const char *wrong = read_input(import, &input);
    if (input.email != NULL && import->ctl->all) {
        snprintf(import->email, sizeof import->email, "%s", input.email);
        import->who = import->email;
    }
    import->is_known = true;
    import->is_left_out = false;
    if (wrong != NULL)
        return leave_account_out(import, name_user(import), wrong);
    enum status status = import->ctl->all ? import_account_find(import) : STATUS_OK;
    if (status != STATUS_OK) {
        (void)ctl_explain(import->ctl, status);
        return false;
    }
    return import->has_user ? use_account(import, &input) : add_account(import, &input);
}
