/* What an import has done, and what it has left out. */
#include "import_report.h"

#include <stdio.h>
#include <string.h>

static void count_reason(struct import_report *report, const char *text, size_t length)
{
    for (size_t i = 0; i < IMPORT_REASONS && length < IMPORT_REASON_SIZE; i++) {
        struct import_reason *row = &report->reasons[i];
        if (row->count == 0)
            memcpy(row->text, text, length); /* a NUL follows from the beginning on */
        else if (strlen(row->text) != length || memcmp(row->text, text, length) != 0)
            continue;
        row->count++;
        return;
    }
    report->other_reasons++;
}

/* What joins the reason to what it is about is not counted with it, nor the dot at its end. */
void import_report_note(struct import_report *report, const char *what, const char *reason)
{
    const char *text = reason + strspn(reason, ".: ");
    size_t length = strlen(text);
    if (length > 0 && text[length - 1] == '.')
        length--;
    count_reason(report, text, length);
    fprintf(stderr, "todoctl: left out: %s%s\n", what, reason);
}

static void print_reasons(const struct import_report *report)
{
    for (size_t i = 0; i < IMPORT_REASONS && report->reasons[i].count > 0; i++)
        printf("  %lld: %s\n", (long long)report->reasons[i].count, report->reasons[i].text);
    if (report->other_reasons > 0)
        printf("  %lld: other reasons\n", (long long)report->other_reasons);
}

void import_report_print(const struct import_report *report, bool has_accounts, bool is_dry)
{
    const char *to_be = is_dry ? "to be " : "";
    if (has_accounts)
        printf("accounts %smade: %lld; there already: %lld; left out: %lld\n", to_be,
               (long long)report->accounts_made, (long long)report->accounts_there,
               (long long)report->accounts_left_out);
    printf("tasks %sstored: %lld; there already: %lld", to_be, (long long)report->stored,
           (long long)report->there);
    if (report->left_out > 0)
        printf("; left out: %lld", (long long)report->left_out);
    putchar('\n');
    print_reasons(report);
}
