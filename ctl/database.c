/* todoctl migrate and purge: the database as a whole. */
#include "database.h"

#include "lib/data/schema.h"
#include "lib/data/schema_inspect.h"
#include "lib/data/session_store.h"

#include <string.h>

/* schema.sql, made into a C array by the Makefile. */
extern const char schema_sql[];

struct texts database_list_indexes(struct arena *arena)
{
    static const char mark[] = "INDEX IF NOT EXISTS ";
    enum { MOST = 200 };
    const char **names = arena_alloc(arena, MOST * sizeof *names);
    struct texts indexes = {.items = names};
    for (const char *at = schema_sql; (at = strstr(at, mark)) != NULL && indexes.count < MOST;) {
        at += sizeof mark - 1;
        names[indexes.count++] = arena_copy(arena, at, strcspn(at, " \n"));
    }
    return indexes;
}

/* Applies the script where the version is behind, or an index is not there. */
static enum status migrate(struct ctl *ctl, int64_t *before)
{
    struct texts indexes = database_list_indexes(ctl->arena), missing = {0};
    enum status status = schema_read_version(ctl->db, before);
    if (status == STATUS_OK && *before > SCHEMA_VERSION)
        return STATUS_SCHEMA_NEWER;
    if (status == STATUS_OK)
        status = admin_store_list_missing_indexes(ctl->db, &indexes, &missing);
    if (status != STATUS_OK)
        return status;
    if (*before == SCHEMA_VERSION && missing.count == 0) {
        printf("the schema is up to date: version %d\n", SCHEMA_VERSION);
        return STATUS_OK;
    }
    status = schema_run(ctl->db);
    if (status == STATUS_OK)
        printf("the schema has been brought from version %lld to %d\n", (long long)*before,
               SCHEMA_VERSION);
    for (size_t i = 0; *before == SCHEMA_VERSION && status == STATUS_OK && i < missing.count; i++)
        printf("the index %s has been made\n", missing.items[i]);
    return status;
}

enum ctl_exit database_migrate(struct ctl *ctl, char **arguments)
{
    enum ctl_exit exit;
    int64_t before;
    (void)arguments;
    if (!ctl_open_database(ctl, &exit))
        return exit;
    struct texts faults;
    enum status status = schema_inspect(ctl->db, true, &faults);
    if (faults.count > 0) /* a refusal is one sentence; check tells all of them */
        return ctl_refuse("database: %s", faults.items[0]);
    if (status == STATUS_OK)
        status = migrate(ctl, &before);
    return status == STATUS_OK ? CTL_DONE : ctl_explain(ctl, status);
}

/* Rows that are deleted at once: none holds its locks for long. */
enum { PIECE = 10000 };

static enum status purge_all(struct ctl *ctl, enum status (*purge)(struct db *, int64_t, int64_t *),
                             int64_t *total)
{
    int64_t count = 0;
    enum status status;
    *total = 0;
    do {
        ctl_next(ctl);
        status = purge(ctl->db, PIECE, &count);
        if (status == STATUS_OK)
            *total += count;
    } while (status == STATUS_OK && count > 0);
    return status;
}

enum ctl_exit database_purge(struct ctl *ctl, char **arguments)
{
    enum ctl_exit exit;
    int64_t sessions, tokens;
    (void)arguments;
    if (!ctl_open(ctl, &exit))
        return exit;
    enum status status = purge_all(ctl, admin_store_purge_sessions, &sessions);
    if (status == STATUS_OK)
        status = purge_all(ctl, session_store_purge_tokens, &tokens);
    if (status != STATUS_OK)
        return ctl_explain(ctl, status);
    printf("sessions deleted: %lld\nexpired refresh tokens deleted: %lld\n", (long long)sessions,
           (long long)tokens);
    return CTL_DONE;
}
