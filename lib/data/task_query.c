/* A statement on a user's tasks as it is put together, and what a filter is in SQL. */
#include "task_query.h"

#include "lib/core/utf8.h"

#include <string.h>

/* That there is a due date, as a bound of the one index or the other. */
#define IS_DUE_UP   DUE_UP " < 'infinity'"
#define IS_DUE_DOWN DUE_DOWN " > '-infinity'"
/* A text that q= asks for, as the pattern of a LIKE. */
#define PATTERN                                                                                    \
    "'%' || replace(replace(replace(todo_fold(?::text), '\\', '\\\\'), '%', '\\%'), '_', '\\_')"   \
    " || '%'"

void task_query_begin(struct task_query *query, struct db *db, const struct actor *actor,
                      const char *name)
{
    struct arena *arena = db_settings(db)->arena;
    *query = (struct task_query){.sql = {.arena = arena},
                                 .name = {.arena = arena},
                                 .bounds = {.arena = arena},
                                 .rest = {.arena = arena}};
    buffer_add_text(&query->name, name);
    actor_add(&query->params, actor);
}

void task_query_add_to(struct task_query *query, struct buffer *part, const char *text)
{
    for (const char *mark; (mark = strchr(text, '?')) != NULL; text = mark + 1) {
        buffer_add(part, text, (size_t)(mark - text));
        buffer_add_char(part, '$');
        buffer_add_integer(part, query->params.count);
    }
    buffer_add_text(part, text);
}

/* Adds a condition, " AND …", to the bounds or to the rest. */
static void add_condition(struct task_query *query, struct buffer *part, char letter,
                          const char *sql)
{
    buffer_add_char(&query->name, letter);
    task_query_add_to(query, part, sql);
}

/* The same, for what an index finds by itself, whatever the order. Priorities are too few for that:
 * the planner knows how many tasks of all users have one, and not of this one. */
static void add_indexed(struct task_query *query, struct buffer *part, char letter, const char *sql)
{
    query->is_indexed |= part == &query->rest;
    add_condition(query, part, letter, sql);
}

static void add_priorities(struct task_query *query, unsigned priorities)
{
    static const char *const sets[] = {
        "", " = 0", " = 1", " <= 1", " = 2", " <> 1", " >= 1", " >= 0",
    };
    bool is_bound = query->order == PRIORITY && priorities != (1 << 0 | 1 << 2);
    struct buffer *part = is_bound ? &query->bounds : &query->rest;
    add_condition(query, part, (char)('0' + priorities), " AND t.priority");
    buffer_add_text(part, sets[priorities]);
}

static void add_tags(struct task_query *query, const struct texts *tags)
{
    value_add_texts(&query->params, query->sql.arena, tags);
    add_indexed(query, &query->rest, 't', " AND t.tags @> ?::text[]");
}

/*
 * A plan for this text sees what it finds by LIKE in the index of trigrams. A plan for any text
 * does not, and would read all of that index for one without a trigram: it looks at each row, and
 * so that the text is not folded anew for each, by a subselect.
 */
static void add_text(struct task_query *query, const char *text)
{
    const char *condition = query->adaptive
                                ? " AND t.folded_text LIKE " PATTERN
                                : " AND strpos(t.folded_text, (SELECT todo_fold(?::text))) > 0";
    value_add_text(&query->params, text);
    if (utf8_count(text) < 3) /* no trigram, and so in no index */
        add_condition(query, &query->rest, 's', condition);
    else
        add_indexed(query, &query->rest, 'q', condition);
}

/* A due date is a bound in the order of the due dates, put to the index that is walked then. */
static void add_due(struct task_query *query, const struct task_filter *filter)
{
    bool upwards = query->order == DUE_FIRST;
    bool is_bound = upwards || query->order == DUE_LAST;
    struct buffer *part = is_bound ? &query->bounds : &query->rest;
    if (filter->only_overdue) {
        add_indexed(query, &query->rest, 'o', " AND " TASK_IS_OVERDUE);
        if (is_bound)
            buffer_add_text(&query->bounds, upwards ? " AND " DUE_UP " < now()"
                                                    : " AND " DUE_DOWN " < now() AND " IS_DUE_DOWN);
    }
    if (filter->due_before.is_set) {
        value_add_timestamp(&query->params, filter->due_before.at);
        add_indexed(query, part, 'b',
                    upwards ? " AND " DUE_UP " < ?::timestamptz"
                            : " AND " DUE_DOWN " < ?::timestamptz AND " IS_DUE_DOWN);
    }
    if (filter->due_after.is_set) {
        value_add_timestamp(&query->params, filter->due_after.at);
        add_indexed(query, part, 'a',
                    upwards ? " AND " DUE_UP " >= ?::timestamptz AND " IS_DUE_UP
                            : " AND " DUE_DOWN " >= ?::timestamptz");
    }
}

void task_query_add_filter(struct task_query *query, const struct task_filter *filter)
{
    if (filter->state == TASK_PENDING)
        add_indexed(query, query->order == CREATED ? &query->bounds : &query->rest, 'p',
                    " AND t.completed_at IS NULL");
    if (filter->state == TASK_COMPLETED_ONLY)
        add_condition(query, &query->rest, 'c', " AND t.completed_at IS NOT NULL");
    if (filter->state == TASK_NO_STATE)
        add_condition(query, &query->bounds, 'x', " AND false");
    if (filter->priorities != 0)
        add_priorities(query, filter->priorities);
    if (filter->never_overdue)
        add_condition(query, &query->rest, 'n', " AND NOT " TASK_IS_OVERDUE);
    add_due(query, filter);
    if (filter->tags.count > 0)
        add_tags(query, &filter->tags);
    if (filter->text != NULL && filter->text[0] != '\0')
        add_text(query, filter->text);
}

void task_query_add_rest(struct task_query *query)
{
    buffer_add(&query->sql, query->rest.data, query->rest.length);
}

void task_query_add_where(struct task_query *query)
{
    task_query_add(query, " WHERE t.user_id = $1::uuid");
    buffer_add(&query->sql, query->bounds.data, query->bounds.length);
}

enum status task_query_run(struct task_query *query, struct db *db, struct actor *actor,
                           struct db_rows *rows)
{
    struct db_statement statement = {
        .name = buffer_string(&query->name),
        .sql = buffer_string(&query->sql),
        .writes = query->name.data[0] == 'D',
        .adaptive = query->adaptive,
    };
    return actor_execute(db, actor, &statement, &query->params, rows);
}
