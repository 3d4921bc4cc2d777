/* Whether a secret can be guessed. */
#include "secret.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Long enough that random base64 as good as never holds one, nor random digits and a to f. */
static const char *const words[] = {"secret", "passw",   "change", "example", "default", "admin",
                                    "qwert",  "letmein", "your-",  "your_",   "123456",  "abcdef"};

/* Whether it is the beginning of itself over and over again. */
static bool is_repeated(const char *secret, size_t length)
{
    for (size_t period = 1; period <= length / 2; period++)
        if (memcmp(secret, secret + period, length - period) == 0)
            return true;
    return false;
}

static size_t count_distinct(const char *secret)
{
    bool seen[256] = {false};
    size_t count = 0;
    for (; *secret != '\0'; secret++) {
        count += !seen[(unsigned char)*secret];
        seen[(unsigned char)*secret] = true;
    }
    return count;
}

/* Words one after the other, as people write them; no generator does. */
static bool is_phrase(const char *secret, size_t length)
{
    static const char between[] = " -_.,";
    size_t gaps = 0;
    for (const char *at = secret; *at != '\0'; at++)
        gaps += strchr(between, *at) != NULL;
    return strchr(secret, ' ') != NULL ||
           (gaps >= 2 && strspn(secret, "abcdefghijklmnopqrstuvwxyz -_.,") == length);
}

static const char *find_word(const char *secret)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcasestr(secret, words[i]) != NULL)
            return "holds a word that is guessed first";
    return NULL;
}

/* A sentence is not tried first, whatever its words. */
const char *secret_find_guess(const char *secret)
{
    enum { LEAST_DISTINCT = 9 };
    if (count_distinct(secret) < LEAST_DISTINCT || is_repeated(secret, strlen(secret)))
        return "repeats a few characters";
    return strchr(secret, ' ') == NULL ? find_word(secret) : NULL;
}

const char *secret_find_weakness(const char *secret)
{
    const char *guess = secret_find_guess(secret);
    if (guess != NULL)
        return guess;
    return is_phrase(secret, strlen(secret)) ? "looks like words" : find_word(secret);
}
