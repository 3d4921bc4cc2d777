/* What the parts of an import share: the file as far as it is read, and what may be wrong in it. */
#ifndef CTL_IMPORT_INPUT_H
#define CTL_IMPORT_INPUT_H

#include "app/http/fields.h"
#include "ctl/ctl.h"
#include "ctl/import_report.h"
#include "ctl/json_stream.h"

/* Room for an e-mail of 254 characters, and for what is said around it. */
enum { IMPORT_PLACE_SIZE = 1100 };

struct import {
    struct ctl *ctl;
    struct json_stream stream;
    struct import_report report;
    int64_t now;
    /* The account at hand. */
    const char *who; /* the argument; with --all the e-mail, once the file has told it */
    char email[IMPORT_PLACE_SIZE];
    bool is_object;   /* it is an export, not a mere array of tasks */
    bool is_known;    /* the file has said whose the tasks are */
    bool is_left_out; /* with its tasks */
    bool has_user;
    struct admin_user user;               /* its texts only until the first task */
    int64_t read;                         /* tasks of it */
    struct task contents[TASK_BATCH_MAX]; /* the batch at hand; their texts are in ctl's arena */
    size_t count;
    size_t bytes; /* read since the arena was empty */
};

/* Says what is wrong in the file, which is not read on. False. */
bool import_input_refuse(const struct import *import, const char *where, const char *why);

/* The same of what the stream has found. */
bool import_input_refuse_stream(const struct import *import);

/* Whether what is wrong is passed over. A dry run shall find all of it. */
bool import_input_may_leave_out(const struct import *import);

/* Reads the value that the stream has just given as `fields` say. Returns what is wrong with it, to
 * stand behind its name (".title must be …"), or NULL. */
const char *import_input_read_object(const struct import *import, const struct fields *fields,
                                     void *out);

#endif
