/* The one composed statement: a page of tasks, filtered and sorted; and deleting by filter. */
#include "task_list.h"

#include "lib/core/buffer.h"
#include "lib/core/clock.h"
#include "lib/core/utf8.h"

#include <string.h>

#define DUE_UP   "coalesce(t.due_at, 'infinity')"
#define DUE_DOWN "coalesce(t.due_at, '-infinity')"
/* That there is a due date, as a bound of the one index or the other. */
#define IS_DUE_UP   DUE_UP " < 'infinity'"
#define IS_DUE_DOWN DUE_DOWN " > '-infinity'"

/*
 * How each order is written, ascending and descending: what may be NULL comes last both ways, by
 * standing in for it what lies beyond all values. Each is an index of schema.sql, with id behind.
 * `key_size` is the length of the key's binary form, 0 for a text.
 */
static const struct {
    const char *ascending;
    const char *descending;
    const char *type;
    size_t key_size;
} sorts[] = {
    [TASK_BY_CREATED] = {"t.created_at", "t.created_at", "timestamptz", 8},
    [TASK_BY_UPDATED] = {"t.updated_at", "t.updated_at", "timestamptz", 8},
    [TASK_BY_DUE] = {DUE_UP, DUE_DOWN, "timestamptz", 8},
    [TASK_BY_PRIORITY] = {"t.priority", "t.priority", "smallint", 2},
    [TASK_BY_TITLE] = {"t.title COLLATE \"und-x-icu\"", "t.title COLLATE \"und-x-icu\"", "text", 0},
    [TASK_BY_ORDER] = {"coalesce(t.sort_order::bigint, 2147483648)",
                       "coalesce(t.sort_order::bigint, -2147483649)", "bigint", 8},
};

bool task_list_is_key(enum task_sort sort, const unsigned char *key, size_t length)
{
    if (sorts[sort].key_size != 0)
        return length == sorts[sort].key_size;
    return length > 0 && memchr(key, 0, length) == NULL && utf8_is_valid((const char *)key, length);
}

/* A statement as it is put together: its text, from constants of this file only, the parameters
 * that the text names, and its name, by which it is prepared once. */
struct composition {
    struct buffer sql;
    struct buffer name;
    struct db_params params;
    bool adaptive;
    enum { OTHER_ORDER, DUE_FIRST, DUE_LAST } order;
};

/* Adds a piece of text; `?` in it stands for the parameter that has just been added. */
static void add_sql(struct composition *composition, const char *sql)
{
    for (const char *mark; (mark = strchr(sql, '?')) != NULL; sql = mark + 1) {
        buffer_add(&composition->sql, sql, (size_t)(mark - sql));
        buffer_add_char(&composition->sql, '$');
        buffer_add_integer(&composition->sql, composition->params.count);
    }
    buffer_add_text(&composition->sql, sql);
}

/* The same, for a piece that is not always there: `letter` goes into the name. */
static void add_piece(struct composition *composition, char letter, const char *sql)
{
    buffer_add_char(&composition->name, letter);
    add_sql(composition, sql);
}

static void add_priorities(struct composition *composition, unsigned priorities)
{
    static const char *const sets[] = {"", "0", "1", "0, 1", "2", "0, 2", "1, 2", "0, 1, 2"};
    buffer_add_char(&composition->name, (char)('0' + priorities));
    add_sql(composition, " AND t.priority IN (");
    add_sql(composition, sets[priorities]);
    add_sql(composition, ")");
}

/* What the tags and the text select varies so much that a plan for all of them would be a bad one:
 * such statements are planned with their values. */
static void add_selective(struct composition *composition, const struct task_filter *filter)
{
    struct db_params *params = &composition->params;
    if (filter->tags.count > 0) {
        value_add_texts(params, composition->sql.arena, &filter->tags);
        add_piece(composition, 't', " AND t.tags @> ?::text[]");
        composition->adaptive = true;
    }
    if (filter->text != NULL && filter->text[0] != '\0') {
        value_add_text(params, filter->text);
        add_piece(composition, 'q',
                  " AND t.folded_text LIKE '%' || replace(replace(replace("
                  "todo_fold(?::text), '\\', '\\\\'), '%', '\\%'), '_', '\\_') || '%'");
        composition->adaptive = true;
    }
}

/* A bound is put to the index that is walked in the order of the due dates: that is where the walk
 * begins and ends, whatever the date. In any other order it hangs on the date whether to walk that
 * one, or to look up the few tasks that pass. */
static void add_due(struct composition *composition, const struct task_filter *filter)
{
    bool upwards = composition->order == DUE_FIRST;
    if (filter->only_overdue)
        add_piece(composition, 'o',
                  composition->order == DUE_LAST ? " AND " TASK_IS_OVERDUE " AND " DUE_DOWN
                                                   " < now() AND " IS_DUE_DOWN
                                                 : " AND " TASK_IS_OVERDUE);
    if (filter->due_before.is_set) {
        value_add_timestamp(&composition->params, filter->due_before.at);
        add_piece(composition, 'b',
                  upwards ? " AND " DUE_UP " < ?::timestamptz"
                          : " AND " DUE_DOWN " < ?::timestamptz AND " IS_DUE_DOWN);
    }
    if (filter->due_after.is_set) {
        value_add_timestamp(&composition->params, filter->due_after.at);
        add_piece(composition, 'a',
                  upwards ? " AND " DUE_UP " >= ?::timestamptz AND " IS_DUE_UP
                          : " AND " DUE_DOWN " >= ?::timestamptz");
    }
    if (filter->only_overdue || filter->due_before.is_set || filter->due_after.is_set)
        composition->adaptive = composition->order == OTHER_ORDER;
}

