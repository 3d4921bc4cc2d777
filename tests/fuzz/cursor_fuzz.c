/* app/cursor: what is taken is what would be given out, and for one order alone. */
#include "app/resources/cursor.h"
#include "tests/fuzz/fuzz.h"

static void run(struct arena *arena, const uint8_t *data, size_t size)
{
    static struct task_place place;
    char *text = fuzz_text(data, size);
    int taken = 0;
    for (int i = 0; i < 12; i++) {
        struct task_page page = {.sort = (enum task_sort)(i / 2), .descending = i % 2 == 1};
        if (!cursor_decode(text, &page, &place))
            continue;
        REQUIRE(place.key_length <= TASK_KEY_MAX);
        REQUIRE(task_list_is_key(page.sort, place.key, place.key_length));
        REQUIRE(strcmp(cursor_encode(arena, &page, &place), text) == 0);
        taken++;
    }
    REQUIRE(taken <= 1);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_run(run, data, size);
}
