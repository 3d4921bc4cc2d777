/* The parent: keeps the workers running, and lets them go. Never touches the database. */
#include "prefork.h"

#include "app/limits/hashing.h"
#include "app/process/listener.h"
#include "app/process/notify.h"
#include "lib/core/clock.h"
#include "lib/core/log.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static const int64_t short_life = CLOCK_SECOND;
static const int64_t first_delay = 10 * 1000;
static const int64_t longest_delay = CLOCK_SECOND;

/* What passwords may add to a request: three hashes, whose rounds take so long on a machine ten
 * times slower than ours, and waiting for a turn for each; with a second to spare. */
static const int64_t longest_round = 2 * 1000;
static const int64_t longest_wait = (3 * HASHING_LONGEST_WAIT + 1) * CLOCK_SECOND;

/* A place for a worker. All times are of clock_monotonic, 0 for never. */
struct slot {
    pid_t pid; /* 0: empty */
    int64_t started;
    int64_t delay;    /* before the next start */
    int64_t start_at; /* of an empty slot */
    int64_t kill_at;  /* of one that has been asked to go */
    bool outdated;    /* of the program before a reload: to be replaced */
    bool hung;        /* and was killed for it */
};

_Static_assert(SETTINGS_MAX_WORKERS + SETTINGS_MAX_AUTH_WORKERS <= SCOREBOARD_PLACES,
               "every worker has a place");

struct parent {
    const struct pools *pools;
    const struct settings *settings;
    struct metrics *metrics;
    struct reload *handed;
    int wanted; /* workers */
    bool stopping;
    pid_t checker; /* of a reload: the new program's --prepare; 0: none */
    int64_t watchdog_at;
    int count; /* of slots in use: the workers wanted, and those that an old program had more */
    struct slot slots[RELOAD_MAX_WORKERS];
};

static void start_worker(struct parent *parent, struct slot *slot)
{
    assert(slot->pid == 0);
    pid_t own = getpid();
    pid_t pid = fork();
    if (pid == 0) {
        /* If the parent dies, so do we, after the request at hand. */
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (getppid() != own)
            _exit(EXIT_FAILURE);
        int place = (int)(slot - parent->slots);
        assert(place >= 0 && place < parent->wanted);
        exit(worker_run(parent->pools, place));
    }
    slot->started = clock_monotonic();
    slot->kill_at = 0;
    slot->outdated = false;
    slot->hung = false;
    if (pid > 0) {
        slot->pid = pid;
        metrics_count(parent->metrics, METRICS_WORKER_STARTS, 1);
        return;
    }
    log_message(LOG_ERROR, "cannot fork a worker: %s", strerror(errno));
    slot->start_at = slot->started + longest_delay;
}

static void ask_to_go(const struct parent *parent, struct slot *slot)
{
    if (slot->pid == 0 || slot->kill_at != 0)
        return;
    slot->kill_at = clock_monotonic() + parent->settings->drain_seconds * CLOCK_SECOND;
    assert(slot->pid > 0); /* or it would go to many */
    kill(slot->pid, SIGTERM);
}

static struct slot *find_slot(struct parent *parent, pid_t pid)
{
    for (int i = 0; i < parent->count; i++)
        if (parent->slots[i].pid == pid)
            return &parent->slots[i];
    return NULL;
}

/* Why a worker has to be replaced: one that goes because the service stops, or has too many, does
 * not. */
static void count_end(const struct parent *parent, const struct slot *slot, int status)
{
    enum metrics_counter reason = METRICS_WORKER_ENDS_RECYCLED;
    if (slot->hung)
        reason = METRICS_WORKER_ENDS_HUNG;
    else if (slot->kill_at != 0 && !slot->outdated)
        return;
    else if (slot->kill_at != 0)
        reason = METRICS_WORKER_ENDS_RELOAD;
    else if (WIFSIGNALED(status))
        reason = METRICS_WORKER_ENDS_SIGNAL;
    else if (WEXITSTATUS(status) != 0)
        reason = METRICS_WORKER_ENDS_EXIT;
    metrics_count(parent->metrics, reason, 1);
}

static void note_end(struct slot *slot, int status)
{
    int64_t now = clock_monotonic();
    bool crashed = WIFSIGNALED(status) || WEXITSTATUS(status) != 0;
    if (WIFSIGNALED(status))
        log_message(LOG_WARNING, "worker %d was ended by signal %d (%s)", (int)slot->pid,
                    WTERMSIG(status), strsignal(WTERMSIG(status)));
    else if (crashed)
        log_message(LOG_WARNING, "worker %d ended with status %d", (int)slot->pid,
                    WEXITSTATUS(status));
    if (!crashed || now - slot->started >= short_life)
        slot->delay = 0;
    else
        slot->delay = slot->delay == 0 ? first_delay : slot->delay * 2;
    if (slot->delay > longest_delay)
        slot->delay = longest_delay;
    slot->start_at = now + slot->delay;
    slot->pid = 0;
}

/* The new program has looked at its settings: where they are good, it takes our place. */
static void finish_reload(struct parent *parent, int status)
{
    struct reload *handed = parent->handed;
    parent->checker = 0;
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        log_message(LOG_ERROR, "not reloaded: the new program or its settings are not good");
        return;
    }
    handed->worker_count = 0;
    assert(parent->count <= RELOAD_MAX_WORKERS);
    /* In their places, by which they say that they are busy. */
    for (int i = 0; i < parent->count; i++)
        handed->workers[handed->worker_count++] = parent->slots[i].pid;
    reload_become(handed);
    log_message(LOG_ERROR, "not reloaded: %s", strerror(errno));
}

