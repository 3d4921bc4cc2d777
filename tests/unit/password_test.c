/* lib/auth/password: bcrypt, and the list of most-used passwords. */
#include "lib/auth/password.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { COST = 4 }; /* the least that bcrypt has */

/* From the public test sets of crypt_blowfish and jBCrypt, all three prefixes. */
static const struct {
    const char *password, *hash;
} vectors[] = {
    {"", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy"},
    {"U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"},
    {"U*U*", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK"},
    {"U*U*U", "$2y$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a"},
    {"\xA3", "$2a$05$/OK.fbVrR/bpIqNJ5ianF.Sa7shbm4.OzKpvFnX1pQLmQW96oUlCq"},
    {"\xA3", "$2b$05$/OK.fbVrR/bpIqNJ5ianF.Sa7shbm4.OzKpvFnX1pQLmQW96oUlCq"},
    {"\xA3", "$2y$05$/OK.fbVrR/bpIqNJ5ianF.Sa7shbm4.OzKpvFnX1pQLmQW96oUlCq"},
    {"\xFF\xFF\xA3", "$2b$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e"},
    {"\xFF\xFF\xA3", "$2y$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e"},
    {"\xFF\xA3"
     "345",
     "$2y$05$/OK.fbVrR/bpIqNJ5ianF.nRht2l/HRhr6zmCp9vYUvvsqynflf9e"},
    {"\xA3"
     "ab",
     "$2y$05$/OK.fbVrR/bpIqNJ5ianF.6IflQkJytoRVc1yuaNtHfiuq.FRlSIS"},
    {"a", "$2a$06$m0CrhHm10qJ3lXRY.5zDGO3rS2KdeeWLuGmsfGlMfOxih58VYVfxe"},
    {"abc", "$2a$06$If6bvum7DFjUnE9p2uDeDu0YHzrHM6tf.iqN8.yx.jNN1ILEf7h0i"},
    {"~!@#$%^&*()      ~!@#$%^&*()PNBFRD",
     "$2a$06$fPIsBO8qRqkjj273rfaOI.HtSV9jLDpTbZn782DC6/t7qT67P6FfO"},
};

static void hashes_of_other_programs_verify(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++)
        if (!password_verify(vectors[i].password, vectors[i].hash, COST))
            fail_msg("vector %zu", i);
}

static void another_password_does_not_verify(void **state)
{
    static const char *const others[] = {"u*u", "U*U ", " U*U", "U*", "U*U*", ""};
    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (password_verify(others[i], vectors[1].hash, COST))
            fail_msg("'%s' was taken", others[i]);
}

static void a_hash_with_one_changed_character_does_not_verify(void **state)
{
    (void)state;
    for (size_t i = 7; i < PASSWORD_HASH_SIZE - 1; i += 4) {
        char hash[PASSWORD_HASH_SIZE];
        strcpy(hash, vectors[1].hash);
        hash[i] = hash[i] == 'a' ? 'b' : 'a';
        if (password_verify("U*U", hash, COST))
            fail_msg("character %zu", i);
    }
}

/* bcrypt itself reads no more than 72 bytes: a longer one must not get this far. */
static void all_72_bytes_count(void **state)
{
    char password[74], hash[PASSWORD_HASH_SIZE];
    (void)state;
    memset(password, 'x', 73);
    password[72] = '\0';
    assert_int_equal(password_hash(password, COST, hash), STATUS_OK);
    assert_true(password_verify(password, hash, COST));
    password[71] = 'y';
    assert_false(password_verify(password, hash, COST));
    password[71] = '\0';
    assert_false(password_verify(password, hash, COST));
}

static void a_new_hash_is_2b_at_the_cost_asked_for(void **state)
{
    static const struct {
        int cost;
        const char *prefix;
    } cases[] = {{4, "$2b$04$"}, {5, "$2b$05$"}, {6, "$2b$06$"}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char hash[PASSWORD_HASH_SIZE];
        assert_int_equal(password_hash("correct horse", cases[i].cost, hash), STATUS_OK);
        assert_int_equal(strlen(hash), PASSWORD_HASH_SIZE - 1);
        assert_memory_equal(hash, cases[i].prefix, 7);
        assert_true(password_verify("correct horse", hash, COST));
        assert_false(password_verify("Correct horse", hash, COST));
    }
}

static void two_hashes_of_one_password_differ(void **state)
{
    char one[PASSWORD_HASH_SIZE], other[PASSWORD_HASH_SIZE];
    (void)state;
    assert_int_equal(password_hash("correct horse", COST, one), STATUS_OK);
    assert_int_equal(password_hash("correct horse", COST, other), STATUS_OK);
    assert_string_not_equal(one, other);
}

static void texts_beyond_ascii_are_hashed_as_their_bytes(void **state)
{
    char hash[PASSWORD_HASH_SIZE];
    (void)state;
    assert_int_equal(password_hash("pâsswörd 😀", COST, hash), STATUS_OK);
    assert_true(password_verify("pâsswörd 😀", hash, COST));
    assert_false(password_verify("password 😀", hash, COST));
}

static void a_cost_that_bcrypt_does_not_have_is_a_failure(void **state)
{
    char hash[PASSWORD_HASH_SIZE];
    (void)state;
    assert_int_equal(password_hash("x", 3, hash), STATUS_INTERNAL);
    assert_int_equal(password_hash("x", 32, hash), STATUS_INTERNAL);
}

/* Among them what crypt(3) would take for a hash of another kind; and none costs 2^31 rounds. */
static const char *const garbage[] = {
    "",
    "*",
    "*0",
    "*1",
    "!",
    "x",
    "xy",
    "plain text",
    "U*U",
    "$",
    "$2",
    "$2b",
    "$2b$",
    "$2b$05",
    "$2b$05$",
    "$2a$05$CCCCCCCCCCCCCCCCCCCCC.",
    "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOe",
    "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeWW",
    "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW\n",
    "$2x$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
    "$2c$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
    "$3a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
    "$2$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
    "$2a$5$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeWx",
    "$2a$00$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
    "$2a$03$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
    "$2a$17$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
    "$2a$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
    "$2a$32$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
    "$2a$99$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
    "$2a$ 5$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
    "$2a$-5$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
    "$2a$05:CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
    "$2a$05$CCCCCCCCCCCCCCCCCCCCC E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
    "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKv:OeW",
    "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKv\xC3\xA9W",
    "$1$saltsalt$qjXMvbEw8oaL.CzflDtaK/",
    "$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc8",
    "$y$j9T$F5Jx5fExrKuPp53xLKQ..1$X3DX6M94c7o.9agCG9G317fhZg9SqC.5i5rd.RhAtQ7",
    "rl.3StKT.4T8M",
    "{SHA}qvTGHdzF6KLavt4PO0gs2a6pQ00=",
};

static void what_is_no_bcrypt_hash_never_matches(void **state)
{
    static const char *const passwords[] = {"U*U", "", "password"};
    (void)state;
    for (size_t i = 0; i < sizeof garbage / sizeof *garbage; i++)
        for (size_t j = 0; j < sizeof passwords / sizeof *passwords; j++)
            if (password_verify(passwords[j], garbage[i], COST))
                fail_msg("'%s' was taken", garbage[i]);
}

static void what_is_no_bcrypt_hash_is_none_and_a_cost_of_16_is_one(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof garbage / sizeof *garbage; i++)
        if (password_is_hash(garbage[i]))
            fail_msg("'%s' was taken", garbage[i]);
    assert_true(password_is_hash("$2y$16$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"));
    assert_true(password_is_hash("$2a$04$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"));
}

