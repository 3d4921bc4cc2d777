/* THE route table and its matcher. */
#include "routes.h"

#include "app/resources/account_api.h"
#include "app/resources/auth_api.h"
#include "app/resources/service_api.h"
#include "app/resources/task_api.h"
#include "app/resources/task_list_api.h"

#include <assert.h>
#include <string.h>

/* Literal paths stand before patterns. */
/* clang-format off */
const struct route routes[] = {
    {"POST",   "/auth/signup",        PUBLIC, account_api_sign_up,     BODY_JSON, &account_api_signup},
    {"POST",   "/auth/login",         PUBLIC, auth_api_log_in,         BODY_FORM, &auth_api_login, .form = &auth_api_login_form},
    {"POST",   "/auth/refresh",       PUBLIC, auth_api_refresh,        BODY_OPTIONAL, &auth_api_renewal},
    {"POST",   "/auth/logout",        USER,   auth_api_log_out,        BODY_OPTIONAL, &auth_api_logout},
    {"GET",    "/auth/me",            USER,   account_api_read_me},
    {"DELETE", "/auth/me",            USER,   account_api_delete_me,   BODY_JSON, &account_api_deletion},
    {"PUT",    "/auth/password",      USER,   account_api_change_password, BODY_JSON, &account_api_password},
    {"GET",    "/auth/sessions",      USER,   auth_api_list_sessions},
    {"DELETE", "/auth/sessions/{id}", USER,   auth_api_delete_session},

    {"GET",    "/tasks",              USER,   task_list_api_list,      .query = &task_list_api_query},
    {"POST",   "/tasks",              USER,   task_api_create,         BODY_BATCH, &task_api_new_task},
    {"DELETE", "/tasks",              USER,   task_list_api_delete,    .query = &task_list_api_deletion},
    {"GET",    "/tasks/stats",        USER,   task_api_stats},
    {"GET",    "/tasks/{id}",         USER,   task_api_read},
    {"PUT",    "/tasks/{id}",         USER,   task_api_update,         BODY_PATCH, &task_api_task, .versioned = true},
    {"PATCH",  "/tasks/{id}",         USER,   task_api_update,         BODY_PATCH, &task_api_task, .versioned = true},
    {"DELETE", "/tasks/{id}",         USER,   task_api_delete, .versioned = true},
    {"PATCH",  "/tasks/{id}/complete", USER,  task_api_complete,       BODY_OPTIONAL, &task_api_completion, .versioned = true},
    {"POST",   "/tasks/{id}/complete", USER,  task_api_complete,       BODY_OPTIONAL, &task_api_completion, .versioned = true},
    {"GET",    "/tags",               USER,   task_api_tags},

    {"GET",    "/healthz",            PUBLIC, service_api_health},
    {"GET",    "/readyz",             PUBLIC, service_api_ready},
    {"GET",    "/metrics",            PUBLIC, service_api_metrics},
    {"GET",    "/openapi.json",       PUBLIC, service_api_openapi},
    {"GET",    "/docs",               PUBLIC, service_api_docs},
};
/* clang-format on */

const size_t routes_count = sizeof routes / sizeof *routes;

/* Whether a path follows a pattern; {id} must be a UUID, which is kept. */
static bool matches(const char *pattern, const char *path, struct uuid *id)
{
    const char *mark = strchr(pattern, '{');
    if (mark == NULL)
        return strcmp(pattern, path) == 0;
    size_t length = (size_t)(mark - pattern);
    if (strncmp(pattern, path, length) != 0 || strlen(path + length) < UUID_TEXT_SIZE - 1)
        return false;
    const char *end = strchr(mark, '}');
    assert(end != NULL);
    char text[UUID_TEXT_SIZE] = {0};
    memcpy(text, path + length, UUID_TEXT_SIZE - 1);
    return strcmp(end + 1, path + length + UUID_TEXT_SIZE - 1) == 0 && uuid_parse(text, id);
}

static void add_method(struct buffer *allow, const char *method)
{
    if (allow->length > 0)
        buffer_add_text(allow, ", ");
    buffer_add_text(allow, method);
    if (strcmp(method, "GET") == 0)
        buffer_add_text(allow, ", HEAD");
}

enum status routes_match(struct request *request, const char **allow)
{
    struct buffer methods = {.arena = request->arena};
    const char *method = request->is_head ? "GET" : request->cgi.method;
    for (size_t i = 0; i < routes_count; i++) {
        if (!matches(routes[i].path, request->path, &request->path_id))
            continue;
        if (strcmp(routes[i].method, method) == 0) {
            assert(routes[i].access == PUBLIC || routes[i].access == USER);
            request->route = &routes[i];
            return STATUS_OK;
        }
        add_method(&methods, routes[i].method);
    }
    if (methods.length == 0)
        return STATUS_NOT_FOUND;
    add_method(&methods, "OPTIONS");
    *allow = buffer_string(&methods);
    return strcmp(method, "OPTIONS") == 0 ? STATUS_NO_CONTENT : STATUS_NO_METHOD;
}

const char *routes_labels(size_t route)
{
    static char labels[128];
    assert(route < routes_count);
    snprintf(labels, sizeof labels, "route=\"%s\",method=\"%s\"", routes[route].path,
             routes[route].method);
    return labels;
}

void routes_print(FILE *out)
{
    for (size_t i = 0; i < routes_count; i++)
        fprintf(out, "%-7s %-22s %s\n", routes[i].method, routes[i].path,
                routes[i].access == USER ? "user" : "public");
}
