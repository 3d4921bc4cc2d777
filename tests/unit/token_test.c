/* lib/auth/token: what is signed verifies, and nothing that an attacker can build does. */
#include "lib/auth/token.h"
#include "lib/core/clock.h"
#include "lib/core/encoding.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define SECRET   "a secret of thirty-two bytes, yes"
#define OTHER    "another secret of the same length"
#define SECOND   INT64_C(1000000)
#define USER     "019a0000-0000-7000-8000-000000000001"
#define SESSION  "019a0000-0000-7000-8000-000000000002"
#define FUTURE   "\"exp\":32503680000" /* the year 3000 */
#define GOOD_SUB "\"sub\":\"" USER "\""
#define HEADER   "{\"alg\":\"HS256\",\"typ\":\"JWT\"}"
#define PAYLOAD  "{" GOOD_SUB "," FUTURE "}"

static const struct token_keys keys = {SECRET, NULL};
static struct arena *arena;

static int set_up(void **state)
{
    (void)state;
    arena = arena_create(16384, 1 << 20);
    return arena == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    arena_destroy(arena);
    return 0;
}

/* A token made by hand, so that it can say anything. */
struct forgery {
    const char *header;
    const char *payload;
    size_t payload_length; /* 0: up to its NUL */
    const char *secret;
    const EVP_MD *digest;
};

static void append(char *token, const void *bytes, size_t length)
{
    encoding_base64_encode(bytes, length, token + strlen(token));
}

