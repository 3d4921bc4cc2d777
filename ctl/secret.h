/* Whether a secret can be guessed. */
#ifndef CTL_SECRET_H
#define CTL_SECRET_H

/* What is weak about a secret, to stand behind its name; NULL where nothing is seen. */
const char *secret_find_weakness(const char *secret);

#endif
