/* Signing in and out, sessions: handlers under /auth, and their field rules. */
#include "auth_api.h"

#include "app/http/json.h"
#include "app/limits/hashing.h"
#include "app/limits/rate_limit.h"
#include "app/resources/audit.h"
#include "app/resources/refresh_cookie.h"
#include "lib/core/clock.h"
#include "lib/core/utf8.h"
#include "lib/data/session_store.h"

#include <assert.h>
#include <string.h>

enum { MAX_USER_AGENT = 200 };

/* How a login or refresh wants its refresh token: the values of FIELD_REFRESH. */
enum refresh_way { REFRESH_NONE, REFRESH_IN_BODY, REFRESH_IN_COOKIE };

struct login_input {
    const char *email;
    const char *password;
    int refresh;
    const char *scope;
    int grant_type;
};

struct renewal_input {
    const char *refresh_token;
};

struct logout_input {
    bool everywhere;
};

static const char *const grant_types[] = {"password", NULL};

/* Whatever is no e-mail is an unknown one: that is a 401, not a 422. */
static const struct field login_rows[] = {
    {"email", FIELD_TEXT, FIELD_REQUIRED | FIELD_TRIMMED, 1, 254,
     .offset = offsetof(struct login_input, email)},
    {"password", FIELD_PASSWORD, FIELD_REQUIRED, .offset = offsetof(struct login_input, password)},
    {"refresh", FIELD_REFRESH, .offset = offsetof(struct login_input, refresh)},
};

/* RFC 6749 §4.3.2 */
static const struct field login_form_rows[] = {
    {"grant_type", FIELD_CHOICE, .words = grant_types,
     .offset = offsetof(struct login_input, grant_type)},
    {"username", FIELD_TEXT, FIELD_REQUIRED | FIELD_TRIMMED, 1, 254,
     .offset = offsetof(struct login_input, email)},
    {"password", FIELD_PASSWORD, FIELD_REQUIRED, .offset = offsetof(struct login_input, password)},
    {"scope", FIELD_TEXT, 0, 0, 1000, .offset = offsetof(struct login_input, scope)},
};

static const struct field renewal_rows[] = {
    {"refresh_token", FIELD_TEXT, 0, 1, 4096,
     .offset = offsetof(struct renewal_input, refresh_token)},
};

static const struct field logout_rows[] = {
    {"everywhere", FIELD_BOOLEAN, .offset = offsetof(struct logout_input, everywhere)},
};

const struct fields auth_api_login = {FIELDS(login_rows, struct login_input)};
const struct fields auth_api_login_form = {FIELDS(login_form_rows, struct login_input),
                                           .ignore_unknown = true};
const struct fields auth_api_renewal = {FIELDS(renewal_rows, struct renewal_input)};
const struct fields auth_api_logout = {FIELDS(logout_rows, struct logout_input)};

/* What is being issued: for whom, and how the refresh token goes out. */
struct issue {
    struct user user;
    struct uuid session_id;
    enum refresh_way way;
    char refresh_token[TOKEN_REFRESH_SIZE];
};

static enum status write_tokens(struct services *services, struct request *request,
                                struct response *response, const struct issue *issue)
{
    int64_t now = clock_now();
    int64_t ttl = services->settings->access_token_ttl;
    assert(issue->way == REFRESH_NONE || issue->refresh_token[0] != '\0');
    struct claims claims = {
        .user_id = issue->user.id,
        .email = issue->user.email,
        .session_id = issue->session_id,
        .has_session = true,
        .issued_at = now,
        .expires_at = now + ttl * CLOCK_SECOND,
    };
    const char *token;
    enum status status = token_sign(request->arena, &services->keys, &claims, &token);
    if (status != STATUS_OK)
        return status;
    struct buffer *body = &response->body;
    buffer_add_text(body, "{\"access_token\":");
    json_add_text(body, token);
    buffer_add_text(body, ",\"token_type\":\"bearer\"");
    if (issue->way != REFRESH_NONE) {
        buffer_add_text(body, ",\"expires_in\":");
        buffer_add_integer(body, ttl);
    }
    if (issue->way == REFRESH_IN_BODY) {
        buffer_add_text(body, ",\"refresh_token\":");
        json_add_text(body, issue->refresh_token);
    }
    if (issue->way == REFRESH_IN_COOKIE)
        refresh_cookie_set(request, response, issue->refresh_token,
                           services->settings->refresh_token_ttl);
    buffer_add_char(body, '}');
    return STATUS_OK;
}

