/* The account: signing up, reading, changing the password, deleting; and their field rules. */
#include "account_api.h"

#include "app/http/json.h"
#include "app/limits/hashing.h"
#include "app/limits/rate_limit.h"
#include "app/resources/audit.h"
#include "app/resources/refresh_cookie.h"
#include "lib/data/user_store.h"

#include <strings.h>

struct signup_input {
    const char *email;
    const char *password;
};

struct deletion_input {
    const char *password;
};

struct password_input {
    const char *current;
    const char *new;
};

static const struct field signup_rows[] = {
    {"email", FIELD_EMAIL, FIELD_REQUIRED, .offset = offsetof(struct signup_input, email)},
    {"password", FIELD_NEW_PASSWORD, FIELD_REQUIRED,
     .offset = offsetof(struct signup_input, password)},
};

static const struct field deletion_rows[] = {
    {"password", FIELD_PASSWORD, FIELD_REQUIRED,
     .offset = offsetof(struct deletion_input, password)},
};

static const struct field password_rows[] = {
    {"current_password", FIELD_PASSWORD, FIELD_REQUIRED,
     .offset = offsetof(struct password_input, current)},
    {"new_password", FIELD_NEW_PASSWORD, FIELD_REQUIRED,
     .offset = offsetof(struct password_input, new)},
};

const struct fields account_api_signup = {FIELDS(signup_rows, struct signup_input)};
const struct fields account_api_deletion = {FIELDS(deletion_rows, struct deletion_input)};
const struct fields account_api_password = {FIELDS(password_rows, struct password_input)};

static void add_user(struct buffer *body, const struct user *user)
{
    buffer_add_text(body, "{\"id\":");
    json_add_uuid(body, &user->id);
    buffer_add_text(body, ",\"email\":");
    json_add_text(body, user->email);
    buffer_add_text(body, ",\"created_at\":");
    json_add_timestamp(body, user->created_at);
    buffer_add_char(body, '}');
}

/* The rules cannot see that a password repeats the e-mail: they look at one field at a time. */
static enum status refuse_own_email(struct response *response, const char *field)
{
    struct validation validation = fields_begin(response);
    fields_add_error(&validation, field, "must not be the e-mail itself");
    return fields_conclude(response);
}

enum status account_api_sign_up(struct services *services, struct request *request,
                                struct response *response)
{
    const struct signup_input *input = request->input;
    struct user user;
    char hash[PASSWORD_HASH_SIZE];
    if (strcasecmp(input->password, input->email) == 0)
        return refuse_own_email(response, "password");
    enum status status = rate_limit_sign_up(services, request, response);
    if (status == STATUS_OK)
        status = hashing_hash(services, response, input->password, hash);
    if (status == STATUS_OK)
        status = user_store_insert(services->db, input->email, hash, &user);
    if (status == STATUS_UNAVAILABLE)
        rate_limit_undo_sign_up(services, request);
    if (status != STATUS_OK)
        return status;
    audit_log(request, "signup", &user.id);
    add_user(&response->body, &user);
    response_add_header(response, "Location",
                        arena_printf(request->arena, "%s/auth/me", request->base));
    return STATUS_CREATED;
}

enum status account_api_read_me(struct services *services, struct request *request,
                                struct response *response)
{
    struct user user;
    enum status status = user_store_find(services->db, &request->actor, &user);
    if (status == STATUS_OK)
        add_user(&response->body, &user);
    return status;
}

/* A change of the account that its password must confirm: its parts, and what it is about. */
struct account_change {
    struct services *services;
    struct request *request;
    struct response *response;
    const char *password;
    enum status (*run)(const struct account_change *change, const struct user *user);
};

/* Checks that the password given is the user's. */
static enum status confirm_password(const struct account_change *change, const struct user *user)
{
    const char *email;
    enum status status = user_store_fold_email(change->services->db, user->email, &email);
    if (status == STATUS_OK)
        status = rate_limit_sign_in(change->services, change->request, change->response, email);
    if (status != STATUS_OK)
        return status;
    status = hashing_verify(change->services, change->response, change->password,
                            user->hashed_password);
    rate_limit_settle(change->services, change->request, email, status);
    if (status == STATUS_WRONG_PASSWORD)
        audit_log(change->request, "wrong_password", &user->id);
    return status;
}

/* Once more where the stored hash has changed in between, for a login elsewhere may have rewritten
 * it. */
static enum status change_account(const struct account_change *change)
{
    enum status status = STATUS_CONFLICT;
    for (int i = 0; i < 2 && status == STATUS_CONFLICT; i++) {
        struct user user;
        status = user_store_find(change->services->db, &change->request->actor, &user);
        if (status == STATUS_OK)
            status = confirm_password(change, &user);
        if (status == STATUS_OK)
            status = change->run(change, &user);
    }
    return status == STATUS_CONFLICT ? STATUS_WRONG_PASSWORD : status;
}

static enum status delete_account(const struct account_change *change, const struct user *user)
{
    return user_store_delete(change->services->db, &change->request->actor, user->hashed_password);
}

enum status account_api_delete_me(struct services *services, struct request *request,
                                  struct response *response)
{
    const struct deletion_input *input = request->input;
    struct account_change change = {services, request, response, input->password, delete_account};
    enum status status = change_account(&change);
    request->actor.stale = false;
    if (status != STATUS_OK)
        return status;
    audit_log(request, "account_deleted", &request->actor.user_id);
    if (refresh_cookie_find(request) != NULL)
        refresh_cookie_set(request, response, "", 0);
    return STATUS_NO_CONTENT;
}

static enum status change_password(const struct account_change *change, const struct user *user)
{
    const struct password_input *input = change->request->input;
    char hash[PASSWORD_HASH_SIZE];
    struct user_change passwords = {.old_hash = user->hashed_password, .new_hash = hash};
    if (strcasecmp(input->new, user->email) == 0)
        return refuse_own_email(change->response, "new_password");
    enum status status = hashing_hash(change->services, change->response, input->new, hash);
    if (status != STATUS_OK)
        return status;
    return user_store_change_password(change->services->db, &change->request->actor, &passwords);
}

enum status account_api_change_password(struct services *services, struct request *request,
                                        struct response *response)
{
    const struct password_input *input = request->input;
    struct account_change change = {services, request, response, input->current, change_password};
    enum status status = change_account(&change);
    if (status != STATUS_OK)
        return status;
    audit_log(request, "password_changed", &request->actor.user_id);
    return STATUS_NO_CONTENT;
}
