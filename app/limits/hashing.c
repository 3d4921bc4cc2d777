/* Hashing passwords: never more than HASH_CONCURRENCY at once over all workers. */
#include "hashing.h"

#include "app/shared/shared.h"
#include "lib/core/clock.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stddef.h>
#include <string.h>

enum { MAX_TURNS = SETTINGS_MAX_HASHES, MAX_WAITING = 64 };

/* Robust locks: the kernel opens those of a worker that dies. */
struct turns {
    int made;
    pthread_mutex_t computing[MAX_TURNS];
    pthread_mutex_t waiting[MAX_WAITING];
};

struct hashing {
    int concurrency;
    int queue;
    struct turns *turns;
};

static bool make_locks(pthread_mutex_t *locks, int count)
{
    pthread_mutexattr_t attributes;
    bool made = pthread_mutexattr_init(&attributes) == 0 &&
                pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED) == 0 &&
                pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST) == 0;
    for (int i = 0; i < count && made; i++)
        made = pthread_mutex_init(&locks[i], &attributes) == 0;
    return made;
}

struct hashing *hashing_create(int64_t concurrency, int64_t workers, int *fd)
{
    static struct hashing hashing;
    static const int64_t numbers[] = {MAX_TURNS, MAX_WAITING, sizeof(pthread_mutex_t),
                                      offsetof(struct turns, computing),
                                      offsetof(struct turns, waiting)};
    uint64_t layout = shared_layout(numbers, sizeof numbers / sizeof *numbers);
    hashing.turns = shared_map("todo-hashing", sizeof *hashing.turns, layout, fd);
    if (hashing.turns == NULL)
        return NULL;
    if (!hashing.turns->made && (!make_locks(hashing.turns->computing, MAX_TURNS) ||
                                 !make_locks(hashing.turns->waiting, MAX_WAITING)))
        return NULL;
    hashing.turns->made = 1;
    assert(concurrency >= 1 && concurrency <= MAX_TURNS);
    int64_t most = workers > 1 ? workers - 1 : 1;
    hashing.concurrency = (int)(concurrency < most ? concurrency : most);
    most -= hashing.concurrency;
    hashing.queue = (int)(most < MAX_WAITING ? most : MAX_WAITING);
    assert(hashing.concurrency > 0 && hashing.queue >= 0);
    return &hashing;
}

/* `outcome` of a lock: whether it is ours. Nothing stands behind a lock that a dead worker could
 * have left half-done. */
static bool is_ours(pthread_mutex_t *lock, int outcome)
{
    if (outcome == EOWNERDEAD)
        pthread_mutex_consistent(lock);
    return outcome == 0 || outcome == EOWNERDEAD;
}

static pthread_mutex_t *take_any(pthread_mutex_t *locks, int count)
{
    for (int i = 0; i < count; i++)
        if (is_ours(&locks[i], pthread_mutex_trylock(&locks[i])))
            return &locks[i];
    return NULL;
}

/* Waits in the queue for one of the turns, always the same one from a place in it. */
static pthread_mutex_t *wait_for_turn(struct hashing *hashing)
{
    struct turns *turns = hashing->turns;
    pthread_mutex_t *place = take_any(turns->waiting, hashing->queue);
    if (place == NULL)
        return NULL;
    struct timespec end;
    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += HASHING_LONGEST_WAIT;
    pthread_mutex_t *turn = &turns->computing[(place - turns->waiting) % hashing->concurrency];
    bool taken = is_ours(turn, pthread_mutex_clocklock(turn, CLOCK_MONOTONIC, &end));
    pthread_mutex_unlock(place);
    return taken ? turn : NULL;
}

static pthread_mutex_t *take_turn(struct services *services, struct response *response)
{
    struct hashing *hashing = services->hashing;
    pthread_mutex_t *turn = take_any(hashing->turns->computing, hashing->concurrency);
    if (turn != NULL)
        return turn;
    int64_t began = clock_monotonic();
    turn = wait_for_turn(hashing);
    metrics_count(services->metrics, METRICS_HASH_WAIT_MICROS,
                  (uint64_t)(clock_monotonic() - began));
    if (turn == NULL) {
        metrics_count(services->metrics, METRICS_HASH_REFUSALS, 1);
        response->detail = "Too many people are signing in at this moment: try again shortly.";
    }
    return turn;
}

static void end_turn(struct services *services, pthread_mutex_t *turn, int64_t began)
{
    int64_t micros = clock_monotonic() - began; /* before somebody else begins */
    pthread_mutex_unlock(turn);
    metrics_count(services->metrics, METRICS_HASHES, 1);
    metrics_count(services->metrics, METRICS_HASH_MICROS, (uint64_t)micros);
}

enum status hashing_hash(struct services *services, struct response *response, const char *password,
                         char out[PASSWORD_HASH_SIZE])
{
    pthread_mutex_t *turn = take_turn(services, response);
    if (turn == NULL)
        return STATUS_UNAVAILABLE;
    int64_t began = clock_monotonic();
    enum status status = password_hash(password, (int)services->settings->bcrypt_cost, out);
    end_turn(services, turn, began);
    return status;
}

enum status hashing_verify(struct services *services, struct response *response,
                           const char *password, const char *hash)
{
    pthread_mutex_t *turn = take_turn(services, response);
    if (turn == NULL)
        return STATUS_UNAVAILABLE;
    int64_t began = clock_monotonic();
    bool same = password_verify(password, hash, (int)services->settings->bcrypt_cost);
    end_turn(services, turn, began);
    return same ? STATUS_OK : STATUS_WRONG_PASSWORD;
}
