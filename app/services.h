/* What a handler works with. */
#ifndef APP_SERVICES_H
#define APP_SERVICES_H

#include "app/settings.h"
#include "app/shared/metrics.h"
#include "lib/auth/token.h"
#include "lib/data/db.h"

struct hashing;
struct rate_limits;

struct services {
    const struct settings *settings;
    struct token_keys keys;
    struct db *db;
    struct arena *arena;
    struct metrics *metrics;
    struct scoreboard *scoreboard;
    struct rate_limits *limits;
    struct hashing *hashing;
};

#endif
