/* What todoctl check finds: printed as it goes, and whether anything is wrong. */
#include "finding.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

void finding_say(struct findings *findings, enum finding finding, const char *format, ...)
{
    static const char *const words[] = {
        [FINDING_GOOD] = "good ", [FINDING_NOTE] = "note ", [FINDING_WRONG] = "WRONG"};
    assert(finding <= FINDING_WRONG);
    va_list args;
    va_start(args, format);
    printf("%s  ", words[finding]);
    vprintf(format, args);
    putchar('\n');
    va_end(args);
    findings->is_wrong = findings->is_wrong || finding == FINDING_WRONG;
}
