/* lib/core/log: one line a call, on standard error. Here that is a pipe. */
#include "lib/core/clock.h"
#include "lib/core/log.h"
#include "tests/unit/between.h"

#include <cjson/cJSON.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

enum { LINE_LIMIT = 4096 };
enum { SLOW, AWAY, FAILED };

static int saved_stderr, pipe_end;
static char caught[4 * LINE_LIMIT];

static void begin_catching(void)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    saved_stderr = dup(STDERR_FILENO);
    dup2(ends[1], STDERR_FILENO);
    close(ends[1]);
    pipe_end = ends[0];
}

/* What was written since, as a text. */
static const char *end_catching(void)
{
    size_t length = 0;
    dup2(saved_stderr, STDERR_FILENO);
    close(saved_stderr);
    for (ssize_t more; (more = read(pipe_end, caught + length, sizeof caught - 1 - length)) > 0;)
        length += (size_t)more;
    close(pipe_end);
    caught[length] = '\0';
    return caught;
}

static const char *catch_fields(const char *message, const struct log_field *fields, size_t count)
{
    begin_catching();
    log_fields(LOG_INFO, message, fields, count);
    return end_catching();
}

static const char *catch_level(enum log_level level)
{
    begin_catching();
    log_message(level, "hello");
    return end_catching();
}

/* The line behind its time, which changes. */
static const char *behind_time(const char *line)
{
    int64_t micros;
    bool is_date;
    char text[CLOCK_TEXT_SIZE] = "";
    assert_memory_equal(line, "time=", 5);
    memcpy(text, line + 5, strlen("1970-01-01T00:00:00.000000Z"));
    assert_true(clock_parse(text, &micros, &is_date));
    return line + 5 + strlen(text);
}

static int set_up(void **state)
{
    (void)state;
    log_configure(LOG_INFO, false);
    log_set_request(NULL);
    return 0;
}

static void a_line_has_time_level_and_message(void **state)
{
    (void)state;
    assert_string_equal(behind_time(catch_fields("started", NULL, 0)), " level=info msg=started\n");
}

static void a_line_names_its_request(void **state)
{
    (void)state;
    log_set_request("abc-1");
    assert_string_equal(behind_time(catch_fields("x", NULL, 0)),
                        " level=info request_id=abc-1 msg=x\n");
    log_set_request(NULL);
    assert_string_equal(behind_time(catch_fields("x", NULL, 0)), " level=info msg=x\n");
}

static void every_level_has_its_name(void **state)
{
    static const char *const names[] = {" level=error msg=hello\n", " level=warning msg=hello\n",
                                        " level=info msg=hello\n"};
    (void)state;
    log_configure(LOG_INFO, false);
    for (int level = LOG_ERROR; level <= LOG_INFO; level++)
        assert_string_equal(behind_time(catch_level((enum log_level)level)), names[level]);
}

static void what_is_less_important_than_asked_is_dropped(void **state)
{
    (void)state;
    for (int least = LOG_ERROR; least <= LOG_INFO; least++)
        for (int level = LOG_ERROR; level <= LOG_INFO; level++) {
            log_configure((enum log_level)least, false);
            assert_int_equal(catch_level((enum log_level)level)[0] != '\0', level <= least);
        }
}

static void fields_follow_the_message(void **state)
{
    static const struct log_field fields[] = {
        {"status", "200", true}, {"user", NULL, false}, {"route", "/tasks/{id}", false}};
    (void)state;
    assert_string_equal(behind_time(catch_fields("request", fields, 3)),
                        " level=info msg=request status=200 route=/tasks/{id}\n");
}

