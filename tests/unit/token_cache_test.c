/* lib/auth/token_cache: a token that comes again is checked for its times, and trusted in nothing
 * else; whoever else writes at the same time, or is killed while writing. */
#include "lib/auth/token_cache.h"
#include "lib/core/clock.h"
#include "tests/unit/between.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define SECRET "a secret of thirty-two bytes, yes"
#define OTHER  "another secret of the same length"

enum { SIZE = 1024 };

static struct arena *arena;
static struct token_keys keys;

static int set_up(void **state)
{
    (void)state;
    arena = arena_create(16384, 1 << 20);
    keys = (struct token_keys){.current = SECRET, .cache = token_cache_create(SIZE)};
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
    enum { TOKENS = 3 * SIZE };
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
    assert_between(kept, SIZE / 2, SIZE);
}

static void half_as_many_tokens_as_it_holds_find_room(void **state)
{
    enum { TOKENS = SIZE / 2 };
    struct claims claims;
    size_t kept = 0;
    (void)state;
    for (int round = 0; round < 2; round++)
        for (int i = 1; i <= TOKENS; i++) {
            struct claims one = {.expires_at = i};
            char token[16];
            snprintf(token, sizeof token, "%d", i);
            if (round == 0)
                token_cache_add(keys.cache, token, &one);
            else
                kept += token_cache_find(keys.cache, token, &claims);
        }
    assert_between(kept, TOKENS * 97 / 100, TOKENS);
}

static void without_a_cache_every_token_is_verified_anew(void **state)
{
    struct claims claims = sample_claims();
    (void)state;
    token_cache_add(NULL, "a.b.c", &claims);
    assert_false(token_cache_find(NULL, "a.b.c", &claims));
    token_cache_destroy(NULL);
}

/* --- Other processes. */

/* Claims that tell whose they are, and in every part which of several they are. */
static struct claims mark(int owner, int number)
{
    struct claims claims = {
        .email = "of no other process",
        .issued_at = number,
        .has_issued_at = true,
        .expires_at = number,
        .not_before = number,
        .has_session = true,
    };
    memset(&claims.user_id, owner, sizeof claims.user_id);
    memcpy(&claims.session_id, &number, sizeof number);
    memcpy(claims.session_id.bytes + sizeof claims.session_id - sizeof number, &number,
           sizeof number);
    return claims;
}

static bool is_marked(const struct claims *claims, int owner)
{
    struct claims whole = mark(owner, (int)claims->expires_at);
    return uuid_equals(&claims->user_id, &whole.user_id) &&
           uuid_equals(&claims->session_id, &whole.session_id) &&
           claims->issued_at == whole.issued_at && claims->not_before == whole.not_before &&
           claims->has_session && claims->has_issued_at && claims->email == NULL;
}

static void add(struct token_cache *cache, const char *token, int owner, int number)
{
    struct claims claims = mark(owner, number);
    token_cache_add(cache, token, &claims);
}

/* Whether it is found. What is found must be whole, and its own. */
static bool find(const struct token_cache *cache, const char *token, int owner)
{
    struct claims claims;
    bool found = token_cache_find(cache, token, &claims);
    if (found && !is_marked(&claims, owner))
        abort();
    return found;
}