static void reap(struct parent *parent)
{
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        struct slot *slot = find_slot(parent, pid);
        if (slot != NULL) {
            scoreboard_set_gone(parent->pools->scoreboard, (int)(slot - parent->slots));
            count_end(parent, slot, status);
            note_end(slot, status);
        } else if (pid == parent->checker && !parent->stopping) {
            finish_reload(parent, status);
        }
    }
}

/* Asks the next outdated worker to go, once the one before has been replaced: as long as a place is
 * empty or a worker is on its way out, nobody else is asked, so a reload never takes more than one
 * worker from the clients at a time. */
static void replace_next(struct parent *parent)
{
    struct slot *next = NULL;
    for (int i = 0; i < parent->count; i++) {
        struct slot *slot = &parent->slots[i];
        if ((slot->pid == 0 && i < parent->wanted) || slot->kill_at != 0)
            return;
        if (slot->outdated && next == NULL)
            next = slot;
    }
    if (next != NULL)
        ask_to_go(parent, next);
}

/* A worker hangs that is busy for longer than everything a request may wait for takes together. */
static bool hangs(const struct parent *parent, int place, int64_t now)
{
    const struct settings *settings = parent->settings;
    int64_t since = scoreboard_busy_since(parent->pools->scoreboard, place);
    int64_t longest = 2 * settings->request_timeout * CLOCK_SECOND + settings->db_timeout * 1000 +
                      longest_wait + (longest_round << settings->bcrypt_cost);
    return since != 0 && now - since > longest;
}

static void tend_slot(struct parent *parent, int place)
{
    struct slot *slot = &parent->slots[place];
    int64_t now = clock_monotonic();
    bool wanted = place < parent->wanted && !parent->stopping;
    if (slot->pid == 0 && wanted && now >= slot->start_at)
        start_worker(parent, slot);
    if (!wanted)
        ask_to_go(parent, slot);
    if (slot->pid == 0)
        return;
    if (!slot->hung && hangs(parent, place, now)) {
        log_message(LOG_ERROR, "worker %d hangs and is killed", (int)slot->pid);
        slot->hung = true;
    }
    assert(slot->pid > 0);
    if (slot->hung || (slot->kill_at != 0 && now >= slot->kill_at))
        kill(slot->pid, SIGKILL);
}

/* Starts, replaces and kills what is due. Returns how many workers run. */
static int tend(struct parent *parent)
{
    int running = 0;
    for (int i = 0; i < parent->count; i++) {
        tend_slot(parent, i);
        running += parent->slots[i].pid != 0;
    }
    if (!parent->stopping)
        replace_next(parent);
    if (notify_watchdog() > 0 && clock_monotonic() >= parent->watchdog_at) {
        notify_send("WATCHDOG=1");
        parent->watchdog_at = clock_monotonic() + notify_watchdog();
    }
    return running;
}

/* Whether something is due at a time, and not only when a signal comes: a place that is to be
 * filled after its back-off, a worker left over from an old program, or one that is leaving, and is
 * killed if that takes too long. */
static bool is_restless(const struct parent *parent)
{
    for (int i = 0; i < parent->count; i++)
        if ((parent->slots[i].pid == 0) == (i < parent->wanted) || parent->slots[i].kill_at != 0)
            return true;
    return false;
}

static int wait_for_signal(const struct parent *parent)
{
    struct timespec soon = {.tv_nsec = 10 * 1000 * 1000};
    struct timespec later = {.tv_sec = 1}; /* hanging workers, the watchdog */
    sigset_t signals;
    worker_fill_signals(&signals);
    return sigtimedwait(&signals, NULL, is_restless(parent) ? &soon : &later);
}

static void begin_reload(struct parent *parent)
{
    if (parent->checker != 0 || parent->stopping)
        return;
    log_message(LOG_INFO, "reloading");
    parent->checker = reload_start_check();
    if (parent->checker < 0) {
        log_message(LOG_ERROR, "not reloaded: %s", strerror(errno));
        parent->checker = 0;
    }
}

static void begin_stop(struct parent *parent)
{
    if (parent->stopping)
        return;
    parent->stopping = true;
    notify_send("STOPPING=1");
    /* Now, not at the end: a successor may already be waiting for the path. And only now: soon it
     * is the successor's. */
    if (parent->pools->auth_listener >= 0)
        listener_remove_second(parent->settings->auth_socket);
}

static void take_signal(struct parent *parent, int number)
{
    switch (number) {
    case SIGTERM:
    case SIGINT:
    case SIGUSR1:
        begin_stop(parent);
        break;
    case SIGHUP:
        begin_reload(parent);
        break;
    default:
        break;
    }
}

static void adopt_workers(struct parent *parent, const struct reload *handed)
{
    assert(handed->worker_count <= RELOAD_MAX_WORKERS);
    for (int i = 0; i < handed->worker_count; i++)
        parent->slots[i] = (struct slot){
            .pid = handed->workers[i], .started = clock_monotonic(), .outdated = true};
    if (parent->count < handed->worker_count)
        parent->count = handed->worker_count;
}

int prefork_run(const struct pools *pools, struct reload *handed)
{
    static struct parent parent;
    int wanted = worker_count(pools);
    assert(wanted > 0 && wanted <= RELOAD_MAX_WORKERS);
    parent = (struct parent){.pools = pools,
                             .settings = pools->settings,
                             .metrics = pools->metrics,
                             .handed = handed,
                             .wanted = wanted,
                             .count = wanted};
    if (handed->taken)
        adopt_workers(&parent, handed);
    log_message(LOG_INFO, "%s with %d workers", handed->taken ? "reloaded" : "started", wanted);
    notify_send("READY=1");
    while (tend(&parent) > 0 || !parent.stopping) {
        take_signal(&parent, wait_for_signal(&parent));
        reap(&parent);
    }
    log_message(LOG_INFO, "stopped");
    return EXIT_SUCCESS;
}
