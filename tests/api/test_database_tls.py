"""A remote PostgreSQL, as with Neon: a password and TLS over TCP, and sslmode in DATABASE_URL means what it says."""
import shutil
import subprocess

import pytest

from harness import Cluster, Responder, free_port, run, scratch

PASSWORD = "a p@ss/word with: everything"
QUOTED = "a%20p%40ss%2Fword%20with%3A%20everything"


def make_certificate(folder, name):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=DNS:localhost", "-keyout", folder / f"{name}.key",
                    "-out", folder / f"{name}.crt"], check=True, capture_output=True)


@pytest.fixture(scope="module")
def remote():
    """A cluster that also listens on TCP, with a certificate for localhost; only TLS with a password gets in."""
    folder, port = scratch(), free_port()
    for name in ("server", "stranger"):
        make_certificate(folder, name)
    with Cluster() as cluster:
        cluster.stop()
        for ending in ("crt", "key"):
            subprocess.run(["install", "-m", "0600", f"--owner={cluster.data.owner()}", f"--group={cluster.data.group()}",
                            folder / f"server.{ending}", cluster.data / f"server.{ending}"], check=True)
        rules = cluster.data / "pg_hba.conf"
        rules.write_text("local all all trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n")
        cluster.settings = {"listen_addresses": "127.0.0.1", "port": port, "ssl": "on"}
        cluster.start()
        cluster.sql(f"ALTER ROLE todo PASSWORD '{PASSWORD}'", "postgres", user="postgres")
        cluster.certificates = folder
        yield cluster
    shutil.rmtree(folder)


def url(remote, database, options, host="localhost"):
    return f"postgresql://todo:{QUOTED}@{host}:{remote.port}/{database}?hostaddr=127.0.0.1&{options}"


@pytest.mark.parametrize("options", ["sslmode=require", "sslmode=require&channel_binding=require",
                                     "sslmode=verify-full&sslrootcert={certificates}/server.crt"])
def test_the_service_runs_over_tls(remote, options):
    options = options.format(certificates=remote.certificates)
    database = remote.new_database()
    with Responder(remote, {"DATABASE_URL": url(remote, database, options)}) as responder:
        anna = responder.user()
        anna.task(title="over TLS")
        assert anna.titles() == ["over TLS"]
        encrypted = remote.sql("SELECT bool_and(ssl) FROM pg_stat_ssl s JOIN pg_stat_activity a USING (pid)"
                               f" WHERE a.datname = '{database}' AND a.application_name = 'todo.fcgi'", "postgres",
                               user="postgres")
        assert encrypted == "t"


@pytest.mark.parametrize("options, host, why", [
    ("sslmode=disable", "localhost", "no encryption"),
    ("sslmode=verify-full&sslrootcert={certificates}/stranger.crt", "localhost", "certificate verify failed"),
    ("sslmode=verify-full&sslrootcert={certificates}/server.crt", "127.0.0.1", "does not match host name"),
])
def test_a_connection_that_is_not_as_safe_as_asked_for_is_refused(remote, options, host, why):
    options = options.format(certificates=remote.certificates)
    settings = {"DATABASE_URL": url(remote, "postgres", options, host)}
    done = run(["--check"], remote, settings)
    assert done.returncode != 0
    assert why in done.stderr, done.stderr
    assert PASSWORD not in done.stderr + done.stdout and QUOTED not in done.stderr + done.stdout


def test_a_wrong_password_is_told_without_it(remote):
    settings = {"DATABASE_URL": url(remote, "postgres", "sslmode=require").replace(QUOTED, "wrong-one")}
    done = run(["--check"], remote, settings)
    assert done.returncode != 0 and "password authentication failed" in done.stderr
    assert "wrong-one" not in done.stderr + done.stdout
