"""What lint must say: each rule broken once, and what comes close to it without breaking it."""

OWNS = "/* What it owns. */\n"


def including(*headers):
    return OWNS + "".join(f"#include {header}\n" for header in headers)


def function(parameters, *body):
    return OWNS + "\n".join([f"void f({parameters})", "{", *body, "}"])


def upwards(row, header):
    return [f"{row} must not include {header}: dependencies run down the table MAY_INCLUDE"]


NO_LIST = "{} is on no list: say in MAY_INCLUDE what it may include"
NO_FOREIGN = "{} is on no list: say in FOREIGN which file is to include it"
HANDLERS_LEAVE = "handlers and stores leave memory and libraries to the arena and db.c"

# A path, its text, and what is said of it.
FILES = [
    ("lib/core/x.c", including("<string.h>", '"arena.h"', '"lib/core/log.h"'), []),
    ("lib/core/x.c", "int x;\n", ["begins with no sentence about what it owns"]),
    ("tests/unit/x.c", including('"app/main.c"', "<foreign.h>"), []),

    ("lib/new/x.c", OWNS, [NO_LIST.format("lib/new")]),
    ("lib/core/x.c", including('"lib/data/db.h"'), upwards("lib/core", "lib/data/db.h")),
    ("lib/auth/x.c", including('"lib/data/db.h"'), upwards("lib/auth", "lib/data/db.h")),
    ("lib/data/x.c", including('"lib/auth/token.h"'), upwards("lib/data", "lib/auth/token.h")),
    ("lib/data/x.c", including('"app/settings.h"'), upwards("lib/data", "app/settings.h")),
    ("lib/auth/x.c", including('"ctl/ctl.h"'), upwards("lib/auth", "ctl/ctl.h")),
    ("app/shared/x.c", including('"lib/data/db.h"'), upwards("app/shared", "lib/data/db.h")),
    ("app/http/json.c", including('"app/limits/rate_limit.h"'), upwards("app/http", "app/limits/rate_limit.h")),
    ("app/http/cors.c", including('"ctl/ctl.h"'), upwards("app/http", "ctl/ctl.h")),
    ("app/http/x.c", including('"lib/data/actor.h"', '"lib/data/db.h"'), upwards("app/http", "lib/data/db.h")),
    ("app/http/x.c", including('"../services.h"'), upwards("app/http", "app/services.h")),
    ("app/limits/x.c", including('"app/resources/audit.h"'), upwards("app/limits", "app/resources/audit.h")),
    ("app/resources/x.c", including('"app/pipeline/routes.h"'), upwards("app/resources", "app/pipeline/routes.h")),
    ("app/pipeline/x.c", including('"app/process/worker.h"'), upwards("app/pipeline", "app/process/worker.h")),
    ("app/pipeline/routes.c", including('"routes.h"', '"app/resources/task_api.h"'), []),
    ("app/pipeline/dispatch.c", including('"app/resources/task_api.h"'),
     upwards("app/pipeline", "app/resources/task_api.h")),
    ("app/process/x.c", including('"app/http/request.h"'), upwards("app/process", "app/http/request.h")),
    ("app/main.c", including('"app/process/worker.h"', '"app/http/json.h"'), upwards("app/main.c", "app/http/json.h")),
    ("app/settings.c", including('"settings.h"', '"services.h"'), upwards("app/settings.c", "app/services.h")),
    ("app/services.h", including('"app/process/worker.h"'), upwards("app/services.h", "app/process/worker.h")),
    ("app/new.c", OWNS, [NO_LIST.format("app")]),
    ("ctl/x.c", including('"app/resources/task_api.h"', '"app/resources/auth_api.h"'),
     upwards("ctl", "app/resources/auth_api.h")),
    ("bench/x.c", including('"lib/core/log.h"'), upwards("bench", "lib/core/log.h")),
    ("app/resources/x_api.c", including('"app/resources/task_api.h"'), ["handlers do not include each other"]),
    ("app/resources/x.c", including('"task_json.c"'), ["app/resources/task_json.c is no header"]),
    ("app/resources/x.c", including('"none.h"'), ["there is no none.h here; those of the system stand in < >"]),

    ("lib/data/db.c", including("<libpq-fe.h>"), []),
    ("lib/data/x.c", including("<libpq-fe.h>"), ["libpq-fe.h is for bench/bare.c, lib/data/db.c alone"]),
    ("app/http/cors.c", including("<cjson/cJSON.h>", "<openssl/hmac.h>"),
     ["openssl/hmac.h is for lib/auth/keyed_hash.c alone"]),
    ("ctl/x.c", including("<cjson/cJSON.h>"), ["cjson/cJSON.h is for app alone"]),
    ("lib/core/x.c", including("  <sys/mman.h>", "<curl/curl.h>"), [NO_FOREIGN.format("curl/curl.h")]),

    ("app/resources/x_api.c", function("int a", "    free(a);"), [HANDLERS_LEAVE]),
    ("lib/data/x_store.c", function("int a", "    PQclear(a);"), [HANDLERS_LEAVE]),
    ("lib/core/x.c", function("int a", "    free(a);"), []),
    ("lib/core/x.c", function("int a, int b, int (*c)(int, int), int d"), []),
    ("lib/core/x.h", function("int a, int b,\n       int c, int d, int e"),
     ["a function of 5 parameters; 4 at most"]),
    ("lib/core/x.c", function("int a", "    if (a)", "        if (a)", "            a++;"), []),
    ("lib/core/x.c", function("int a", "    if (a)", "        if (a)", "            if (a)", "                a++;"),
     ["indented by more than 3 levels"]),
    ("lib/core/x.c", function("int a", *["    a++;"] * 60), []),
    ("lib/core/x.c", function("int a", *["    a++;"] * 61), ["a function of 61 lines; 60 at most"]),
    ("lib/core/x.h", OWNS + "\n" * 400, ["longer than 400 lines"]),
]

# What includes what, and the way that leads back.
CIRCLES = [
    ({"a.h": {"b.h", "c.h"}, "b.h": {"c.h"}, "c.h": set()}, None),
    ({"a.c": {"a.h"}, "a.h": {"b.h"}, "b.h": {"c.h"}, "c.h": {"a.h"}}, ["a.h", "b.h", "c.h", "a.h"]),
    ({"a.h": {"a.h"}}, ["a.h", "a.h"]),
]
