/* app/notify: what systemd hears, over a socket of the test's own. */
#include "app/process/notify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

static int listen_at(const char *name, size_t length)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int listener = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    memcpy(address.sun_path, name, length);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, size), 0);
    return listener;
}

static void assert_heard(int listener, const char *state)
{
    char text[64] = "";
    assert_int_equal(recv(listener, text, sizeof text - 1, 0), strlen(state));
    assert_string_equal(text, state);
}

static void a_state_goes_to_the_socket_that_is_named(void **state)
{
    char folder[] = "/tmp/notify_test.XXXXXX", path[64];
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/notify", folder);
    int listener = listen_at(path, strlen(path));
    setenv("NOTIFY_SOCKET", path, 1);
    notify_send("READY=1");
    assert_heard(listener, "READY=1");
    close(listener);
    unlink(path);
    rmdir(folder);
}

static void an_at_sign_begins_an_abstract_name(void **state)
{
    char name[64];
    (void)state;
    int length = snprintf(name, sizeof name, "@notify_test.%d", (int)getpid());
    setenv("NOTIFY_SOCKET", name, 1);
    name[0] = '\0';
    int listener = listen_at(name, (size_t)length);
    notify_send("STOPPING=1");
    assert_heard(listener, "STOPPING=1");
    close(listener);
}

static void without_a_listener_nothing_happens(void **state)
{
    char longest[300];
    (void)state;
    memset(longest, 'x', sizeof longest - 1);
    longest[sizeof longest - 1] = '\0';
    const char *const names[] = {"", "/nonexistent/notify", "@nobody listens", longest};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        setenv("NOTIFY_SOCKET", names[i], 1);
        notify_send("READY=1");
    }
    unsetenv("NOTIFY_SOCKET");
    notify_send("READY=1");
}

static void the_watchdog_is_fed_twice_as_often_as_it_bites(void **state)
{
    static const struct {
        const char *text;
        int64_t micros;
    } cases[] = {{"30000000", 15000000}, {"2", 1}, {"0", 0}, {"-5", 0}, {"", 0}, {"x", 0}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        setenv("WATCHDOG_USEC", cases[i].text, 1);
        assert_int_equal(notify_watchdog(), cases[i].micros);
    }
    unsetenv("WATCHDOG_USEC");
    assert_int_equal(notify_watchdog(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_state_goes_to_the_socket_that_is_named),
        cmocka_unit_test(an_at_sign_begins_an_abstract_name),
        cmocka_unit_test(without_a_listener_nothing_happens),
        cmocka_unit_test(the_watchdog_is_fed_twice_as_often_as_it_bites),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
