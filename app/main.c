/* todo.fcgi: options, settings, schema, listening socket; then the workers. */
#include "app/limits/hashing.h"
#include "app/limits/rate_limit.h"
#include "app/pipeline/routes.h"
#include "app/process/listener.h"
#include "app/process/notify.h"
#include "app/process/prefork.h"
#include "app/process/worker.h"
#include "app/settings.h"
#include "app/shared/metrics.h"
#include "lib/auth/token_cache.h"
#include "lib/core/log.h"
#include "lib/data/db_health.h"
#include "lib/data/schema.h"
#include "lib/data/schema_inspect.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* Tokens that the workers need not verify again: more than are in use at once, in 1.8 MB. */
enum { VERIFIED_TOKENS = 16384 };

/* Memory holds secrets and passwords: it goes into no core file. One byte is too little for a file,
 * and by this very limit the kernel hands nothing to a program in core_pattern either, which 0
 * would not stop (core(5)). Workers inherit it, and so does what a reload executes. */
static void forbid_core_dumps(void)
{
    static const struct rlimit one = {1, 1};
    (void)setrlimit(RLIMIT_CORE, &one);
}

static void print_help(void)
{
    printf("todo.fcgi %s: a multi-user to-do service, as a FastCGI responder\n\n"
           "Usage: todo.fcgi [-s SOCKET]\n"
           "       todo.fcgi --check | --prepare | --routes | --version | --help\n\n"
           "Serves the listening socket that is its standard input (lighttpd's bin-path,\n"
           "spawn-fcgi and mod_fcgid hand it over so), or that systemd has opened.\n\n"
           "  -s SOCKET   make a unix socket (mode 0600) there and serve that instead\n"
           "  --check     check the settings, the database and its schema; exit status 0 or 1\n"
           "  --prepare   check all that, and apply the schema where it is behind\n"
           "  --routes    print the route table: method, path, who may call\n\n"
           "SIGTERM stops it when the requests at hand are answered; SIGHUP replaces it by the "
           "program\n"
           "file as it is then, with newly read settings, and the workers one by one.\n\n"
           "Settings, from the environment:\n",
           TODO_VERSION);
    settings_describe(stdout);
}

/* Connects once, looks whether the database is fit for the schema, applies that where `applies`
 * says so, and reports. */
static enum status inspect_database(struct db *db, bool applies, int64_t *version)
{
    struct texts faults = {0};
    enum status status = schema_inspect(db, false, &faults);
    for (size_t i = 0; i < faults.count; i++)
        fprintf(stderr, "todo.fcgi: database: %s\n", faults.items[i]);
    if (faults.count > 0)
        return STATUS_INTERNAL;
    if (status == STATUS_OK && applies)
        status = schema_apply(db);
    if (status == STATUS_OK)
        status = schema_read_version(db, version);
    if (status != STATUS_OK && status != STATUS_SCHEMA_NEWER)
        fprintf(stderr, "todo.fcgi: database: %s\n", db_health(db)->last_error);
    return status;
}

static enum status try_database(const struct settings *settings, bool applies, int64_t *version)
{
    struct arena *arena = arena_create(16 * 1024, 16 * 1024 * 1024);
    struct db_settings db_settings = {
        .url = settings->database_url,
        .timeout = settings->db_timeout * 1000,
        .prepare = settings->db_prepare != 0,
        .arena = arena,
    };
    struct db *db = arena == NULL ? NULL : db_create(&db_settings);
    if (db == NULL)
        return STATUS_INTERNAL;
    db_begin(db);
    enum status status = inspect_database(db, applies, version);
    db_destroy(db);
    arena_destroy(arena);
    return status;
}

static int check_installation(const struct settings *settings)
{
    int64_t version;
    printf("settings: good\n");
    if (try_database(settings, false, &version) != STATUS_OK)
        return EXIT_FAILURE;
    printf("database: answers\n");
    if (version > SCHEMA_VERSION) {
        fprintf(stderr, "todo.fcgi: schema: version %lld is newer than this program's %d\n",
                (long long)version, SCHEMA_VERSION);
        return EXIT_FAILURE;
    }
    printf("schema: %s\n", version == SCHEMA_VERSION ? "up to date" : "will be applied at start");
    return EXIT_SUCCESS;
}

/* Applies the schema. A database that is away is no reason not to start: the workers try again, and
 * clients get a 503 until then. */
static bool prepare_schema(const struct settings *settings)
{
    int64_t version;
    enum status status = try_database(settings, true, &version);
    return status == STATUS_OK || status == STATUS_UNAVAILABLE;
}

