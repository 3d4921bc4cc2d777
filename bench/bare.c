/* The limit of a responder: one prepared statement with binary results, JSON written by hand, the
 * same bytes as todo.fcgi's, and nothing else. No token is verified, nothing is checked, logged,
 * counted or given a deadline.
 *
 * Listens on fd 0 and forks WORKERS. From the environment: DATABASE_URL, the statements BARE_LIST
 * and BARE_GET; or BARE_BODY alone, which is then the answer to everything.
 */
#include <endian.h>
#include <fcgiapp.h>
#include <libpq-fe.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static char out[256 * 1024];
static size_t used;

static void add(const void *bytes, size_t length)
{
    memcpy(out + used, bytes, length);
    used += length;
}

#define ADD(text) add(text, sizeof(text) - 1)

static uint64_t read64(const char *bytes)
{
    uint64_t value;
    memcpy(&value, bytes, sizeof value);
    return be64toh(value);
}

static uint32_t read32(const char *bytes)
{
    uint32_t value;
    memcpy(&value, bytes, sizeof value);
    return be32toh(value);
}

static void add_text(const char *text, size_t length)
{
    ADD("\"");
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '"' || text[i] == '\\')
            out[used++] = '\\';
        out[used++] = text[i];
    }
    ADD("\"");
}

static void add_uuid(const char *bytes)
{
    static const char digits[] = "0123456789abcdef";
    for (int i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            out[used++] = '-';
        out[used++] = digits[(unsigned char)bytes[i] >> 4];
        out[used++] = digits[bytes[i] & 15];
    }
}

static void add_digits(unsigned value, int count)
{
    for (int i = count - 1; i >= 0; i--, value /= 10)
        out[used + (size_t)i] = (char)('0' + value % 10);
    used += (size_t)count;
}

/* Microseconds since 2000 as RFC 3339 (Howard Hinnant's civil_from_days), or null. */
static void add_time(const PGresult *rows, int row, int column, bool precise)
{
    if (PQgetisnull(rows, row, column)) {
        ADD("null");
        return;
    }
    uint64_t micros = read64(PQgetvalue(rows, row, column));
    uint32_t days = (uint32_t)(micros / 86400000000) + 730425; /* since 0000-03-01 */
    uint64_t rest = micros % 86400000000;
    uint32_t era = days / 146097, day = days % 146097;
    uint32_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    uint32_t of_year = day - (365 * year + year / 4 - year / 100);
    uint32_t month = (5 * of_year + 2) / 153;
    ADD("\"");
    add_digits(year + era * 400 + (month >= 10), 4);
    ADD("-");
    add_digits(month < 10 ? month + 3 : month - 9, 2);
    ADD("-");
    add_digits(of_year - (153 * month + 2) / 5 + 1, 2);
    ADD("T");
    add_digits((unsigned)(rest / 3600000000), 2);
    ADD(":");
    add_digits((unsigned)(rest / 60000000 % 60), 2);
    ADD(":");
    add_digits((unsigned)(rest / 1000000 % 60), 2);
    if (precise || rest % 1000000 != 0) {
        ADD(".");
        add_digits((unsigned)(rest % 1000000), 6);
    }
    ADD("Z\"");
}

static void add_tags(const char *array)
{
    uint32_t count = read32(array) == 0 ? 0 : read32(array + 12);
    const char *item = array + 20;
    ADD("[");
    for (uint32_t i = 0; i < count; i++) {
        uint32_t length = read32(item);
        if (i > 0)
            ADD(",");
        add_text(item + 4, length);
        item += 4 + length;
    }
    ADD("]");
}

/* The columns of lib/data/task_fields.h, behind actor.stale. */
enum {
    ID = 1,
    COMPLETED_AT,
    CREATED_AT,
    UPDATED_AT,
    TITLE,
    DESCRIPTION,
    PRIORITY,
    TAGS,
    DUE_AT,
    DUE_IS_DATE,
    SORT_ORDER
};

static void add_task(const PGresult *rows, int row, const char *host)
{
    static const char *const priorities[] = {"low", "medium", "high"};
    const char *priority = priorities[(unsigned char)PQgetvalue(rows, row, PRIORITY)[1]];
    bool completed = !PQgetisnull(rows, row, COMPLETED_AT);
    ADD("{\"id\":\"");
    add_uuid(PQgetvalue(rows, row, ID));
    ADD("\",\"url\":\"http://");
    add(host, strlen(host));
    ADD("/tasks/");
    add_uuid(PQgetvalue(rows, row, ID));
    ADD("\",\"title\":");
    add_text(PQgetvalue(rows, row, TITLE), (size_t)PQgetlength(rows, row, TITLE));
    ADD(",\"description\":");
    if (PQgetisnull(rows, row, DESCRIPTION))
        ADD("null");
    else
        add_text(PQgetvalue(rows, row, DESCRIPTION), (size_t)PQgetlength(rows, row, DESCRIPTION));
    if (completed)
        ADD(",\"completed\":true,\"priority\":");
    else
        ADD(",\"completed\":false,\"priority\":");
    add_text(priority, strlen(priority));
    ADD(",\"tags\":");
    add_tags(PQgetvalue(rows, row, TAGS));
    ADD(",\"due_date\":");
    add_time(rows, row, DUE_AT, false);
    ADD(",\"order\":");
    if (PQgetisnull(rows, row, SORT_ORDER))
        ADD("null");
    else
        used += (size_t)sprintf(out + used, "%d", (int)read32(PQgetvalue(rows, row, SORT_ORDER)));
    ADD(",\"created_at\":");
    add_time(rows, row, CREATED_AT, true);
    ADD(",\"updated_at\":");
    add_time(rows, row, UPDATED_AT, true);
    ADD(",\"completed_at\":");
    add_time(rows, row, COMPLETED_AT, true);
    ADD("}");
}

