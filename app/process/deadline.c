/* A time limit on a connection: when it is over, the connection is cut. */
#include "deadline.h"

#include "lib/core/clock.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/time.h>

/*
 * A timer for every request would cost a request four system calls. So one that runs is left to
 * run: when it goes off and the limit is a later one by now, it is set for the rest.
 */
static atomic_int watched;
static atomic_int_fast64_t end; /* clock_monotonic; 0 for none */
static atomic_bool timer_runs;

static void start_timer(int64_t micros)
{
    struct itimerval timer = {
        .it_value = {.tv_sec = micros / CLOCK_SECOND, .tv_usec = micros % CLOCK_SECOND}};
    timer_runs = true;
    setitimer(ITIMER_REAL, &timer, NULL);
}

static void on_timer(int number)
{
    (void)number;
    int error = errno; /* of whatever is interrupted */
    int64_t until = end;
    int64_t left = until - clock_monotonic();
    timer_runs = false;
    if (until != 0 && left > 0)
        start_timer(left);
    else if (until != 0)
        shutdown(watched, SHUT_RDWR);
    errno = error;
}

void deadline_set_up(void)
{
    /* A wait that it interrupts goes on, and ends by itself where the connection has been cut. */
    struct sigaction action = {.sa_handler = on_timer, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    sigaction(SIGALRM, &action, NULL);
}

void deadline_set(int connection, int64_t seconds)
{
    assert(connection >= 0 && seconds > 0);
    end = 0; /* until both are the new ones */
    watched = connection;
    end = clock_monotonic() + seconds * CLOCK_SECOND;
    if (!timer_runs)
        start_timer(seconds * CLOCK_SECOND);
}

void deadline_clear(void)
{
    end = 0;
}
