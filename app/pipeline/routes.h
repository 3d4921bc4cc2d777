/* THE route table and its matcher. */
#ifndef APP_ROUTES_H
#define APP_ROUTES_H

#include "app/http/fields.h"
#include "app/services.h"

#include <stdio.h>

/* Who may call. Zero is no rule at all: a test walks the table for it. */
enum access { PUBLIC = 1, USER };

enum body_kind {
    BODY_NONE,     /* no body, or an object of nothing */
    BODY_JSON,     /* an object */
    BODY_OPTIONAL, /* an object, or no body at all; what is required may be absent */
    BODY_FORM,     /* an object, or a form by `form` */
    BODY_BATCH,    /* an object, or an array of them */
    BODY_PATCH     /* an RFC 7386 merge patch: what is required may be absent */
};

struct route {
    const char *method;
    const char *path; /* {id} stands for a UUID */
    enum access access;
    enum status (*handle)(struct services *services, struct request *request,
                          struct response *response);
    enum body_kind body_kind;
    const struct fields *body;
    const struct fields *form;
    const struct fields *query; /* NULL: no parameters */
    bool versioned;             /* its handler looks at the preconditions of a write */
};

extern const struct route routes[];
extern const size_t routes_count;

/*
 * Finds the request's route, HEAD as GET, and reads {id}. STATUS_NOT_FOUND where no route has this
 * path; STATUS_NO_METHOD where one has, but not with this method. *allow then, and for OPTIONS
 * (STATUS_NO_CONTENT), names the methods of the path, in request memory.
 */
MUST_CHECK enum status routes_match(struct request *request, const char **allow);

/* The labels that /metrics gives a route, by its place in the table. */
const char *routes_labels(size_t route);

/* Writes the table: method, path, access. */
void routes_print(FILE *out);

#endif
