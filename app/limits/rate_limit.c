/* Rate limits: how much of what, by whom; and what the answer says of it. */
#include "rate_limit.h"

#include "app/http/client.h"
#include "app/shared/rate_table.h"
#include "app/shared/shared.h"
#include "lib/auth/keyed_hash.h"
#include "lib/core/clock.h"
#include "lib/core/encoding.h"

#include <assert.h>
#include <string.h>

enum { MINUTE = 60, HOUR = 3600 /* seconds */ };

enum limit { BY_USER, BY_SIGN_UP, BY_PAIR, BY_ACCOUNT, BY_ADDRESS, BY_SESSION };

static const struct {
    const char *name; /* of the policy */
    const char *what; /* that there was too much of */
    enum metrics_counter refusals;
} limits[] = {
    [BY_USER] = {"requests", "Too many requests", METRICS_LIMIT_USER},
    [BY_SIGN_UP] = {"sign-ups", "Too many sign-ups from your address", METRICS_LIMIT_SIGNUP},
    [BY_PAIR] = {"sign-ins", "Too many failed sign-ins", METRICS_LIMIT_LOGIN},
    [BY_ADDRESS] = {"sign-ins", "Too many failed sign-ins from your address",
                    METRICS_LIMIT_LOGIN_ADDRESS},
    [BY_SESSION] = {"refreshes", "Too many refreshes of this session", METRICS_LIMIT_REFRESH},
};

/* The database counts refreshes. */
struct rate_limits {
    unsigned char key[KEYED_HASH_KEY_SIZE];
    struct rate_table tables[BY_SESSION];
};

struct rate_limits *rate_limit_create(int *fd)
{
    static const unsigned char none[KEYED_HASH_KEY_SIZE];
    static const int64_t numbers[] = {
        BY_USER, BY_SIGN_UP, BY_PAIR, BY_ACCOUNT, BY_ADDRESS, BY_SESSION, KEYED_HASH_KEY_SIZE};
    uint64_t layout = encoding_mix(shared_layout(numbers, sizeof numbers / sizeof *numbers),
                                   rate_table_layout());
    struct rate_limits *made = shared_map("todo-rate-limits", sizeof *made, layout, fd);
    if (made != NULL && memcmp(made->key, none, sizeof none) == 0)
        encoding_random(made->key, sizeof made->key);
    return made;
}

static bool is_off(const struct services *services)
{
    return services->settings->rate_limits == 0;
}

static long long to_seconds(int64_t micros)
{
    return (micros + CLOCK_SECOND - 1) / CLOCK_SECOND;
}

/* What the answer says of a limit: so many in `window` seconds, so many left, and when there will
 * be more. */
struct state {
    enum limit limit;
    int64_t quota, window;
    int64_t remaining;
    int64_t wait; /* microseconds */
    bool allowed;
};

/* `"name";x=1;y=2`: an item of a structured field (RFC 9651) with two parameters. */
static const char *make_item(struct arena *arena, const char *name, const char *keys,
                             const int64_t values[2])
{
    struct buffer item = {.arena = arena};
    buffer_add_char(&item, '"');
    buffer_add_text(&item, name);
    buffer_add_char(&item, '"');
    for (int i = 0; i < 2; i++) {
        buffer_add_char(&item, ';');
        buffer_add_char(&item, keys[i]);
        buffer_add_char(&item, '=');
        buffer_add_integer(&item, values[i]);
    }
    return buffer_string(&item);
}

static enum status tell_state(struct services *services, struct response *response,
                              const struct state *state)
{
    struct arena *arena = response->arena;
    const char *name = limits[state->limit].name;
    assert(name != NULL); /* an account has no policy of its own */
    long long seconds = to_seconds(state->wait);
    const int64_t policy[2] = {state->quota, state->window};
    const int64_t now[2] = {state->remaining, seconds};
    response_join_header(response, "RateLimit-Policy", make_item(arena, name, "qw", policy));
    response_join_header(response, "RateLimit", make_item(arena, name, "rt", now));
    if (state->allowed)
        return STATUS_OK;
    metrics_count(services->metrics, limits[state->limit].refusals, 1);
    response_add_header(response, "Retry-After", arena_printf(arena, "%lld", seconds));
    response->detail = arena_printf(arena, "%s: try again in %lld second%s.",
                                    limits[state->limit].what, seconds, seconds == 1 ? "" : "s");
    return STATUS_RATE_LIMITED;
}

