/* A look at a connection's FastCGI records before libfcgi reads them. */
#include "records.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>

enum { HEADER_SIZE = 8, BEGIN_SIZE = 8, HELD_SIZE = 65536 };
enum { VERSION = 1, BEGIN_REQUEST = 1, PARAMS = 4, STDIN = 5, RESPONDER = 1 };

enum progress { BAD, HEAD_INCOMPLETE, BODY_INCOMPLETE, GOOD };

struct record {
    int version;
    int type;
    int request_id;
    size_t length;
    const unsigned char *content;
    const unsigned char *end; /* behind the padding */
};

static int read_16(const unsigned char *bytes)
{
    return bytes[0] << 8 | bytes[1];
}

/* Reads the record at `at`; its content may not have come yet. */
static bool read_record(const unsigned char *at, const unsigned char *end, struct record *record)
{
    if (end - at < HEADER_SIZE)
        return false;
    record->version = at[0];
    record->type = at[1];
    record->request_id = read_16(at + 2);
    record->length = (size_t)read_16(at + 4);
    record->content = at + HEADER_SIZE;
    record->end = record->content + record->length + at[6];
    return true;
}

/* A length of a name or a value: one byte, or four whose first bit is set. 0 where it is cut. */
static size_t read_length(const unsigned char *at, size_t left, size_t *length)
{
    if (left >= 1 && at[0] < 0x80) {
        *length = at[0];
        return 1;
    }
    if (left < 4)
        return 0;
    *length = (size_t)(at[0] & 0x7F) << 24 | (size_t)at[1] << 16 | (size_t)at[2] << 8 | at[3];
    return 4;
}

/* The bytes that a pair takes: two lengths, the name, the value. 0 where it is cut. */
static size_t measure_pair(const unsigned char *at, size_t left)
{
    size_t name, value;
    size_t head = read_length(at, left, &name);
    size_t second = head == 0 ? 0 : read_length(at + head, left - head, &value);
    if (second == 0)
        return 0;
    head += second;
    left -= head;
    return name > left || value > left - name ? 0 : head + name + value;
}

/* Whether the parameters, put together, are whole pairs. */
static bool are_pairs(const unsigned char *at, size_t left)
{
    while (left > 0) {
        size_t size = measure_pair(at, left);
        if (size == 0)
            return false;
        at += size;
        left -= size;
    }
    return true;
}

static bool is_begin(const struct record *record, const unsigned char *end)
{
    return record->version == VERSION && record->type == BEGIN_REQUEST && record->request_id != 0 &&
           record->length == BEGIN_SIZE &&
           (end < record->content + 2 || read_16(record->content) == RESPONDER);
}

static enum progress check_records(const unsigned char *at, const unsigned char *end)
{
    static unsigned char params[HELD_SIZE];
    size_t params_size = 0;
    int type = PARAMS; /* the stream that we are in */
    struct record begin, record;

    if (!read_record(at, end, &begin))
        return HEAD_INCOMPLETE;
    if (!is_begin(&begin, end))
        return BAD;
    for (at = begin.end; at <= end && read_record(at, end, &record); at = record.end) {
        if (record.version != VERSION || record.type != type ||
            record.request_id != begin.request_id)
            return BAD;
        if (record.end > end)
            break;
        if (type == PARAMS) {
            assert(params_size + record.length <= sizeof params);
            memcpy(params + params_size, record.content, record.length);
            params_size += record.length;
        }
        if (record.length > 0)
            continue;
        if (type == STDIN)
            return GOOD;
        if (!are_pairs(params, params_size))
            return BAD;
        type = STDIN;
    }
    return type == STDIN ? BODY_INCOMPLETE : HEAD_INCOMPLETE;
}

bool records_await_request(int connection)
{
    static unsigned char held[HELD_SIZE];
    int size = 0;
    enum progress progress = HEAD_INCOMPLETE;
    while (size < HELD_SIZE && progress == HEAD_INCOMPLETE) {
        /* With an offset, each look shows what has come since the last one, and waits for it.
         * Before Linux 6.9 that is for unix sockets alone; whoever listens on TCP trusts all who
         * can connect. */
        if (size > 0 && setsockopt(connection, SOL_SOCKET, SO_PEEK_OFF, &size, sizeof size) != 0)
            return true;
        ssize_t more = recv(connection, held + size, (size_t)(HELD_SIZE - size), MSG_PEEK);
        if (more <= 0)
            return false;
        size += (int)more;
        assert(size <= HELD_SIZE);
        progress = check_records(held, held + size);
    }
    /* A body may go on behind what we hold; a head may not. Waiting for more of it here would be a
     * deadlock: what we only look at stays in the sender's buffer, and a sender that polls for room
     * (mod_proxy_fcgi) goes on only once three quarters of that are free. */
    return progress == GOOD || progress == BODY_INCOMPLETE;
}
