/* Whether a database is one that the schema can be in, before anything is done to it. */
#include "schema_inspect.h"

#include "value.h"

/* What is found, a column each, and the sentence that it stands in. NULL: nothing is wrong. */
static const struct {
    const char *before, *after;
} sentences[] = {
    {"the server is PostgreSQL ", "; 13 is the minimum"},
    {"the database's encoding is ", ", and must be UTF8: createdb -E UTF8 -T template0"},
    {"standard_conforming_strings is off, and must be on: ALTER DATABASE ",
     " SET standard_conforming_strings = on"},
    {"there is no schema that its role may use in the search_path, ",
     ": GRANT USAGE ON SCHEMA, or another search_path"},
    {"it has a table that is another program's in the way, ",
     ": give todo.fcgi a schema or a database of its own"},
    {"its tables are in another schema, ",
     ", which is not in the search_path: ALTER ROLE … SET search_path; todoctl migrate makes new"
     " ones all the same"},
    {"its role may not make tables in the schema ",
     ": GRANT CREATE ON SCHEMA, or let the schema's owner run todoctl migrate"},
    {"its role may not make the extension ",
     ": let the database's owner run CREATE EXTENSION, or todoctl migrate"},
    {"it has an extension in a schema that is not in the search_path, ", ": add that schema to it"},
    {"its role may not read and write the table ",
     ": GRANT SELECT, INSERT, UPDATE, DELETE on all of its tables"},
};

enum { FAULTS = sizeof sentences / sizeof *sentences };

/* A table of ours is known by a column that it has had from the first version on. */
static const struct db_statement inspect = {
    .name = "schema_inspect",
    .result = DB_ONE_ROW,
    .sql =
        "WITH ours (name, mark) AS (VALUES ('schema_version', 'applied_at'),"
        " ('users', 'session_epoch'), ('sessions', 'epoch'), ('tasks', 'due_is_date')),"
        " here AS (SELECT current_schema() AS name, to_regclass('schema_version') IS NULL AS fresh,"
        " (SELECT min(quote_ident(n.nspname)) FROM pg_class c JOIN pg_namespace n"
        " ON n.oid = c.relnamespace JOIN pg_proc p ON p.pronamespace = n.oid"
        " WHERE c.relname = 'schema_version' AND p.proname = 'todo_fold' AND NOT $1::boolean)"
        " AS elsewhere),"
        " relations AS (SELECT c.oid, o.name, EXISTS (SELECT FROM pg_attribute a"
        " WHERE a.attrelid = c.oid AND a.attname = o.mark) AS is_ours"
        " FROM ours o JOIN pg_class c ON c.relname = o.name JOIN pg_namespace n"
        " ON n.oid = c.relnamespace JOIN here ON n.nspname = here.name)"
        " SELECT CASE WHEN current_setting('server_version_num')::integer < 130000"
        " THEN current_setting('server_version') END,"
        " nullif(current_setting('server_encoding'), 'UTF8'),"
        " CASE WHEN current_setting('standard_conforming_strings') = 'off'"
        " THEN quote_ident(current_database()) END,"
        " CASE WHEN here.name IS NULL THEN current_setting('search_path') END,"
        " (SELECT string_agg(name, ', ' ORDER BY name) FROM relations WHERE NOT is_ours),"
        " CASE WHEN here.fresh AND here.name IS NOT NULL THEN here.elsewhere END,"
        " CASE WHEN here.fresh AND NOT has_schema_privilege(here.name, 'CREATE')"
        " THEN quote_ident(here.name) END,"
        " CASE WHEN here.fresh AND NOT has_database_privilege(current_database(), 'CREATE')"
        " THEN (SELECT string_agg(e.name, ', ') FROM (VALUES ('pg_trgm'), ('btree_gin'))"
        " AS e (name) WHERE NOT EXISTS (SELECT FROM pg_extension WHERE extname = e.name)) END,"
        " CASE WHEN here.fresh AND here.name IS NOT NULL AND here.elsewhere IS NULL"
        " THEN (SELECT string_agg(format('%s in %I', e.extname, n.nspname), ', ' ORDER BY "
        "e.extname)"
        " FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace"
        " WHERE e.extname IN ('pg_trgm', 'btree_gin')"
        " AND n.nspname <> ALL (current_schemas(true))) END,"
        " (SELECT string_agg(r.name, ', ' ORDER BY r.name) FROM relations r WHERE r.is_ours"
        " AND NOT (has_table_privilege(r.oid, 'SELECT') AND (r.name = 'schema_version'"
        " OR has_table_privilege(r.oid, 'INSERT') AND has_table_privilege(r.oid, 'UPDATE')"
        " AND has_table_privilege(r.oid, 'DELETE'))))"
        " FROM here",
};

enum status schema_inspect(struct db *db, bool makes_anew, struct texts *faults)
{
    struct arena *arena = db_settings(db)->arena;
    const char **items = arena_alloc(arena, FAULTS * sizeof *items);
    struct db_query query = {.statement = &inspect};
    struct db_rows rows;
    *faults = (struct texts){.items = items};
    value_add_boolean(&query, makes_anew);
    enum status status = db_execute(db, &query, &rows);
    for (int i = 0; status == STATUS_OK && i < FAULTS; i++)
        if (!value_is_null(&rows, 0, i))
            items[faults->count++] = arena_printf(arena, "%s%s%s", sentences[i].before,
                                                  value_get_text(&rows, 0, i), sentences[i].after);
    return status;
}
