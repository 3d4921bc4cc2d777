/* The settings of an installed service: what systemd gives to it, todoctl finds in its folder. */
#ifndef CTL_CONF_H
#define CTL_CONF_H

#include <stdbool.h>

#ifndef CONF_DIR
#define CONF_DIR "/etc/todo"
#endif

/*
 * Adds to the environment, where it says nothing itself, the lines of folder/todo.env (NAME=value,
 * as systemd's EnvironmentFile has them: # and ; begin comments, one pair of quotes around a value
 * is dropped) and, as NAME_FILE, the secrets that are files in folder/secrets. Without the folder:
 * nothing. False, with a sentence said, for a file that cannot be read.
 */
bool conf_load(const char *folder);

#endif