static void values_that_need_it_are_quoted_and_escaped(void **state)
{
    static const struct {
        const char *value, *written;
    } cases[] = {
        {"", "\"\""},
        {"two words", "\"two words\""},
        {"a=b", "\"a=b\""},
        {"say \"x\"", "\"say \\\"x\\\"\""},
        {"back\\slash", "\"back\\\\slash\""},
        {"line\nbreak\r", "\"line\\u000abreak\\u000d\""},
        {"\x1b[31m\x7f\t", "\"\\u001b[31m\\u007f\\u0009\""},
        {"é", "\"é\""},
        {"plain-1.2_3:4/{x}", "plain-1.2_3:4/{x}"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct log_field field = {"v", cases[i].value, false};
        const char *line = catch_fields("m", &field, 1);
        const char *at = strstr(line, " v=");
        assert_non_null(at);
        assert_memory_equal(at + 3, cases[i].written, strlen(cases[i].written));
        assert_string_equal(at + 3 + strlen(cases[i].written), "\n");
    }
}

static void a_message_is_formatted(void **state)
{
    (void)state;
    begin_catching();
    log_message(LOG_WARNING, "worker %d: %s", 7, "gone");
    assert_string_equal(behind_time(end_catching()), " level=warning msg=\"worker 7: gone\"\n");
}

static void a_value_cannot_begin_a_line_of_its_own(void **state)
{
    struct log_field field = {"method", "GET\ntime=2026 level=error msg=forged", false};
    (void)state;
    const char *line = catch_fields("request", &field, 1);
    assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
}

static cJSON *parse_line(const char *line)
{
    const char *end;
    cJSON *root = cJSON_ParseWithOpts(line, &end, false);
    assert_non_null(root);
    assert_string_equal(end, "\n");
    return root;
}

static void json_lines_are_json_with_numbers_as_numbers(void **state)
{
    static const struct log_field fields[] = {
        {"status", "404", true}, {"user", NULL, false}, {"path", "a \"b\"\\\n\x01 é", false}};
    (void)state;
    log_configure(LOG_INFO, true);
    log_set_request("id-9");
    cJSON *line = parse_line(catch_fields("request", fields, 3));
    assert_string_equal(cJSON_GetObjectItem(line, "level")->valuestring, "info");
    assert_string_equal(cJSON_GetObjectItem(line, "request_id")->valuestring, "id-9");
    assert_string_equal(cJSON_GetObjectItem(line, "msg")->valuestring, "request");
    assert_int_equal(cJSON_GetObjectItem(line, "status")->valueint, 404);
    assert_string_equal(cJSON_GetObjectItem(line, "path")->valuestring, "a \"b\"\\\n\x01 é");
    assert_null(cJSON_GetObjectItem(line, "user"));
    assert_true(cJSON_IsString(cJSON_GetObjectItem(line, "time")));
    cJSON_Delete(line);
}

static void a_long_line_is_cut_and_still_one_line(void **state)
{
    static char value[3 * LINE_LIMIT];
    static const size_t lengths[] = {3900, 4000, 4030, 4050, 4090, 4096, 4097, sizeof value - 1};
    (void)state;
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        memset(value, 'x', lengths[i]);
        value[lengths[i]] = '\0';
        struct log_field field = {"v", value, false};
        const char *line = catch_fields("m", &field, 1);
        assert_true(strlen(line) <= LINE_LIMIT);
        assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
    }
}

static void a_long_message_is_cut(void **state)
{
    static char text[3 * LINE_LIMIT];
    (void)state;
    memset(text, '\x01', sizeof text - 1); /* six characters each, once escaped */
    begin_catching();
    log_message(LOG_ERROR, "%s", text);
    const char *line = end_catching();
    assert_true(strlen(line) <= LINE_LIMIT);
    assert_int_equal(line[strlen(line) - 1], '\n');
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

static void a_cut_json_line_is_json_still(void **state)
{
    static char value[3 * LINE_LIMIT];
    struct log_field field = {"v", value, false};
    (void)state;
    log_configure(LOG_INFO, true);
    memset(value, 'x', sizeof value - 1);
    cJSON_Delete(parse_line(catch_fields("m", &field, 1)));
}

static void a_flood_is_cut_off(void **state)
{
    static const struct log_field field = {"ms", "1500", true};
    int lines = 0;
    (void)state;
    begin_catching();
    for (int i = 0; i < 100; i++)
        lines += log_limited(SLOW, "slow", &field, 1);
    const char *text = end_catching();
    assert_between(lines, 1, 20); /* the minute may end in between */
    for (; *text != '\0'; text = strchr(text, '\n') + 1, lines--)
        assert_non_null(strstr(text, " level=warning msg=slow ms=1500"));
    assert_int_equal(lines, 0);
}

static void a_line_that_is_dropped_by_its_level_does_not_count(void **state)
{
    (void)state;
    log_configure(LOG_ERROR, false);
    for (int i = 0; i < 100; i++)
        assert_false(log_limited(FAILED, "x", NULL, 0));
    log_configure(LOG_WARNING, false);
    begin_catching();
    assert_true(log_limited(FAILED, "x", NULL, 0));
    assert_string_equal(behind_time(end_catching()), " level=warning msg=x\n");
}

static void a_state_is_told_when_it_begins_and_when_it_ends(void **state)
{
    (void)state;
    begin_catching();
    log_state_ends(AWAY, LOG_WARNING, "back");
    log_state_begins(AWAY, "away", NULL, 0);
    log_state_begins(AWAY, "away", NULL, 0);
    assert_string_equal(behind_time(end_catching()), " level=error msg=away\n");
    begin_catching();
    log_state_ends(AWAY, LOG_WARNING, "back");
    log_state_ends(AWAY, LOG_WARNING, "back");
    assert_string_equal(behind_time(end_catching()), " level=warning msg=back\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_line_has_time_level_and_message),
        TEST(a_line_names_its_request),
        TEST(every_level_has_its_name),
        TEST(what_is_less_important_than_asked_is_dropped),
        TEST(fields_follow_the_message),
        TEST(values_that_need_it_are_quoted_and_escaped),
        TEST(a_message_is_formatted),
        TEST(a_value_cannot_begin_a_line_of_its_own),
        TEST(json_lines_are_json_with_numbers_as_numbers),
        TEST(a_long_line_is_cut_and_still_one_line),
        TEST(a_long_message_is_cut),
        TEST(a_cut_json_line_is_json_still),
        TEST(a_flood_is_cut_off),
        TEST(a_line_that_is_dropped_by_its_level_does_not_count),
        TEST(a_state_is_told_when_it_begins_and_when_it_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
