/* A statement on a user's tasks as it is put together, and what a filter is in SQL. */
#include "task_query.h"

#include "lib/core/utf8.h"

#include <assert.h>
#include <string.h>

/* That there is a due date, as a bound of the one index or the other. */
#define IS_DUE_UP   DUE_UP " < 'infinity'"
#define IS_DUE_DOWN DUE_DOWN " > '-infinity'"
/* A text that q= asks for, as the pattern of a LIKE. */
#define PATTERN                                                                                    \
    "'%' || replace(replace(replace(todo_fold(?::text), '\\', '\\\\'), '%', '\\%'), '_', '\\_')"   \
    " || '%'"

void task_query_begin(struct task_query *query, struct db *db, const struct actor *actor,
                      const struct db_statement *statement)
{
    struct arena *arena = db_settings(db)->arena;
    *query = (struct task_query){.statement = *statement,
                                 .sql = {.arena = arena},
                                 .bounds = {.arena = arena},
                                 .rest = {.arena = arena}};
    actor_add(&query->query, actor);
}

void task_query_add_to(struct task_query *query, struct buffer *part, const char *text)
{
    for (const char *mark; (mark = strchr(text, '?')) != NULL; text = mark + 1) {
        buffer_add(part, text, (size_t)(mark - text));
        buffer_add_char(part, '$');
        buffer_add_integer(part, query->query.count);
    }
    buffer_add_text(part, text);
}

/* Adds a condition, " AND …", to the bounds or to the rest, for which there is an index of its own,
 * whatever the order: in the rest, it makes the short walk worth trying first (is_indexed). Not
 * priorities: there are only three, and the planner knows how many tasks of all users have one, but
 * not how many of this user's. */
static void add_indexed(struct task_query *query, struct buffer *part, const char *sql)
{
    query->is_indexed |= part == &query->rest;
    task_query_add_to(query, part, sql);
}

/* A set of bits as one comparison, so that the index can bound the walk by it. Low and high without
 * medium is two ranges, which no single walk can be bounded by: that set goes into the rest. */
static void add_priorities(struct task_query *query, unsigned priorities)
{
    static const char *const sets[] = {
        "", " = 0", " = 1", " <= 1", " = 2", " <> 1", " >= 1", " >= 0",
    };
    bool is_bound = query->walk == TASK_WALK_PRIORITY && priorities != (1 << 0 | 1 << 2);
    struct buffer *part = is_bound ? &query->bounds : &query->rest;
    assert(priorities < sizeof sets / sizeof *sets);
    task_query_add_to(query, part, " AND t.priority");
    buffer_add_text(part, sets[priorities]);
}

static void add_tags(struct task_query *query, const struct texts *tags)
{
    value_add_texts(&query->query, query->sql.arena, tags);
    add_indexed(query, &query->rest, " AND t.tags @> ?::text[]");
}

/*
 * A plan made for this very text (adaptive) knows its trigrams, and LIKE finds them in their index.
 * A plan made for any text does not, and would read that whole index for a text without a trigram:
 * so it looks at each row instead. The subselect folds the text once, and not once per row.
 */
static void add_text(struct task_query *query, const char *text)
{
    const char *condition = query->statement.adaptive
                                ? " AND t.folded_text LIKE " PATTERN
                                : " AND strpos(t.folded_text, (SELECT todo_fold(?::text))) > 0";
    value_add_text(&query->query, text);
    if (utf8_count(text) < 3) /* no trigram, and so in no index */
        task_query_add_to(query, &query->rest, condition);
    else
        add_indexed(query, &query->rest, condition);
}

/* In the order of the due dates a due date bounds the walk. What may be NULL has two indexes, one
 * per direction, so the condition must be spelled as the one that is walked spells it: any other
 * spelling is right, but bounds nothing. */
static void add_due(struct task_query *query, const struct task_filter *filter)
{
    bool upwards = query->walk == TASK_WALK_DUE_UP;
    bool is_bound = upwards || query->walk == TASK_WALK_DUE_DOWN;
    struct buffer *part = is_bound ? &query->bounds : &query->rest;
    if (filter->only_overdue) {
        add_indexed(query, &query->rest, " AND " TASK_IS_OVERDUE);
        if (is_bound)
            buffer_add_text(&query->bounds, upwards ? " AND " DUE_UP " < now()"
                                                    : " AND " DUE_DOWN " < now() AND " IS_DUE_DOWN);
    }
    if (filter->due_before.is_set) {
        value_add_timestamp(&query->query, filter->due_before.at);
        add_indexed(query, part,
                    upwards ? " AND " DUE_UP " < ?::timestamptz"
                            : " AND " DUE_DOWN " < ?::timestamptz AND " IS_DUE_DOWN);
    }
    if (filter->due_after.is_set) {
        value_add_timestamp(&query->query, filter->due_after.at);
        add_indexed(query, part,
                    upwards ? " AND " DUE_UP " >= ?::timestamptz AND " IS_DUE_UP
                            : " AND " DUE_DOWN " >= ?::timestamptz");
    }
}

void task_query_add_filter(struct task_query *query, const struct task_filter *filter)
{
    if (filter->state == TASK_PENDING)
        add_indexed(query, query->walk == TASK_WALK_CREATED ? &query->bounds : &query->rest,
                    " AND t.completed_at IS NULL");
    if (filter->state == TASK_COMPLETED_ONLY)
        task_query_add_to(query, &query->rest, " AND t.completed_at IS NOT NULL");
    if (filter->state == TASK_NO_STATE)
        task_query_add_to(query, &query->bounds, " AND false");
    if (filter->priorities != 0)
        add_priorities(query, filter->priorities);
    if (filter->never_overdue)
        task_query_add_to(query, &query->rest, " AND NOT " TASK_IS_OVERDUE);
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
    query->statement.sql = buffer_string(&query->sql);
    query->query.statement = &query->statement;
    return actor_execute(db, actor, &query->query, rows);
}
