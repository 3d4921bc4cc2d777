/* Memory that all workers share: mapped before the fork, and handed on at a reload. */
#ifndef APP_SHARED_H
#define APP_SHARED_H

#include <stddef.h>
#include <stdint.h>

/*
 * Maps `size` zeroed bytes, aligned for a cache line, that all workers share. `*fd` is the memory
 * of the program before a reload, or -1. It is taken over, with what it holds, where its name, size
 * and `layout` (a hash over what the bytes mean) are the same; else it is closed, and the
 * descriptor of a new memory is stored. NULL when memory is exhausted.
 */
void *shared_map(const char *name, size_t size, uint64_t layout, int *fd);

/* Adds a text to the hash of a layout; begin with SHARED_LAYOUT. */
#define SHARED_LAYOUT UINT64_C(0)
uint64_t shared_hash(uint64_t hash, const char *text);

/* The layout of bytes whose meaning is in a few numbers: sizes, counts, offsets, bits. Name the
 * constants that the code itself uses, so that a change to them changes the layout too. */
uint64_t shared_layout(const int64_t *numbers, size_t count);

#endif
