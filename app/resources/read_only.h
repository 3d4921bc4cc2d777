/* The members that we write and a client may send back: accepted in every body, and ignored, so
 * that a client may PUT what it got. */
#ifndef APP_READ_ONLY_H
#define APP_READ_ONLY_H

/* Their names, NULL-terminated. A row of the same name (the id of a create) comes first. */
extern const char *const read_only_members[];

#endif