/* The payload of a token, unverified; only its three claims are read. */
struct caller {
    char user[16];
    char session[16];
    char issued_at[8];
};

static void read_uuid(const char *text, char bytes[16])
{
    for (int i = 0; i < 16; i++, text += 2) {
        text += *text == '-';
        bytes[i] = (char)(((text[0] & 15) + (text[0] >> 6) * 9) << 4 |
                          ((text[1] & 15) + (text[1] >> 6) * 9));
    }
}

static const char *find_claim(const char *payload, const char *name)
{
    const char *place = strstr(payload, name);
    return place == NULL ? exit(EXIT_FAILURE), NULL : place + strlen(name);
}

static struct caller read_token(const char *authorization)
{
    struct caller caller;
    char payload[1024] = "";
    size_t length = 0;
    unsigned bits = 0;
    int count = 0;
    for (const char *c = strchr(authorization, '.') + 1; *c != '.' && length < sizeof payload - 1;
         c++) {
        int value = *c >= 'a'   ? *c - 'a' + 26
                    : *c >= 'A' ? *c - 'A'
                    : *c >= '0' ? *c - '0' + 52
                    : *c == '-' ? 62
                                : 63;
        bits = bits << 6 | (unsigned)(*c == '_' ? 63 : value);
        if ((count += 6) >= 8)
            payload[length++] = (char)(bits >> (count -= 8));
    }
    read_uuid(find_claim(payload, "\"sub\":\""), caller.user);
    read_uuid(find_claim(payload, "\"sid\":\""), caller.session);
    uint64_t issued_at = (strtoull(find_claim(payload, "\"iat\":"), NULL, 10) - 946684800) *
                         1000000;
    issued_at = htobe64(issued_at);
    memcpy(caller.issued_at, &issued_at, sizeof issued_at);
    return caller;
}

static void write_tasks(PGconn *connection, const char *path, FCGX_ParamArray variables)
{
    static const int formats[] = {1, 1, 1, 1};
    bool is_list = strcmp(path, "/tasks") == 0;
    struct caller caller = read_token(FCGX_GetParam("HTTP_AUTHORIZATION", variables));
    char fourth[16];
    if (is_list) {
        uint64_t limit = htobe64(21);
        memcpy(fourth, &limit, sizeof limit);
    } else {
        read_uuid(path + strlen("/tasks/"), fourth);
    }
    const char *values[] = {caller.user, caller.session, caller.issued_at, fourth};
    const int lengths[] = {16, 16, 8, is_list ? 8 : 16};
    PGresult *rows = PQexecPrepared(connection, is_list ? "list" : "get", 4, values, lengths,
                                    formats, 1);
    if (PQresultStatus(rows) != PGRES_TUPLES_OK || PQntuples(rows) == 0)
        exit(EXIT_FAILURE);
    if (is_list)
        ADD("[");
    for (int row = 0; row < PQntuples(rows); row++) {
        if (row > 0)
            ADD(",");
        add_task(rows, row, FCGX_GetParam("HTTP_HOST", variables));
    }
    if (is_list)
        ADD("]");
    PQclear(rows);
}

static void serve(void)
{
    static char head[1024];
    const char *constant = getenv("BARE_BODY");
    PGconn *connection = NULL;
    FCGX_Request request;
    if (constant == NULL) {
        connection = PQconnectdb(getenv("DATABASE_URL"));
        PQclear(PQprepare(connection, "list", getenv("BARE_LIST"), 0, NULL));
        PGresult *prepared = PQprepare(connection, "get", getenv("BARE_GET"), 0, NULL);
        if (PQresultStatus(prepared) != PGRES_COMMAND_OK)
            exit(EXIT_FAILURE);
        PQclear(prepared);
    }
    FCGX_Init();
    FCGX_InitRequest(&request, 0, 0);
    while (FCGX_Accept_r(&request) == 0) {
        const char *path = FCGX_GetParam("PATH_INFO", request.envp);
        used = 0;
        if (constant != NULL)
            add(constant, strlen(constant));
        else if (strncmp(path, "/tasks", 6) == 0)
            write_tasks(connection, path, request.envp);
        int length = sprintf(
            head,
            "Status: 200 OK\r\nETag: W/\"0123456789abcdef\"\r\nCache-Control: private, no-cache\r\n"
            "X-Content-Type-Options: nosniff\r\n"
            "X-Request-Id: 00000000-0000-7000-8000-000000000000\r\n"
            "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n",
            used);
        FCGX_PutStr(head, length, request.out);
        FCGX_PutStr(out, (int)used, request.out);
        request.keepConnection = 1; /* the library would linger until the peer has closed */
        FCGX_Finish_r(&request);
        close(request.ipcFd);
        request.ipcFd = -1;
    }
}

int main(void)
{
    int workers = atoi(getenv("WORKERS"));
    for (int i = 0; i < workers; i++) {
        if (fork() == 0) {
            prctl(PR_SET_PDEATHSIG, SIGTERM);
            serve();
            return EXIT_FAILURE;
        }
    }
    while (wait(NULL) > 0)
        continue;
    return EXIT_FAILURE;
}
