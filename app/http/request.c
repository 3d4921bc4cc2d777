/* A request as the web server hands it over: CGI variables (RFC 3875) and a body. */
#include "request.h"

#include "lib/core/buffer.h"
#include "lib/core/encoding.h"
#include "lib/core/utf8.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { MAX_REQUEST_ID = 64, MAX_HOST = 255, MAX_PAIRS = 1000 };

/* With its length, which tells most names apart. */
#define VARIABLE(name, member)                                                                     \
    {                                                                                              \
        name, sizeof(name) - 1, offsetof(struct cgi, member)                                       \
    }

static const struct {
    const char *name;
    size_t length;
    size_t offset;
} variables[] = {
    VARIABLE("REQUEST_METHOD", method),
    VARIABLE("PATH_INFO", path_info),
    VARIABLE("SCRIPT_NAME", script_name),
    VARIABLE("REQUEST_URI", uri),
    VARIABLE("QUERY_STRING", query),
    VARIABLE("REQUEST_SCHEME", scheme),
    VARIABLE("HTTPS", https),
    VARIABLE("HTTP_X_FORWARDED_PROTO", forwarded_scheme),
    VARIABLE("SERVER_NAME", server_name),
    VARIABLE("HTTP_HOST", host),
    VARIABLE("REMOTE_ADDR", remote_address),
    VARIABLE("HTTP_X_FORWARDED_FOR", forwarded_for),
    VARIABLE("HTTP_FORWARDED", forwarded),
    VARIABLE("CONTENT_TYPE", content_type),
    VARIABLE("CONTENT_LENGTH", content_length),
    VARIABLE("HTTP_CONTENT_ENCODING", content_encoding),
    VARIABLE("HTTP_AUTHORIZATION", authorization),
    VARIABLE("HTTP_COOKIE", cookie),
    VARIABLE("HTTP_USER_AGENT", user_agent),
    VARIABLE("HTTP_X_REQUEST_ID", request_id),
    VARIABLE("HTTP_IF_MATCH", if_match),
    VARIABLE("HTTP_IF_NONE_MATCH", if_none_match),
    VARIABLE("HTTP_ORIGIN", origin),
    VARIABLE("HTTP_ACCESS_CONTROL_REQUEST_METHOD", wanted_method),
    VARIABLE("HTTP_ACCESS_CONTROL_REQUEST_HEADERS", wanted_headers),
};

enum { VARIABLE_COUNT = sizeof variables / sizeof *variables };

void request_set_variable(struct request *request, const char *name, const char *value)
{
    size_t length = strlen(name);
    for (size_t i = 0; i < VARIABLE_COUNT; i++)
        if (length == variables[i].length && memcmp(name, variables[i].name, length) == 0) {
            const char **place = (const char **)(void *)((char *)&request->cgi +
                                                         variables[i].offset);
            /* lighttpd hands on a client's X_Forwarded_For under the same name as the
             * X-Forwarded-For of its proxy: which is which, nobody can tell. */
            bool is_doubtful = place == &request->cgi.forwarded_for && *place != NULL;
            *place = is_doubtful ? "unknown" : arena_copy(request->arena, value, strlen(value));
            return;
        }
}

static void set_missing(struct cgi *cgi)
{
    static const char *const empty = "";
    for (size_t i = 0; i < VARIABLE_COUNT; i++) {
        const char **place = (const char **)(void *)((char *)cgi + variables[i].offset);
        if (*place == NULL)
            *place = empty;
    }
}

static const char *choose_id(struct request *request)
{
    const char *sent = request->cgi.request_id;
    if (strlen(sent) <= MAX_REQUEST_ID && encoding_is_plain(sent, "._-"))
        return sent;
    struct uuid uuid = uuid_create();
    char *id = arena_alloc(request->arena, UUID_TEXT_SIZE);
    uuid_format(&uuid, id);
    return id;
}

static bool is_host(const char *host)
{
    return strlen(host) <= MAX_HOST && encoding_is_plain(host, ".-_:[]");
}

static bool is_https(const struct cgi *cgi)
{
    const char *forwarded = cgi->forwarded_scheme;
    if (forwarded[0] != '\0') /* the first of a list is the client's */
        return strcspn(forwarded, ", ") == 5 && strncasecmp(forwarded, "https", 5) == 0;
    return strcasecmp(cgi->scheme, "https") == 0 || strcasecmp(cgi->https, "on") == 0;
}

/* PATH_INFO behind SCRIPT_NAME; where a server sends none, the whole path stands in SCRIPT_NAME,
 * and the setting says how much of it is the mount. */
static void find_mount(struct request *request, const char *base_path)
{
    const struct cgi *cgi = &request->cgi;
    if (cgi->path_info[0] != '\0') {
        request->path = cgi->path_info;
        request->mount = cgi->script_name;
        return;
    }
    size_t length = strlen(base_path);
    while (length > 0 && base_path[length - 1] == '/')
        length--;
    bool below = strncmp(cgi->script_name, base_path, length) == 0;
    request->mount = below ? arena_copy(request->arena, base_path, length) : "";
    request->path = cgi->script_name + (below ? length : 0);
}

