/* UTF-8 (RFC 3629): validity, characters, white space. */
#ifndef CORE_UTF8_H
#define CORE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Reads the character at `bytes`. Returns how many bytes it takes, 1 to 4, or 0 where there is
 * none: an overlong form, a surrogate, beyond U+10FFFF, a cut sequence, the end.
 */
size_t utf8_decode(const char *bytes, size_t length, uint32_t *character);

bool utf8_is_valid(const char *bytes, size_t length);

/* How many characters a valid text has. */
size_t utf8_count(const char *text);

/* Whether a valid text holds a control character (general category Cc) other than those in `but`.
 */
bool utf8_has_control(const char *text, const char *but);

/* Whether a valid text holds a character with the Unicode property White_Space. */
bool utf8_has_space(const char *text);

/* Whether a valid text holds anything but white space. */
bool utf8_is_visible(const char *text);

/* Cuts white space (Unicode property White_Space) off both ends of a valid text, in place. Returns
 * the new beginning. */
char *utf8_trim(char *text);

#endif
