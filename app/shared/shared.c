/* Memory that all workers share: mapped before the fork, and handed on at a reload. */
#include "shared.h"

#include "lib/core/encoding.h"

#include <assert.h>
#include <stdalign.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CACHE_LINE = 64 };

/* What is before the caller's bytes: by it the next program knows what they are. */
struct head {
    alignas(CACHE_LINE) char name[CACHE_LINE - 16];
    uint64_t size;
    uint64_t layout;
};

uint64_t shared_hash(uint64_t hash, const char *text)
{
    return (hash ^ encoding_hash(text)) * UINT64_C(1099511628211);
}

uint64_t shared_layout(const int64_t *numbers, size_t count)
{
    uint64_t hash = shared_hash(SHARED_LAYOUT, "numbers");
    for (size_t i = 0; i < count; i++)
        hash = encoding_mix(hash, (uint64_t)numbers[i]);
    return hash;
}

static struct head *map_file(int fd, size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

/* What the program before has left, if it means the same. */
static struct head *adopt_file(int fd, const struct head *wanted)
{
    struct stat file;
    if (fd < 0 || fstat(fd, &file) != 0 || (uint64_t)file.st_size != wanted->size)
        return NULL;
    struct head *head = map_file(fd, wanted->size);
    if (head == NULL || memcmp(head, wanted, sizeof *head) == 0)
        return head;
    munmap(head, wanted->size);
    return NULL;
}

void *shared_map(const char *name, size_t size, uint64_t layout, int *fd)
{
    struct head wanted = {.size = sizeof wanted + size, .layout = layout};
    assert(size > 0);
    assert(strlen(name) < sizeof wanted.name);
    strncpy(wanted.name, name, sizeof wanted.name - 1);
    struct head *head = adopt_file(*fd, &wanted);
    if (head != NULL)
        return head + 1;
    if (*fd >= 0)
        close(*fd);
    *fd = memfd_create(name, 0); /* without MFD_CLOEXEC: a reload hands it on */
    if (*fd < 0 || ftruncate(*fd, (off_t)wanted.size) != 0)
        return NULL;
    head = map_file(*fd, wanted.size);
    if (head == NULL)
        return NULL;
    *head = wanted;
    return head + 1;
}
