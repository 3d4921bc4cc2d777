/* A page of tasks, filtered and sorted; and deleting by filter. */
#include "task_query.h"

#include "lib/core/utf8.h"

#include <string.h>

/* Their texts are put together below. */
static const struct db_statement near_page = {.name = "task_list", .result = DB_ROWS};
static const struct db_statement far_page = {
    .name = "task_list_far", .result = DB_ROWS, .adaptive = true};
static const struct db_statement delete_tasks = {
    .name = "task_list_delete", .result = DB_MAYBE_ONE_ROW, .writes = true, .adaptive = true};

/*
 * How each sort key is written, ascending and descending: what may be NULL comes last both ways, by
 * standing in for it what lies beyond all values. Each is an index of schema.sql, with id behind.
 * `key_size` is the length of the key's binary form, 0 for a text.
 */
static const struct {
    const char *ascending;
    const char *descending;
    const char *type;
    size_t key_size;
    enum task_walk upwards, downwards;
} sorts[] = {
    [TASK_BY_CREATED] = {"t.created_at", "t.created_at", "timestamptz", 8, TASK_WALK_CREATED,
                         TASK_WALK_CREATED},
    [TASK_BY_UPDATED] = {"t.updated_at", "t.updated_at", "timestamptz", 8},
    [TASK_BY_DUE] = {DUE_UP, DUE_DOWN, "timestamptz", 8, TASK_WALK_DUE_UP, TASK_WALK_DUE_DOWN},
    [TASK_BY_PRIORITY] = {"t.priority", "t.priority", "smallint", 2, TASK_WALK_PRIORITY,
                          TASK_WALK_PRIORITY},
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

/*
 * A page is found in one of three ways:
 * - WALK: in the order of its index until it is full, where no other index would find it sooner;
 *   what hardly any task passes then costs as much as the user has tasks.
 * - NEAR: the same walk, of some hundred tasks at most, and those of them are taken that pass.
 *   Where a filter lets a tenth pass, that is a page; where the user has no more tasks, it is all.
 * - FAR: where it was neither, all that pass are looked up by whatever index finds them, and
 *   sorted: for each page anew, and so only where they are few.
 */
enum way { WALK, NEAR, FAR };

/* Behind actor.stale and the task. */
enum { KEY_COLUMN = 1 + TASK_COLUMN_COUNT, MORE_COLUMN };

/* One bound more: behind the place where the page before has ended. */
static void add_place(struct task_query *query, const struct task_page *page, const char *key)
{
    struct buffer *bounds = &query->bounds;
    value_add_bytes(&query->query, page->after->key, page->after->key_length);
    buffer_add_text(bounds, " AND (");
    buffer_add_text(bounds, key);
    task_query_add_to(query, bounds, page->descending ? ", t.id) < (?::" : ", t.id) > (?::");
    buffer_add_text(bounds, sorts[page->sort].type);
    value_add_uuid(&query->query, &page->after->id);
    task_query_add_to(query, bounds, ", ?::uuid)");
}

static void add_order_by(struct task_query *query, const struct task_page *page, const char *key)
{
    task_query_add(query, " ORDER BY ");
    task_query_add(query, key);
    task_query_add(query, page->descending ? " DESC, t.id DESC" : ", t.id");
}

static void add_limit(struct task_query *query, const struct task_page *page)
{
    value_add_integer(&query->query, page->limit + 1);
    task_query_add(query, " LIMIT ?::bigint");
}

static void add_walk(struct task_query *query, const struct task_page *page, const char *key)
{
    task_query_add(query, "SELECT " TASK_COLUMNS ", ");
    task_query_add(query, key);
    task_query_add(query, " FROM tasks t");
    task_query_add_where(query);
    task_query_add_rest(query);
    add_order_by(query, page, key);
    add_limit(query, page);
}

/* The user's tasks, as the walk is bounded, with their keys: to be continued, and closed as `t`. */
static void add_keyed(struct task_query *query, const char *key)
{
    task_query_add(query, " FROM (SELECT t.*, ");
    task_query_add(query, key);
    task_query_add(query, " AS key FROM tasks t");
    task_query_add_where(query);
}

static int count_near(const struct task_page *page)
{
    enum { LEAST = 500, MOST = 2000 };
    int count = 10 * page->limit;
    return count < LEAST ? LEAST : count > MOST ? MOST : count;
}

/* What passes of the next tasks; and if that is no full page, and there are more tasks than these,
 * a row that says so in its last column: LIMIT stops before it where the page is full. How many
 * tasks are looked at is a parameter: a plan for any number expects few, and walks; one made for
 * 500 may sort all of the user's, if other users have fewer. */
static void add_near(struct task_query *query, const struct task_page *page, const char *key)
{
    value_add_integer(&query->query, count_near(page));
    task_query_add(query, "(SELECT " TASK_COLUMNS ", t.key, false AS more");
    add_keyed(query, key);
    add_order_by(query, page, key);
    task_query_add(query, " LIMIT ?::bigint) t WHERE true");
    task_query_add_rest(query);
    add_order_by(query, page, "t.key");
    task_query_add(query, ") UNION ALL (SELECT " TASK_NULLS ", NULL, true"
                          " WHERE EXISTS (SELECT FROM tasks t");
    task_query_add_where(query);
    add_order_by(query, page, key);
    task_query_add(query, " OFFSET ?::bigint))");
    add_limit(query, page);
}

/* OFFSET 0 is a fence: without it the planner would flatten the subselect, and might walk in order
 * after all, which has just been tried. */
static void add_far(struct task_query *query, const struct task_page *page, const char *key)
{
    task_query_add(query, "SELECT " TASK_COLUMNS ", t.key");
    add_keyed(query, key);
    task_query_add_rest(query);
    task_query_add(query, " OFFSET 0) t");
    add_order_by(query, page, "t.key");
    add_limit(query, page);
}

/* A join of one row with a subselect keeps the subselect's order: nothing can sort in between. */
static void compose_page(struct task_query *query, const struct task_page *page, enum way way)
{
    static void (*const ways[])(struct task_query *, const struct task_page *, const char *) = {
        [WALK] = add_walk, [NEAR] = add_near, [FAR] = add_far};
    const char *key = page->descending ? sorts[page->sort].descending : sorts[page->sort].ascending;

    task_query_add(query, ACTOR " SELECT actor.stale, t.*");
    if (page->count && way != FAR) {
        task_query_add(query, ", (SELECT count(*) FROM tasks t");
        task_query_add_where(query);
        task_query_add_rest(query);
        task_query_add(query, ")");
    }
    if (page->after != NULL)
        add_place(query, page, key);
    task_query_add(query, " FROM actor LEFT JOIN (");
    ways[way](query, page, key);
    task_query_add(query, ") t ON true");
}

/* What may pass so few or so many tasks that a plan to count them must see the values. */
static bool is_selective(const struct task_filter *filter)
{
    return filter->tags.count > 0 || (filter->text != NULL && filter->text[0] != '\0') ||
           filter->only_overdue || filter->due_before.is_set || filter->due_after.is_set;
}

/* A page on its way: what is asked for, and in which way it is found. */
struct search {
    const struct task_page *page;
    enum way way; /* FAR where it is to be; else set when it is known */
};

/* Decides the way only here: which index a filter could use is known once it has been added. */
static enum status find_rows(struct db *db, struct actor *actor, struct search *search,
                             struct db_rows *rows)
{
    const struct task_page *page = search->page;
    struct task_query query;
    task_query_begin(&query, db, actor, search->way == FAR ? &far_page : &near_page);
    query.walk = page->descending ? sorts[page->sort].downwards : sorts[page->sort].upwards;
    query.statement.adaptive |= page->count && is_selective(&page->filter);
    task_query_add_filter(&query, &page->filter);
    if (search->way != FAR)
        search->way = query.is_indexed ? NEAR : WALK;
    compose_page(&query, page, search->way);
    return task_query_run(&query, db, actor, rows);
}

static struct task_place read_place(const struct db_rows *rows, int row)
{
    struct task_place place = {.id = value_get_uuid(rows, row, 1)};
    const void *key = db_cell(rows, row, KEY_COLUMN, &place.key_length);
    if (place.key_length > sizeof place.key)
        place.key_length = 0;
    memcpy(place.key, key, place.key_length);
    return place;
}

/* A page ends early where its descriptions are so long that its JSON would not fit into a
 * request's memory. */
enum { PAGE_BYTES = 4 << 20 };

static void read_page(const struct db_rows *rows, const struct task_page *page, struct arena *arena,
                      struct task_list *list)
{
    int found = value_is_null(rows, 0, 1) ? 0 : rows->count;
    int most = found > page->limit ? page->limit : found;
    size_t bytes = 0;
    list->tasks = arena_alloc(arena, (size_t)most * sizeof *list->tasks);
    for (; list->count < most && bytes <= PAGE_BYTES; list->count++) {
        struct task *task = &list->tasks[list->count];
        *task = task_fields_read(rows, list->count, arena);
        bytes += task->description == NULL ? 0 : strlen(task->description);
    }
    list->has_more = found > list->count;
    if (list->has_more)
        list->last = read_place(rows, list->count - 1);
}

enum status task_list_find(struct db *db, struct actor *actor, const struct task_page *page,
                           struct task_list *list)
{
    struct search search = {.page = page, .way = WALK};
    struct db_rows rows;
    *list = (struct task_list){0};
    enum status status = find_rows(db, actor, &search, &rows);
    if (status != STATUS_OK)
        return status;
    bool is_near = search.way == NEAR;
    if (page->count)
        list->total = value_get_integer(&rows, 0, is_near ? MORE_COLUMN + 1 : KEY_COLUMN + 1);
    if (is_near && value_get_boolean(&rows, rows.count - 1, MORE_COLUMN)) {
        search.way = FAR;
        status = find_rows(db, actor, &search, &rows);
    }
    if (status == STATUS_OK)
        read_page(&rows, page, db_settings(db)->arena, list);
    return status;
}

enum status task_list_delete(struct db *db, struct actor *actor, const struct task_filter *filter)
{
    struct task_query query;
    struct db_rows rows;
    task_query_begin(&query, db, actor, &delete_tasks);
    task_query_add_filter(&query, filter);
    /* The filter names the user as $1; the join lets it act only while the token holds. */
    task_query_add(&query, ACTOR ", gone AS (DELETE FROM tasks t USING actor");
    task_query_add_where(&query);
    task_query_add_rest(&query);
    task_query_add(&query, ") SELECT actor.stale FROM actor");
    return task_query_run(&query, db, actor, &rows);
}
