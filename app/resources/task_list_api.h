/* Lists of tasks: GET and DELETE /tasks, filters, sorting, pages; and their field rules. */
#ifndef APP_TASK_LIST_API_H
#define APP_TASK_LIST_API_H

#include "app/http/fields.h"
#include "app/services.h"

extern const struct fields task_list_api_query, task_list_api_deletion;

MUST_CHECK enum status task_list_api_list(struct services *services, struct request *request,
                                          struct response *response);
MUST_CHECK enum status task_list_api_delete(struct services *services, struct request *request,
                                            struct response *response);

#endif
