/* Lists of tasks: GET and DELETE /tasks, filters, sorting, pages; and their field rules. */
#include "task_list_api.h"

#include "app/resources/cursor.h"
#include "app/resources/task_json.h"
#include "lib/core/encoding.h"

#include <assert.h>
#include <string.h>

enum { DEFAULT_LIMIT = 1000, MAX_LIMIT = 1000, ANY = -1 };

enum state_word { STATE_ALL, STATE_PENDING, STATE_COMPLETED };

struct filter_input {
    int completed; /* an index of `booleans`, or ANY */
    int state;     /* enum state_word */
    int overdue;   /* like completed */
    unsigned priorities;
    struct texts tags;
    const char *text;
    struct optional_time due_before;
    struct optional_time due_after;
};

struct list_input {
    struct filter_input filter;
    int sort; /* an index of `sorts` */
    struct optional_integer limit;
    const char *cursor;
    bool count;
};

static const char *const booleans[] = {"false", "true", NULL};
static const char *const states[] = {
    [STATE_ALL] = "all", [STATE_PENDING] = "pending", [STATE_COMPLETED] = "completed", NULL};

/* Each word of `sort`: the key, and whether it descends. */
/* clang-format off */
#define SORTS(ROW)                                  \
    ROW("created_at",  TASK_BY_CREATED,  false)     \
    ROW("-created_at", TASK_BY_CREATED,  true)      \
    ROW("updated_at",  TASK_BY_UPDATED,  false)     \
    ROW("-updated_at", TASK_BY_UPDATED,  true)      \
    ROW("due_date",    TASK_BY_DUE,      false)     \
    ROW("-due_date",   TASK_BY_DUE,      true)      \
    ROW("priority",    TASK_BY_PRIORITY, false)     \
    ROW("-priority",   TASK_BY_PRIORITY, true)      \
    ROW("title",       TASK_BY_TITLE,    false)     \
    ROW("-title",      TASK_BY_TITLE,    true)      \
    ROW("order",       TASK_BY_ORDER,    false)     \
    ROW("-order",      TASK_BY_ORDER,    true)
#define AS_WORD(word, key, descending) word,
#define AS_SORT(word, key, descending) {key, descending},
/* clang-format on */

enum { NEWEST_FIRST = 1 /* the row of "-created_at" */ };

static const char *const sort_words[] = {SORTS(AS_WORD) NULL};

static const struct {
    enum task_sort key;
    bool descending;
} sorts[] = {SORTS(AS_SORT)};

static const struct field filter_rows[] = {
    {"completed", FIELD_CHOICE, FIELD_ANY_CASE, .words = booleans, .fallback = ANY,
     .offset = offsetof(struct filter_input, completed)},
    {"status", FIELD_CHOICE, .words = states, .fallback = STATE_ALL,
     .offset = offsetof(struct filter_input, state)},
    {"priority", FIELD_CHOICES, FIELD_REPEATABLE, .words = task_json_priorities,
     .offset = offsetof(struct filter_input, priorities)},
    {"tag", FIELD_TAGS, FIELD_REPEATABLE, .offset = offsetof(struct filter_input, tags)},
    {"due_before", FIELD_TIME, .offset = offsetof(struct filter_input, due_before)},
    {"due_after", FIELD_TIME, .offset = offsetof(struct filter_input, due_after)},
    {"overdue", FIELD_CHOICE, FIELD_ANY_CASE, .words = booleans, .fallback = ANY,
     .offset = offsetof(struct filter_input, overdue)},
};

static const struct field page_rows[] = {
    {"q", FIELD_TEXT, FIELD_NO_CONTROL, 0, 2000, .offset = offsetof(struct filter_input, text)},
    {"sort", FIELD_CHOICE, .words = sort_words, .fallback = NEWEST_FIRST,
     .offset = offsetof(struct list_input, sort)},
    {"limit", FIELD_INTEGER, 0, 1, MAX_LIMIT, .offset = offsetof(struct list_input, limit)},
    {"cursor", FIELD_TEXT, 0, 1, 2000, .offset = offsetof(struct list_input, cursor)},
    {"count", FIELD_BOOLEAN, .offset = offsetof(struct list_input, count)},
};

/* Nobody who searches for nothing means to delete everything. */
static const struct field deletion_rows[] = {
    {"q", FIELD_TEXT, FIELD_NO_CONTROL | FIELD_VISIBLE, 1, 2000,
     .offset = offsetof(struct filter_input, text)},
};

static const struct fields filter_fields = {FIELDS(filter_rows, struct filter_input)};
const struct fields task_list_api_deletion = {FIELDS(deletion_rows, struct filter_input),
                                              .base = &filter_fields};
const struct fields task_list_api_query = {FIELDS(page_rows, struct list_input),
                                           .base = &filter_fields};

