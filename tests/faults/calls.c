/* The system calls that change files, each asking first what becomes of it: see fate.h. */

#include "fate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>
#include <utime.h>

/* The body of a wrapper: found is whether the call is about the folder, made is the system's own call. */
#define GUARDED(call, found, made)                                                                                     \
    do {                                                                                                               \
        char name[PATH_MAX];                                                                                           \
        if (!(found))                                                                                                  \
            return made;                                                                                               \
        int failed = fate(call, name);                                                                                 \
        if (failed != MADE) {                                                                                          \
            note(call, name, failed);                                                                                  \
            errno = failed == HALF ? ENOSPC : failed;                                                                  \
            return -1;                                                                                                 \
        }                                                                                                              \
        long done = made;                                                                                              \
        note(call, name, done < 0 ? errno : 0);                                                                        \
        return done;                                                                                                   \
    } while (0)

#define CHANGES (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC)

static int opened(int folder, const char *path, int flags, int rights)
{
    const char *call = flags & (O_CREAT | O_TRUNC) ? "create" : "open";
    GUARDED(call, flags &CHANGES && name_of_path(name, folder, path), syscall(SYS_openat, folder, path, flags, rights));
}

#define RIGHTS(flags)                                                                                                  \
    int rights = 0;                                                                                                    \
    if ((flags) & (O_CREAT | O_TMPFILE)) {                                                                             \
        va_list more;                                                                                                  \
        va_start(more, flags);                                                                                         \
        rights = va_arg(more, int);                                                                                    \
        va_end(more);                                                                                                  \
    }

int open(const char *path, int flags, ...)
{
    RIGHTS(flags)
    return opened(AT_FDCWD, path, flags, rights);
}

int open64(const char *path, int flags, ...)
{
    RIGHTS(flags)
    return opened(AT_FDCWD, path, flags, rights);
}

int openat(int folder, const char *path, int flags, ...)
{
    RIGHTS(flags)
    return opened(folder, path, flags, rights);
}

int openat64(int folder, const char *path, int flags, ...)
{
    RIGHTS(flags)
    return opened(folder, path, flags, rights);
}

int creat(const char *path, mode_t rights)
{
    return opened(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, rights);
}

static ssize_t written(int file, const void *data, size_t size, off_t place)
{
    char name[PATH_MAX];
    int found = name_of_file(name, file), failed = found ? fate("write", name) : MADE;
    size_t part = failed == HALF ? size / 2 : size;
    if (failed > 0 || (failed == HALF && !part)) {
        note("write", name, failed > 0 ? failed : ENOSPC);
        errno = failed > 0 ? failed : ENOSPC;
        return -1;
    }
    ssize_t done = place < 0 ? syscall(SYS_write, file, data, part) : syscall(SYS_pwrite64, file, data, part, place);
    if (found)
        note("write", name, failed == HALF ? HALF : done < 0 ? errno : 0);
    if (failed == HALF && !strcmp(mode, "torn"))
        die(1);
    return done;
}

ssize_t write(int file, const void *data, size_t size)
{
    return written(file, data, size, -1);
}

ssize_t pwrite(int file, const void *data, size_t size, off_t place)
{
    return written(file, data, size, place);
}

ssize_t pwrite64(int file, const void *data, size_t size, off64_t place)
{
    return written(file, data, size, place);
}

ssize_t writev(int file, const struct iovec *parts, int count)
{
    GUARDED("write", name_of_file(name, file), syscall(SYS_writev, file, parts, count));
}

ssize_t sendfile(int to, int from, off_t *place, size_t size)
{
    GUARDED("write", name_of_file(name, to), syscall(SYS_sendfile, to, from, place, size));
}

ssize_t sendfile64(int to, int from, off64_t *place, size_t size)
{
    GUARDED("write", name_of_file(name, to), syscall(SYS_sendfile, to, from, place, size));
}

ssize_t copy_file_range(int from, off64_t *here, int to, off64_t *there, size_t size, unsigned flags)
{
    GUARDED("write", name_of_file(name, to), syscall(SYS_copy_file_range, from, here, to, there, size, flags));
}

int fsync(int file)
{
    GUARDED("fsync", name_of_file(name, file), syscall(SYS_fsync, file));
}

int fdatasync(int file)
{
    GUARDED("fsync", name_of_file(name, file), syscall(SYS_fdatasync, file));
}

