/* The limit of signing in: bcrypt and nothing else, in as many processes as are asked for.
 *
 *     crypt PROCESSES SECONDS SETTING PASSWORD      prints hashes per second
 */
#include <crypt.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Whole hashes per second, for at least `seconds`. */
static double measure(double seconds, const char *setting, const char *password)
{
    static struct crypt_data state;
    double began = now(), ended = began;
    int count = 0;
    for (; ended - began < seconds; count++) {
        if (crypt_rn(password, setting, &state, sizeof state) == NULL)
            exit(EXIT_FAILURE);
        ended = now();
    }
    return count / (ended - began);
}

int main(int argc, char **argv)
{
    int results[2];
    if (argc != 5 || pipe(results) != 0)
        return EXIT_FAILURE;
    int processes = atoi(argv[1]);
    for (int i = 0; i < processes; i++) {
        if (fork() == 0) {
            double rate = measure(atof(argv[2]), argv[3], argv[4]);
            return write(results[1], &rate, sizeof rate) == sizeof rate ? 0 : EXIT_FAILURE;
        }
    }
    double sum = 0, rate;
    for (int i = 0; i < processes; i++) {
        int status;
        if (wait(&status) < 0 || status != 0 || read(results[0], &rate, sizeof rate) != sizeof rate)
            return EXIT_FAILURE;
        sum += rate;
    }
    printf("%f\n", sum);
    return EXIT_SUCCESS;
}