static void a_token_that_one_process_adds_another_finds(void **state)
{
    (void)state;
    pid_t pid = fork();
    if (pid == 0) {
        add(keys.cache, "a.b.c", 1, 1);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_true(find(keys.cache, "a.b.c", 1));
}

static void add_the_other(struct token_cache *cache)
{
    add(cache, "other", 2, 1000000000);
}

static void find_the_one(struct token_cache *cache)
{
    _exit(find(cache, "one", 1));
}

/* A child that waits for step() to let it do its work, an instruction at a time. */
static pid_t start(void (*work)(struct token_cache *), struct token_cache *cache)
{
    pid_t pid = fork();
    if (pid == 0) {
        if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
            _exit(99);
        raise(SIGSTOP);
        work(cache);
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSTOPPED(status));
    return pid;
}

/* False once it has ended, with its exit status. */
static bool step(pid_t pid, int *exit_status)
{
    int status;
    assert_int_equal(ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WIFSTOPPED(status)) {
        assert_int_equal(WSTOPSIG(status), SIGTRAP);
        return true;
    }
    assert_true(WIFEXITED(status));
    *exit_status = WEXITSTATUS(status);
    return false;
}

/* With room for one token, the writer has to take the other one's place. */
static void what_is_half_written_is_not_found(void **state)
{
    struct token_cache *cache = token_cache_create(1);
    int status, torn = 0;
    (void)state;
    add(cache, "one", 1, 1);
    pid_t writer = start(add_the_other, cache);
    while (step(writer, &status)) {
        bool one = find(cache, "one", 1);
        bool other = find(cache, "other", 2);
        assert_false(one && other);
        torn += !one && !other;
    }
    assert_int_equal(status, 0);
    assert_true(torn > 0);
    assert_false(find(cache, "one", 1));
    assert_true(find(cache, "other", 2));
    token_cache_destroy(cache);
}

static void what_is_written_while_it_is_read_is_not_found(void **state)
{
    struct token_cache *cache = token_cache_create(1);
    int status, number = 1;
    (void)state;
    add(cache, "one", 1, number);
    pid_t undisturbed = start(find_the_one, cache);
    while (step(undisturbed, &status))
        continue;
    assert_int_equal(status, true);
    pid_t reader = start(find_the_one, cache);
    while (step(reader, &status))
        add(cache, "one", 1, ++number);
    assert_int_equal(status, false);
    assert_true(find(cache, "one", 1));
    token_cache_destroy(cache);
}

static void a_writer_that_is_killed_costs_one_entry_and_nobody_waits(void **state)
{
    struct token_cache *cache = token_cache_create(1);
    int status;
    (void)state;
    add(cache, "one", 1, 1);
    pid_t writer = start(add_the_other, cache);
    while (find(cache, "one", 1))
        assert_true(step(writer, &status));
    kill(writer, SIGKILL);
    assert_int_equal(waitpid(writer, NULL, 0), writer);
    add(cache, "one", 1, 2);
    assert_false(find(cache, "one", 1));
    assert_false(find(cache, "other", 2));
    token_cache_destroy(cache);
}

/* Adds and finds tokens that stand in each other's way. */
static void use(struct token_cache *cache, unsigned seed)
{
    enum { TOKENS = 6, ROUNDS = 30000 };
    for (int round = 1; round <= ROUNDS; round++) {
        char token[] = "a.b.0";
        int owner = rand_r(&seed) % TOKENS;
        token[sizeof token - 2] = (char)('0' + owner);
        if (rand_r(&seed) % 2 == 0)
            add(cache, token, owner, round);
        else
            find(cache, token, owner);
    }
}

static void processes_that_use_the_same_places_never_find_anothers_claims(void **state)
{
    enum { PROCESSES = 4 };
    struct token_cache *cache = token_cache_create(2);
    int status;
    (void)state;
    for (unsigned i = 0; i < PROCESSES; i++)
        if (fork() == 0) {
            use(cache, i);
            _exit(0);
        }
    for (int i = 0; i < PROCESSES; i++) {
        assert_true(wait(&status) > 0);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
    }
    add(cache, "a.b.0", 0, 1);
    assert_true(find(cache, "a.b.0", 0));
    token_cache_destroy(cache);
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
        TEST(half_as_many_tokens_as_it_holds_find_room),
        TEST(without_a_cache_every_token_is_verified_anew),
        TEST(a_token_that_one_process_adds_another_finds),
        TEST(what_is_half_written_is_not_found),
        TEST(what_is_written_while_it_is_read_is_not_found),
        TEST(a_writer_that_is_killed_costs_one_entry_and_nobody_waits),
        TEST(processes_that_use_the_same_places_never_find_anothers_claims),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
