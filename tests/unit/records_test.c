/* app/records: what may reach libfcgi, over a pair of sockets. */
#include "app/process/records.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { BEGIN = 1, ABORT, END, PARAMS, STDIN, STDOUT, STDERR, DATA, GET_VALUES };
enum { RESPONDER = 1, AUTHORIZER, FILTER };

/* Bytes as they come over the connection. */
static unsigned char sent[200000];
static size_t sent_size;

static void add_raw(const void *bytes, size_t length)
{
    memcpy(sent + sent_size, bytes, length);
    sent_size += length;
}

struct header {
    int version, type, request_id, padding;
};

static void add_as(const struct header *header, const void *content, size_t length)
{
    static const unsigned char zeros[255];
    const unsigned char bytes[8] = {(unsigned char)header->version,
                                    (unsigned char)header->type,
                                    (unsigned char)(header->request_id >> 8),
                                    (unsigned char)header->request_id,
                                    (unsigned char)(length >> 8),
                                    (unsigned char)length,
                                    (unsigned char)header->padding,
                                    0};
    add_raw(bytes, sizeof bytes);
    add_raw(content, length);
    add_raw(zeros, (size_t)header->padding);
}

static void add(int type, const void *content, size_t length)
{
    struct header header = {1, type, 1, 0};
    add_as(&header, content, length);
}

static void begin(int role)
{
    const unsigned char content[8] = {0, (unsigned char)role};
    sent_size = 0;
    add(BEGIN, content, sizeof content);
}

static const char method[] = "\x0E\x03REQUEST_METHODGET";

static void add_head(void)
{
    begin(RESPONDER);
    add(PARAMS, method, sizeof method - 1);
    add(PARAMS, "", 0);
}

static void add_get(void)
{
    add_head();
    add(STDIN, "", 0);
}

/* What records_await_request says when the bytes have come and nothing more will. */
static bool is_let_in(size_t size)
{
    int ends[2], room = 1 << 20;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    assert_int_equal(send(ends[0], sent, size, MSG_DONTWAIT), size);
    shutdown(ends[0], SHUT_WR);
    bool good = records_await_request(ends[1]);
    close(ends[0]);
    close(ends[1]);
    return good;
}

static void a_request_without_a_body_is_let_in(void **state)
{
    (void)state;
    add_get();
    assert_true(is_let_in(sent_size));
}

static void a_request_with_a_body_is_let_in(void **state)
{
    (void)state;
    add_head();
    add(STDIN, "{\"a\"", 4);
    add(STDIN, ":1}", 3);
    add(STDIN, "", 0);
    assert_true(is_let_in(sent_size));
}

static void parameters_may_come_in_many_records(void **state)
{
    (void)state;
    begin(RESPONDER);
    for (size_t i = 0; i < sizeof method - 1; i++)
        add(PARAMS, method + i, 1);
    add(PARAMS, "", 0);
    add(STDIN, "", 0);
    assert_true(is_let_in(sent_size));
}

static void padding_is_passed_over(void **state)
{
    static const unsigned char role[8] = {0, RESPONDER};
    static const struct header begin_padded = {1, BEGIN, 1, 255}, params = {1, PARAMS, 1, 7},
                               end = {1, STDIN, 1, 1};
    (void)state;
    sent_size = 0;
    add_as(&begin_padded, role, sizeof role);
    add_as(&params, method, sizeof method - 1);
    add_as(&params, "", 0);
    add_as(&end, "", 0);
    assert_true(is_let_in(sent_size));
}

static void no_parameters_are_whole_parameters(void **state)
{
    (void)state;
    begin(RESPONDER);
    add(PARAMS, "", 0);
    add(STDIN, "", 0);
    assert_true(is_let_in(sent_size));
}

