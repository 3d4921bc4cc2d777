/* Request memory: allocated forwards, given back all at once. */
#include "arena.h"

#include <assert.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct block {
    struct block *next;
    size_t size;
    size_t used;
    alignas(max_align_t) unsigned char bytes[];
};

struct deferred {
    struct deferred *next;
    void (*fn)(void *);
    void *ptr;
};

struct arena {
    struct block *newest;
    struct block *first;
    struct deferred *deferred;
    size_t held;
    size_t cap;
    bool guarded;
    jmp_buf limit;
};

static struct block *block_create(size_t size)
{
    struct block *block = malloc(sizeof *block + size);
    if (block != NULL) {
        block->next = NULL;
        block->size = size;
        block->used = 0;
    }
    return block;
}

struct arena *arena_create(size_t first_block, size_t cap)
{
    struct arena *arena = calloc(1, sizeof *arena);
    if (arena == NULL)
        return NULL;
    arena->first = block_create(first_block);
    if (arena->first == NULL) {
        free(arena);
        return NULL;
    }
    arena->newest = arena->first;
    arena->held = first_block;
    arena->cap = cap;
    return arena;
}

void arena_reset(struct arena *arena)
{
    assert(!arena->guarded); /* or a jump would lead into a frame that is gone */
    while (arena->deferred != NULL) {
        struct deferred *item = arena->deferred;
        arena->deferred = item->next;
        item->fn(item->ptr);
    }
    while (arena->newest != arena->first) {
        struct block *block = arena->newest;
        arena->newest = block->next;
        assert(block->used <= block->size);
        explicit_bzero(block->bytes, block->used); /* passwords and tokens pass through here */
        free(block);
    }
    explicit_bzero(arena->first->bytes, arena->first->used);
    arena->first->used = 0;
    arena->held = arena->first->size;
}

void arena_destroy(struct arena *arena)
{
    arena_reset(arena);
    free(arena->first);
    free(arena);
}

jmp_buf *arena_limit(struct arena *arena)
{
    assert(!arena->guarded);
    arena->guarded = true;
    return &arena->limit;
}

void arena_unguard(struct arena *arena)
{
    arena->guarded = false;
}

static void arena_add_block(struct arena *arena, size_t size)
{
    size_t wanted = size > arena->first->size ? size : arena->first->size;
    if (arena->guarded && (arena->held > arena->cap || wanted > arena->cap - arena->held)) {
        arena->guarded = false; /* what says so may still allocate */
        longjmp(arena->limit, 1);
    }
    struct block *block = block_create(wanted);
    if (block == NULL)
        abort();
    block->next = arena->newest;
    arena->newest = block;
    arena->held += wanted;
}

static void *arena_take(struct arena *arena, size_t size)
{
    const size_t align = alignof(max_align_t);
    if (size > SIZE_MAX / 2)
        abort();
    size = (size + align - 1) / align * align;
    assert(arena->newest->used <= arena->newest->size);
    if (size > arena->newest->size - arena->newest->used)
        arena_add_block(arena, size);
    void *ptr = arena->newest->bytes + arena->newest->used;
    arena->newest->used += size;
    return ptr;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    return memset(arena_take(arena, size), 0, size);
}

void *arena_grow(struct arena *arena, void *ptr, size_t old_size, size_t new_size)
{
    const size_t align = alignof(max_align_t);
    struct block *block = arena->newest;
    size_t old_room = (old_size + align - 1) / align * align;
    size_t new_room = (new_size + align - 1) / align * align;
    assert(new_size >= old_size);
    assert(ptr != NULL || old_size == 0);

    if (ptr != NULL && (unsigned char *)ptr + old_room == block->bytes + block->used &&
        new_room - old_room <= block->size - block->used) {
        block->used += new_room - old_room;
        return ptr;
    }
    void *grown = arena_take(arena, new_size);
    if (ptr != NULL)
        memcpy(grown, ptr, old_size);
    return grown;
}

char *arena_copy(struct arena *arena, const char *text, size_t length)
{
    char *copy = arena_take(arena, length + 1);
    memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
    struct block *block = arena->newest;
    char *tried = (char *)block->bytes + block->used;
    size_t room = block->size - block->used;
    assert(block->used <= block->size);
    va_list args;
    va_start(args, format);
    int length = vsnprintf(tried, room, format, args);
    va_end(args);
    if (length < 0)
        abort();

    char *text = arena_take(arena, (size_t)length + 1);
    if (text == tried) /* it did fit */
        return text;
    explicit_bzero(tried, room); /* no reset would reach it: it is not in use */
    va_start(args, format);
    vsnprintf(text, (size_t)length + 1, format, args);
    va_end(args);
    return text;
}

void arena_defer(struct arena *arena, void (*fn)(void *), void *ptr)
{
    struct deferred *item = arena_take(arena, sizeof *item);
    assert(fn != NULL);
    item->fn = fn;
    item->ptr = ptr;
    item->next = arena->deferred;
    arena->deferred = item;
}