/* The first characters of User-Agent; nothing where it is not UTF-8. */
static const char *describe_client(const struct request *request)
{
    const char *agent = request->cgi.user_agent;
    size_t length = strlen(agent);
    if (!utf8_is_valid(agent, length))
        return "";
    size_t end = 0;
    for (size_t count = 0; end < length; end++)
        if (((unsigned char)agent[end] & 0xC0) != 0x80 && ++count > MAX_USER_AGENT)
            break;
    return arena_copy(request->arena, agent, end);
}

static enum status open_session(struct services *services, struct request *request,
                                struct issue *issue, const char *new_hash)
{
    const struct settings *settings = services->settings;
    int64_t now = clock_now();
    int64_t ttl = settings->access_token_ttl;
    unsigned char hash[TOKEN_REFRESH_HASH_SIZE];
    struct session_opening opening = {
        .user = &issue->user,
        .new_hash = new_hash,
        .user_agent = describe_client(request),
        .refresh_expires_at = now + settings->refresh_token_ttl * CLOCK_SECOND,
    };
    if (issue->way != REFRESH_NONE) {
        token_create_refresh(issue->refresh_token);
        enum status status = token_hash_refresh(issue->refresh_token, hash);
        if (status != STATUS_OK)
            return status;
        opening.refresh_hash = hash;
        ttl = ttl > settings->refresh_token_ttl ? ttl : settings->refresh_token_ttl;
    }
    opening.expires_at = now + ttl * CLOCK_SECOND;
    return session_store_insert(services->db, &opening, &issue->session_id);
}

/* The user whose password this is. Unknown e-mail and wrong password are one answer, in one time.
 */
static enum status find_user(struct services *services, struct request *request,
                             struct response *response, struct user *user)
{
    const struct login_input *input = request->input;
    enum status status = user_store_find_by_email(services->db, input->email, user);
    if (status != STATUS_OK && status != STATUS_NOT_FOUND)
        return status;
    const char *hash = status == STATUS_OK ? user->hashed_password : NULL;
    status = hashing_verify(services, response, input->password, hash);
    if (status != STATUS_WRONG_PASSWORD)
        return status;
    audit_log(request, "login_failed", hash == NULL ? NULL : &user->id);
    return STATUS_BAD_CREDENTIALS;
}

static bool has_scope(const char *scopes, const char *wanted)
{
    size_t length = strlen(wanted);
    while (scopes != NULL && *scopes != '\0') {
        size_t item = strcspn(scopes, " ");
        if (item == length && memcmp(scopes, wanted, length) == 0)
            return true;
        scopes += item + (scopes[item] == ' ');
    }
    return false;
}

/* Verifies the password, rewrites an outdated hash, opens the session. STATUS_CONFLICT where
 * another login has rewritten the hash meanwhile. */
static enum status try_to_open(struct services *services, struct request *request,
                               struct response *response, struct issue *issue)
{
    const struct login_input *input = request->input;
    int cost = (int)services->settings->bcrypt_cost;
    char hash[PASSWORD_HASH_SIZE];
    const char *new_hash = NULL;
    enum status status = find_user(services, request, response, &issue->user);
    if (status == STATUS_OK && password_is_outdated(issue->user.hashed_password, cost)) {
        status = hashing_hash(services, response, input->password, hash);
        new_hash = hash;
    }
    return status == STATUS_OK ? open_session(services, request, issue, new_hash) : status;
}

enum status auth_api_log_in(struct services *services, struct request *request,
                            struct response *response)
{
    const struct login_input *input = request->input;
    struct issue issue = {.way = (enum refresh_way)input->refresh};
    if (has_scope(input->scope, "offline_access"))
        issue.way = REFRESH_IN_BODY;

