/* lib/data/db_statement: what a statement declares, and what the connection holds it to. */
#include "lib/data/db_statement.h"

#include "lib/core/log.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static int set_up(void **state)
{
    (void)state;
    log_configure(LOG_NONE, false);
    return 0;
}

static void a_result_must_be_of_the_shape_that_was_declared(void **state)
{
    static const struct {
        enum db_result result;
        int rows;
        enum status status;
    } cases[] = {
        {DB_NO_ROW, 0, STATUS_OK},        {DB_NO_ROW, 1, STATUS_INTERNAL},
        {DB_ONE_ROW, 0, STATUS_INTERNAL}, {DB_ONE_ROW, 1, STATUS_OK},
        {DB_ONE_ROW, 2, STATUS_INTERNAL}, {DB_MAYBE_ONE_ROW, 0, STATUS_OK},
        {DB_MAYBE_ONE_ROW, 1, STATUS_OK}, {DB_MAYBE_ONE_ROW, 2, STATUS_INTERNAL},
        {DB_ROWS, 0, STATUS_OK},          {DB_ROWS, 1, STATUS_OK},
        {DB_ROWS, INT_MAX, STATUS_OK},    {0, 0, STATUS_INTERNAL},
        {0, 1, STATUS_INTERNAL},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct db_statement statement = {.name = "s", .result = cases[i].result};
        if (db_statement_judge(&statement, cases[i].rows) != cases[i].status)
            fail_msg("case %zu: %d rows", i, cases[i].rows);
    }
}

static void no_row_is_what_the_statement_calls_it(void **state)
{
    struct db_statement statement = {
        .name = "s", .result = DB_MAYBE_ONE_ROW, .none = STATUS_NOT_FOUND};
    (void)state;
    assert_int_equal(db_statement_judge(&statement, 0), STATUS_NOT_FOUND);
    assert_int_equal(db_statement_judge(&statement, 1), STATUS_OK);
    statement.result = DB_ONE_ROW;
    assert_int_equal(db_statement_judge(&statement, 0), STATUS_INTERNAL);
}

static void a_statement_says_what_it_gives_and_whether_it_writes(void **state)
{
    static const struct {
        struct db_statement statement;
        bool is_sound;
    } cases[] = {
        {{.sql = "SELECT 1", .result = DB_ONE_ROW}, true},
        {{.sql = "SELECT 1"}, false},
        {{.sql = "SELECT 1", .result = DB_ONE_ROW, .writes = true}, false},
        {{.sql = "INSERT INTO t DEFAULT VALUES", .result = DB_NO_ROW}, false},
        {{.sql = "INSERT INTO t DEFAULT VALUES", .result = DB_NO_ROW, .writes = true}, true},
        {{.sql = "WITH a AS (UPDATE t SET b = 1) SELECT 1", .result = DB_ONE_ROW}, false},
        {{.sql = "WITH a AS (DELETE FROM t) SELECT 1", .result = DB_ONE_ROW}, false},
        {{.sql = "SELECT updated_at FROM t", .result = DB_ROWS}, true},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct db_statement statement = cases[i].statement;
        statement.name = "s";
        if (db_statement_is_sound(&statement) != cases[i].is_sound)
            fail_msg("case %zu: %s", i, statement.sql);
    }
}

static void two_texts_are_two_prepared_statements_whatever_they_are_called(void **state)
{
    struct db_statement one = {.name = "task_list", .sql = "SELECT 1"};
    struct db_statement other = {.name = "task_list", .sql = "SELECT 2"};
    struct db_statement_key first = db_statement_key(&one), second = db_statement_key(&other);
    (void)state;
    assert_true(first.hash != second.hash);
    assert_string_not_equal(first.name, second.name);
    assert_int_equal(strncmp(first.name, "task_list_", 10), 0);
    assert_int_equal(strlen(first.name), 10 + 16);
    struct db_statement_key again = db_statement_key(&one);
    assert_string_equal(first.name, again.name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_result_must_be_of_the_shape_that_was_declared),
        cmocka_unit_test(no_row_is_what_the_statement_calls_it),
        cmocka_unit_test(a_statement_says_what_it_gives_and_whether_it_writes),
        cmocka_unit_test(two_texts_are_two_prepared_statements_whatever_they_are_called),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