static struct rate_quota now_of(const struct state *state)
{
    return (struct rate_quota){
        .now = clock_monotonic(), .window = state->window, .quota = state->quota};
}

static enum status take_from_quota(struct services *services, struct response *response,
                                   uint64_t key, struct state *state)
{
    struct rate_quota quota = now_of(state);
    assert(state->limit < BY_SESSION);
    rate_table_take(&services->limits->tables[state->limit], key, &quota);
    state->remaining = quota.remaining;
    state->wait = quota.wait;
    state->allowed = quota.allowed;
    return tell_state(services, response, state);
}

static void give_back_to_quota(struct services *services, uint64_t key, const struct state *state)
{
    struct rate_quota quota = now_of(state);
    assert(state->limit < BY_SESSION);
    rate_table_give_back(&services->limits->tables[state->limit], key, &quota);
}

/* Ids are ours, and random: they need no hash that nobody can steer. (Finalizer of SplitMix64.) */
static uint64_t mix(const struct uuid *id)
{
    uint64_t halves[2];
    memcpy(halves, id->bytes, sizeof halves);
    uint64_t key = halves[0] ^ halves[1];
    key = (key ^ key >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    key = (key ^ key >> 27) * UINT64_C(0x94D049BB133111EB);
    return key ^ key >> 31;
}

static struct state of_user(const struct services *services)
{
    return (struct state){
        .limit = BY_USER, .quota = services->settings->rate_requests, .window = MINUTE};
}

static struct state of_sign_ups(const struct services *services)
{
    return (struct state){
        .limit = BY_SIGN_UP, .quota = services->settings->rate_sign_ups, .window = HOUR};
}

enum status rate_limit_request(struct services *services, struct request *request,
                               struct response *response)
{
    struct state state = of_user(services);
    if (is_off(services))
        return STATUS_OK;
    return take_from_quota(services, response, mix(&request->actor.user_id), &state);
}

void rate_limit_undo_request(struct services *services, const struct request *request)
{
    struct state state = of_user(services);
    if (!is_off(services))
        give_back_to_quota(services, mix(&request->actor.user_id), &state);
}

static uint64_t find_address_key(const struct services *services, const struct request *request)
{
    unsigned char network[CLIENT_NETWORK_SIZE];
    client_network(request->client, network);
    return keyed_hash(services->limits->key, network, sizeof network);
}

/* Where the attempts on an account from an address are counted. */
struct attempt_keys {
    uint64_t pair, account, address;
};

static struct attempt_keys find_keys(const struct services *services, const struct request *request,
                                     const char *email)
{
    const unsigned char *key = services->limits->key;
    size_t length = strlen(email);
    unsigned char *pair = arena_alloc(request->arena, CLIENT_NETWORK_SIZE + length);
    client_network(request->client, pair);
    memcpy(pair + CLIENT_NETWORK_SIZE, email, length);
    return (struct attempt_keys){
        .pair = keyed_hash(key, pair, CLIENT_NETWORK_SIZE + length),
        .account = keyed_hash(key, email, length),
        .address = find_address_key(services, request),
    };
}

enum status rate_limit_sign_up(struct services *services, struct request *request,
                               struct response *response)
{
    struct state state = of_sign_ups(services);
    if (is_off(services))
        return STATUS_OK;
    return take_from_quota(services, response, find_address_key(services, request), &state);
}

void rate_limit_undo_sign_up(struct services *services, const struct request *request)
{
    struct state state = of_sign_ups(services);
    if (!is_off(services))
        give_back_to_quota(services, find_address_key(services, request), &state);
}

static enum status tell_attempt(struct services *services, struct response *response,
                                enum limit limit, const struct rate_failures *failures)
{
    int64_t left = failures->free - failures->count;
    struct state state = {
        .limit = limit,
        .quota = failures->free,
        .window = RATE_QUIET,
        .remaining = left > 0 && failures->allowed ? left : 0,
        .wait = failures->wait,
        .allowed = failures->allowed,
    };
    return tell_state(services, response, &state);
}

enum status rate_limit_sign_in(struct services *services, struct request *request,
                               struct response *response, const char *email)
{
    const struct settings *settings = services->settings;
    if (is_off(services))
        return STATUS_OK;
    struct rate_table *tables = services->limits->tables;
    struct attempt_keys keys = find_keys(services, request, email);
    int64_t now = clock_monotonic();
    struct rate_failures address = {.now = now, .free = settings->rate_sign_ins_address};
    struct rate_failures account = {.now = now, .free = INT64_MAX};
    struct rate_failures pair = {.now = now, .free = settings->rate_sign_ins};

    /* Only looked at: what is refused must leave no trace, or a flood would fill the tables. */
    rate_table_look(&tables[BY_ADDRESS], keys.address, &address);
    if (!address.allowed)
        return tell_attempt(services, response, BY_ADDRESS, &address);
    /* Never a delay of its own: whoever attacks an account from everywhere must not lock its owner
     * out. But then nobody gets more than one try from an address before delays begin. */
    rate_table_attempt(&tables[BY_ACCOUNT], keys.account, &account);
    if (account.count > settings->rate_sign_ins_account)
        pair.free = 1;
    rate_table_attempt(&tables[BY_PAIR], keys.pair, &pair);
    if (pair.allowed) {
        rate_table_attempt(&tables[BY_ADDRESS], keys.address, &address);
        if (address.allowed)
            return tell_attempt(services, response, BY_PAIR, &pair);
        rate_table_forgive(&tables[BY_PAIR], keys.pair, false);
    }
    rate_table_forgive(&tables[BY_ACCOUNT], keys.account, false);
    return pair.allowed ? tell_attempt(services, response, BY_ADDRESS, &address)
                        : tell_attempt(services, response, BY_PAIR, &pair);
}

void rate_limit_settle(struct services *services, const struct request *request, const char *email,
                       enum status outcome)
{
    if (is_off(services) || outcome == STATUS_BAD_CREDENTIALS || outcome == STATUS_WRONG_PASSWORD)
        return;
    struct rate_table *tables = services->limits->tables;
    struct attempt_keys keys = find_keys(services, request, email);
    rate_table_forgive(&tables[BY_ADDRESS], keys.address, false);
    rate_table_forgive(&tables[BY_ACCOUNT], keys.account, false);
    rate_table_forgive(&tables[BY_PAIR], keys.pair, outcome == STATUS_OK);
}

/* Without limits: further ahead than any session is. */
static const int64_t century = INT64_C(100) * 365 * 24 * HOUR * CLOCK_SECOND;

void rate_limit_pace_refreshes(const struct services *services, int64_t *interval, int64_t *window)
{
    int64_t quota = services->settings->rate_refreshes;
    *interval = is_off(services) ? 0 : MINUTE * CLOCK_SECOND / quota;
    *window = is_off(services) ? century : *interval * quota;
}

enum status rate_limit_refresh(struct services *services, struct response *response, int64_t ahead)
{
    int64_t interval, window;
    if (is_off(services))
        return STATUS_OK;
    rate_limit_pace_refreshes(services, &interval, &window);
    bool allowed = ahead <= window;
    assert(interval > 0);
    struct state state = {
        .limit = BY_SESSION,
        .quota = services->settings->rate_refreshes,
        .window = MINUTE,
        .remaining = allowed ? (window - ahead) / interval : 0,
        .wait = allowed ? ahead : ahead - window,
        .allowed = allowed,
    };
    return tell_state(services, response, &state);
}
