/* The doctor's look through the web server: what gets lost on the way to the service. */
#include "check_http.h"

#include "ctl/probe.h"

#include <stdint.h>
#include <string.h>

struct visit {
    struct findings *findings;
    struct arena *arena;
    const char *url; /* without a slash at its end */
    const char *host;
    const char *proxies; /* TRUSTED_PROXIES; NULL where it is not known */
};

static bool has_prefix(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool is_loopback(const struct visit *visit)
{
    return has_prefix(visit->host, "127.") || has_prefix(visit->host, "localhost") ||
           has_prefix(visit->host, "[::1]");
}

static struct probe get_path(const struct visit *visit, const char *path, const char *header)
{
    return probe_get(visit->arena, arena_printf(visit->arena, "%s%s", visit->url, path), header);
}

static bool check_health(const struct visit *visit)
{
    struct probe health = get_path(visit, "/healthz", NULL);
    if (health.status == 0)
        finding_say(visit->findings, FINDING_WRONG, "service: %s does not answer: %s", visit->url,
                    health.text);
    else if (health.status != 200 || strstr(health.text, "{\"status\":\"ok\"}") == NULL)
        finding_say(visit->findings, FINDING_WRONG,
                    "service: %s/healthz is not this service's: HTTP %d", visit->url,
                    health.status);
    else
        finding_say(visit->findings, FINDING_GOOD, "service: %s answers", visit->url);
    return health.status == 200;
}

static void check_readiness(const struct visit *visit)
{
    struct probe ready = get_path(visit, "/readyz", NULL);
    if (ready.status != 200)
        finding_say(visit->findings, FINDING_WRONG,
                    "service: it is not ready (HTTP %d): see its log", ready.status);
}

/* A token that cannot hold is called invalid; where none arrives, it is called missing. */
static void check_authorization(const struct visit *visit)
{
    struct probe me = get_path(visit, "/auth/me", "Authorization: Bearer todoctl-check");
    if (me.status == 401 && strstr(me.text, "error=\"invalid_token\"") != NULL)
        finding_say(visit->findings, FINDING_GOOD, "Authorization: the header arrives");
    else if (me.status == 401)
        finding_say(visit->findings, FINDING_WRONG,
                    "Authorization: the web server strips the header, so nobody"
                    " can sign in (Apache: CGIPassAuth On)");
    else
        finding_say(visit->findings, FINDING_WRONG,
                    "Authorization: %s/auth/me answers HTTP %d instead of 401", visit->url,
                    me.status);
}

/* /metrics is for clients on this machine: whoever else gets it was taken for one. And a client of
 * this machine that does not get it came through a proxy. */
static void check_client_address(const struct visit *visit)
{
    struct probe metrics = get_path(visit, "/metrics", NULL);
    if (metrics.status == 401 && is_loopback(visit) && visit->proxies != NULL &&
        visit->proxies[0] == '\0')
        finding_say(
            visit->findings, FINDING_NOTE,
            "client address: a proxy is on the way, and TRUSTED_PROXIES names none: the rate"
            " limits may count all its clients as one");
    else if (metrics.status == 401)
        finding_say(visit->findings, FINDING_GOOD,
                    "client address: this client is not taken for the server");
    else if (metrics.status != 200)
        finding_say(visit->findings, FINDING_NOTE,
                    "client address: /metrics answers HTTP %d, which says nothing"
                    " about it",
                    metrics.status);
    else if (is_loopback(visit))
        finding_say(visit->findings, FINDING_NOTE,
                    "client address: asked over loopback; give --url the public"
                    " address to have it checked");
    else
        finding_say(
            visit->findings, FINDING_WRONG,
            "client address: every client is taken for this machine (and"
            " reads /metrics): the proxy must pass X-Forwarded-For, and TRUSTED_PROXIES name"
            " it, or the rate limits count all of them as one");
}

static void check_https(const struct visit *visit)
{
    if (has_prefix(visit->url, "http://")) {
        finding_say(visit->findings, is_loopback(visit) ? FINDING_NOTE : FINDING_WRONG,
                    "https: passwords and tokens travel readable over http%s",
                    is_loopback(visit) ? ", which loopback alone may do" : "");
        return;
    }
    finding_say(visit->findings, FINDING_GOOD, "https");
    if (strchr(visit->host, ':') != NULL) /* another port: where http would be, nobody knows */
        return;
    struct probe plain = probe_get(
        visit->arena, arena_printf(visit->arena, "http://%s/healthz", visit->host), NULL);
    if (plain.status == 200)
        finding_say(visit->findings, FINDING_WRONG, "https: http://%s answers, too: redirect it",
                    visit->host);
}

void check_http_run(struct findings *findings, const char *url, const char *proxies)
{
    struct arena *arena = arena_create(64 * 1024, SIZE_MAX);
    size_t length = strlen(url);
    if (!has_prefix(url, "http://") && !has_prefix(url, "https://")) {
        finding_say(findings, FINDING_WRONG, "service: --url must begin with http:// or https://");
        arena_destroy(arena);
        return;
    }
    while (length > 0 && url[length - 1] == '/')
        length--;
    struct visit visit = {.findings = findings,
                          .arena = arena,
                          .url = arena_copy(arena, url, length),
                          .proxies = proxies};
    visit.host = strstr(visit.url, "://") + 3;
    check_https(&visit);
    if (check_health(&visit)) {
        check_readiness(&visit);
        check_authorization(&visit);
        check_client_address(&visit);
    }
    arena_destroy(arena);
}