static void what_was_looked_at_can_still_be_read(void **state)
{
    unsigned char read_back[1024];
    int ends[2];
    (void)state;
    add_get();
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    assert_int_equal(send(ends[0], sent, sent_size, 0), sent_size);
    assert_true(records_await_request(ends[1]));
    assert_int_equal(read(ends[1], read_back, sizeof read_back), sent_size);
    assert_memory_equal(read_back, sent, sent_size);
    close(ends[0]);
    close(ends[1]);
}

static void a_head_cut_anywhere_is_not_let_in(void **state)
{
    (void)state;
    add_head();
    size_t head_size = sent_size;
    add(STDIN, "body", 4);
    for (size_t size = 0; size <= sent_size; size++)
        if (is_let_in(size) != (size >= head_size))
            fail_msg("%zu bytes of %zu", size, head_size);
}

static void *send_bytewise(void *socket)
{
    for (size_t i = 0; i < sent_size; i++)
        if (send(*(int *)socket, sent + i, 1, 0) != 1)
            break;
    return NULL;
}

static void a_request_that_comes_byte_by_byte_is_awaited(void **state)
{
    int ends[2];
    pthread_t sender;
    (void)state;
    add_head();
    add(STDIN, "body", 4);
    add(STDIN, "", 0);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    assert_int_equal(pthread_create(&sender, NULL, send_bytewise, &ends[0]), 0);
    assert_true(records_await_request(ends[1]));
    pthread_join(sender, NULL);
    close(ends[0]);
    close(ends[1]);
}

static void only_a_responder_s_request_is_let_in(void **state)
{
    static const int roles[] = {0, AUTHORIZER, FILTER, 4, 255};
    (void)state;
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++) {
        begin(roles[i]);
        add(PARAMS, "", 0);
        add(STDIN, "", 0);
        assert_false(is_let_in(sent_size));
    }
}

/* FCGI_GET_VALUES overruns a buffer of libfcgi; the others it does not know what to do with. */
static void no_other_record_may_begin(void **state)
{
    (void)state;
    for (int type = 0; type < 256; type++)
        for (int id = 0; id <= 1; id++) {
            static const unsigned char content[8] = {0, RESPONDER};
            struct header header = {1, type, id, 0};
            if (type == BEGIN && id == 1)
                continue;
            sent_size = 0;
            add_as(&header, content, sizeof content);
            add(PARAMS, "", 0);
            add(STDIN, "", 0);
            if (is_let_in(sent_size))
                fail_msg("type %d, request %d", type, id);
        }
}

static void no_other_record_may_stand_among_the_parameters(void **state)
{
    (void)state;
    for (int type = 0; type < 256; type++) {
        if (type == PARAMS)
            continue;
        begin(RESPONDER);
        add(type, "", 0);
        add(PARAMS, "", 0);
        add(STDIN, "", 0);
        if (is_let_in(sent_size))
            fail_msg("type %d", type);
    }
}

static void no_other_record_may_stand_in_the_body(void **state)
{
    (void)state;
    for (int type = 0; type < 256; type++) {
        if (type == STDIN)
            continue;
        add_head();
        add(STDIN, "x", 1);
        add(type, "xxxxxxxx", 8);
        add(STDIN, "", 0);
        if (is_let_in(sent_size))
            fail_msg("type %d", type);
    }
}

static void another_version_or_request_is_not_let_in(void **state)
{
    static const struct header wrong[] = {{0, PARAMS, 1, 0},
                                          {2, PARAMS, 1, 0},
                                          {1, PARAMS, 0, 0},
                                          {1, PARAMS, 2, 0},
                                          {1, PARAMS, 257, 0}};
    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        begin(RESPONDER);
        add_as(&wrong[i], "", 0);
        add(STDIN, "", 0);
        assert_false(is_let_in(sent_size));
    }
}

static void a_begin_of_another_size_is_not_let_in(void **state)
{
    static const unsigned char content[16] = {0, RESPONDER};
    (void)state;
    for (size_t size = 0; size <= 16; size++) {
        sent_size = 0;
        add(BEGIN, content, size);
        add(PARAMS, "", 0);
        add(STDIN, "", 0);
        assert_int_equal(is_let_in(sent_size), size == 8);
    }
}

