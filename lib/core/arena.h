/* Request memory: allocated forwards, given back all at once. */
#ifndef CORE_ARENA_H
#define CORE_ARENA_H

#include <setjmp.h>
#include <stddef.h>

struct arena;

/* Makes an arena that holds at most `cap` bytes. Its first block, `first_block` bytes, is kept over
 * resets. NULL when memory is exhausted. */
struct arena *arena_create(size_t first_block, size_t cap);

/* Runs what was deferred and frees everything, the arena too. */
void arena_destroy(struct arena *arena);

/* Runs what was deferred, newest first, and makes all memory of the arena free for reuse. */
void arena_reset(struct arena *arena);

/*
 * Where arena_alloc jumps to (by longjmp, with 1) when the cap is reached: call setjmp on it before
 * the arena is used. Without that, and when the system itself has no memory left, the process ends
 * by abort(): the parent replaces it.
 */
jmp_buf *arena_limit(struct arena *arena);

/* Ends that: before the frame that has called setjmp returns, and before a reset. */
void arena_unguard(struct arena *arena);

/* Zeroed memory for any type, valid until the reset. Never NULL. */
void *arena_alloc(struct arena *arena, size_t size);

/* Makes `ptr` (from this arena, `old_size` bytes) hold `new_size`; in place where it was the
 * newest. */
void *arena_grow(struct arena *arena, void *ptr, size_t old_size, size_t new_size);

char *arena_copy(struct arena *arena, const char *text, size_t length);
char *arena_printf(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Ties foreign memory to the arena: fn(ptr) runs at the reset. */
void arena_defer(struct arena *arena, void (*fn)(void *), void *ptr);

#endif
