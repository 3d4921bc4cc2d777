/* lib/auth/token_cache: a token that comes again is checked for its times, and trusted in nothing
 * else. */
#include "lib/auth/token_cache.h"
#include "lib/core/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define SECRET "a secret of thirty-two bytes, yes"
#define OTHER  "another secret of the same length"

static struct arena *arena;
static struct token_keys keys;

static int set_up(void **state)
{
    (void)state;
    arena = arena_create(16384, 1 << 20);
    keys = (struct token_keys){.current = SECRET, .cache = token_cache_create()};
    return arena == NULL || keys.cache == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    token_cache_destroy(keys.cache);
    arena_destroy(arena);
    return 0;
}

static struct claims sample_claims(void)
{
    int64_t now = clock_now() / CLOCK_SECOND * CLOCK_SECOND;
    return (struct claims){
        .user_id = uuid_create(),
        .email = "you@example.org",
        .session_id = uuid_create(),
        .has_session = true,
        .issued_at = now,
        .has_issued_at = true,
        .expires_at = now + 3600 * CLOCK_SECOND,
    };
}

static char *sign(const char *secret, const struct claims *claims)
{
    struct token_keys signer = {.current = secret};
    const char *token;
    assert_int_equal(token_sign(arena, &signer, claims, &token), STATUS_OK);
    return arena_copy(arena, token, strlen(token));
}

static void a_token_says_the_same_every_time(void **state)
{
    struct claims written = sample_claims();
    const char *token = sign(SECRET, &written);
    (void)state;
    for (int i = 0; i < 3; i++) {
        struct claims claims;
        const char *why;
        assert_int_equal(token_verify(&keys, token, &claims, &why), STATUS_OK);
        assert_null(why);
        assert_true(uuid_equals(&claims.user_id, &written.user_id));
        assert_true(uuid_equals(&claims.session_id, &written.session_id));
        assert_true(claims.has_session && claims.has_issued_at);
        assert_int_equal(claims.issued_at, written.issued_at);
        assert_int_equal(claims.expires_at, written.expires_at);
    }
}

/* What the cache holds, it holds for good; the claims here are those of the token some time later.
 */
static void a_token_that_was_good_expires_all_the_same(void **state)
{
    struct claims claims = sample_claims();
    const char *token = sign(SECRET, &claims);
    const char *why;
    (void)state;
    claims.expires_at = clock_now() - 1;
    token_cache_add(keys.cache, token, &claims);
    assert_int_equal(token_verify(&keys, token, &claims, &why), STATUS_INVALID_TOKEN);
    assert_string_equal(why, "the token has expired");
}

static void a_token_that_was_good_is_not_once_the_clock_is_before_its_time(void **state)
{
    struct claims claims = sample_claims();
    const char *token = sign(SECRET, &claims);
    const char *why;
    (void)state;
    claims.not_before = clock_now() + 3600 * CLOCK_SECOND;
    token_cache_add(keys.cache, token, &claims);
    assert_int_equal(token_verify(&keys, token, &claims, &why), STATUS_INVALID_TOKEN);
    assert_string_equal(why, "the token is not valid yet");
}

static void every_changed_character_makes_another_token(void **state)
{
    struct claims claims = sample_claims();
    char *token = sign(SECRET, &claims);
    const char *why;
    (void)state;
    assert_int_equal(token_verify(&keys, token, &claims, &why), STATUS_OK);
    for (char *at = token; *at != '\0'; at++) {
        char good = *at;
        *at = good == 'A' ? 'B' : 'A';
        assert_false(token_cache_find(keys.cache, token, &claims));
        assert_int_equal(token_verify(&keys, token, &claims, &why), STATUS_INVALID_TOKEN);
        *at = good;
    }
    assert_int_equal(token_verify(&keys, token, &claims, &why), STATUS_OK);
}

static void a_forged_token_is_refused_every_time(void **state)
{
    struct claims claims = sample_claims();
    const char *token = sign(OTHER, &claims);
    const char *why;
    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(token_verify(&keys, token, &claims, &why), STATUS_INVALID_TOKEN);
        assert_false(token_cache_find(keys.cache, token, &claims));
    }
}

static void more_tokens_than_it_holds_push_each_other_out_and_are_never_mixed_up(void **state)
{
    enum { TOKENS = 3 * TOKEN_CACHE_SIZE };
    struct claims claims = {0};
    size_t kept = 0;
    (void)state;
    for (int i = 0; i < TOKENS; i++) {
        struct claims one = {.expires_at = i};
        char token[16];
        snprintf(token, sizeof token, "%d", i);
        token_cache_add(keys.cache, token, &one);
        assert_true(token_cache_find(keys.cache, token, &claims));
        assert_int_equal(claims.expires_at, i);
    }
    for (int i = 0; i < TOKENS; i++) {
        char token[16];
        snprintf(token, sizeof token, "%d", i);
        if (!token_cache_find(keys.cache, token, &claims))
            continue;
        assert_int_equal(claims.expires_at, i);
        kept++;
    }
    assert_in_range(kept, TOKEN_CACHE_SIZE / 2, TOKEN_CACHE_SIZE);
}

static void without_a_cache_every_token_is_verified_anew(void **state)
{
    struct claims claims = sample_claims();
    (void)state;
    token_cache_add(NULL, "a.b.c", &claims);
    assert_false(token_cache_find(NULL, "a.b.c", &claims));
    token_cache_destroy(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_token_says_the_same_every_time),
        TEST(a_token_that_was_good_expires_all_the_same),
        TEST(a_token_that_was_good_is_not_once_the_clock_is_before_its_time),
        TEST(every_changed_character_makes_another_token),
        TEST(a_forged_token_is_refused_every_time),
        TEST(more_tokens_than_it_holds_push_each_other_out_and_are_never_mixed_up),
        TEST(without_a_cache_every_token_is_verified_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
