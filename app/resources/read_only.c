/* The members that we write and a client may send back. */
#include "read_only.h"

#include <stddef.h>

const char *const read_only_members[] = {"id",           "url",     "created_at", "updated_at",
                                         "completed_at", "user_id", NULL};
