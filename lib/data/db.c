/* One connection to PostgreSQL (libpq): deadlines, reconnecting, prepared statements, SQLSTATEs. */
#include "db.h"

#include "back_off.h"
#include "db_health.h"
#include "lib/core/clock.h"
#include "prepared.h"
#include "socket_wait.h"
#include "sqlstate.h"

#include <assert.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_TRIES = 4 };

/* An attempt to connect goes on over several requests (Neon wakes up in seconds), not for ever. */
static const int64_t max_connect_time = 10 * CLOCK_SECOND;
/* A migration may build indexes. */
static const int64_t max_script_time = 3600 * CLOCK_SECOND;
static const int64_t longest_moment = 50 * 1000;
/* A server may be read-only for hours: a connection for every write would slow its readers down. */
static const int64_t read_only_pause = CLOCK_SECOND;

/* ANSWERED: not connected yet, but not silent. NEW: connected, while on_connect looks at it. */
enum link { LINK_DOWN, LINK_CONNECTING, LINK_ANSWERED, LINK_NEW, LINK_UP };

struct db {
    struct db_settings settings;
    PGconn *connection;
    enum link link;
    PostgresPollingStatusType polling;
    int64_t connect_began;
    struct back_off back_off;
    int64_t spent;
    int64_t deadline; /* of the call at hand */
    struct prepared prepared;
    struct db_health health;
};

bool db_is_url(const char *url)
{
    PQconninfoOption *options = PQconninfoParse(url, NULL);
    bool good = options != NULL;
    for (PQconninfoOption *option = options; good && option->keyword != NULL; option++)
        good = option->val == NULL || strcmp(option->keyword, "port") != 0 ||
               option->val[strspn(option->val, "0123456789, ")] == '\0';
    PQconninfoFree(options);
    return good;
}

struct db *db_create(const struct db_settings *settings)
{
    struct db *db = calloc(1, sizeof *db);
    if (db != NULL)
        db->settings = *settings;
    return db;
}

static void disconnect(struct db *db)
{
    PQfinish(db->connection);
    db->connection = NULL;
    db->link = LINK_DOWN;
    db->prepared.count = 0;
}

void db_destroy(struct db *db)
{
    disconnect(db);
    free(db);
}

void db_begin(struct db *db)
{
    db->spent = 0;
}

int64_t db_spent(const struct db *db)
{
    return db->spent;
}

const struct db_settings *db_settings(const struct db *db)
{
    return &db->settings;
}

struct db_health *db_health(struct db *db)
{
    return &db->health;
}

/* Gives the connection up; until the back-off is over, requests are refused at once. */
static enum status give_up(struct db *db, const char *why)
{
    disconnect(db);
    back_off_grow(&db->back_off);
    db_health_set_away(&db->health, why);
    return STATUS_UNAVAILABLE;
}

static enum status fail_to_connect(struct db *db)
{
    db_health_count_error(&db->health, DB_ERROR_UNAVAILABLE, PQerrorMessage(db->connection));
    return give_up(db, "cannot connect");
}

static void ignore_notice(void *unused, const char *message)
{
    (void)unused;
    (void)message;
}

static enum status begin_connecting(struct db *db)
{
    static const char *const keys[] = {"dbname", "client_encoding", "fallback_application_name",
                                       NULL};
    const char *values[] = {db->settings.url, "UTF8", "todo.fcgi", NULL};
    if (back_off_holds(&db->back_off))
        return STATUS_UNAVAILABLE;
    db->connection = PQconnectStartParams(keys, values, 1);
    db->connect_began = clock_monotonic();
    if (PQstatus(db->connection) == CONNECTION_BAD) /* also of NULL */
        return fail_to_connect(db);
    db->link = LINK_CONNECTING;
    db->polling = PGRES_POLLING_WRITING;
    return STATUS_OK;
}

/* Goes on connecting. Not being done by the deadline is no reason to begin anew: the next request
 * goes on. While the database is known to be away and silent, requests wait a moment only: those
 * behind them in the queue want their 503 in time, too. */
static enum status finish_connecting(struct db *db)
{
    int64_t moment = clock_monotonic() + longest_moment;
    while (db->polling != PGRES_POLLING_OK && db->polling != PGRES_POLLING_FAILED) {
        short events = db->polling == PGRES_POLLING_READING ? POLLIN : POLLOUT;
        bool brief = db->health.is_away && db->link == LINK_CONNECTING && moment < db->deadline;
        if (!socket_wait(PQsocket(db->connection), events, brief ? moment : db->deadline)) {
            bool too_long = clock_monotonic() - db->connect_began > max_connect_time;
            db_health_count_error(&db->health, DB_ERROR_TIMEOUT, "the server does not answer");
            return too_long ? give_up(db, "cannot connect in 10 s") : STATUS_UNAVAILABLE;
        }
        db->link = events == POLLIN ? LINK_ANSWERED : db->link;
        db->polling = PQconnectPoll(db->connection);
    }
    if (db->polling == PGRES_POLLING_FAILED || PQsetnonblocking(db->connection, 1) != 0)
        return fail_to_connect(db);
    db->link = LINK_NEW;
    db_health_count_connection(&db->health);
    PQsetNoticeProcessor(db->connection, ignore_notice, NULL);
    return STATUS_OK;
}

