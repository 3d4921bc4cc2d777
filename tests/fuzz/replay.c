/* A driver without a fuzzer: runs it on the files that are named, such as those of its corpus. */
#include "tests/fuzz/fuzz.h"

#include <err.h>

static void replay(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0)
        err(EXIT_FAILURE, "%s", path);
    size_t size = (size_t)ftell(file);
    rewind(file);
    /* Memory of just its size, so that a sanitizer sees a look behind its end. */
    uint8_t *data = malloc(size + (size == 0));
    if (data == NULL || fread(data, 1, size, file) != size)
        err(EXIT_FAILURE, "%s", path);
    fclose(file);
    LLVMFuzzerTestOneInput(data, size);
    free(data);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        replay(argv[i]);
    return EXIT_SUCCESS;
}
