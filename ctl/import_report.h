/* What an import has done, and what it has left out. */
#ifndef CTL_IMPORT_REPORT_H
#define CTL_IMPORT_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Reasons that are counted one by one; they take no more memory, however long the input is. */
enum { IMPORT_REASONS = 40, IMPORT_REASON_SIZE = 160 };

struct import_reason {
    char text[IMPORT_REASON_SIZE];
    int64_t count;
};

/* Zero-initialise. */
struct import_report {
    int64_t accounts_made, accounts_there, accounts_left_out;
    int64_t stored, there, left_out; /* tasks */
    struct import_reason reasons[IMPORT_REASONS];
    int64_t other_reasons;
};

/* Names on standard error what is left out, and counts the reason. */
void import_report_note(struct import_report *report, const char *what, const char *reason);

/* Prints the report; `is_dry` says that nothing has been written. */
void import_report_print(const struct import_report *report, bool has_accounts, bool is_dry);

#endif
