/* E-mails and new passwords of accounts, by the rules of a sign-up. */
#include "credentials.h"

#include "app/http/field_types.h"
#include "lib/core/encoding.h"
#include "lib/core/utf8.h"

#include <string.h>
#include <strings.h>
#include <termios.h>
#include <unistd.h>

/* 96 random bits: no need to change it, but its owner may. */
enum { RANDOM_BYTES = 12, MAX_LINE = 1024 };

/* Reads a text by a type's rule. NULL, with a sentence said. */
static const char *read_by_rule(struct ctl *ctl, const char *what, enum field_type type,
                                const char *text)
{
    struct field field = {.name = what, .type = type};
    struct field_value value = {.text = text};
    const char *out = NULL;
    const char *wrong = utf8_is_valid(text, strlen(text))
                            ? field_types_read(ctl->arena, &field, &value, &out)
                            : "must be valid UTF-8";
    if (wrong != NULL)
        (void)ctl_refuse("%s %s", what, wrong);
    return wrong == NULL ? out : NULL;
}

const char *credentials_read_email(struct ctl *ctl, const char *text)
{
    return read_by_rule(ctl, "the e-mail", FIELD_EMAIL, text);
}

/* Sets whether a terminal shows what is typed. False where standard input is none. */
static bool set_echo(bool on)
{
    struct termios terminal;
    if (tcgetattr(STDIN_FILENO, &terminal) != 0)
        return false;
    if (on)
        terminal.c_lflag |= (tcflag_t)ECHO;
    else
        terminal.c_lflag &= ~(tcflag_t)ECHO;
    return tcsetattr(STDIN_FILENO, TCSAFLUSH, &terminal) == 0;
}

/* The first line of standard input; NULL, with a sentence said. */
static const char *read_line(struct ctl *ctl)
{
    char *line = arena_alloc(ctl->arena, MAX_LINE);
    size_t length = 0;
    int byte;
    bool hidden = set_echo(false);
    if (hidden)
        fputs("New password: ", stderr);
    while ((byte = getchar()) != EOF && byte != '\n' && byte != '\0' && length < MAX_LINE - 1)
        line[length++] = (char)byte;
    if (hidden) {
        (void)set_echo(true);
        fputc('\n', stderr);
    }
    if (byte == '\0' || (byte == EOF && length == 0)) {
        (void)ctl_refuse(byte == '\0' ? "the password must not hold a NUL character"
                                      : "there is no password on standard input");
        return NULL;
    }
    if (length > 0 && line[length - 1] == '\r')
        line[length - 1] = '\0';
    return line;
}

static const char *make_up(struct ctl *ctl)
{
    unsigned char random[RANDOM_BYTES];
    char *text = arena_alloc(ctl->arena, ENCODING_BASE64_SIZE(sizeof random));
    encoding_random(random, sizeof random);
    encoding_base64_encode(random, sizeof random, text);
    return text;
}

bool credentials_create_password(struct ctl *ctl, const char *email, bool from_input,
                                 struct new_password *password)
{
    const char *text = from_input ? read_line(ctl) : make_up(ctl);
    password->is_made_up = !from_input;
    if (text != NULL)
        text = read_by_rule(ctl, "the password", FIELD_NEW_PASSWORD, text);
    if (text == NULL)
        return false;
    password->text = text;
    if (strcasecmp(text, email) == 0) {
        (void)ctl_refuse("the password must not be the e-mail itself");
        return false;
    }
    if (password_hash(text, (int)ctl->settings.bcrypt_cost, password->hash) == STATUS_OK)
        return true;
    (void)ctl_refuse("the password cannot be hashed");
    return false;
}

void credentials_print_password(const struct new_password *password)
{
    if (password->is_made_up)
        printf("password: %s\n", password->text);
}