static const char *forge(const struct forgery *forgery)
{
    char *token = arena_alloc(arena, 16384);
    unsigned char signature[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    size_t length = forgery->payload_length;
    append(token, forgery->header, strlen(forgery->header));
    strcat(token, ".");
    append(token, forgery->payload, length > 0 ? length : strlen(forgery->payload));
    HMAC(forgery->digest, forgery->secret, (int)strlen(forgery->secret),
         (const unsigned char *)token, strlen(token), signature, &size);
    strcat(token, ".");
    append(token, signature, size);
    return token;
}

static const char *sign(const char *header, const char *payload)
{
    struct forgery forgery = {header, payload, 0, SECRET, EVP_sha256()};
    return forge(&forgery);
}

static enum status verify(const char *token, struct claims *claims)
{
    const char *why = NULL;
    enum status status = token_verify(&keys, token, claims, &why);
    assert_true((status == STATUS_OK) == (why == NULL));
    return status;
}

static bool holds(const char *token)
{
    struct claims claims;
    enum status status = verify(token, &claims);
    assert_true(status == STATUS_OK || status == STATUS_INVALID_TOKEN);
    return status == STATUS_OK;
}

static struct claims sample_claims(void)
{
    struct claims claims = {.email = "you@example.org", .has_session = true, .has_issued_at = true};
    claims.issued_at = clock_now() / SECOND * SECOND;
    claims.expires_at = claims.issued_at + 3600 * SECOND;
    assert_true(uuid_parse(USER, &claims.user_id));
    assert_true(uuid_parse(SESSION, &claims.session_id));
    return claims;
}

static const char *sample_token(void)
{
    struct claims claims = sample_claims();
    const char *token;
    assert_int_equal(token_sign(arena, &keys, &claims, &token), STATUS_OK);
    return token;
}

/* The JSON of a segment: 0 the header, 1 the payload. */
static const char *read_segment(const char *token, int segment)
{
    char *json = arena_alloc(arena, 4096);
    size_t length;
    for (; segment > 0; segment--)
        token = strchr(token, '.') + 1;
    assert_true(encoding_base64_decode(token, strcspn(token, "."), json, &length));
    return json;
}

static void what_is_signed_is_read_back(void **state)
{
    (void)state;
    struct claims claims = sample_claims(), read;
    const char *token;
    assert_int_equal(token_sign(arena, &keys, &claims, &token), STATUS_OK);
    assert_int_equal(verify(token, &read), STATUS_OK);
    assert_true(uuid_equals(&read.user_id, &claims.user_id));
    assert_true(uuid_equals(&read.session_id, &claims.session_id));
    assert_true(read.has_session && read.has_issued_at);
    assert_true(read.issued_at == claims.issued_at && read.expires_at == claims.expires_at);
}

static void a_token_says_hs256_and_the_five_claims(void **state)
{
    (void)state;
    const char *token = sample_token();
    const char *payload = read_segment(token, 1);
    static const char *const wanted[] = {"\"sub\":\"" USER "\"", "\"sid\":\"" SESSION "\"",
                                         "\"email\":\"you@example.org\"", "\"iat\":", "\"exp\":"};
    assert_non_null(strstr(read_segment(token, 0), "\"alg\":\"HS256\""));
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        if (strstr(payload, wanted[i]) == NULL)
            fail_msg("%s is not in %s", wanted[i], payload);
}

static void a_token_without_a_session_names_none(void **state)
{
    (void)state;
    struct claims claims = sample_claims(), read;
    const char *token;
    claims.has_session = false;
    assert_int_equal(token_sign(arena, &keys, &claims, &token), STATUS_OK);
    assert_null(strstr(read_segment(token, 1), "sid"));
    assert_int_equal(verify(token, &read), STATUS_OK);
    assert_false(read.has_session);
}

static void a_token_lives_as_long_as_the_arena(void **state)
{
    (void)state;
    const char *token = sample_token();
    arena_alloc(arena, 20000);
    assert_true(holds(token));
}

/* What python-jose writes: sub, email and exp, nothing more. */
static void a_token_of_the_python_original_holds(void **state)
{
    struct claims claims;
    (void)state;
    assert_int_equal(verify(sign("{\"alg\":\"HS256\",\"typ\":\"JWT\"}",
                                 "{\"sub\":\"" USER "\",\"email\":\"a@b.c\",\"exp\":32503680000}"),
                            &claims),
                     STATUS_OK);
    assert_false(claims.has_session || claims.has_issued_at);
    assert_true(claims.expires_at == INT64_C(32503680000) * SECOND);
}

static void the_forger_s_own_token_is_good(void **state)
{
    (void)state;
    assert_true(holds(sign(HEADER, PAYLOAD))); /* else the cases below would show nothing */
}

static void another_secret_does_not_verify(void **state)
{
    (void)state;
    struct forgery forgery = {HEADER, PAYLOAD, 0, OTHER, EVP_sha256()};
    assert_false(holds(forge(&forgery)));
    forgery.secret = "";
    assert_false(holds(forge(&forgery)));
}

static void the_previous_secret_verifies_and_never_signs(void **state)
{
    (void)state;
    struct token_keys rotated = {OTHER, SECRET};
    struct claims claims = sample_claims();
    const char *old = sample_token(), *new, *why;
    assert_int_equal(token_verify(&rotated, old, &claims, &why), STATUS_OK);
    claims = sample_claims();
    assert_int_equal(token_sign(arena, &rotated, &claims, &new), STATUS_OK);
    assert_false(holds(new));
}

/* libjwt takes any token where the key has no length. */
static void a_key_that_is_missing_or_short_opens_nothing(void **state)
{
    static const char *const bad[] = {NULL, "", "short", "fifteen bytes.."};
    struct forgery unsigned_one = {"{\"alg\":\"none\"}", PAYLOAD, 0, "", EVP_sha256()};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct token_keys both = {bad[i], bad[i]}, one = {OTHER, bad[i]};
        struct forgery own = {HEADER, PAYLOAD, 0, bad[i] == NULL ? "" : bad[i], EVP_sha256()};
        const char *tokens[] = {sample_token(), forge(&unsigned_one), forge(&own)};
        struct claims claims;
        const char *why;
        for (size_t j = 0; j < 3; j++) {
            assert_int_equal(token_verify(&both, tokens[j], &claims, &why), STATUS_INVALID_TOKEN);
            assert_int_equal(token_verify(&one, tokens[j], &claims, &why), STATUS_INVALID_TOKEN);
        }
    }
}

