/* A worker: accepts FastCGI requests on a listening socket, one at a time, and answers them. */
#include "worker.h"

#include "app/pipeline/dispatch.h"
#include "app/pipeline/report.h"
#include "app/process/deadline.h"
#include "app/process/purge.h"
#include "app/process/records.h"
#include "lib/core/clock.h"
#include "lib/core/log.h"
#include "lib/data/schema.h"
#include "lib/data/session_store.h"

#include <assert.h>
#include <errno.h>
#include <fcgiapp.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* Milliseconds between an idle worker's tries to reach the database. */
enum { RECONNECT_PAUSE = 200 };

enum { ARENA_FIRST = 64 * 1024, ARENA_CAP = 64 * 1024 * 1024, ARENA_CAP_PER_BODY_BYTE = 8 };

struct worker {
    const struct settings *settings;
    struct services services;
    struct purge purge;
    FCGX_Request fcgi;
    int listener;
    int place;
    int epoll;
};

static volatile sig_atomic_t stopping;

static void on_stop(int number)
{
    (void)number;
    stopping = 1;
}

void worker_fill_signals(sigset_t *signals)
{
    sigemptyset(signals);
    sigaddset(signals, SIGTERM);
    sigaddset(signals, SIGINT);
    sigaddset(signals, SIGHUP);
    sigaddset(signals, SIGUSR1);
    sigaddset(signals, SIGCHLD);
}

static void handle_signal(int number, void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler};
    sigemptyset(&action.sa_mask);
    sigaction(number, &action, NULL);
}

/* After FCGX_Init, which sets handlers of its own. */
static void handle_signals(bool alone)
{
    handle_signal(SIGTERM, on_stop);
    handle_signal(SIGUSR1, on_stop);
    handle_signal(SIGINT, alone ? on_stop : SIG_IGN);
    handle_signal(SIGHUP, alone ? on_stop : SIG_IGN);
    handle_signal(SIGPIPE, SIG_IGN);
    deadline_set_up();
}

/* An idle worker goes on trying while the database is away, and else tidies up. */
static void use_idle_time(struct worker *worker)
{
    struct services *services = &worker->services;
    db_begin(services->db);
    if (db_is_connected(services->db))
        purge_step(&worker->purge, services);
    else
        (void)!db_connect(services->db);
    report_count_database(services);
    arena_reset(services->arena);
}

/*
 * Waits for a connection. Signals are let in only while waiting, so that none can be missed and
 * none interrupts an answer; EPOLLEXCLUSIVE wakes one worker, not all of them.
 */
static int accept_connection(struct worker *worker)
{
    struct epoll_event event;
    sigset_t none;
    sigemptyset(&none);
    int wait = db_is_connected(worker->services.db) ? purge_pause(&worker->purge, &worker->services)
                                                    : RECONNECT_PAUSE;
    int ready = epoll_pwait(worker->epoll, &event, 1, wait, &none);
    if (ready == 0)
        use_idle_time(worker);
    if (ready < 1)
        return -1;
    int connection = accept4(worker->listener, NULL, NULL, SOCK_CLOEXEC);
    if (connection < 0 && (errno == EMFILE || errno == ENFILE))
        poll(NULL, 0, RECONNECT_PAUSE); /* none to be had: no reason to spin */
    return connection;
}

static void take_variables(struct request *request, char **variables)
{
    for (; *variables != NULL; variables++) {
        char *equals = strchr(*variables, '=');
        if (equals == NULL)
            continue;
        *equals = '\0';
        request_set_variable(request, *variables, equals + 1);
    }
}

/* Reads on to the end: a server that is still sending would not read our answer. */
static void drain_body(FCGX_Stream *in)
{
    char unused[8192];
    while (FCGX_GetStr(unused, sizeof unused, in) > 0)
        continue;
}

/* Reads the body; on an early end libfcgi just returns less. */
static enum status receive_body(struct worker *worker, struct request *request)
{
    FCGX_Stream *in = worker->fcgi.in;
    size_t limit = request_body_limit(request, (size_t)worker->settings->max_body);
    const char *announced = request->cgi.content_length;
    bool known = announced[0] != '\0';
    size_t digits = strspn(announced, "0123456789");
    if (announced[digits] != '\0')
        return STATUS_MALFORMED;
    unsigned long long length = known ? strtoull(announced, NULL, 10) : limit + 1;
    if (known && length > limit) {
        drain_body(in);
        return STATUS_TOO_LARGE;
    }

    char *body = arena_alloc(request->arena, (size_t)length + 1);
    size_t read = 0;
    while (read < length) {
        int more = FCGX_GetStr(body + read, (int)(length - read), in);
        if (more <= 0)
            break;
        read += (size_t)more;
    }
    assert(read <= length);
    request->body = body;
    request->body_length = read;
    /* To the record that ends the stream: a server that still has it to send would see us gone. */
    drain_body(in);
    if (!known && read > limit)
        return STATUS_TOO_LARGE;
    return (known && read != length) || FCGX_GetError(in) != 0 ? STATUS_MALFORMED : STATUS_OK;
}

static void send_response(struct worker *worker, const struct request *request,
                          const struct response *response)
{
    FCGX_Stream *out = worker->fcgi.out;
    struct buffer head = response_head(response);
    size_t length = response_sent_length(response, request);
    assert(length <= INT_MAX && head.length <= INT_MAX);
    FCGX_PutStr(head.data, (int)head.length, out);
    if (length > 0)
        FCGX_PutStr(response->body.data, (int)length, out);
}

