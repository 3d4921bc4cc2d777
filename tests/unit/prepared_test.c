/* lib/data/prepared: which statements a connection knows. */
#include "lib/data/prepared.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void nothing_is_prepared_at_first(void **state)
{
    struct prepared prepared = {.count = 0};
    (void)state;
    assert_false(prepared_has(&prepared, 1));
    assert_false(prepared_has(&prepared, 0));
    assert_false(prepared_is_full(&prepared));
}

static void only_what_was_added_is_there(void **state)
{
    struct prepared prepared = {.count = 0};
    (void)state;
    prepared_add(&prepared, UINT64_MAX - 1);
    assert_true(prepared_has(&prepared, UINT64_MAX - 1));
    assert_false(prepared_has(&prepared, UINT64_MAX));
    assert_false(prepared_has(&prepared, UINT32_MAX - 1));
}

static void it_is_full_at_its_limit_and_keeps_all(void **state)
{
    struct prepared prepared = {.count = 0};
    (void)state;
    for (uint64_t i = 0; i < PREPARED_MAX; i++) {
        assert_false(prepared_is_full(&prepared));
        prepared_add(&prepared, i << 32);
    }
    assert_true(prepared_is_full(&prepared));
    for (uint64_t i = 0; i < PREPARED_MAX; i++)
        assert_true(prepared_has(&prepared, i << 32));
}

static void a_connection_that_is_gone_has_forgotten_all(void **state)
{
    struct prepared prepared = {.count = 0};
    (void)state;
    prepared_add(&prepared, 7);
    prepared.count = 0;
    assert_false(prepared_has(&prepared, 7));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_prepared_at_first),
        cmocka_unit_test(only_what_was_added_is_there),
        cmocka_unit_test(it_is_full_at_its_limit_and_keeps_all),
        cmocka_unit_test(a_connection_that_is_gone_has_forgotten_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