/* Other programs have signed with such. */
static void a_key_of_16_bytes_verifies_where_it_is_the_one_before(void **state)
{
    static const char *const short_keys[] = {"sixteen bytes...", "thirty-one bytes are one too fe"};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct token_keys before = {OTHER, short_keys[i]}, current = {short_keys[i], NULL};
        struct forgery own = {HEADER, PAYLOAD, 0, short_keys[i], EVP_sha256()};
        struct claims claims;
        const char *why;
        assert_int_equal(token_verify(&before, forge(&own), &claims, &why), STATUS_OK);
        assert_int_equal(token_verify(&current, forge(&own), &claims, &why), STATUS_INVALID_TOKEN);
    }
}

static void only_hs256_is_accepted_whatever_the_header_says(void **state)
{
    static const char *const headers[] = {"{\"alg\":\"none\"}",
                                          "{\"alg\":\"None\"}",
                                          "{\"alg\":\"NONE\"}",
                                          "{\"alg\":\"nOnE\"}",
                                          "{\"alg\":\"\"}",
                                          "{\"alg\":null}",
                                          "{\"alg\":256}",
                                          "{\"alg\":[\"HS256\"]}",
                                          "{\"alg\":true}",
                                          "{}",
                                          "{\"typ\":\"JWT\"}",
                                          "{\"alg\":\"hs256\"}",
                                          "{\"alg\":\"Hs256\"}",
                                          "{\"alg\":\"HS256 \"}",
                                          "{\"alg\":\" HS256\"}",
                                          "{\"alg\":\"HS384\"}",
                                          "{\"alg\":\"HS512\"}",
                                          "{\"alg\":\"RS256\"}",
                                          "{\"alg\":\"ES256\"}",
                                          "{\"alg\":\"PS256\"}",
                                          "{\"alg\":\"EdDSA\"}",
                                          "{\"alg\":\"A128KW\"}",
                                          "{\"alg\":\"dir\"}",
                                          "{\"alg\":\"HS256\",\"alg\":\"none\"}",
                                          "{\"alg\":\"HS256\\u0000\"}",
                                          "{\"ALG\":\"HS256\"}",
                                          "[]",
                                          "[\"HS256\"]",
                                          "\"HS256\"",
                                          "null",
                                          "",
                                          "{",
                                          "HS256"};
    (void)state;
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        if (holds(sign(headers[i], PAYLOAD)))
            fail_msg("%s was taken", headers[i]);
}

static void hs384_and_hs512_with_the_right_secret_are_refused(void **state)
{
    (void)state;
    struct forgery hs384 = {"{\"alg\":\"HS384\"}", PAYLOAD, 0, SECRET, EVP_sha384()};
    struct forgery hs512 = {"{\"alg\":\"HS512\"}", PAYLOAD, 0, SECRET, EVP_sha512()};
    struct forgery mislabelled = {HEADER, PAYLOAD, 0, SECRET, EVP_sha512()};
    assert_false(holds(forge(&hs384)));
    assert_false(holds(forge(&hs512)));
    assert_false(holds(forge(&mislabelled)));
}

static void a_critical_extension_is_refused(void **state)
{
    static const char *const headers[] = {"{\"alg\":\"HS256\",\"crit\":[\"b64\"],\"b64\":false}",
                                          "{\"alg\":\"HS256\",\"crit\":[\"exp\"],\"exp\":1}",
                                          "{\"alg\":\"HS256\",\"crit\":[]}",
                                          "{\"alg\":\"HS256\",\"crit\":null}",
                                          "{\"alg\":\"HS256\",\"crit\":\"x\"}",
                                          "{\"alg\":\"HS256\",\"crit\":false}"};
    (void)state;
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        if (holds(sign(headers[i], PAYLOAD)))
            fail_msg("%s was taken", headers[i]);
}

