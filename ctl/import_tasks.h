/* The tasks of an import: read one by one, stored a batch at a time. */
#ifndef CTL_IMPORT_TASKS_H
#define CTL_IMPORT_TASKS_H

#include "ctl/import_input.h"

/* Reads an array of tasks, and stores them. False, with a sentence said, where the import ends. */
bool import_tasks_read(struct import *import);

#endif
