/* What a handler works with. */
#ifndef APP_SERVICES_H
#define APP_SERVICES_H

#include "app/metrics.h"
#include "app/settings.h"
#include "lib/auth/token.h"
#include "lib/data/db.h"

struct services {
    const struct settings *settings;
    struct token_keys keys;
    struct db *db;
    struct arena *arena;
    struct metrics *metrics;
};

#endif
