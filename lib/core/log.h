/* Log lines on standard error: logfmt or JSON, one write per line. */
#ifndef CORE_LOG_H
#define CORE_LOG_H

#include <stdbool.h>
#include <stddef.h>

enum log_level { LOG_NONE = -1, LOG_ERROR, LOG_WARNING, LOG_INFO };

/* A name and its value; a NULL value leaves the field out. `number`: the value is one. */
struct log_field {
    const char *name;
    const char *value;
    bool number;
};

/* Lines above `least` (LOG_NONE: all) are dropped; `json` instead of logfmt. Call this before
 * any fork: log_limited() counts over all processes. */
void log_configure(enum log_level least, bool json);

/* Whether lines of this level are written at all. */
bool log_shows(enum log_level level);

/* Sets the request that the following lines belong to; NULL for none. The text is not copied. */
void log_set_request(const char *request_id);

/* Writes one line: time, level, request id, message, then the fields. Values are escaped; a line
 * is cut at 4,096 bytes. Never pass a token, a password, an e-mail, or what a client sent in a
 * body or query. */
void log_fields(enum log_level level, const char *message, const struct log_field *fields,
                size_t count);

/* Kinds of lines that would become a flood where many requests meet the same trouble. They are
 * numbers here; what each means is said by who writes the line, counting from the base of its part
 * of the program. */
enum { LOG_KINDS_OF_DATA = 0, LOG_KINDS_OF_APP = 40, LOG_KINDS = 48 };

/* A warning of which only a few lines a minute are written over all processes. `left_out` in the
 * next one says how many were not. False where this one was not. */
bool log_limited(int kind, const char *message, const struct log_field *fields, size_t count);

/* The same for a state: its beginning is an error, written once, by one of the processes, and where
 * it was, so is its end. */
void log_state_begins(int kind, const char *message, const struct log_field *fields, size_t count);
void log_state_ends(int kind, enum log_level level, const char *message);

void log_message(enum log_level level, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