/* What a header may point to is never looked at: keys come from the settings alone. */
static void other_header_members_change_nothing(void **state)
{
    static const char *const headers[] = {
        "{\"alg\":\"HS256\"}", "{\"alg\":\"HS256\",\"kid\":\"../../dev/null\"}",
        "{\"alg\":\"HS256\",\"jku\":\"http://localhost/\"}",
        "{\"alg\":\"HS256\",\"jwk\":{\"kty\":\"oct\",\"k\":\"AA\"}}"};
    (void)state;
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        struct forgery forgery = {headers[i], PAYLOAD, 0, OTHER, EVP_sha256()};
        assert_true(holds(sign(headers[i], PAYLOAD)));
        assert_false(holds(forge(&forgery)));
    }
}

static void every_changed_character_is_noticed(void **state)
{
    (void)state;
    char token[TOKEN_MAX_LENGTH];
    strcpy(token, sample_token());
    for (size_t i = 0; token[i] != '\0'; i++) {
        char kept = token[i];
        token[i] = kept == 'A' ? 'B' : 'A';
        if (holds(token))
            fail_msg("character %zu", i);
        token[i] = kept;
    }
    assert_true(holds(token));
}

static void a_token_cut_anywhere_is_refused(void **state)
{
    (void)state;
    const char *token = sample_token();
    for (size_t length = 0; length < strlen(token); length++)
        if (holds(arena_copy(arena, token, length)))
            fail_msg("%zu characters", length);
}

static void only_three_segments_are_a_token(void **state)
{
    (void)state;
    const char *good = sign(HEADER, PAYLOAD);
    size_t head = strcspn(good, "."), body = strcspn(good + head + 1, ".");
    const char *header = arena_copy(arena, good, head);
    const char *payload = arena_copy(arena, good + head + 1, body);
    const char *signature = good + head + 1 + body + 1;
    const char *cases[] = {
        "",
        ".",
        "..",
        "...",
        "....",
        "x",
        "x.y",
        "x.y.z",
        header,
        arena_printf(arena, "%s.%s", header, payload),
        arena_printf(arena, "%s.%s.", header, payload),
        arena_printf(arena, "%s..%s", header, signature),
        arena_printf(arena, ".%s.%s", payload, signature),
        arena_printf(arena, "%s.%s..%s", header, payload, signature),
        arena_printf(arena, "%s.", good),
        arena_printf(arena, ".%s", good),
        arena_printf(arena, "%s.AA", good),
        arena_printf(arena, "%s.%s.%s.%s.%s", header, payload, "AA", "AA", signature),
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (holds(cases[i]))
            fail_msg("'%s' was taken", cases[i]);
}

static void what_stands_around_a_token_is_refused(void **state)
{
    static const char *const around[] = {" %s", "%s ",       "%s\n",      "\t%s",
                                         "%s=", "%s==",      "%s%%20",    "\"%s\"",
                                         "%s,", "Bearer %s", "%s\xC3\xA9"};
    (void)state;
    for (size_t i = 0; i < sizeof around / sizeof *around; i++) {
        char token[TOKEN_MAX_LENGTH] = "";
        const char *mark = strstr(around[i], "%s");
        strncat(token, around[i], (size_t)(mark - around[i]));
        strcat(token, sample_token());
        strcat(token, mark + 2);
        if (holds(token))
            fail_msg("'%s' was taken", around[i]);
    }
}

/* The signature is over the text: whoever has the secret could sign any encoding of it. */
static void a_signed_segment_in_another_encoding_is_refused(void **state)
{
    static const char *const headers[] = {
        "eyJhbGciOiJIUzI1NiJ9=",    "eyJhbGciOiJIUzI1NiJ9\n", "eyJhbGciOiJIUzI1NiJ9A",
        "eyJhbGciOiJIUzI1NiJ9====", " eyJhbGciOiJIUzI1NiJ9",  "eyJhbGciOiJIUzI1NiIgfR",
        "eyJhbGciOiJIUzI1NiJ9"};
    (void)state;
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++) {
        char token[1024] = "";
        unsigned char signature[EVP_MAX_MD_SIZE];
        unsigned size = 0;
        strcat(strcat(token, headers[i]), ".");
        append(token, PAYLOAD, strlen(PAYLOAD));
        HMAC(EVP_sha256(), SECRET, (int)strlen(SECRET), (unsigned char *)token, strlen(token),
             signature, &size);
        strcat(token, ".");
        append(token, signature, size);
        bool is_canonical = i == sizeof headers / sizeof *headers - 1;
        if (holds(token) != is_canonical)
            fail_msg("header '%s'", headers[i]);
    }
}

