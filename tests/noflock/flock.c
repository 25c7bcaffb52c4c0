/* Preloaded before libc: flock as it is where a file system has none. */
#include <errno.h>

int flock(int descriptor, int operation)
{
    (void)descriptor;
    (void)operation;
    errno = REFUSAL;
    return -1;
}
