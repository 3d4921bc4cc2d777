/* todoctl: the operator's tool. Options, and the table of commands. */
#include "ctl/check.h"
#include "ctl/conf.h"
#include "ctl/database.h"
#include "ctl/export.h"
#include "ctl/import.h"
#include "ctl/session.h"
#include "ctl/user.h"
#include "lib/core/log.h"

#include <getopt.h>
#include <string.h>

/* `least` and `most` count the arguments behind the command's own words. */
struct command {
    const char *group;
    const char *verb; /* NULL: the command is one word */
    const char *arguments;
    int least, most;
    enum ctl_exit (*run)(struct ctl *ctl, char **arguments);
    const char *help;
};

static const struct command commands[] = {
    {"check", NULL, "[--url URL]", 0, 0, check_run,
     "look for what is wrong: settings, secret, database, schema, indexes, clocks;\n"
     "with the service's address also the way through the web server"},
    {"migrate", NULL, "", 0, 0, database_migrate, "bring the database's schema up to date"},
    {"purge", NULL, "", 0, 0, database_purge, "delete ended sessions and expired tokens"},
    {"user", "list", "", 0, 0, user_list, "all accounts"},
    {"user", "add", "EMAIL [-]", 1, 2, user_add,
     "make an account; its password is made up and printed, or with - read from\n"
     "standard input"},
    {"user", "disable", "USER", 1, 1, user_disable, "shut an account and end its sessions"},
    {"user", "enable", "USER", 1, 1, user_enable, "open it again"},
    {"user", "delete", "USER [--yes]", 1, 1, user_delete,
     "delete an account and all its data; asks first"},
    {"user", "reset-password", "USER [-]", 1, 2, user_reset_password,
     "set a new password, as in user add, and end the account's sessions"},
    {"session", "list", "USER", 1, 1, session_list, "the sessions of an account"},
    {"session", "end", "USER [ID]", 1, 2, session_end, "end one of them, or all"},
    {"export", NULL, "USER [--output FILE]", 1, 1, export_run,
     "write an account, its password's hash and its tasks as JSON, to standard output\n"
     "or to a file that is not there yet and that nobody else can read"},
    {"import", NULL, "USER | --all [--into] [--skip-invalid] [--dry-run]", 0, 1, import_run,
     "read such JSON into the account, which is made if it is missing; with --all\n"
     "one export after the other, each into the account of its own e-mail; --into also\n"
     "where the file is another user's; --skip-invalid leaves out and names what breaks\n"
     "a rule; --dry-run only tells what would happen"},
};

enum { COMMAND_COUNT = sizeof commands / sizeof *commands };

static const char usage[] =
    "Usage: todoctl [--conf DIR] COMMAND\n"
    "       todoctl --version | --help\n\n"
    "USER is an e-mail or an account's id. Settings come from the environment and, where it has\n"
    "none, from todo.env and secrets/ in DIR (" CONF_DIR "), as the service's do.\n\n";

static void print_command(const struct command *command)
{
    printf("  %s%s%s %s\n      ", command->group, command->verb == NULL ? "" : " ",
           command->verb == NULL ? "" : command->verb, command->arguments);
    for (const char *at = command->help; *at != '\0'; at++)
        fputs(*at == '\n' ? "\n      " : (const char[]){*at, '\0'}, stdout);
    putchar('\n');
}

static void print_help(void)
{
    printf("todoctl %s: looks after the to-do service todo.fcgi\n\n%s", TODO_VERSION, usage);
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        print_command(&commands[i]);
    printf(
        "\nExit status: 0 done; 1 refused, or something is wrong; 2 wrong arguments or settings;\n"
        "3 the database is away.\n");
}

static const struct command *find_command(int argc, char **argv)
{
    for (size_t i = 0; i < COMMAND_COUNT && argc > 0; i++)
        if (strcmp(commands[i].group, argv[0]) == 0 &&
            (commands[i].verb == NULL || (argc > 1 && strcmp(commands[i].verb, argv[1]) == 0)))
            return &commands[i];
    return NULL;
}