/* The last digit of an HMAC's 43 carries four bits: three other digits stand for the same bytes. */
static void a_signature_has_one_encoding(void **state)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    (void)state;
    char token[TOKEN_MAX_LENGTH];
    strcpy(token, sample_token());
    char *last = token + strlen(token) - 1;
    int taken = 0;
    for (int i = 0; i < 64; i++) {
        *last = digits[i];
        taken += holds(token);
    }
    assert_int_equal(taken, 1);
}

/* The standard alphabet, whose + and / libb64 reads like - and _. */
static void the_other_base64_alphabet_is_refused(void **state)
{
    (void)state;
    for (int i = 0; i < 1000; i++) {
        const char *payload = arena_printf(arena, "{" GOOD_SUB "," FUTURE ",\"n\":%d}", i);
        char *token = arena_printf(arena, "%s", sign(HEADER, payload));
        char *dash = strpbrk(token, "-_");
        if (dash == NULL)
            continue;
        *dash = *dash == '-' ? '+' : '/';
        assert_false(holds(token));
        return;
    }
    fail_msg("no token holds a dash");
}

static void the_expiry_is_required_and_has_no_leeway(void **state)
{
    static const struct {
        const char *form;
        int seconds;
        bool holds;
    } cases[] = {{"{" GOOD_SUB ",\"exp\":%lld}", 60, true},
                 {"{" GOOD_SUB ",\"exp\":%lld.5}", 60, true},
                 {"{" GOOD_SUB ",\"exp\":%lld}", 0, false},
                 {"{" GOOD_SUB ",\"exp\":%lld}", -1, false},
                 {"{" GOOD_SUB ",\"exp\":%lld.999}", -2, false},
                 {"{" GOOD_SUB ",\"exp\":%lld}", -3600, false}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char payload[200], number[32];
        const char *mark = strstr(cases[i].form, "%lld");
        snprintf(number, sizeof number, "%lld",
                 (long long)(clock_now() / SECOND) + cases[i].seconds);
        snprintf(payload, sizeof payload, "%.*s%s%s", (int)(mark - cases[i].form), cases[i].form,
                 number, mark + 4);
        if (holds(sign(HEADER, payload)) != cases[i].holds)
            fail_msg("%s", payload);
    }
}

static void the_expiry_must_be_a_number_in_the_future(void **state)
{
    static const char *const claims[] = {"",
                                         ",\"exp\":null",
                                         ",\"exp\":true",
                                         ",\"exp\":\"\"",
                                         ",\"exp\":\"32503680000\"",
                                         ",\"exp\":[32503680000]",
                                         ",\"exp\":{\"exp\":32503680000}",
                                         ",\"exp\":0",
                                         ",\"exp\":-1",
                                         ",\"exp\":0.5",
                                         ",\"exp\":-32503680000",
                                         ",\"exp\":-1e300",
                                         ",\"EXP\":32503680000",
                                         ",\"exp\":1",
                                         ",\"exp\":1e3",
                                         ",\"exp\":\"never\"",
                                         ",\"exp\":\"9999-12-31\"",
                                         ",\"exp\":32503680000x"};
    (void)state;
    for (size_t i = 0; i < sizeof claims / sizeof *claims; i++) {
        const char *payload = arena_printf(arena, "{" GOOD_SUB "%s}", claims[i]);
        if (holds(sign(HEADER, payload)))
            fail_msg("%s was taken", payload);
    }
}