/* Reads what a server says unasked: above all that it has closed the connection. */
static void notice_closing(struct db *db)
{
    for (int i = 0; i < 8 && PQstatus(db->connection) == CONNECTION_OK; i++) {
        struct pollfd socket = {.fd = PQsocket(db->connection), .events = POLLIN};
        if (poll(&socket, 1, 0) <= 0)
            return;
        (void)!PQconsumeInput(db->connection);
    }
}

static enum status open_connection(struct db *db)
{
    enum status status = db->link == LINK_DOWN ? begin_connecting(db) : STATUS_OK;
    if (status == STATUS_OK)
        status = finish_connecting(db);
    if (status != STATUS_OK)
        return status;
    if (db->settings.on_connect != NULL)
        status = db->settings.on_connect(db);
    if (status != STATUS_OK) {
        (void)give_up(db, "a new connection could not be used");
        return status;
    }
    db_health_set_back(&db->health);
    db->back_off = (struct back_off){0};
    db->link = LINK_UP;
    return status;
}

static enum status make_ready(struct db *db)
{
    if (db->link == LINK_UP) {
        notice_closing(db);
        if (PQstatus(db->connection) == CONNECTION_OK)
            return STATUS_OK;
        disconnect(db);
    }
    return db->link == LINK_NEW ? STATUS_OK : open_connection(db);
}

/* Sends what is queued and waits until a whole result is there, NULL when the deadline has passed.
 * Of several results the last counts, but a failed one before it. */
static PGresult *take_result(struct db *db)
{
    PGresult *result = NULL;
    for (;;) {
        int unsent = PQflush(db->connection);
        short events = unsent == 1 ? POLLIN | POLLOUT : POLLIN;
        if (unsent < 0) /* broken, and libpq has closed it already */
            break;
        bool is_busy = unsent == 1 || PQisBusy(db->connection);
        if (is_busy && !socket_wait(PQsocket(db->connection), events, db->deadline))
            break;
        if (is_busy) {
            (void)!PQconsumeInput(db->connection);
            continue;
        }
        PGresult *next = PQgetResult(db->connection);
        if (next == NULL)
            return result;
        bool failed = result != NULL && PQresultStatus(result) == PGRES_FATAL_ERROR;
        PQclear(failed ? next : result);
        result = failed ? result : next;
    }
    PQclear(result);
    return NULL;
}

static PGresult *prepare(struct db *db, const struct db_query *query,
                         const struct db_statement_key *key)
{
    PGresult *result = NULL;
    if (PQsendPrepare(db->connection, key->name, query->statement->sql, 0, NULL))
        result = take_result(db);
    if (PQresultStatus(result) == PGRES_COMMAND_OK)
        prepared_add(&db->prepared, key->hash);
    return result;
}

/* Where there is no room for another prepared statement, it goes out as those do that are planned
 * anew at each call. */
static PGresult *send_once(struct db *db, const struct db_query *query,
                           const struct db_statement_key *key)
{
    bool is_prepared = prepared_has(&db->prepared, key->hash);
    bool named = db->settings.prepare && !query->statement->adaptive;
    if (named && !is_prepared && !prepared_is_full(&db->prepared)) {
        PGresult *result = prepare(db, query, key);
        if (PQresultStatus(result) != PGRES_COMMAND_OK)
            return result;
        PQclear(result);
        is_prepared = true;
    }
    int sent = is_prepared
                   ? PQsendQueryPrepared(db->connection, key->name, query->count, query->values,
                                         query->lengths, query->formats, 1)
                   : PQsendQueryParams(db->connection, query->statement->sql, query->count, NULL,
                                       query->values, query->lengths, query->formats, 1);
    return sent ? take_result(db) : NULL;
}

/* What a statement has failed by, NULL for nothing; logs the cause of what is not the client's
 * doing.
 */
