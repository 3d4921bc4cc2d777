/* A query or a form: split, decoded, read by the rules of its route. */
#include "app/http/json.h"
#include "app/resources/auth_api.h"
#include "app/resources/task_list_api.h"
#include "lib/core/utf8.h"
#include "tests/fuzz/fuzz.h"

/* Encoded again, pairs are split into the same ones. */
static void check_round_trip(struct arena *arena, const struct pairs *pairs)
{
    struct buffer text = {.arena = arena};
    struct pairs again;
    for (size_t i = 0; i < pairs->count; i++) {
        buffer_add_text(&text, i > 0 ? "&" : "");
        buffer_add_uri_encoded(&text, pairs->items[i].name);
        buffer_add_char(&text, '=');
        buffer_add_uri_encoded(&text, pairs->items[i].value);
    }
    REQUIRE(request_split_pairs(arena, buffer_string(&text), &again) == STATUS_OK);
    REQUIRE(again.count == pairs->count);
    for (size_t i = 0; i < pairs->count; i++) {
        REQUIRE(strcmp(again.items[i].name, pairs->items[i].name) == 0);
        REQUIRE(strcmp(again.items[i].value, pairs->items[i].value) == 0);
    }
}

static void check_fields(struct arena *arena, const struct fields *fields,
                         const struct pairs *pairs)
{
    struct response response = {
        .arena = arena, .body = {.arena = arena}, .errors = {.arena = arena}};
    struct validation validation = fields_begin(&response);
    struct buffer array = {.arena = arena};
    struct json_document document;
    fields_read_pairs(&validation, fields, pairs, arena_alloc(arena, fields->size));
    int count = response.error_count;
    REQUIRE((fields_conclude(&response) == STATUS_OK) == (count == 0));
    buffer_add_char(&array, '[');
    buffer_add(&array, response.errors.data, response.errors.length);
    buffer_add_char(&array, ']');
    REQUIRE(json_parse(arena, array.data, array.length, &document) == STATUS_OK);
    REQUIRE(cJSON_GetArraySize(document.root) ==
            (count < RESPONSE_MAX_ERRORS ? count : RESPONSE_MAX_ERRORS));
}

static void run(struct arena *arena, const uint8_t *data, size_t size)
{
    struct pairs pairs;
    char *text = fuzz_text(data, size);
    enum status status = request_split_pairs(arena, text, &pairs);
    free(text);
    REQUIRE(status == STATUS_OK || status == STATUS_MALFORMED);
    if (status != STATUS_OK)
        return;
    for (size_t i = 0; i < pairs.count; i++) {
        REQUIRE(utf8_is_valid(pairs.items[i].name, strlen(pairs.items[i].name)));
        REQUIRE(utf8_is_valid(pairs.items[i].value, strlen(pairs.items[i].value)));
    }
    check_round_trip(arena, &pairs);
    check_fields(arena, &task_list_api_query, &pairs);
    check_fields(arena, &task_list_api_deletion, &pairs);
    check_fields(arena, &auth_api_login_form, &pairs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_run(run, data, size);
}
