/* The settings of an installed service: what systemd gives to it, todoctl finds in its folder. */
#include "conf.h"

#include "ctl/ctl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Each a file of its own, and a setting with a _FILE twin. */
static const struct {
    const char *name;
    const char *twin;
    const char *file;
} secrets[] = {
    {"DATABASE_URL", "DATABASE_URL_FILE", "secrets/database_url"},
    {"JWT_SECRET", "JWT_SECRET_FILE", "secrets/jwt_secret"},
    {"JWT_SECRET_PREVIOUS", "JWT_SECRET_PREVIOUS_FILE", "secrets/jwt_secret_previous"},
    {"METRICS_TOKEN", "METRICS_TOKEN_FILE", "secrets/metrics_token"},
};

static void set_variable(const char *name, const char *value)
{
    if (setenv(name, value, 0) != 0)
        abort();
}

/* False for a line that is no setting. */
static bool set_line(char *line)
{
    line += strspn(line, " \t");
    line[strcspn(line, "\r\n")] = '\0';
    if (line[0] == '\0' || line[0] == '#' || line[0] == ';')
        return true;
    char *value = strchr(line, '=');
    if (value == NULL || value == line)
        return false;
    *value++ = '\0';
    size_t length = strlen(value);
    while (length > 0 && (value[length - 1] == ' ' || value[length - 1] == '\t'))
        value[--length] = '\0';
    if (length >= 2 && (value[0] == '"' || value[0] == '\'') && value[length - 1] == value[0]) {
        value[length - 1] = '\0';
        value++;
    }
    set_variable(line, value);
    return true;
}

static bool read_lines(const char *path)
{
    FILE *file = fopen(path, "re");
    char *line = NULL;
    size_t size = 0;
    if (file == NULL) {
        if (errno != ENOENT && errno != ENOTDIR)
            (void)ctl_refuse("cannot read %s: %s", path, strerror(errno));
        return errno == ENOENT || errno == ENOTDIR;
    }
    bool good = true;
    for (int number = 1; good && getline(&line, &size, file) >= 0; number++) {
        good = set_line(line);
        if (!good)
            (void)ctl_refuse("%s: line %d is not NAME=value", path, number);
    }
    free(line);
    fclose(file);
    return good;
}

static bool is_given(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0';
}

bool conf_load(const char *folder)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/todo.env", folder);
    if (!read_lines(path))
        return false;
    for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, secrets[i].file);
        if (!is_given(secrets[i].name) && !is_given(secrets[i].twin) && access(path, F_OK) == 0)
            set_variable(secrets[i].twin, path);
    }
    return true;
}
