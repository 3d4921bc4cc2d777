/* Whether a secret can be guessed. */
#ifndef AUTH_SECRET_H
#define AUTH_SECRET_H

/* What makes a secret one of those that are tried first, to stand behind its name; NULL where
 * nothing does. Nobody may sign with such a one. */
const char *secret_find_guess(const char *secret);

/* The same, and words that are no good secret either. */
const char *secret_find_weakness(const char *secret);

#endif