/* Whoever writes /tasks/ means /tasks. */
static void drop_last_slash(struct request *request)
{
    size_t length = strlen(request->path);
    if (length > 1 && request->path[length - 1] == '/')
        request->path = arena_copy(request->arena, request->path, length - 1);
}

/* A path as it stands in a URI: its slashes, and all else encoded where need be. */
static const char *encode_path(struct arena *arena, const char *path)
{
    struct buffer encoded = {.arena = arena};
    for (; *path != '\0'; path++) {
        char one[2] = {*path, '\0'};
        if (*path == '/')
            buffer_add_char(&encoded, '/');
        else
            buffer_add_uri_encoded(&encoded, one);
    }
    return buffer_string(&encoded);
}

static const char *make_base(const struct request *request)
{
    const char *host = is_host(request->cgi.host) ? request->cgi.host : request->cgi.server_name;
    struct buffer base = {.arena = request->arena};
    buffer_add_text(&base, request->is_secure ? "https://" : "http://");
    buffer_add_text(&base, is_host(host) ? host : "localhost");
    buffer_add_text(&base, request->mount);
    return buffer_string(&base);
}

/* The path as the client sent it: what a server may already have mended in PATH_INFO, and what
 * other software on the way could read otherwise than we do. */
static bool is_plain_path(struct arena *arena, const char *uri)
{
    char *path = arena_copy(arena, uri, strcspn(uri, "?#"));
    bool has_nul;
    for (const char *at = path; (at = strchr(at, '%')) != NULL; at++)
        if (at[1] == '2' && (at[2] == 'f' || at[2] == 'F'))
            return false;
    if (!encoding_percent_decode(path, false, &has_nul) || has_nul ||
        !utf8_is_valid(path, strlen(path)))
        return false;
    for (const char *at = path; *at == '/';) {
        size_t length = strcspn(at + 1, "/");
        bool is_last = at[1 + length] == '\0';
        if ((length == 0 && !is_last) || (length == 1 && at[1] == '.') ||
            (length == 2 && at[1] == '.' && at[2] == '.'))
            return false;
        at += 1 + length;
    }
    return true;
}

enum status request_complete(struct request *request, const char *base_path)
{
    struct cgi *cgi = &request->cgi;
    set_missing(cgi);
    request->is_head = strcmp(cgi->method, "HEAD") == 0;
    request->is_secure = is_https(cgi);
    request->id = choose_id(request);
    find_mount(request, base_path);
    drop_last_slash(request);
    request->mount = encode_path(request->arena, request->mount);
    request->base = make_base(request);
    if (strlen(cgi->uri) > REQUEST_MAX_URI || strlen(cgi->query) > REQUEST_MAX_URI)
        return STATUS_URI_TOO_LONG;
    return is_plain_path(request->arena, cgi->uri) ? STATUS_OK : STATUS_MALFORMED;
}

size_t request_body_limit(const struct request *request, size_t max_body)
{
    bool is_auth = strncmp(request->path, "/auth/", 6) == 0;
    return is_auth && max_body > REQUEST_MAX_AUTH_BODY ? REQUEST_MAX_AUTH_BODY : max_body;
}

static enum status decode(char *text, bool *has_nul)
{
    if (!encoding_percent_decode(text, true, has_nul) || !utf8_is_valid(text, strlen(text)))
        return STATUS_MALFORMED;
    return STATUS_OK;
}

enum status request_split_pairs(struct arena *arena, const char *text, struct pairs *pairs)
{
    size_t most = 1;
    for (const char *at = text; most < MAX_PAIRS && (at = strchr(at, '&')) != NULL; at++)
        most++;
    struct pair *items = arena_alloc(arena, most * sizeof *items);
    *pairs = (struct pairs){.items = items};

    while (*text != '\0') {
        size_t length = strcspn(text, "&");
        if (length == 0) {
            text++;
            continue;
        }
        char *name = arena_copy(arena, text, length);
        char *value = name + strcspn(name, "=");
        text += length;
        if (pairs->count == MAX_PAIRS)
            return STATUS_MALFORMED;
        if (*value == '=')
            *value++ = '\0';
        bool name_has_nul, value_has_nul;
        if (decode(name, &name_has_nul) != STATUS_OK || decode(value, &value_has_nul) != STATUS_OK)
            return STATUS_MALFORMED;
        assert(pairs->count < most);
        items[pairs->count++] = (struct pair){name, value, name_has_nul || value_has_nul};
    }
    return STATUS_OK;
}

