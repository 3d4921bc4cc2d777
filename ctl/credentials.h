/* E-mails and new passwords of accounts, by the rules of a sign-up. */
#ifndef CTL_CREDENTIALS_H
#define CTL_CREDENTIALS_H

#include "ctl/ctl.h"
#include "lib/auth/password.h"

/* The e-mail, trimmed, in ctl's arena; NULL, with a sentence said, where it is none. */
const char *credentials_read_email(struct ctl *ctl, const char *text);

struct new_password {
    const char *text; /* in ctl's arena */
    bool is_made_up;  /* then it has to be told to somebody */
    char hash[PASSWORD_HASH_SIZE];
};

/*
 * Makes a password up or, where `from_input` says so, reads it from the first line of standard
 * input (without echo where that is a terminal). False, with a sentence said, where it breaks the
 * rules.
 */
bool credentials_create_password(struct ctl *ctl, const char *email, bool from_input,
                                 struct new_password *password);

/* Prints the password that was made up; nobody can see it again. */
void credentials_print_password(const struct new_password *password);

#endif
