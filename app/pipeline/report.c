/* What is recorded of a request: counted for /metrics, and logged. */
#include "report.h"

#include "app/pipeline/routes.h"
#include "lib/core/clock.h"
#include "lib/core/log.h"
#include "lib/data/db_health.h"

#include <assert.h>

/* The log's kinds of this folder. */
enum { LOG_SLOW_REQUEST = LOG_KINDS_OF_APP };

void report_count_database(struct services *services)
{
    struct metrics *metrics = services->metrics;
    struct db_counts counts = db_health_take_counts(db_health(services->db));
    metrics_count(metrics, METRICS_DB_MICROS, counts.micros);
    metrics_count(metrics, METRICS_DB_CONNECTIONS, counts.connections);
    metrics_count(metrics, METRICS_DB_RECONNECTS, counts.reconnects);
    metrics_count(metrics, METRICS_DB_ERRORS_UNAVAILABLE, counts.errors[DB_ERROR_UNAVAILABLE]);
    metrics_count(metrics, METRICS_DB_ERRORS_TIMEOUT, counts.errors[DB_ERROR_TIMEOUT]);
    metrics_count(metrics, METRICS_DB_ERRORS_CONFLICT, counts.errors[DB_ERROR_CONFLICT]);
    metrics_count(metrics, METRICS_DB_ERRORS_OTHER, counts.errors[DB_ERROR_OTHER]);
}

void report_count_request(struct services *services, const struct request *request,
                          const struct response *response)
{
    const struct route *route = request->route;
    struct metrics_sample sample = {
        .route = route == NULL ? routes_count : (size_t)(route - routes),
        .code = response_code(response->status),
        .micros = clock_monotonic() - request->began,
    };
    assert(sample.route <= routes_count);
    metrics_record(services->metrics, &sample);
    report_count_database(services);
}

/* Milliseconds, to three places. */
static const char *format_ms(struct arena *arena, int64_t micros)
{
    return arena_printf(arena, "%lld.%03d", (long long)(micros / 1000), (int)(micros % 1000));
}

void report_log_request(struct services *services, const struct request *request,
                        const struct response *response)
{
    struct arena *arena = request->arena;
    const struct route *route = request->route;
    int64_t micros = clock_monotonic() - request->began;
    int64_t db_micros = db_spent(services->db);
    int64_t slow = services->settings->slow_request * 1000;
    bool is_slow = slow > 0 && micros >= slow;
    if (!is_slow && !log_shows(LOG_INFO))
        return;
    char user[UUID_TEXT_SIZE];
    bool has_user = route != NULL && route->access == USER &&
                    response->status != STATUS_UNAUTHENTICATED &&
                    response->status != STATUS_INVALID_TOKEN;
    uuid_format(&request->actor.user_id, user);

    struct log_field fields[] = {
        {"method", request->cgi.method, false},
        {"route", route == NULL ? NULL : route->path, false},
        {"status", arena_printf(arena, "%d", response_code(response->status)), true},
        {"bytes", arena_printf(arena, "%zu", response_sent_length(response, request)), true},
        {"ms", format_ms(arena, micros), true},
        {"db_ms", format_ms(arena, db_micros), true},
        {"user", has_user ? user : NULL, false},
    };
    size_t count = sizeof fields / sizeof *fields;
    log_fields(LOG_INFO, "request", fields, count);
    if (is_slow)
        (void)log_limited(LOG_SLOW_REQUEST, "slow request", fields, count);
}