int ftruncate(int file, off_t size)
{
    GUARDED("truncate", name_of_file(name, file), syscall(SYS_ftruncate, file, size));
}

int ftruncate64(int file, off64_t size)
{
    GUARDED("truncate", name_of_file(name, file), syscall(SYS_ftruncate, file, size));
}

int truncate(const char *path, off_t size)
{
    GUARDED("truncate", name_of_path(name, AT_FDCWD, path), syscall(SYS_truncate, path, size));
}

int truncate64(const char *path, off64_t size)
{
    GUARDED("truncate", name_of_path(name, AT_FDCWD, path), syscall(SYS_truncate, path, size));
}

static int renamed(int from, const char *old, int to, const char *new, unsigned flags)
{
    GUARDED("rename", name_of_path(name, to, new) || name_of_path(name, from, old),
            syscall(SYS_renameat2, from, old, to, new, flags));
}

int rename(const char *old, const char *new)
{
    return renamed(AT_FDCWD, old, AT_FDCWD, new, 0);
}

int renameat(int from, const char *old, int to, const char *new)
{
    return renamed(from, old, to, new, 0);
}

int renameat2(int from, const char *old, int to, const char *new, unsigned flags)
{
    return renamed(from, old, to, new, flags);
}

int linkat(int from, const char *old, int to, const char *new, int flags)
{
    GUARDED("link", name_of_path(name, to, new), syscall(SYS_linkat, from, old, to, new, flags));
}

int link(const char *old, const char *new)
{
    return linkat(AT_FDCWD, old, AT_FDCWD, new, 0);
}

int symlinkat(const char *target, int folder, const char *path)
{
    GUARDED("link", name_of_path(name, folder, path), syscall(SYS_symlinkat, target, folder, path));
}

int symlink(const char *target, const char *path)
{
    return symlinkat(target, AT_FDCWD, path);
}

int unlinkat(int folder, const char *path, int flags)
{
    const char *call = flags & AT_REMOVEDIR ? "rmdir" : "unlink";
    GUARDED(call, name_of_path(name, folder, path), syscall(SYS_unlinkat, folder, path, flags));
}

int unlink(const char *path)
{
    return unlinkat(AT_FDCWD, path, 0);
}

int rmdir(const char *path)
{
    return unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
}

int remove(const char *path)
{
    struct stat found;
    int folder = !fstatat(AT_FDCWD, path, &found, AT_SYMLINK_NOFOLLOW) && S_ISDIR(found.st_mode);
    return unlinkat(AT_FDCWD, path, folder ? AT_REMOVEDIR : 0);
}

int mkdirat(int folder, const char *path, mode_t rights)
{
    GUARDED("mkdir", name_of_path(name, folder, path), syscall(SYS_mkdirat, folder, path, rights));
}

int mkdir(const char *path, mode_t rights)
{
    return mkdirat(AT_FDCWD, path, rights);
}

int fchmod(int file, mode_t rights)
{
    GUARDED("chmod", name_of_file(name, file), syscall(SYS_fchmod, file, rights));
}

int fchmodat(int folder, const char *path, mode_t rights, int flags)
{
    (void)flags; /* the only one, for links, is refused by the system */
    GUARDED("chmod", name_of_path(name, folder, path), syscall(SYS_fchmodat, folder, path, rights));
}

int chmod(const char *path, mode_t rights)
{
    return fchmodat(AT_FDCWD, path, rights, 0);
}

int utimensat(int folder, const char *path, const struct timespec times[2], int flags)
{
    GUARDED("utime", name_of_path(name, folder, path), syscall(SYS_utimensat, folder, path, times, flags));
}

int futimens(int file, const struct timespec times[2])
{
    GUARDED("utime", name_of_file(name, file), syscall(SYS_utimensat, file, NULL, times, 0));
}

int utimes(const char *path, const struct timeval times[2])
{
    struct timespec both[2] = {{0}, {0}};
    for (int end = 0; times && end < 2; end++)
        both[end] = (struct timespec){times[end].tv_sec, times[end].tv_usec * 1000};
    return utimensat(AT_FDCWD, path, times ? both : NULL, 0);
}

int utime(const char *path, const struct utimbuf *times)
{
    struct timespec both[2] = {{0}, {0}};
    if (times)
        both[0].tv_sec = times->actime, both[1].tv_sec = times->modtime;
    return utimensat(AT_FDCWD, path, times ? both : NULL, 0);
}
