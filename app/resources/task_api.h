/* Tasks: the handlers under /tasks and /tags, and their field rules. */
#ifndef APP_TASK_API_H
#define APP_TASK_API_H

#include "app/http/fields.h"
#include "app/services.h"

extern const struct fields task_api_new_task, task_api_task, task_api_completion;

MUST_CHECK enum status task_api_create(struct services *services, struct request *request,
                                       struct response *response);
MUST_CHECK enum status task_api_read(struct services *services, struct request *request,
                                     struct response *response);
MUST_CHECK enum status task_api_update(struct services *services, struct request *request,
                                       struct response *response);
MUST_CHECK enum status task_api_complete(struct services *services, struct request *request,
                                         struct response *response);
MUST_CHECK enum status task_api_delete(struct services *services, struct request *request,
                                       struct response *response);
MUST_CHECK enum status task_api_stats(struct services *services, struct request *request,
                                      struct response *response);
MUST_CHECK enum status task_api_tags(struct services *services, struct request *request,
                                     struct response *response);

#endif
