/* lib/auth/token: unsigned texts never hold; signed ones only as the contract says. An input is a
 * token, or `header LF payload`, which the driver signs. */
#include "lib/auth/token.h"
#include "lib/core/clock.h"
#include "lib/core/encoding.h"
#include "tests/fuzz/fuzz.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#define SECRET "a secret of thirty-two bytes, yes"

static const struct token_keys keys = {SECRET, NULL};

static bool holds(const char *token, struct claims *claims)
{
    const char *why = NULL;
    enum status status = token_verify(&keys, token, claims, &why);
    REQUIRE(status == STATUS_OK || (status == STATUS_INVALID_TOKEN && why != NULL));
    return status == STATUS_OK;
}

static char *sign(struct arena *arena, const char *input, size_t head, size_t size)
{
    unsigned char signature[EVP_MAX_MD_SIZE];
    unsigned length;
    char *token = arena_alloc(arena, ENCODING_BASE64_SIZE(size) + 64);
    encoding_base64_encode(input, head, token);
    strcat(token, ".");
    encoding_base64_encode(input + head + 1, size - head - 1, token + strlen(token));
    HMAC(EVP_sha256(), SECRET, (int)strlen(SECRET), (unsigned char *)token, strlen(token),
         signature, &length);
    strcat(token, ".");
    encoding_base64_encode(signature, length, token + strlen(token));
    return token;
}

static void check_signed(struct arena *arena, char *token)
{
    struct claims claims;
    if (!holds(token, &claims))
        return;
    REQUIRE(claims.expires_at > clock_now() - 1000000);
    char *copy = arena_copy(arena, token, strlen(token));
    size_t place = strlen(copy) / 2;
    copy[place] = copy[place] == 'A' ? 'B' : 'A';
    REQUIRE(!holds(copy, &claims));
}

static void run(struct arena *arena, const uint8_t *data, size_t size)
{
    struct claims claims;
    const char *end = memchr(data, '\n', size);
    char *text = fuzz_text(data, size);
    REQUIRE(!holds(text, &claims)); /* nobody has signed that */
    free(text);
    if (end != NULL && size <= 4000) {
        const char *input = (const char *)data;
        check_signed(arena, sign(arena, input, (size_t)(end - input), size));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_run(run, data, size);
}