static void parameters_must_add_up(void **state)
{
    static const struct {
        const char *bytes;
        size_t length;
        bool good;
    } cases[] = {
        {"\0\0", 2, true},
        {"\1\0a", 3, true},
        {"\1\1ab", 4, true},
        {"\x80\0\0\1\x80\0\0\1ab", 10, true},
        {"\1\1ab\0\0", 6, true},
        {"\0", 1, false},
        {"\1\1a", 3, false},
        {"\1\1abc", 5, false},
        {"\x80", 1, false},
        {"\x80\0\0\1", 4, false},
        {"\1\x80\0\0", 4, false},
        {"\x7F\x7Fx", 3, false},
        /* CVE-2025-23016: sums beyond an int */
        {"\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 8, false},
        {"\xFF\xFF\xFF\xFE\xFF\xFF\xFF\xFE", 8, false},
        {"\xFF\xFF\xFF\xFE\x03"
         "abc",
         8, false},
        {"\x80\0\0\0\x80\0\0\0", 8, true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        begin(RESPONDER);
        add(PARAMS, cases[i].bytes, cases[i].length);
        add(PARAMS, "", 0);
        add(STDIN, "", 0);
        if (is_let_in(sent_size) != cases[i].good)
            fail_msg("case %zu", i);
    }
}

/* One parameter with a value of this size. */
static void add_large_head(size_t value_size)
{
    static unsigned char params[70000];
    begin(RESPONDER);
    memset(params, 'x', sizeof params);
    params[0] = 1;
    params[1] = 0x80;
    params[2] = (unsigned char)(value_size >> 16);
    params[3] = (unsigned char)(value_size >> 8);
    params[4] = (unsigned char)value_size;
    for (size_t done = 0, size = 6 + value_size; done < size;) {
        size_t part = size - done > 60000 ? 60000 : size - done;
        add(PARAMS, params + done, part);
        done += part;
    }
    add(PARAMS, "", 0);
    add(STDIN, "", 0);
}

static void parameters_have_at_most_64_kib(void **state)
{
    (void)state;
    add_large_head(60000);
    assert_true(is_let_in(sent_size));
    add_large_head(65536);
    assert_false(is_let_in(sent_size));
}

static void a_body_may_go_on_beyond_what_is_looked_at(void **state)
{
    static char body[60000];
    (void)state;
    add_head();
    add(STDIN, body, sizeof body);
    add(STDIN, body, sizeof body);
    add(STDIN, "", 0);
    assert_true(is_let_in(sent_size));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_without_a_body_is_let_in),
        cmocka_unit_test(a_request_with_a_body_is_let_in),
        cmocka_unit_test(parameters_may_come_in_many_records),
        cmocka_unit_test(padding_is_passed_over),
        cmocka_unit_test(no_parameters_are_whole_parameters),
        cmocka_unit_test(what_was_looked_at_can_still_be_read),
        cmocka_unit_test(a_head_cut_anywhere_is_not_let_in),
        cmocka_unit_test(a_request_that_comes_byte_by_byte_is_awaited),
        cmocka_unit_test(only_a_responder_s_request_is_let_in),
        cmocka_unit_test(no_other_record_may_begin),
        cmocka_unit_test(no_other_record_may_stand_among_the_parameters),
        cmocka_unit_test(no_other_record_may_stand_in_the_body),
        cmocka_unit_test(another_version_or_request_is_not_let_in),
        cmocka_unit_test(a_begin_of_another_size_is_not_let_in),
        cmocka_unit_test(parameters_must_add_up),
        cmocka_unit_test(parameters_have_at_most_64_kib),
        cmocka_unit_test(a_body_may_go_on_beyond_what_is_looked_at),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