static void a_far_expiry_is_kept_within_what_a_date_can_say(void **state)
{
    static const char *const forms[] = {"1e11", "253402300800", "9007199254740993",
                                        "1e18", "1e300",        "32503680000.75"};
    (void)state;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct claims claims;
        const char *payload = arena_printf(arena, "{" GOOD_SUB ",\"exp\":%s}", forms[i]);
        assert_int_equal(verify(sign(HEADER, payload), &claims), STATUS_OK);
        assert_true(claims.expires_at > clock_now());
        assert_true(claims.expires_at <= CLOCK_MAX + 1);
    }
}

static void a_token_is_not_good_before_its_time(void **state)
{
    static const struct {
        const char *claim;
        bool holds;
    } cases[] = {
        {",\"nbf\":0", true},      {",\"nbf\":1.5", true},
        {",\"nbf\":-5", true},     {",\"nbf\":32503679999", false},
        {",\"nbf\":1e300", false}, {",\"nbf\":null", false},
        {",\"nbf\":\"0\"", false}, {",\"nbf\":true", false},
        {",\"nbf\":[0]", false},   {",\"nbf\":32503679999.5", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *payload = arena_printf(arena, "{" GOOD_SUB "," FUTURE "%s}", cases[i].claim);
        if (holds(sign(HEADER, payload)) != cases[i].holds)
            fail_msg("%s", payload);
    }
}

static void the_subject_must_be_a_uuid_in_a_string(void **state)
{
    static const char *const claims[] = {"\"x\":1",
                                         "\"sub\":null",
                                         "\"sub\":1",
                                         "\"sub\":true",
                                         "\"sub\":\"\"",
                                         "\"sub\":\"1\"",
                                         "\"sub\":[\"" USER "\"]",
                                         "\"sub\":{\"sub\":\"" USER "\"}",
                                         "\"sub\":\"" USER " \"",
                                         "\"sub\":\"you@example.org\"",
                                         "\"sub\":\"019a000000007000800000000000000001\"",
                                         "\"sub\":\"019a0000-0000-7000-8000-00000000000\"",
                                         "\"Sub\":\"" USER "\"",
                                         "\"sub\":\"' OR 1=1 --\"",
                                         "\"sub\":\"" USER "\\u0000\"",
                                         "\"user_id\":\"" USER "\""};
    (void)state;
    for (size_t i = 0; i < sizeof claims / sizeof *claims; i++) {
        const char *payload = arena_printf(arena, "{%s," FUTURE "}", claims[i]);
        if (holds(sign(HEADER, payload)))
            fail_msg("%s was taken", payload);
    }
}

static void a_session_is_absent_or_a_uuid_in_a_string(void **state)
{
    static const char *const bad[] = {
        "null", "1", "true", "\"\"", "\"x\"", "[]", "{}", "1.5", "\"" SESSION "x\""};
    struct claims claims;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const char *payload = arena_printf(arena, "{" GOOD_SUB "," FUTURE ",\"sid\":%s}", bad[i]);
        if (holds(sign(HEADER, payload)))
            fail_msg("%s was taken", payload);
    }
    const char *good = sign(HEADER, "{" GOOD_SUB "," FUTURE ",\"sid\":\"" SESSION "\"}");
    assert_int_equal(verify(good, &claims), STATUS_OK);
    assert_true(claims.has_session);
}