static void a_user_that_does_not_exist_never_matches(void **state)
{
    (void)state;
    assert_false(password_verify("password", NULL, COST));
    assert_false(password_verify("", NULL, COST));
}

static void a_hash_with_another_prefix_or_cost_is_outdated(void **state)
{
    static const struct {
        const char *hash;
        int cost;
        bool outdated;
    } cases[] = {
        {"$2b$05$/OK.fbVrR/bpIqNJ5ianF.Sa7shbm4.OzKpvFnX1pQLmQW96oUlCq", 5, false},
        {"$2b$05$/OK.fbVrR/bpIqNJ5ianF.Sa7shbm4.OzKpvFnX1pQLmQW96oUlCq", 4, true},
        {"$2b$05$/OK.fbVrR/bpIqNJ5ianF.Sa7shbm4.OzKpvFnX1pQLmQW96oUlCq", 6, true},
        {"$2b$12$/OK.fbVrR/bpIqNJ5ianF.Sa7shbm4.OzKpvFnX1pQLmQW96oUlCq", 12, false},
        {"$2a$05$/OK.fbVrR/bpIqNJ5ianF.Sa7shbm4.OzKpvFnX1pQLmQW96oUlCq", 5, true},
        {"$2y$05$/OK.fbVrR/bpIqNJ5ianF.Sa7shbm4.OzKpvFnX1pQLmQW96oUlCq", 5, true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(password_is_outdated(cases[i].hash, cases[i].cost), cases[i].outdated);
}

static void most_used_passwords_are_known_in_any_case(void **state)
{
    static const char *const cases[] = {
        "password", "PASSWORD",   "Password1", "12345678",   "qwertyuiop", "iLoveYou", "trustno1",
        "snowball", "0123456789", "zzzzzzzz",  "contraseña", "Q1W2e3r4T5", "redneck1", "alphaman"};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (!password_is_common(cases[i]))
            fail_msg("'%s' was not known", cases[i]);
}

static void other_passwords_are_not_on_the_list(void **state)
{
    static const char *const cases[] = {
        "",        "passwor",   "ssword",    "password\n",  "password\npassword1",
        "\n",      "password ", " password", "password11x", "correct horse battery staple",
        "pässword"};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (password_is_common(cases[i]))
            fail_msg("'%s' was on the list", cases[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashes_of_other_programs_verify),
        cmocka_unit_test(another_password_does_not_verify),
        cmocka_unit_test(a_hash_with_one_changed_character_does_not_verify),
        cmocka_unit_test(all_72_bytes_count),
        cmocka_unit_test(a_new_hash_is_2b_at_the_cost_asked_for),
        cmocka_unit_test(two_hashes_of_one_password_differ),
        cmocka_unit_test(texts_beyond_ascii_are_hashed_as_their_bytes),
        cmocka_unit_test(a_cost_that_bcrypt_does_not_have_is_a_failure),
        cmocka_unit_test(what_is_no_bcrypt_hash_never_matches),
        cmocka_unit_test(what_is_no_bcrypt_hash_is_none_and_a_cost_of_16_is_one),
        cmocka_unit_test(a_user_that_does_not_exist_never_matches),
        cmocka_unit_test(a_hash_with_another_prefix_or_cost_is_outdated),
        cmocka_unit_test(most_used_passwords_are_known_in_any_case),
        cmocka_unit_test(other_passwords_are_not_on_the_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