const char *request_find_cookie(const struct request *request, const char *name)
{
    size_t length = strlen(name);
    const char *at = request->cgi.cookie;
    while (*at != '\0') {
        at += strspn(at, " ;");
        size_t pair = strcspn(at, ";");
        if (pair > length && strncmp(at, name, length) == 0 && at[length] == '=')
            return arena_copy(request->arena, at + length + 1, pair - length - 1);
        at += pair;
    }
    return NULL;
}

/* Steps through a list of entity tags. Returns the opaque part, without the `-gzip` that a server's
 * compression has put behind it, or NULL at the end. What is no tag is passed over. */
static const char *next_tag(const char **at, size_t *length)
{
    static const char suffix[] = "-gzip";
    const size_t suffix_length = sizeof suffix - 1;
    const char *open = strchr(*at, '"');
    const char *close = open == NULL ? NULL : strchr(open + 1, '"');
    if (close == NULL)
        return NULL;
    *at = close + 1;
    *length = (size_t)(close - open - 1);
    if (*length > suffix_length && memcmp(close - suffix_length, suffix, suffix_length) == 0)
        *length -= suffix_length;
    return open + 1;
}

/* Whether a tag is the one that we write for a version. */
static bool is_version(const char *tag, size_t length, int64_t *version)
{
    char own[24];
    *version = strtoll(tag, NULL, 16);
    return snprintf(own, sizeof own, "%llx", (unsigned long long)*version) == (int)length &&
           memcmp(own, tag, length) == 0;
}

static bool is_any(const char *header)
{
    return strcmp(header, "*") == 0;
}

static struct precondition read_versions(struct arena *arena, const char *at)
{
    struct precondition precondition = {.required = *at != '\0' && !is_any(at)};
    const size_t room = strlen(at) / 2 + 1; /* a tag has two quotes */
    int64_t *versions = arena_alloc(arena, room * sizeof *versions);
    const char *tag;
    size_t length;
    precondition.versions = versions;
    while ((tag = next_tag(&at, &length)) != NULL) {
        assert(precondition.count < room);
        precondition.count += is_version(tag, length, &versions[precondition.count]);
    }
    return precondition;
}

static bool has_version(const struct precondition *precondition, int64_t version)
{
    for (size_t i = 0; i < precondition->count; i++)
        if (precondition->versions[i] == version)
            return true;
    return false;
}

struct precondition request_read_precondition(const struct request *request)
{
    struct precondition wanted = read_versions(request->arena, request->cgi.if_match);
    struct precondition unwanted = read_versions(request->arena, request->cgi.if_none_match);
    if (is_any(request->cgi.if_none_match))
        return (struct precondition){.required = true};
    if (!wanted.required) {
        unwanted.excluded = unwanted.required;
        return unwanted;
    }
    int64_t *both = arena_alloc(request->arena, (wanted.count + 1) * sizeof *both);
    struct precondition precondition = {.required = true, .versions = both};
    for (size_t i = 0; i < wanted.count; i++)
        if (!has_version(&unwanted, wanted.versions[i]))
            both[precondition.count++] = wanted.versions[i];
    return precondition;
}

bool request_demands_version(const struct request *request)
{
    const char *if_match = request->cgi.if_match;
    return (*if_match != '\0' && !is_any(if_match)) || request->cgi.if_none_match[0] != '\0';
}

bool request_has_etag(const struct request *request, const char *etag)
{
    const char *at = request->cgi.if_none_match;
    size_t own_length, length;
    const char *own = next_tag(&etag, &own_length);
    const char *tag;
    if (is_any(at))
        return true;
    while (own != NULL && (tag = next_tag(&at, &length)) != NULL)
        if (length == own_length && memcmp(tag, own, length) == 0)
            return true;
    return false;
}

bool request_is_type(const struct request *request, const char *type)
{
    size_t length = strcspn(request->cgi.content_type, "; \t");
    return length == strlen(type) && strncasecmp(request->cgi.content_type, type, length) == 0;
}

bool request_is_encoded(const struct request *request)
{
    const char *encoding = request->cgi.content_encoding;
    return request->body_length > 0 && *encoding != '\0' && strcasecmp(encoding, "identity") != 0;
}

const char *request_bearer(const struct request *request)
{
    static const char scheme[] = "Bearer";
    const char *header = request->cgi.authorization;
    const size_t length = sizeof scheme - 1;
    if (strncasecmp(header, scheme, length) != 0 || (header[length] != ' ' && header[length] != 0))
        return NULL;
    header += length;
    return header + strspn(header, " ");
}

bool request_is_local(const struct request *request)
{
    const char *address = request->cgi.remote_address;
    struct in_addr ipv4;
    if (strncmp(address, "::ffff:", 7) == 0)
        address += 7;
    bool loopback = inet_pton(AF_INET, address, &ipv4) == 1 ? ntohl(ipv4.s_addr) >> 24 == 127
                                                            : strcmp(address, "::1") == 0;
    return loopback && request->cgi.forwarded_for[0] == '\0' && request->cgi.forwarded[0] == '\0';
}
