/* Passwords: the policy's list, bcrypt hashes (libxcrypt). */
#include "password.h"

#include <assert.h>
#include <crypt.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

/* common_passwords.txt, made into a C array by the Makefile: one a line, in lower case. */
extern const char common_passwords[];

/* Read through from its beginning, which takes far less than the hash that follows. */
bool password_is_common(const char *password)
{
    char line[PASSWORD_MAX_BYTES + 3];
    size_t length = strlen(password);
    if (length == 0 || length > PASSWORD_MAX_BYTES || strchr(password, '\n') != NULL)
        return false;
    line[0] = line[length + 1] = '\n';
    line[length + 2] = '\0';
    for (size_t i = 0; i < length; i++) {
        bool is_capital = password[i] >= 'A' && password[i] <= 'Z';
        line[i + 1] = is_capital ? (char)(password[i] + 'a' - 'A') : password[i];
    }
    bool is_found = strstr(common_passwords, line) != NULL;
    explicit_bzero(line, sizeof line);
    return is_found;
}

/* bcrypt into `out`; false where the library refuses. The 32 KiB of state held the password. */
static bool run_bcrypt(const char *password, const char *setting, char out[PASSWORD_HASH_SIZE])
{
    static struct crypt_data state;
    memset(&state, 0, sizeof state);
    const char *hash = crypt_rn(password, setting, &state, sizeof state);
    bool done = hash != NULL && strlen(hash) == PASSWORD_HASH_SIZE - 1;
    if (done)
        memcpy(out, hash, PASSWORD_HASH_SIZE);
    explicit_bzero(&state, sizeof state);
    return done;
}

enum status password_hash(const char *password, int cost, char out[PASSWORD_HASH_SIZE])
{
    char setting[CRYPT_GENSALT_OUTPUT_SIZE];
    if (crypt_gensalt_rn("$2b$", (unsigned long)cost, NULL, 0, setting, sizeof setting) == NULL)
        return STATUS_INTERNAL;
    return run_bcrypt(password, setting, out) ? STATUS_OK : STATUS_INTERNAL;
}

/* The cost of a bcrypt hash that we verify; 0 for anything else. libxcrypt itself would take a hash
 * of any kind, even two characters of DES salt. */
static int hash_cost(const char *hash)
{
    static const char digits[] = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    if (strlen(hash) != PASSWORD_HASH_SIZE - 1 || hash[0] != '$' || hash[1] != '2' ||
        strchr("aby", hash[2]) == NULL || hash[3] != '$' || hash[6] != '$' ||
        strspn(hash + 7, digits) != 53)
        return 0;
    int tens = hash[4] - '0';
    int ones = hash[5] - '0';
    int cost = tens * 10 + ones;
    bool digits_only = tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9;
    return digits_only && cost >= PASSWORD_MIN_COST && cost <= PASSWORD_MAX_COST ? cost : 0;
}

bool password_is_hash(const char *hash)
{
    return hash_cost(hash) != 0;
}

/* Spends the time of one hash at `cost`. */
static void spend_time(const char *password, int cost)
{
    assert(cost >= 0 && cost < 100);
    char setting[] = "$2b$00$abcdefghijklmnopqrstuu";
    char ignored[PASSWORD_HASH_SIZE];
    setting[4] = (char)('0' + cost / 10);
    setting[5] = (char)('0' + cost % 10);
    (void)!run_bcrypt(password, setting, ignored);
}

bool password_verify(const char *password, const char *hash, int cost)
{
    int own_cost = hash == NULL ? 0 : hash_cost(hash);
    if (own_cost == 0) {
        spend_time(password, cost);
        return false;
    }
    char computed[PASSWORD_HASH_SIZE];
    bool same = run_bcrypt(password, hash, computed) &&
                CRYPTO_memcmp(computed, hash, PASSWORD_HASH_SIZE) == 0;
    explicit_bzero(computed, sizeof computed);
    /* 2^own + 2^own + 2^(own+1) + … + 2^(cost-1) = 2^cost: a cheaper hash takes as long. */
    for (int i = own_cost; !same && i < cost; i++)
        spend_time(password, i);
    return same;
}

bool password_is_outdated(const char *hash, int cost)
{
    return hash[2] != 'b' || hash_cost(hash) != cost;
}