static const struct sqlstate *find_failure(struct db *db, const char *name, const PGresult *result)
{
    ExecStatusType kind = PQresultStatus(result);
    if (kind == PGRES_TUPLES_OK || kind == PGRES_COMMAND_OK)
        return NULL;
    const char *code = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const struct sqlstate *failure = sqlstate_find(code);
    if (result == NULL && PQstatus(db->connection) == CONNECTION_OK)
        db_health_count_error(&db->health, DB_ERROR_TIMEOUT, "no answer in time");
    else
        db_health_count_error(&db->health, failure->error, PQerrorMessage(db->connection));
    if (code != NULL && failure->error != DB_ERROR_NONE)
        sqlstate_log(name, code, PQresultErrorField(result, PG_DIAG_CONSTRAINT_NAME));
    return failure;
}

/* Prepares for sending a statement again. False when it must not be. */
static bool may_retry(struct db *db, enum verdict verdict, bool writes)
{
    bool is_fresh = clock_monotonic() - db->connect_began < read_only_pause;
    if (verdict == VERDICT_DONE || (verdict == VERDICT_READ_ONLY && is_fresh))
        return false;
    if (verdict == VERDICT_AGAIN)
        return true;
    disconnect(db);
    return verdict != VERDICT_LOST || !writes;
}

/* Connects where need be. The server must have given a write up by the time we do. */
static enum status make_ready_for(struct db *db, const struct db_statement *statement)
{
    enum status status = make_ready(db);
    int64_t left = db->deadline - clock_monotonic();
    if (status != STATUS_OK || !statement->writes || left >= db_statement_timeout(db))
        return status;
    db_health_count_error(&db->health, DB_ERROR_NONE, "too little time was left for a write");
    return STATUS_UNAVAILABLE;
}

/* Within db->deadline. */
static enum status execute(struct db *db, const struct db_query *query, struct db_rows *rows)
{
    const struct db_statement *statement = query->statement;
    struct db_statement_key key = db_statement_key(statement);
    bool nested = db->link == LINK_NEW;
    enum status status = STATUS_UNAVAILABLE;
    if (!prepared_has(&db->prepared, key.hash) && !db_statement_is_sound(statement))
        return STATUS_INTERNAL;
    for (int i = 0; i < MAX_TRIES; i++) {
        status = make_ready_for(db, statement);
        if (status != STATUS_OK)
            return status;
        PGresult *result = send_once(db, query, &key);
        const struct sqlstate *failure = find_failure(db, statement->name, result);
        if (failure == NULL) {
            arena_defer(db->settings.arena, (void (*)(void *))PQclear, result);
            *rows = (struct db_rows){.result = result, .count = PQntuples(result)};
            return db_statement_judge(statement, rows->count);
        }
        PQclear(result);
        status = failure->status;
        if (clock_monotonic() >= db->deadline)
            return give_up(db, "no answer in time");
        if (!may_retry(db, failure->verdict, statement->writes) || nested)
            return status;
    }
    return status;
}

/* Begins a call, which has what is left of the request's time. */
static int64_t begin_call(struct db *db)
{
    int64_t now = clock_monotonic();
    db->deadline = now + db->settings.timeout - db->spent;
    return now;
}

static void end_call(struct db *db, int64_t began)
{
    int64_t micros = clock_monotonic() - began;
    db->spent += micros;
    db->health.counts.micros += (uint64_t)micros;
}

enum status db_execute(struct db *db, const struct db_query *query, struct db_rows *rows)
{
    if (db->link == LINK_NEW) /* on_connect, within the time of the call that connects */
        return execute(db, query, rows);
    int64_t began = begin_call(db);
    enum status status = execute(db, query, rows);
    end_call(db, began);
    return status;
}

enum status db_connect(struct db *db)
{
    int64_t began = begin_call(db);
    enum status status = make_ready(db);
    end_call(db, began);
    return status;
}

void db_set_on_connect(struct db *db, enum status (*on_connect)(struct db *db))
{
    db->settings.on_connect = on_connect;
}

bool db_is_connected(const struct db *db)
{
    return db->link == LINK_UP;
}

int64_t db_statement_timeout(const struct db *db)
{
    return db->settings.timeout * 7 / 10;
}

enum status db_run_script(struct db *db, const char *sql)
{
    int64_t deadline = db->deadline;
    if (!PQsendQuery(db->connection, sql))
        return STATUS_UNAVAILABLE;
    db->deadline = clock_monotonic() + max_script_time;
    PGresult *result = take_result(db);
    const struct sqlstate *failure = find_failure(db, "script", result);
    PQclear(result);
    db->deadline = deadline;
    return failure == NULL ? STATUS_OK : failure->status;
}

const void *db_cell(const struct db_rows *rows, int row, int column, size_t *length)
{
    assert(row >= 0 && row < rows->count); /* libpq says NULL to a column too many */
    *length = (size_t)PQgetlength(rows->result, row, column);
    if (*length == 0 && PQgetisnull(rows->result, row, column))
        return NULL;
    return PQgetvalue(rows->result, row, column);
}
