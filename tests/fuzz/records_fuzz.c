/* app/records: the bytes that a FastCGI connection may begin with. */
#include "app/process/records.h"
#include "tests/fuzz/fuzz.h"

#include <sys/socket.h>
#include <unistd.h>

enum { HEADER = 8, BEGIN = 16, PARAMS = 4 };

/* What is let in begins with a whole head: a responder's BEGIN_REQUEST of this protocol, and
 * PARAMS of the same request to the empty record that ends them. The body may follow later. */
static void check_let_in(const uint8_t *data, size_t size)
{
    REQUIRE(size >= BEGIN);
    REQUIRE(data[0] == 1 && data[1] == 1 && (data[2] | data[3]) != 0);
    REQUIRE(data[4] == 0 && data[5] == 8 && data[8] == 0 && data[9] == 1);
    size_t length, at = BEGIN + (size_t)data[6];
    do {
        REQUIRE(at + HEADER <= size);
        const uint8_t *record = data + at;
        REQUIRE(record[0] == 1 && record[1] == PARAMS);
        REQUIRE(record[2] == data[2] && record[3] == data[3]);
        length = (size_t)record[4] << 8 | record[5];
        at += HEADER + length + record[6];
        REQUIRE(at <= size);
    } while (length > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static unsigned char rest[1 << 16];
    int ends[2];
    if (size > sizeof rest || socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
        return 0;
    if (send(ends[0], data, size, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)size) {
        shutdown(ends[0], SHUT_WR);
        if (records_await_request(ends[1])) {
            check_let_in(data, size);
            REQUIRE(recv(ends[1], rest, sizeof rest, MSG_WAITALL) == (ssize_t)size);
            REQUIRE(memcmp(rest, data, size) == 0);
        }
    }
    close(ends[0]);
    close(ends[1]);
    return 0;
}
