/* What all drivers share: memory that is given back after every input, and a check that stays. */
#ifndef FUZZ_H
#define FUZZ_H

#include "lib/core/arena.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* An invariant of the code under test: where it does not hold, that is a finding. */
#define REQUIRE(condition)                                                                         \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition);         \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* Runs `with` on an arena that is empty and has a cap; an input that reaches the cap ends there. */
static inline int fuzz_run(void (*with)(struct arena *, const uint8_t *, size_t),
                           const uint8_t *data, size_t size)
{
    static struct arena *arena;
    if (arena == NULL)
        arena = arena_create(64 * 1024, 64 * 1024 * 1024);
    if (setjmp(*arena_limit(arena)) == 0)
        with(arena, data, size);
    arena_unguard(arena);
    arena_reset(arena);
    return 0;
}

/* The input in memory of just its size, so that a look behind its end is seen; as a text it ends
 * at its first NUL. */
static inline char *fuzz_text(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    REQUIRE(text != NULL);
    memcpy(text, data, size);
    text[size] = '\0';
    return text;
}

#endif
