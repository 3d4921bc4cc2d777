/* The opaque `cursor` of a page: a place in a sort order, as base64url. */
#ifndef APP_CURSOR_H
#define APP_CURSOR_H

#include "lib/data/task_list.h"

const char *cursor_encode(struct arena *arena, const struct task_page *page,
                          const struct task_place *place);

/* False where `text` is no cursor of ours, or one of another sort order or direction than the
 * page's. */
bool cursor_decode(const char *text, const struct task_page *page, struct task_place *place);

#endif