static void the_time_of_issue_is_absent_or_a_number(void **state)
{
    static const struct {
        const char *value;
        bool holds;
        int64_t micros;
    } cases[] = {
        {"0", true, 0},
        {"1000000000", true, 1000000000 * SECOND},
        {"1000000000.25", true, 1000000000 * SECOND + 250000},
        {"-1", true, -SECOND},
        {"32503680000", true, INT64_C(32503680000) * SECOND},
        {"null", false, 0},
        {"\"0\"", false, 0},
        {"true", false, 0},
        {"[]", false, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct claims claims;
        const char *payload = arena_printf(arena, "{" GOOD_SUB "," FUTURE ",\"iat\":%s}",
                                           cases[i].value);
        bool good = verify(sign(HEADER, payload), &claims) == STATUS_OK;
        if (good != cases[i].holds)
            fail_msg("%s", payload);
        if (good)
            assert_true(claims.has_issued_at && claims.issued_at == cases[i].micros);
    }
}

static void a_payload_that_is_no_object_is_refused(void **state)
{
    static const char *const payloads[] = {"[]",
                                           "[" PAYLOAD "]",
                                           "null",
                                           "true",
                                           "1",
                                           "\"x\"",
                                           "{",
                                           "}",
                                           "{}",
                                           PAYLOAD "x",
                                           PAYLOAD PAYLOAD,
                                           "x" PAYLOAD,
                                           "{'sub':1}",
                                           "{" GOOD_SUB "," FUTURE ",}",
                                           "\xFF",
                                           "{" GOOD_SUB "," FUTURE ",\"x\":\"\xFF\"}"};
    (void)state;
    for (size_t i = 0; i < sizeof payloads / sizeof *payloads; i++)
        if (holds(sign(HEADER, payloads[i])))
            fail_msg("%s was taken", payloads[i]);
}

/* libjwt reads JSON up to a NUL: the rest would be signed and never looked at. */
static void a_nul_byte_in_a_segment_is_refused(void **state)
{
    static const char hidden[] = PAYLOAD "\0{\"sub\":\"x\"}";
    static const char trailing[] = PAYLOAD "\0";
    (void)state;
    struct forgery forgery = {HEADER, hidden, sizeof hidden - 1, SECRET, EVP_sha256()};
    assert_false(holds(forge(&forgery)));
    forgery.payload = trailing;
    forgery.payload_length = sizeof trailing - 1;
    assert_false(holds(forge(&forgery)));
}

static void tokens_are_taken_up_to_4096_characters(void **state)
{
    (void)state;
    size_t longest = 0;
    for (size_t padding = 2800; padding < 3050; padding++) {
        char spaces[3100];
        memset(spaces, ' ', padding);
        spaces[padding] = '\0';
        const char *token = sign(HEADER, arena_printf(arena, "%s" PAYLOAD, spaces));
        size_t length = strlen(token);
        if (holds(token) != (length <= TOKEN_MAX_LENGTH))
            fail_msg("%zu characters", length);
        if (length <= TOKEN_MAX_LENGTH)
            longest = length;
        arena_reset(arena);
    }
    assert_true(longest >= TOKEN_MAX_LENGTH - 1);
}

static void a_token_of_a_megabyte_is_refused(void **state)
{
    static char token[1 << 20];
    (void)state;
    memset(token, 'A', sizeof token - 1);
    token[100] = token[200] = '.';
    assert_false(holds(token));
    memset(token, '.', sizeof token - 1);
    assert_false(holds(token));
}

static void every_refusal_says_why_in_a_header_safe_phrase(void **state)
{
    static const char *const payloads[] = {
        "{}", "{" GOOD_SUB ",\"exp\":1}", "{" GOOD_SUB "," FUTURE ",\"nbf\":32503679999}",
        "{\"sub\":1," FUTURE "}", "{" GOOD_SUB "," FUTURE ",\"sid\":1}"};
    (void)state;
    for (size_t i = 0; i < sizeof payloads / sizeof *payloads; i++) {
        struct claims claims;
        const char *why = NULL;
        const char *token = sign(HEADER, payloads[i]);
        assert_int_equal(token_verify(&keys, token, &claims, &why), STATUS_INVALID_TOKEN);
        assert_non_null(why);
        assert_true(strlen(why) > 0 && strpbrk(why, "\"\\\r\n") == NULL);
    }
}

static void refresh_tokens_are_43_characters_and_never_the_same(void **state)
{
    char one[TOKEN_REFRESH_SIZE], other[TOKEN_REFRESH_SIZE];
    unsigned char bytes[32];
    size_t length;
    (void)state;
    token_create_refresh(one);
    token_create_refresh(other);
    assert_string_not_equal(one, other);
    assert_int_equal(strlen(one), TOKEN_REFRESH_SIZE - 1);
    assert_true(encoding_base64_decode(one, strlen(one), bytes, &length));
    assert_int_equal(length, 32);
}

static void a_refresh_token_is_stored_as_its_sha_256(void **state)
{
    static const unsigned char abc[] = {0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41,
                                        0x41, 0x40, 0xde, 0x5d, 0xae, 0x22, 0x23, 0xb0, 0x03,
                                        0x61, 0xa3, 0x96, 0x17, 0x7a, 0x9c, 0xb4, 0x10, 0xff,
                                        0x61, 0xf2, 0x00, 0x15, 0xad}; /* FIPS 180 */
    unsigned char hash[TOKEN_REFRESH_HASH_SIZE];
    (void)state;
    assert_int_equal(token_hash_refresh("abc", hash), STATUS_OK);
    assert_memory_equal(hash, abc, sizeof abc);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_signed_is_read_back),
        TEST(a_token_says_hs256_and_the_five_claims),
        TEST(a_token_without_a_session_names_none),
        TEST(a_token_lives_as_long_as_the_arena),
        TEST(a_token_of_the_python_original_holds),
        TEST(the_forger_s_own_token_is_good),
        TEST(another_secret_does_not_verify),
        TEST(the_previous_secret_verifies_and_never_signs),
        TEST(a_key_that_is_missing_or_short_opens_nothing),
        TEST(a_key_of_16_bytes_verifies_where_it_is_the_one_before),
        TEST(only_hs256_is_accepted_whatever_the_header_says),
        TEST(hs384_and_hs512_with_the_right_secret_are_refused),
        TEST(a_critical_extension_is_refused),
        TEST(other_header_members_change_nothing),
        TEST(every_changed_character_is_noticed),
        TEST(a_token_cut_anywhere_is_refused),
        TEST(only_three_segments_are_a_token),
        TEST(what_stands_around_a_token_is_refused),
        TEST(a_signed_segment_in_another_encoding_is_refused),
        TEST(a_signature_has_one_encoding),
        TEST(the_other_base64_alphabet_is_refused),
        TEST(the_expiry_is_required_and_has_no_leeway),
        TEST(the_expiry_must_be_a_number_in_the_future),
        TEST(a_far_expiry_is_kept_within_what_a_date_can_say),
        TEST(a_token_is_not_good_before_its_time),
        TEST(the_subject_must_be_a_uuid_in_a_string),
        TEST(a_session_is_absent_or_a_uuid_in_a_string),
        TEST(the_time_of_issue_is_absent_or_a_number),
        TEST(a_payload_that_is_no_object_is_refused),
        TEST(a_nul_byte_in_a_segment_is_refused),
        TEST(tokens_are_taken_up_to_4096_characters),
        TEST(a_token_of_a_megabyte_is_refused),
        TEST(every_refusal_says_why_in_a_header_safe_phrase),
        TEST(refresh_tokens_are_43_characters_and_never_the_same),
        TEST(a_refresh_token_is_stored_as_its_sha_256),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