/* Answers the request that has been accepted; the connection is still open afterwards. */
static void answer_request(struct worker *worker)
{
    struct services *services = &worker->services;
    struct arena *arena = services->arena;
    struct request request = {.arena = arena, .began = clock_monotonic(), .body = ""};
    struct response response = {
        .arena = arena, .body = {.arena = arena}, .errors = {.arena = arena}};

    db_begin(services->db);
    take_variables(&request, worker->fcgi.envp);
    enum status fault = request_complete(&request, worker->settings->base_path);
    log_set_request(request.id);
    enum status body_fault = receive_body(worker, &request);
    deadline_clear();
    dispatch(services, &request, fault != STATUS_OK ? fault : body_fault, &response);

    report_count_request(services, &request, &response);
    deadline_set(worker->fcgi.ipcFd, worker->settings->request_timeout);
    send_response(worker, &request, &response);
    /* "Kept", so that the library leaves the closing to us: it would wait for the peer. */
    worker->fcgi.keepConnection = 1;
    FCGX_Finish_r(&worker->fcgi);
    deadline_clear();
    close(worker->fcgi.ipcFd);
    worker->fcgi.ipcFd = -1;

    report_log_request(services, &request, &response);
    if (response.status == STATUS_SCHEMA_OLDER)
        stopping = 1;
    if (request.actor.stale)
        (void)!session_store_touch(services->db, &request.actor);
    log_set_request(NULL);
}

/* Takes a request off a connection and answers it. False where none came. */
static bool serve_connection(struct worker *worker, int connection)
{
    bool served = false;
    deadline_set(connection, worker->settings->request_timeout);
    if (records_await_request(connection)) {
        worker->fcgi.ipcFd = connection;
        worker->fcgi.keepConnection = 1;
        served = FCGX_Accept_r(&worker->fcgi) == 0;
    } else {
        deadline_clear();
        close(connection);
    }
    if (served)
        answer_request(worker);
    deadline_clear();
    arena_reset(worker->services.arena);
    return served;
}

static bool set_up_worker(struct worker *worker)
{
    const struct settings *settings = worker->settings;
    struct services *services = &worker->services;
    size_t cap = ARENA_CAP + (size_t)settings->max_body * ARENA_CAP_PER_BODY_BYTE;
    struct epoll_event event = {.events = EPOLLIN | EPOLLEXCLUSIVE};

    services->arena = arena_create(ARENA_FIRST, cap);
    struct db_settings db_settings = {
        .url = settings->database_url,
        .timeout = settings->db_timeout * 1000,
        .prepare = settings->db_prepare != 0,
        .arena = services->arena,
        .on_connect = schema_apply,
    };
    services->db = services->arena == NULL ? NULL : db_create(&db_settings);
    worker->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (services->db == NULL || worker->epoll < 0 ||
        fcntl(worker->listener, F_SETFL, O_NONBLOCK) != 0 ||
        epoll_ctl(worker->epoll, EPOLL_CTL_ADD, worker->listener, &event) != 0)
        return false;
    /* What cannot be closed at once is not worth waiting for. */
    setenv("LIBFCGI_OS_CLOSE_POLL_TIMEOUT", "1", 1);
    if (FCGX_Init() != 0 || FCGX_InitRequest(&worker->fcgi, -1, FCGI_FAIL_ACCEPT_ON_INTR) != 0)
        return false;
    handle_signals(worker->place == WORKER_ALONE);
    return true;
}

/* Where it says that it is busy: the parent ends a worker that is so for too long. */
static int place_of(const struct worker *worker)
{
    return worker->place == WORKER_ALONE ? 0 : worker->place;
}

int worker_count(const struct pools *pools)
{
    const struct settings *settings = pools->settings;
    return (int)(settings->workers + (pools->auth_listener < 0 ? 0 : settings->auth_workers));
}

/* A worker for /auth spends nearly all its time on hashing passwords: whoever has something shorter
 * to do goes first. Where that is forbidden, it is as any other. */
static void step_back(void)
{
    (void)!setpriority(PRIO_PROCESS, 0, 19);
    prctl(PR_SET_NAME, "todo.fcgi/auth");
}

int worker_run(const struct pools *pools, int place)
{
    const struct settings *settings = pools->settings;
    struct scoreboard *board = pools->scoreboard;
    bool is_auth = place >= settings->workers;
    struct worker worker = {
        .settings = settings,
        .listener = is_auth ? pools->auth_listener : pools->listener,
        .place = place,
        .services = {.settings = settings,
                     .metrics = pools->metrics,
                     .scoreboard = board,
                     .limits = pools->limits,
                     .hashing = pools->hashing,
                     .keys = {.current = settings->jwt_secret,
                              .previous = settings->jwt_secret_previous,
                              .cache = pools->tokens}},
    };
    assert(place == WORKER_ALONE || (place >= 0 && place < worker_count(pools)));
    if (is_auth)
        step_back();
    if (!set_up_worker(&worker)) {
        log_message(LOG_ERROR, "a worker cannot start: %s", strerror(errno));
        return EXIT_FAILURE;
    }
    if (place == WORKER_ALONE)
        metrics_count(pools->metrics, METRICS_WORKER_STARTS, 1);
    /* Now a schema may be applied, however long that takes; later, a worker that finds an old one
     * makes room for another. */
    use_idle_time(&worker);
    db_set_on_connect(worker.services.db, schema_check);

    scoreboard_set_idle(board, place_of(&worker));
    for (int64_t served = 0; !stopping;) {
        int connection = accept_connection(&worker);
        if (connection < 0)
            continue;
        scoreboard_set_busy(board, place_of(&worker), clock_monotonic());
        served += serve_connection(&worker, connection);
        scoreboard_set_idle(board, place_of(&worker));
        if (settings->max_requests > 0 && served >= settings->max_requests)
            break;
    }
    report_count_database(&worker.services);
    db_destroy(worker.services.db);
    arena_destroy(worker.services.arena);
    close(worker.epoll);
    return EXIT_SUCCESS;
}
