/* app/json_check and app/json: what the check lets through cJSON reads, and nothing else. */
#include "app/http/json.h"
#include "app/http/json_check.h"
#include "lib/core/utf8.h"
#include "tests/fuzz/fuzz.h"

static void check_strings(struct arena *arena, const cJSON *value)
{
    struct buffer written = {.arena = arena};
    struct json_document document;
    const char *text = cJSON_GetStringValue(value);
    if (text == NULL)
        return;
    REQUIRE(utf8_is_valid(text, strlen(text)));
    json_add_text(&written, text);
    REQUIRE(json_parse(arena, written.data, written.length, &document) == STATUS_OK);
    REQUIRE(strcmp(cJSON_GetStringValue(document.root), text) == 0);
}

static void check_tree(struct arena *arena, const cJSON *value)
{
    check_strings(arena, value);
    for (const cJSON *child = value->child; child != NULL; child = child->next)
        check_tree(arena, child);
}

static void run(struct arena *arena, const uint8_t *data, size_t size)
{
    struct json_document document;
    size_t mark = size >= 3 && memcmp(data, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    char *exact = malloc(size + (size == 0));
    memcpy(exact, data + mark, size - mark);
    struct json_check check = json_check(exact, size - mark, JSON_MAX_DEPTH);
    free(exact);
    char *text = arena_copy(arena, (const char *)data, size);
    enum status status = json_parse(arena, text, size, &document);

    REQUIRE((status == STATUS_MALFORMED) == (check.why != NULL));
    REQUIRE((status == STATUS_OK) == (document.why == NULL));
    if (status != STATUS_OK)
        return;
    REQUIRE(utf8_is_valid(text, size));
    REQUIRE(document.has_nul == check.has_nul);
    REQUIRE(json_has_nul(document.root) == check.has_nul);
    if (check.has_nul)
        return;
    check_tree(arena, document.root);
    const char *printed = cJSON_PrintUnformatted(document.root);
    REQUIRE(printed != NULL && json_check(printed, strlen(printed), JSON_MAX_DEPTH).why == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_run(run, data, size);
}
