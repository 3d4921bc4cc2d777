/* The account of an import: whose the tasks in the file are, and whether it is the same person. */
#ifndef CTL_IMPORT_ACCOUNT_H
#define CTL_IMPORT_ACCOUNT_H

#include "ctl/import_input.h"

/* Looks up the account of `who`; that there may be none is no failure. */
MUST_CHECK enum status import_account_find(struct import *import);

/* Reads the file's user. One that has no account here gets one; one that is there stays as it is,
 * and must be the same person. False, with a sentence said, where the import ends. */
bool import_account_read(struct import *import);

#endif