/* The second argument of a command that sets a password can only be the dash. */
static bool fits(const struct command *command, int argc, char **argv)
{
    bool dash = strstr(command->arguments, "[-]") != NULL;
    return argc >= command->least && argc <= command->most &&
           (!dash || argc < 2 || strcmp(argv[1], "-") == 0);
}

static const struct option options[] = {{"help", no_argument, NULL, 'h'},
                                        {"version", no_argument, NULL, 'v'},
                                        {"conf", required_argument, NULL, 'c'},
                                        {"url", required_argument, NULL, 'u'},
                                        {"yes", no_argument, NULL, 'y'},
                                        {"output", required_argument, NULL, 'o'},
                                        {"all", no_argument, NULL, 'a'},
                                        {"into", no_argument, NULL, 'i'},
                                        {"skip-invalid", no_argument, NULL, 's'},
                                        {"dry-run", no_argument, NULL, 'd'},
                                        {NULL, 0, NULL, 0}};

/* By their letters: which were given. */
static bool given[128];

/* An option that a command does not know is no reason to go on: it may be --dry-run. */
static bool knows_options(const struct command *command)
{
    for (const struct option *option = options; option->name != NULL; option++)
        if (given[option->val] && strstr(command->arguments, option->name) == NULL) {
            (void)ctl_refuse("%s%s%s takes no --%s", command->group,
                             command->verb == NULL ? "" : " ",
                             command->verb == NULL ? "" : command->verb, option->name);
            return false;
        }
    return true;
}

static enum ctl_exit run_command(struct ctl *ctl, int argc, char **argv)
{
    const struct command *command = find_command(argc, argv);
    if (command == NULL) {
        (void)ctl_refuse("there is no command%s%s%s%s; try todoctl --help",
                         argc > 0 ? " " : " given", argc > 0 ? argv[0] : "", argc > 1 ? " " : "",
                         argc > 1 ? argv[1] : "");
        return CTL_USAGE;
    }
    int words = command->verb == NULL ? 1 : 2;
    if (!fits(command, argc - words, argv + words)) {
        (void)ctl_refuse("usage: todoctl %s%s%s %s", command->group,
                         command->verb == NULL ? "" : " ",
                         command->verb == NULL ? "" : command->verb, command->arguments);
        return CTL_USAGE;
    }
    if (!knows_options(command))
        return CTL_USAGE;
    enum ctl_exit exit = command->run(ctl, argv + words);
    ctl_close(ctl);
    enum ctl_exit written = ctl_finish_output();
    return exit == CTL_DONE ? written : exit;
}

/* What an option of some commands sets. False, with a sentence said, for one that there is not. */
static bool take_option(struct ctl *ctl, int option, const char *word)
{
    struct {
        int letter;
        bool *flag;
        const char **text;
    } places[] = {
        {'u', NULL, &ctl->url},     {'o', NULL, &ctl->output}, {'y', &ctl->yes, NULL},
        {'a', &ctl->all, NULL},     {'i', &ctl->into, NULL},   {'s', &ctl->skip_invalid, NULL},
        {'d', &ctl->dry_run, NULL},
    };
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        if (places[i].letter != option)
            continue;
        given[option] = true;
        if (places[i].flag != NULL)
            *places[i].flag = true;
        else
            *places[i].text = optarg;
        return true;
    }
    (void)ctl_refuse("there is no option %s, or its value is missing; try todoctl --help", word);
    return false;
}

int main(int argc, char **argv)
{
    static struct ctl ctl;
    const char *conf = CONF_DIR;
    bool is_known = true;
    opterr = 0;
    for (int option; (option = getopt_long(argc, argv, "hyo:", options, NULL)) != -1;) {
        switch (option) {
        case 'h':
            print_help();
            return (int)ctl_finish_output();
        case 'v':
            printf("todoctl %s\n", TODO_VERSION);
            return (int)ctl_finish_output();
        case 'c':
            conf = optarg;
            break;
        default:
            is_known = take_option(&ctl, option, argv[optind - 1]);
        }
        if (!is_known)
            return CTL_USAGE;
    }
    log_configure(LOG_NONE, false); /* what goes wrong is said once, in a sentence */
    if (!conf_load(conf))
        return CTL_USAGE;
    return (int)run_command(&ctl, argc - optind, argv + optind);
}
