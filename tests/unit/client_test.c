/* app/client: who is asking, through proxies that are trusted and those that are not. */
#include "app/http/client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct arena *arena;

static int set_up(void **state)
{
    (void)state;
    arena = arena_create(4096, 1024 * 1024);
    return arena == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    arena_destroy(arena);
    return 0;
}

static const char *find(const char *remote, const char *list, const char *forwarded,
                        const char *proxies)
{
    struct request request = {
        .arena = arena,
        .cgi = {.remote_address = remote, .forwarded_for = list, .forwarded = forwarded}};
    return client_find(&request, proxies);
}

static void x_forwarded_for_is_believed_as_far_as_proxies_vouch_for_it(void **state)
{
    static const struct {
        const char *remote, *list, *proxies, *client;
    } cases[] = {
        /* nobody is trusted, or somebody else */
        {"192.0.2.1", "198.51.100.7", "", "192.0.2.1"},
        {"192.0.2.1", "198.51.100.7", "10.0.0.1", "192.0.2.1"},
        {"", "198.51.100.7", "10.0.0.1", ""},
        {"unix:", "198.51.100.7", "0.0.0.0/0, ::/0", "unix:"},
        /* one proxy */
        {"10.0.0.1", "", "10.0.0.1", "10.0.0.1"},
        {"10.0.0.1", "198.51.100.7", "10.0.0.1", "198.51.100.7"},
        {"10.0.0.1", "2001:db8::7", "10.0.0.1", "2001:db8::7"},
        {"10.0.0.1", "198.51.100.7:4711", "10.0.0.1", "198.51.100.7"},
        {"10.0.0.1", "[2001:db8::7]:4711", "10.0.0.1", "2001:db8::7"},
        {"10.0.0.1", "\t 198.51.100.7 \t", "10.0.0.1", "198.51.100.7"},
        /* what the client itself has written stands on the left */
        {"10.0.0.1", "203.0.113.9, 198.51.100.7", "10.0.0.1", "198.51.100.7"},
        {"10.0.0.1", "10.0.0.1,198.51.100.7", "10.0.0.1", "198.51.100.7"},
        {"10.0.0.1", "nonsense, 198.51.100.7", "10.0.0.1", "198.51.100.7"},
        {"10.0.0.1", "198.51.100.7,", "10.0.0.1", "198.51.100.7"},
        {"10.0.0.1", ", ,198.51.100.7 ,,", "10.0.0.1", "198.51.100.7"},
        /* several proxies */
        {"10.0.0.1", "198.51.100.7, 10.0.0.2, 10.0.0.3", "10.0.0.0/24", "198.51.100.7"},
        {"10.0.0.1", "198.51.100.7, 192.0.2.2, 10.0.0.3", "10.0.0.0/24", "192.0.2.2"},
        {"::ffff:10.0.0.1", "198.51.100.7", "10.0.0.1", "198.51.100.7"},
        {"10.0.0.1", "198.51.100.7", "::ffff:10.0.0.1", "198.51.100.7"},
        {"::1", "198.51.100.7, ::1", "127.0.0.1, ::1", "198.51.100.7"},
        /* all of them are proxies: the first */
        {"10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.0/24", "10.0.0.3"},
        /* no address: the last that vouched for nothing more */
        {"10.0.0.1", "unknown", "10.0.0.1", "10.0.0.1"},
        {"10.0.0.1", "198.51.100.7, unknown, 10.0.0.2", "10.0.0.0/24", "10.0.0.2"},
        {"10.0.0.1", "198.51.100.7.1", "10.0.0.1", "10.0.0.1"},
        {"10.0.0.1", "1", "10.0.0.1", "10.0.0.1"},
        {"10.0.0.1", "fe80::1%eth0", "10.0.0.1", "10.0.0.1"},
        {"10.0.0.1", "\"", "10.0.0.1", "10.0.0.1"},
        {"10.0.0.1", "[", "10.0.0.1", "10.0.0.1"},
        {"10.0.0.1", ":", "10.0.0.1", "10.0.0.1"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *client = find(cases[i].remote, cases[i].list, "", cases[i].proxies);
        if (strcmp(client, cases[i].client) != 0)
            fail_msg("\"%s\" by %s, with %s: %s, not %s", cases[i].list, cases[i].remote,
                     cases[i].proxies, client, cases[i].client);
    }
}

static void forwarded_is_read_as_rfc_7239_writes_it(void **state)
{
    static const struct {
        const char *forwarded, *client;
    } cases[] = {
        {"for=198.51.100.7", "198.51.100.7"},
        {"For=198.51.100.7", "198.51.100.7"},
        {"FOR=\"198.51.100.7\"", "198.51.100.7"},
        {"for=\"198.51.100.7:4711\"", "198.51.100.7"},
        {"for=\"[2001:db8:cafe::17]:4711\"", "2001:db8:cafe::17"},
        {"for=\"[2001:db8:cafe::17]\"", "2001:db8:cafe::17"},
        {"for=\"[2001:db8:cafe::17]:_hidden\"", "2001:db8:cafe::17"},
        {"for=198.51.100.7;proto=https;by=10.0.0.1", "198.51.100.7"},
        {"proto=https; by=10.0.0.1 ; for=198.51.100.7", "198.51.100.7"},
        {"for=203.0.113.9, for=198.51.100.7", "198.51.100.7"},
        {"for=203.0.113.9, for=198.51.100.7;by=x, for=10.0.0.2", "198.51.100.7"},
        /* what a client has left open ends with its element */
        {"for=\"203.0.113.9, for=198.51.100.7", "198.51.100.7"},
        /* hidden, unknown, missing, malformed */
        {"for=unknown", "10.0.0.1"},
        {"for=_hidden", "10.0.0.1"},
        {"for=\"_SEVKISEK\", for=10.0.0.2", "10.0.0.2"},
        {"for=203.0.113.9, by=10.0.0.2", "10.0.0.1"},
        {"by=1", "10.0.0.1"},
        {"for=", "10.0.0.1"},
        {"for", "10.0.0.1"},
        {";;;", "10.0.0.1"},
        {"198.51.100.7", "10.0.0.1"},
        {"before=198.51.100.7", "10.0.0.1"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *client = find("10.0.0.1", "", cases[i].forwarded, "10.0.0.0/24");
        if (strcmp(client, cases[i].client) != 0)
            fail_msg("%s: %s, not %s", cases[i].forwarded, client, cases[i].client);
        assert_string_equal(find("192.0.2.1", "", cases[i].forwarded, "10.0.0.0/24"), "192.0.2.1");
    }
}

static void two_fields_are_believed_only_where_they_say_the_same(void **state)
{
    (void)state;
    assert_string_equal(find("::1", "198.51.100.7", "for=198.51.100.7", "::1"), "198.51.100.7");
    assert_string_equal(find("::1", "2001:DB8::7", "for=\"[2001:db8:0::7]\"", "::1"),
                        "2001:db8:0::7");
    assert_string_equal(find("::1", "198.51.100.7", "for=198.51.100.8", "::1"), "::1");
    assert_string_equal(find("::1", "198.51.100.7", "for=unknown", "::1"), "::1");
    assert_string_equal(find("::1", "unknown", "for=198.51.100.8", "::1"), "::1");
}

static void a_client_cannot_hide_behind_many_hops(void **state)
{
    char list[4096] = "";
    (void)state;
    for (int i = 0; i < 200; i++)
        strcat(list, "203.0.113.9, ");
    strcat(list, "198.51.100.7");
    assert_string_equal(find("10.0.0.1", list, "", "10.0.0.1"), "198.51.100.7");
    list[0] = '\0';
    for (int i = 0; i < 200; i++)
        strcat(list, "10.0.0.1,");
    assert_string_equal(find("10.0.0.1", list, "", "10.0.0.1"), "10.0.0.1");
}

/* Sets bit `number`, counted from the left, to the other value. */
static void flip(unsigned char bytes[16], int number)
{
    bytes[number / 8] ^= (unsigned char)(0x80 >> number % 8);
}

static const char *write_address(const unsigned char bytes[16])
{
    char *text = arena_copy(arena, "", 0);
    for (int i = 0; i < 16; i += 2)
        text = arena_printf(arena, "%s%s%x", text, i > 0 ? ":" : "", bytes[i] << 8 | bytes[i + 1]);
    return text;
}

static void a_network_is_as_wide_as_it_says(void **state)
{
    unsigned char proxy[16], other[16];
    (void)state;
    memset(proxy, 0x5A, sizeof proxy);
    for (int bits = 0; bits <= 128; bits++) {
        const char *network = arena_printf(arena, "%s/%d", write_address(proxy), bits);
        assert_true(client_are_networks(network));
        memcpy(other, proxy, sizeof proxy);
        if (bits < 128) {
            flip(other, bits);
            assert_string_equal(find(write_address(other), "192.0.2.1", "", network), "192.0.2.1");
            flip(other, bits);
        }
        if (bits > 0)
            flip(other, bits - 1);
        const char *outside = write_address(other);
        assert_string_equal(find(outside, "192.0.2.1", "", network),
                            bits == 0 ? "192.0.2.1" : outside);
    }
}

static void ipv4_networks_count_their_own_bits(void **state)
{
    (void)state;
    assert_string_equal(find("10.255.255.255", "192.0.2.1", "", "10.0.0.0/8"), "192.0.2.1");
    assert_string_equal(find("11.0.0.0", "192.0.2.1", "", "10.0.0.0/8"), "11.0.0.0");
    assert_string_equal(find("10.0.0.127", "192.0.2.1", "", "10.0.0.0/25"), "192.0.2.1");
    assert_string_equal(find("10.0.0.128", "192.0.2.1", "", "10.0.0.0/25"), "10.0.0.128");
    assert_string_equal(find("2001:db8::1", "192.0.2.1", "", "0.0.0.0/0"), "2001:db8::1");
    assert_string_equal(find("203.0.113.9", "192.0.2.1", "", "0.0.0.0/0"), "192.0.2.1");
}

static void only_lists_of_networks_are_taken_for_such(void **state)
{
    static const char *const good[] = {
        "127.0.0.1",     "::1",  "10.0.0.0/8", "10.0.0.0/0",        "10.0.0.0/32",
        "2001:db8::/32", "::/0", "::/128",     " ::1 ,\t10.0.0.1 ", "::ffff:10.0.0.0/104",
        "127.0.0.1,"};
    static const char *const bad[] = {"localhost",
                                      "10.0.0.0/33",
                                      "::/129",
                                      "10.0.0.0/",
                                      "10.0.0/8",
                                      "10.0.0.0/-1",
                                      "10.0.0.0/8x",
                                      "10.0.0.0/0008",
                                      "/8",
                                      ",",
                                      "10.0.0.1,,::1",
                                      "10.0.0.1 ::1",
                                      "[::1]",
                                      "::1/64/64",
                                      "10.0.0.1:80",
                                      " ",
                                      "10.0.0.0/ 8",
                                      "ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255/1281",
                                      "999999999999999999999999999999999999999999999999999999999"};
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        if (!client_are_networks(good[i]))
            fail_msg("refused: %s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (client_are_networks(bad[i]))
            fail_msg("taken: %s", bad[i]);
}

static bool are_one(const char *left, const char *right)
{
    unsigned char one[CLIENT_NETWORK_SIZE], other[CLIENT_NETWORK_SIZE];
    client_network(left, one);
    client_network(right, other);
    return memcmp(one, other, sizeof one) == 0;
}

static void whoever_has_a_64_of_ipv6_is_one_and_each_ipv4_address_is(void **state)
{
    (void)state;
    assert_true(are_one("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff"));
    assert_false(are_one("2001:db8:1:2::1", "2001:db8:1:3::1"));
    assert_false(are_one("192.0.2.1", "192.0.2.2"));
    assert_true(are_one("192.0.2.1", "::ffff:192.0.2.1"));
    assert_true(are_one("", "unix:"));
    assert_false(are_one("", "127.0.0.1"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(x_forwarded_for_is_believed_as_far_as_proxies_vouch_for_it),
        TEST(forwarded_is_read_as_rfc_7239_writes_it),
        TEST(two_fields_are_believed_only_where_they_say_the_same),
        TEST(a_client_cannot_hide_behind_many_hops),
        TEST(a_network_is_as_wide_as_it_says),
        TEST(ipv4_networks_count_their_own_bits),
        TEST(only_lists_of_networks_are_taken_for_such),
        TEST(whoever_has_a_64_of_ipv6_is_one_and_each_ipv4_address_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
