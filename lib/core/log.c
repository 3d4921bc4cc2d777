/* Log lines on standard error: logfmt or JSON, one write per line. */
#include "log.h"

#include "clock.h"
#include "encoding.h"
#include "log_limit.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What a pipe takes in one piece (PIPE_BUF), so that the lines of many workers do not mix. */
enum { LINE_SIZE = 4096 };

/* Bytes of one value: a line with one that is long, and escaped throughout, still closes. */
enum { VALUE_SIZE = 400 };

struct line {
    char text[LINE_SIZE];
    size_t length;
};

static enum log_level least_level = LOG_INFO;
static bool as_json;
static const char *current_request;

void log_configure(enum log_level least, bool json)
{
    least_level = least;
    as_json = json;
    log_limit_share();
}

bool log_shows(enum log_level level)
{
    return level <= least_level;
}

void log_set_request(const char *request_id)
{
    current_request = request_id;
}

static void line_add(struct line *line, const char *text, size_t length)
{
    assert(line->length <= sizeof line->text - 3);
    size_t room = sizeof line->text - 3 - line->length; /* what closes the line always fits */
    if (length > room)
        length = room;
    memcpy(line->text + line->length, text, length);
    line->length += length;
}

static void line_add_escaped(struct line *line, const char *value)
{
    line_add(line, "\"", 1);
    for (size_t i = 0; i < VALUE_SIZE && *value != '\0'; i++, value++) {
        unsigned char byte = (unsigned char)*value;
        char escaped[8];
        if (byte >= 0x20 && byte != 0x7F && byte != '"' && byte != '\\') {
            line_add(line, value, 1);
            continue;
        }
        if (byte == '"' || byte == '\\')
            snprintf(escaped, sizeof escaped, "\\%c", byte);
        else
            snprintf(escaped, sizeof escaped, "\\u%04x", byte);
        line_add(line, escaped, strlen(escaped));
    }
    line_add(line, "\"", 1);
}

static void line_add_field(struct line *line, const struct log_field *field)
{
    if (field->value == NULL)
        return;
    if (line->length > 1)
        line_add(line, as_json ? "," : " ", 1);
    if (as_json)
        line_add_escaped(line, field->name);
    else
        line_add(line, field->name, strlen(field->name));
    line_add(line, as_json ? ":" : "=", 1);
    if (as_json ? field->number : encoding_is_plain(field->value, "-_./:{}"))
        line_add(line, field->value, strlen(field->value));
    else
        line_add_escaped(line, field->value);
}

static void line_add_fields(struct line *line, const struct log_field *fields, size_t count)
{
    assert(fields != NULL || count == 0);
    for (size_t i = 0; i < count; i++)
        line_add_field(line, &fields[i]);
}

static void line_begin(struct line *line, enum log_level level, const char *message)
{
    static const char *const names[] = {"error", "warning", "info"};
    assert(level >= LOG_ERROR && level <= LOG_INFO);
    line->length = 0; /* and its 4 KB as they are */
    char time[CLOCK_TEXT_SIZE];
    clock_format(clock_now(), true, time);
    struct log_field head[] = {
        {"time", time, false},
        {"level", names[level], false},
        {"request_id", current_request, false},
        {"msg", message, false},
    };
    if (as_json)
        line_add(line, "{", 1);
    line_add_fields(line, head, sizeof head / sizeof *head);
}

static void line_write(struct line *line)
{
    assert(line->length + 2 <= sizeof line->text);
    if (as_json)
        line->text[line->length++] = '}';
    line->text[line->length++] = '\n';
    while (write(STDERR_FILENO, line->text, line->length) < 0 && errno == EINTR)
        continue;
}

void log_fields(enum log_level level, const char *message, const struct log_field *fields,
                size_t count)
{
    struct line line;
    if (level > least_level)
        return;
    line_begin(&line, level, message);
    line_add_fields(&line, fields, count);
    line_write(&line);
}

bool log_limited(int kind, const char *message, const struct log_field *fields, size_t count)
{
    struct line line;
    char text[24];
    uint32_t left_out;
    if (LOG_WARNING > least_level || !log_limit_take(kind, clock_monotonic(), &left_out))
        return false;
    snprintf(text, sizeof text, "%lu", (unsigned long)left_out);
    struct log_field last = {"left_out", left_out == 0 ? NULL : text, true};
    line_begin(&line, LOG_WARNING, message);
    line_add_fields(&line, fields, count);
    line_add_field(&line, &last);
    line_write(&line);
    return true;
}

void log_state_begins(int kind, const char *message, const struct log_field *fields, size_t count)
{
    if (!log_limit_set_told(kind, true))
        log_fields(LOG_ERROR, message, fields, count);
}

void log_state_ends(int kind, enum log_level level, const char *message)
{
    if (log_limit_set_told(kind, false))
        log_fields(level, message, NULL, 0);
}

void log_message(enum log_level level, const char *format, ...)
{
    char message[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    log_fields(level, message, NULL, 0);
}
