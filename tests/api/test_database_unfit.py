"""A database that the service cannot use: one clear sentence at once, from --check, --prepare, the start and todoctl alike."""
import os
import subprocess

import pytest
from harness import SECRET, TODOCTL, run

FOREIGN_USERS = "CREATE TABLE users (id serial PRIMARY KEY, email text, hashed_password text)"


def said(done):
    return [line.removeprefix("todo.fcgi: database: ") for line in done.stderr.splitlines() if line.startswith("todo.fcgi: database: ")]


@pytest.fixture
def database(cluster):
    return cluster.new_database()


def check(cluster, database, *parts):
    """Every way to begin tells the same, and ends; nothing has been made."""
    before = cluster.sql("SELECT count(*) FROM pg_class", database)
    for arguments in (["--check"], ["--prepare"], ["-s", f"/tmp/unfit-{os.getpid()}.socket"]):
        done = run(arguments, cluster, {"WORKERS": "1"}, database)
        assert done.returncode == 1 and len(said(done)) == 1, done.stderr
        assert all(part in said(done)[0] for part in parts), done.stderr
    environment = {"PATH": "/usr/bin:/bin", "DATABASE_URL": cluster.url(database), "JWT_SECRET": SECRET}
    doctor = subprocess.run([TODOCTL, "--conf", "/nonexistent", "check"], env=environment, capture_output=True, text=True)
    assert doctor.returncode == 1 and f"WRONG  database: {said(done)[0]}\n" in doctor.stdout
    assert cluster.sql("SELECT count(*) FROM pg_class", database) == before


@pytest.mark.parametrize("made, name", [(FOREIGN_USERS, "users"), ("CREATE TABLE tasks (id serial, title text)", "tasks"),
                                        ("CREATE TABLE sessions (sid text)", "sessions"), ("CREATE VIEW users AS SELECT 1 AS id", "users")])
def test_tables_of_another_program_are_named(cluster, database, made, name):
    cluster.sql(made, database)
    check(cluster, database, f"another program's in the way, {name}", "a schema or a database of its own")


def test_a_schema_of_its_own_stands_beside_them(cluster, database):
    cluster.sql(f"{FOREIGN_USERS}; CREATE SCHEMA todo; ALTER DATABASE {database} SET search_path = todo, public", database)
    assert run(["--prepare"], cluster, None, database).returncode == 0
    assert "up to date" in run(["--check"], cluster, None, database).stdout


def test_a_lost_version_is_no_other_program(cluster, database):
    assert run(["--prepare"], cluster, None, database).returncode == 0
    cluster.sql("DROP TABLE schema_version", database)
    assert run(["--prepare"], cluster, None, database).returncode == 0


def test_a_role_that_may_make_nothing_is_told(cluster, database):
    cluster.sql(f"CREATE EXTENSION pg_trgm; CREATE EXTENSION btree_gin; REVOKE CREATE ON SCHEMA public FROM PUBLIC;"
                f" ALTER DATABASE {database} OWNER TO postgres", database, user="postgres")
    check(cluster, database, "may not make tables in the schema public", "GRANT CREATE ON SCHEMA")


def test_a_role_that_may_make_no_extension_is_told(cluster, database):
    cluster.sql(f"ALTER DATABASE {database} OWNER TO postgres; GRANT CREATE ON SCHEMA public TO PUBLIC", database, user="postgres")
    check(cluster, database, "may not make the extension pg_trgm, btree_gin")


def test_a_role_that_may_use_no_schema_is_told(cluster, database):
    cluster.sql(f"ALTER DATABASE {database} OWNER TO postgres; CREATE EXTENSION pg_trgm; CREATE EXTENSION btree_gin;"
                " REVOKE ALL ON SCHEMA public FROM PUBLIC", database, user="postgres")
    check(cluster, database, "no schema that its role may use", "public")


def test_tables_in_a_schema_that_is_not_in_the_search_path_are_found(cluster, database):
    cluster.sql("CREATE SCHEMA app", database)
    cluster.sql(f"ALTER DATABASE {database} SET search_path = app, public", database)
    assert run(["--prepare"], cluster, None, database).returncode == 0
    cluster.sql(f"ALTER DATABASE {database} RESET search_path", database)
    check(cluster, database, "in another schema, app", "search_path")


def test_settings_that_change_what_a_text_means_are_told(cluster, database):
    cluster.sql(f"ALTER DATABASE {database} SET standard_conforming_strings = off", database)
    check(cluster, database, "standard_conforming_strings is off", f"ALTER DATABASE {database} SET")


def test_another_encoding_is_told(cluster, database):
    latin = f"{database}_latin"
    cluster.sql(f"CREATE DATABASE {latin} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0", "postgres", user="postgres")
    owner = cluster.sql("SELECT current_user", database)
    cluster.sql(f"ALTER DATABASE {latin} OWNER TO {owner}", "postgres", user="postgres")
    check(cluster, latin, "encoding is LATIN1", "must be UTF8")


def test_tables_that_the_role_may_not_write_are_told(cluster, database):
    assert run(["--prepare"], cluster, None, database).returncode == 0
    owner = cluster.sql("SELECT current_user", database)
    cluster.sql(f"ALTER TABLE tasks OWNER TO postgres; GRANT SELECT ON tasks TO {owner}", database, user="postgres")
    check(cluster, database, "may not read and write the table tasks", "GRANT SELECT, INSERT, UPDATE, DELETE")