    const char *email;
    enum status status = user_store_fold_email(services->db, input->email, &email);
    if (status == STATUS_OK)
        status = rate_limit_sign_in(services, request, response, email);
    if (status != STATUS_OK)
        return status;
    status = try_to_open(services, request, response, &issue);
    if (status == STATUS_CONFLICT)
        status = try_to_open(services, request, response, &issue);
    if (status == STATUS_CONFLICT)
        status = STATUS_BAD_CREDENTIALS;
    rate_limit_settle(services, request, email, status);
    if (status != STATUS_OK)
        return status;
    audit_log(request, "login", &issue.user.id);
    return write_tokens(services, request, response, &issue);
}

enum status auth_api_refresh(struct services *services, struct request *request,
                             struct response *response)
{
    const struct settings *settings = services->settings;
    const struct renewal_input *input = request->input;
    bool by_cookie = input->refresh_token == NULL;
    const char *token = by_cookie ? refresh_cookie_find(request) : input->refresh_token;
    unsigned char old_hash[TOKEN_REFRESH_HASH_SIZE], new_hash[TOKEN_REFRESH_HASH_SIZE];
    int64_t now = clock_now();
    struct issue issue = {.way = by_cookie ? REFRESH_IN_COOKIE : REFRESH_IN_BODY};
    struct session_renewal renewal = {
        .old_hash = old_hash,
        .new_hash = new_hash,
        .expires_at = now + settings->access_token_ttl * CLOCK_SECOND,
        .refresh_expires_at = now + settings->refresh_token_ttl * CLOCK_SECOND,
    };
    rate_limit_pace_refreshes(services, &renewal.interval, &renewal.window);
    if (renewal.expires_at < renewal.refresh_expires_at)
        renewal.expires_at = renewal.refresh_expires_at;
    if (token == NULL)
        return STATUS_BAD_REFRESH_TOKEN;
    token_create_refresh(issue.refresh_token);
    enum status status = token_hash_refresh(token, old_hash);
    if (status == STATUS_OK)
        status = token_hash_refresh(issue.refresh_token, new_hash);
    if (status == STATUS_OK)
        status = session_store_renew(services->db, &renewal, &issue.user, &issue.session_id);
    if (status == STATUS_OK || status == STATUS_RATE_LIMITED)
        status = rate_limit_refresh(services, response, renewal.ahead);
    return status == STATUS_OK ? write_tokens(services, request, response, &issue) : status;
}

enum status auth_api_log_out(struct services *services, struct request *request,
                             struct response *response)
{
    const struct logout_input *input = request->input;
    enum status status = input->everywhere ? session_store_end_all(services->db, &request->actor)
                                           : session_store_end(services->db, &request->actor);
    request->actor.stale = false;
    if (status != STATUS_OK)
        return status;
    audit_log(request, input->everywhere ? "sessions_ended" : "logout", &request->actor.user_id);
    if (refresh_cookie_find(request) != NULL)
        refresh_cookie_set(request, response, "", 0);
    return STATUS_NO_CONTENT;
}

static void add_session(struct buffer *body, const struct session *session)
{
    buffer_add_text(body, "{\"id\":");
    json_add_uuid(body, &session->id);
    buffer_add_text(body, ",\"created_at\":");
    json_add_timestamp(body, session->created_at);
    buffer_add_text(body, ",\"last_used_at\":");
    json_add_timestamp(body, session->last_used_at);
    buffer_add_text(body, ",\"user_agent\":");
    json_add_text(body, session->user_agent);
    buffer_add_text(body, session->current ? ",\"current\":true}" : ",\"current\":false}");
}

enum status auth_api_list_sessions(struct services *services, struct request *request,
                                   struct response *response)
{
    struct session *sessions;
    int count;
    enum status status = session_store_list(services->db, &request->actor, &sessions, &count);
    if (status != STATUS_OK)
        return status;
    buffer_add_char(&response->body, '[');
    for (int i = 0; i < count; i++) {
        if (i > 0)
            buffer_add_char(&response->body, ',');
        add_session(&response->body, &sessions[i]);
    }
    buffer_add_char(&response->body, ']');
    return STATUS_OK;
}

enum status auth_api_delete_session(struct services *services, struct request *request,
                                    struct response *response)
{
    (void)response;
    enum status status = session_store_delete(services->db, &request->actor, &request->path_id);
    if (status != STATUS_OK)
        return status;
    audit_log(request, "session_ended", &request->actor.user_id);
    return STATUS_NO_CONTENT;
}
