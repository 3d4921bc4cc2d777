/* Tasks as JSON: for clients, and for the statement that stores a batch. */
#ifndef APP_TASK_JSON_H
#define APP_TASK_JSON_H

#include "lib/core/buffer.h"
#include "lib/data/task_store.h"

/* The words of enum task_priority, NULL-terminated. */
extern const char *const task_json_priorities[];

void task_json_add(struct buffer *body, const struct task *task, const char *base);

/* A JSON array of tasks. */
void task_json_add_all(struct buffer *body, const struct task *tasks, size_t count,
                       const char *base);

/* For struct task_batch: the rows that PostgreSQL's jsonb_to_recordset takes apart. */
const char *task_json_encode_rows(struct arena *arena, const struct task *const *contents,
                                  size_t count);

#endif
