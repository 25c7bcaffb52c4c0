/* Memory that runs out when a test says so: put before the C library by LD_PRELOAD, it stands between torch's
 * allocator of main memory, which asks by posix_memalign, and the system.
 *
 * SCARCE_MEMORY names a file that is looked into at every allocation of a page or more. It holds the bytes above
 * which an allocation fails, and how many are to fail (-1: all of them); without the file none fails. What failed
 * is written to the file of that name and ".failed": a line with the bytes of each.
 */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define LOOKED_AT 4096

typedef int (*aligned)(void **, size_t, size_t);

static void note(const char *path, size_t size)
{
    char name[1024], line[32];
    snprintf(name, sizeof name, "%s.failed", path);
    int file = open(name, O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (file < 0)
        abort();
    int length = snprintf(line, sizeof line, "%zu\n", size);
    if (write(file, line, length) != length)
        abort();
    close(file);
}

static int runs_out(size_t size)
{
    const char *path = getenv("SCARCE_MEMORY");
    int file = path && size >= LOOKED_AT ? open(path, O_RDWR) : -1;
    if (file < 0)
        return 0;
    char text[64] = "";
    size_t above = 0;
    long left = 0;
    int failing = read(file, text, sizeof text - 1) > 0 && sscanf(text, "%zu %ld", &above, &left) == 2 &&
                  left != 0 && size > above;
    if (failing && left > 0) {
        int length = snprintf(text, sizeof text, "%zu %ld\n", above, left - 1);
        if (pwrite(file, text, length, 0) != length || ftruncate(file, length))
            abort();
    }
    close(file);
    if (failing)
        note(path, size);
    return failing;
}

int posix_memalign(void **memory, size_t alignment, size_t size)
{
    static aligned systems;
    if (runs_out(size))
        return ENOMEM;
    if (!systems)
        systems = (aligned)dlsym(RTLD_NEXT, "posix_memalign");
    return systems(memory, alignment, size);
}
