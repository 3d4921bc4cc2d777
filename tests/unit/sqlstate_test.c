/* lib/data/sqlstate: what PostgreSQL's error codes mean to us. */
#include "lib/data/sqlstate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct {
    const char *code;
    enum status status;
    enum verdict verdict;
} cases[] = {
    {"23505", STATUS_CONFLICT, VERDICT_DONE},         /* unique_violation */
    {"23503", STATUS_INVALID_TOKEN, VERDICT_DONE},    /* foreign_key_violation: the user is gone */
    {"23502", STATUS_INVALID, VERDICT_DONE},          /* not_null_violation */
    {"23514", STATUS_INVALID, VERDICT_DONE},          /* check_violation */
    {"22001", STATUS_INVALID, VERDICT_DONE},          /* string_data_right_truncation */
    {"22003", STATUS_INVALID, VERDICT_DONE},          /* numeric_value_out_of_range */
    {"22021", STATUS_INVALID, VERDICT_DONE},          /* character_not_in_repertoire */
    {"22P02", STATUS_INVALID, VERDICT_DONE},          /* invalid_text_representation */
    {"40001", STATUS_UNAVAILABLE, VERDICT_AGAIN},     /* serialization_failure */
    {"40P01", STATUS_UNAVAILABLE, VERDICT_AGAIN},     /* deadlock_detected */
    {"25006", STATUS_UNAVAILABLE, VERDICT_READ_ONLY}, /* read_only_sql_transaction */
    {"57014", STATUS_UNAVAILABLE, VERDICT_DONE},      /* query_canceled */
    {"55P03", STATUS_UNAVAILABLE, VERDICT_DONE},      /* lock_not_available */
    {"53100", STATUS_UNAVAILABLE, VERDICT_DONE},      /* disk_full */
    {"53300", STATUS_UNAVAILABLE, VERDICT_DONE},      /* too_many_connections */
    {"57P01", STATUS_UNAVAILABLE, VERDICT_LOST},      /* admin_shutdown */
    {"57P02", STATUS_UNAVAILABLE, VERDICT_LOST},      /* crash_shutdown */
    {"57P03", STATUS_UNAVAILABLE, VERDICT_LOST},      /* cannot_connect_now */
    {"08000", STATUS_UNAVAILABLE, VERDICT_LOST},      /* connection_exception */
    {"08006", STATUS_UNAVAILABLE, VERDICT_LOST},      /* connection_failure */
    {"42P01", STATUS_SCHEMA_OLDER, VERDICT_DONE},     /* undefined_table */
    {"42703", STATUS_INTERNAL, VERDICT_DONE},         /* undefined_column */
    {"42501", STATUS_INTERNAL, VERDICT_DONE},         /* insufficient_privilege */
    {"XX000", STATUS_INTERNAL, VERDICT_DONE},         /* internal_error */
    {"P0001", STATUS_INTERNAL, VERDICT_DONE},         /* raise_exception */
};

/* A failure names the code. */
static void check(bool holds, const char *code)
{
    if (!holds)
        fail_msg("%s", code == NULL ? "no code" : code);
}

static void every_code_has_its_status_and_verdict(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct sqlstate *row = sqlstate_find(cases[i].code);
        check(row->status == cases[i].status && row->verdict == cases[i].verdict, cases[i].code);
    }
}

/* The server no longer knows the statement, or plans it otherwise: nothing was applied. */
static void a_prepared_statement_that_is_gone_is_sent_again(void **state)
{
    static const char *const codes[] = {"26000", "0A000"};
    (void)state;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        enum verdict verdict = sqlstate_find(codes[i])->verdict;
        check(verdict != VERDICT_DONE && verdict != VERDICT_LOST, codes[i]);
    }
    assert_int_equal(sqlstate_find("26000")->status, STATUS_UNAVAILABLE);
    assert_int_equal(sqlstate_find("0A000")->status, STATUS_INTERNAL);
}

static void a_failure_without_a_code_is_a_lost_connection(void **state)
{
    (void)state;
    assert_int_equal(sqlstate_find(NULL)->status, STATUS_UNAVAILABLE);
    assert_int_equal(sqlstate_find(NULL)->verdict, VERDICT_LOST);
}

static void an_unknown_code_is_our_fault_and_is_not_sent_again(void **state)
{
    static const char *const codes[] = {"", "0", "99999", "ZZZZZ", "zzzzz", "2350", "5"};
    (void)state;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        check(sqlstate_find(codes[i])->verdict == VERDICT_DONE, codes[i]);
    assert_int_equal(sqlstate_find("99999")->status, STATUS_INTERNAL);
}

/* Nothing that may have been applied may be sent again. */
static void only_what_was_not_applied_is_sent_again(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct sqlstate *row = sqlstate_find(cases[i].code);
        bool connection = strncmp(cases[i].code, "08", 2) == 0 ||
                          strncmp(cases[i].code, "57P", 3) == 0;
        check((row->verdict == VERDICT_LOST) == connection, cases[i].code);
    }
}

static void only_part_of_an_answer_is_not_worth_a_log_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct sqlstate *row = sqlstate_find(cases[i].code);
        bool expected = row->status == STATUS_CONFLICT || row->status == STATUS_INVALID_TOKEN ||
                        row->status == STATUS_SCHEMA_OLDER;
        check((row->error == DB_ERROR_NONE) == expected, cases[i].code);
    }
}

static void failures_are_counted_by_what_is_to_be_done_about_them(void **state)
{
    static const struct {
        const char *code;
        enum db_error error;
    } errors[] = {
        {"40001", DB_ERROR_CONFLICT},    {"40P01", DB_ERROR_CONFLICT},
        {"57014", DB_ERROR_TIMEOUT},     {"55P03", DB_ERROR_TIMEOUT},
        {"53100", DB_ERROR_UNAVAILABLE}, {"25006", DB_ERROR_UNAVAILABLE},
        {"57P01", DB_ERROR_UNAVAILABLE}, {"08006", DB_ERROR_UNAVAILABLE},
        {NULL, DB_ERROR_UNAVAILABLE},    {"42501", DB_ERROR_OTHER},
        {"XX000", DB_ERROR_OTHER},       {"23502", DB_ERROR_OTHER},
    };
    (void)state;
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
        check(sqlstate_find(errors[i].code)->error == errors[i].error, errors[i].code);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_has_its_status_and_verdict),
        cmocka_unit_test(a_prepared_statement_that_is_gone_is_sent_again),
        cmocka_unit_test(a_failure_without_a_code_is_a_lost_connection),
        cmocka_unit_test(an_unknown_code_is_our_fault_and_is_not_sent_again),
        cmocka_unit_test(only_what_was_not_applied_is_sent_again),
        cmocka_unit_test(only_part_of_an_answer_is_not_worth_a_log_line),
        cmocka_unit_test(failures_are_counted_by_what_is_to_be_done_about_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