/* Maps what the workers share, and opens the socket of the /auth workers. */
static bool set_up_pools(struct pools *pools, struct reload *handed)
{
    const struct settings *settings = pools->settings;
    bool is_apart = settings_has_auth_pool(settings);
    const char *why;
    pools->auth_listener = listener_open_second(is_apart ? settings->auth_socket : "",
                                                handed->auth_listener, &why);
    if (pools->auth_listener < 0 && is_apart) {
        fprintf(stderr, "todo.fcgi: AUTH_SOCKET: %s\n", why);
        return false;
    }
    handed->auth_listener = pools->auth_listener;
    pools->metrics = metrics_create(routes_count, routes_labels, &handed->metrics_fd);
    pools->scoreboard = scoreboard_create(&handed->scoreboard_fd);
    pools->limits = rate_limit_create(&handed->limits_fd);
    pools->hashing = hashing_create(
        settings->hash_concurrency,
        pools->auth_listener < 0 ? settings->workers : settings->auth_workers, &handed->hashing_fd);
    /* Not handed on: the secrets may be others then. */
    pools->tokens = token_cache_create(VERIFIED_TOKENS);
    if (pools->metrics == NULL || pools->scoreboard == NULL || pools->limits == NULL ||
        pools->hashing == NULL || pools->tokens == NULL) {
        fprintf(stderr, "todo.fcgi: out of memory\n");
        return false;
    }
    return true;
}

/* What `handed` holds is then handed on. */
static int run_workers(const struct settings *settings, int listener, struct reload *handed)
{
    struct pools pools = {.settings = settings, .listener = listener};
    if (!prepare_schema(settings)) {
        fprintf(stderr, "todo.fcgi: the schema could not be applied\n");
        return EXIT_FAILURE;
    }
    if (!set_up_pools(&pools, handed))
        return EXIT_FAILURE;
    sigset_t signals;
    worker_fill_signals(&signals);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    int status;
    if (settings->workers > 0) {
        status = prefork_run(&pools, handed);
    } else {
        notify_send("READY=1");
        status = worker_run(&pools, WORKER_ALONE);
    }
    token_cache_destroy(pools.tokens);
    return status;
}

/* After a reload the socket that we have made is our standard input. */
static int serve_socket(const struct settings *settings, const char *socket_path)
{
    static struct reload handed;
    const char *why;
    reload_take(&handed);
    int listener = listener_open(handed.taken ? NULL : socket_path, settings->auth_socket, &why);
    if (listener < 0) {
        fprintf(stderr, "todo.fcgi: %s\n", why);
        return EXIT_FAILURE;
    }
    int status = run_workers(settings, listener, &handed);
    if (socket_path != NULL)
        unlink(socket_path);
    return status;
}

int main(int argc, char **argv)
{
    static const struct option options[] = {{"help", no_argument, NULL, 'h'},
                                            {"version", no_argument, NULL, 'v'},
                                            {"check", no_argument, NULL, 'c'},
                                            {"prepare", no_argument, NULL, 'p'},
                                            {"routes", no_argument, NULL, 'r'},
                                            {"socket", required_argument, NULL, 's'},
                                            {NULL, 0, NULL, 0}};
    static struct settings settings;
    const char *socket_path = NULL;
    int only = 0;
    forbid_core_dumps();
    reload_remember(argv);

    for (int option; (option = getopt_long(argc, argv, "s:h", options, NULL)) != -1;) {
        switch (option) {
        case 'h':
            print_help();
            return EXIT_SUCCESS;
        case 'v':
            printf("todo.fcgi %s\n", TODO_VERSION);
            return EXIT_SUCCESS;
        case 'r':
            routes_print(stdout);
            return EXIT_SUCCESS;
        case 'c':
        case 'p':
            only = option;
            break;
        case 's':
            socket_path = optarg;
            break;
        default:
            fprintf(stderr, "Try: todo.fcgi --help\n");
            return EXIT_FAILURE;
        }
    }
    if (optind < argc) {
        fprintf(stderr, "todo.fcgi: there is no argument %s; try --help\n", argv[optind]);
        return EXIT_FAILURE;
    }
    if (!settings_load(&settings, stderr))
        return EXIT_FAILURE;
    log_configure((enum log_level)settings.log_level, settings.log_format != 0);
    /* One silent name server must not hold a request for long: libpq looks names up by itself. */
    setenv("RES_OPTIONS", "timeout:1 attempts:1", 0);
    if (only == 'c')
        return check_installation(&settings);
    if (only == 'p')
        return prepare_schema(&settings) ? EXIT_SUCCESS : EXIT_FAILURE;
    return serve_socket(&settings, socket_path);
}