/* Both ways to ask for a state hold at once. */
static enum task_state find_state(const struct filter_input *input)
{
    bool pending = input->completed == 0 || input->state == STATE_PENDING;
    bool completed = input->completed == 1 || input->state == STATE_COMPLETED;
    if (pending && completed)
        return TASK_NO_STATE;
    return pending ? TASK_PENDING : completed ? TASK_COMPLETED_ONLY : TASK_ANY_STATE;
}

static struct task_filter make_filter(const struct filter_input *input)
{
    return (struct task_filter){
        .state = find_state(input),
        .priorities = input->priorities,
        .tags = input->tags,
        .text = input->text,
        .due_before = input->due_before,
        .due_after = input->due_after,
        .only_overdue = input->overdue == 1,
        .never_overdue = input->overdue == 0,
    };
}

/* The next page's address: this one's parameters with another cursor. */
static const char *next_link(struct request *request, const struct task_page *page,
                             const struct task_list *list)
{
    struct buffer link = {.arena = request->arena};
    struct pairs pairs;
    buffer_add_char(&link, '<');
    buffer_add_text(&link, request->base);
    buffer_add_text(&link, "/tasks?");
    if (request_split_pairs(request->arena, request->cgi.query, &pairs) != STATUS_OK)
        pairs.count = 0;
    for (size_t i = 0; i < pairs.count; i++) {
        if (strcmp(pairs.items[i].name, "cursor") == 0)
            continue;
        buffer_add_uri_encoded(&link, pairs.items[i].name);
        buffer_add_char(&link, '=');
        buffer_add_uri_encoded(&link, pairs.items[i].value);
        buffer_add_char(&link, '&');
    }
    buffer_add_text(&link, "cursor=");
    buffer_add_text(&link, cursor_encode(request->arena, page, &list->last));
    buffer_add_text(&link, ">; rel=\"next\"");
    return buffer_string(&link);
}

/* A weak ETag out of every task's id and version: both change with anything that a page shows. */
static const char *make_etag(struct arena *arena, const struct task_list *list)
{
    uint64_t hash = encoding_mix((uint64_t)list->count, list->has_more);
    hash = encoding_mix(hash, (uint64_t)list->total);
    for (int i = 0; i < list->count; i++) {
        uint64_t id[2];
        memcpy(id, list->tasks[i].id.bytes, sizeof id);
        hash = encoding_mix(encoding_mix(hash, id[0]), id[1]);
        hash = encoding_mix(hash, (uint64_t)list->tasks[i].updated_at);
    }
    struct buffer etag = {.arena = arena};
    buffer_add_text(&etag, "W/\"");
    buffer_add_hex(&etag, hash);
    buffer_add_char(&etag, '"');
    return buffer_string(&etag);
}

static void write_list(struct request *request, struct response *response,
                       const struct task_page *page, const struct task_list *list)
{
    response_add_header(response, "ETag", make_etag(request->arena, list));
    if (list->has_more)
        response_add_header(response, "Link", next_link(request, page, list));
    if (page->count)
        response_add_header(response, "X-Total-Count",
                            arena_printf(request->arena, "%lld", (long long)list->total));
    if (!response_is_known(response, request))
        task_json_add_all(&response->body, list->tasks, (size_t)list->count, request->base);
}

enum status task_list_api_list(struct services *services, struct request *request,
                               struct response *response)
{
    const struct list_input *input = request->query_input;
    assert(input->sort >= 0 && (size_t)input->sort < sizeof sorts / sizeof *sorts);
    struct validation validation = fields_begin(response);
    struct task_place place = {.key_length = 0};
    struct task_list list;
    struct task_page page = {
        .filter = make_filter(&input->filter),
        .sort = sorts[input->sort].key,
        .descending = sorts[input->sort].descending,
        .limit = input->limit.is_set ? (int)input->limit.value : DEFAULT_LIMIT,
        .after = input->cursor == NULL ? NULL : &place,
        .count = input->count,
    };
    if (input->cursor != NULL && !cursor_decode(input->cursor, &page, &place)) {
        fields_add_error(&validation, "cursor", "must come from the Link header of this same list");
        return fields_conclude(response);
    }
    enum status status = task_list_find(services->db, &request->actor, &page, &list);
    if (status != STATUS_OK)
        return status;
    write_list(request, response, &page, &list);
    return response_is_known(response, request) ? STATUS_NOT_MODIFIED : STATUS_OK;
}

enum status task_list_api_delete(struct services *services, struct request *request,
                                 struct response *response)
{
    (void)response;
    struct task_filter filter = make_filter(request->query_input);
    enum status status = task_list_delete(services->db, &request->actor, &filter);
    return status == STATUS_OK ? STATUS_NO_CONTENT : status;
}