static void add_filter(struct composition *composition, const struct task_filter *filter)
{
    add_sql(composition, " WHERE t.user_id = $1::uuid");
    if (filter->state == TASK_PENDING)
        add_piece(composition, 'p', " AND t.completed_at IS NULL");
    if (filter->state == TASK_COMPLETED_ONLY)
        add_piece(composition, 'c', " AND t.completed_at IS NOT NULL");
    if (filter->state == TASK_NO_STATE)
        add_piece(composition, 'x', " AND false");
    if (filter->priorities != 0)
        add_priorities(composition, filter->priorities);
    if (filter->never_overdue)
        add_piece(composition, 'n', " AND NOT " TASK_IS_OVERDUE);
    add_due(composition, filter);
    add_selective(composition, filter);
}

static void add_place(struct composition *composition, const struct task_page *page,
                      const char *key)
{
    value_add_bytes(&composition->params, page->after->key, page->after->key_length);
    add_piece(composition, 'k', " AND (");
    add_sql(composition, key);
    add_sql(composition, page->descending ? ", t.id) < (?::" : ", t.id) > (?::");
    add_sql(composition, sorts[page->sort].type);
    value_add_uuid(&composition->params, &page->after->id);
    add_sql(composition, ", ?::uuid)");
}

/* A join of one row with a subselect keeps the subselect's order: nothing can sort in between. */
static void compose_page(struct composition *composition, const struct task_page *page)
{
    const char *key = page->descending ? sorts[page->sort].descending : sorts[page->sort].ascending;
    const char *direction = page->descending ? " DESC" : "";

    if (page->sort == TASK_BY_DUE)
        composition->order = page->descending ? DUE_LAST : DUE_FIRST;
    add_sql(composition, ACTOR " SELECT actor.stale, t.*");
    if (page->count) {
        add_piece(composition, 'C', ", (SELECT count(*) FROM tasks t");
        add_filter(composition, &page->filter);
        add_sql(composition, ")");
    }
    add_sql(composition, " FROM actor LEFT JOIN (SELECT " TASK_COLUMNS ", ");
    add_sql(composition, key);
    add_sql(composition, " FROM tasks t");
    add_filter(composition, &page->filter);
    if (page->after != NULL)
        add_place(composition, page, key);
    buffer_add_char(&composition->name, (char)('A' + page->sort));
    add_piece(composition, page->descending ? 'd' : 'u', " ORDER BY ");
    add_sql(composition, key);
    add_sql(composition, direction);
    add_sql(composition, ", t.id");
    add_sql(composition, direction);
    value_add_integer(&composition->params, page->limit + 1);
    add_sql(composition, " LIMIT ?::bigint) t ON true");
}

/* In place: the parameters point into the composition. */
static void begin(struct composition *composition, struct db *db, const struct actor *actor,
                  const char *name)
{
    struct arena *arena = db_settings(db)->arena;
    *composition = (struct composition){.sql = {.arena = arena}, .name = {.arena = arena}};
    buffer_add_text(&composition->name, name);
    actor_add(&composition->params, actor);
}

static enum status run(struct db *db, struct actor *actor, struct composition *composition,
                       struct db_rows *rows)
{
    struct db_statement statement = {
        .name = buffer_string(&composition->name),
        .sql = buffer_string(&composition->sql),
        .writes = composition->name.data[0] == 'D',
        .adaptive = composition->adaptive,
    };
    return actor_execute(db, actor, &statement, &composition->params, rows);
}

static struct task_place read_place(const struct db_rows *rows, int row)
{
    struct task_place place = {.id = value_get_uuid(rows, row, 1)};
    const void *key = db_cell(rows, row, 1 + TASK_COLUMN_COUNT, &place.key_length);
    if (place.key_length > sizeof place.key)
        place.key_length = 0;
    memcpy(place.key, key, place.key_length);
    return place;
}

enum status task_list_find(struct db *db, struct actor *actor, const struct task_page *page,
                           struct task_list *list)
{
    struct arena *arena = db_settings(db)->arena;
    struct composition composition;
    struct db_rows rows;
    *list = (struct task_list){0};
    begin(&composition, db, actor, "L");
    compose_page(&composition, page);
    enum status status = run(db, actor, &composition, &rows);
    if (status != STATUS_OK)
        return status;

    int found = value_is_null(&rows, 0, 1) ? 0 : rows.count;
    list->has_more = found > page->limit;
    list->count = list->has_more ? page->limit : found;
    list->tasks = arena_alloc(arena, (size_t)list->count * sizeof *list->tasks);
    for (int i = 0; i < list->count; i++)
        list->tasks[i] = task_store_read(&rows, i, arena);
    if (list->has_more)
        list->last = read_place(&rows, list->count - 1);
    if (page->count)
        list->total = value_get_integer(&rows, 0, 2 + TASK_COLUMN_COUNT);
    return STATUS_OK;
}

enum status task_list_delete(struct db *db, struct actor *actor, const struct task_filter *filter)
{
    struct composition composition;
    struct db_rows rows;
    begin(&composition, db, actor, "D");
    /* The filter names the user as $1; the join lets it act only while the token holds. */
    add_sql(&composition, ACTOR ", gone AS (DELETE FROM tasks t USING actor");
    add_filter(&composition, filter);
    add_sql(&composition, ") SELECT actor.stale FROM actor");
    return run(db, actor, &composition, &rows);
}
