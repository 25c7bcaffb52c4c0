/* What becomes of a call: see fate.h. */

#include "fate.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PROCESSES 64

struct process {
    atomic_int pid;
    unsigned long long began;
};

struct state {
    atomic_int alike;
    atomic_int failing;
    atomic_int processes;
    struct process process[PROCESSES];
};

static struct state *state;
const char *mode;
static const char *beneath;
static const char *keep;
static int log_file = -1, trace_file = -1, onward, wanted_number;
static _Thread_local char latest[PATH_MAX]; /* the path that was named last, beneath the folder */
static char wanted[PATH_MAX + 64], who[16];
static atomic_int registered;

/* When a process began, by the system's clock, so that a process id that is used again is no mistake. */
static unsigned long long began_at(int pid)
{
    char name[64], text[1024];
    snprintf(name, sizeof name, "/proc/%d/stat", pid);
    int file = syscall(SYS_openat, AT_FDCWD, name, O_RDONLY | O_CLOEXEC, 0);
    if (file < 0)
        return 0;
    ssize_t length = syscall(SYS_read, file, text, sizeof text - 1);
    syscall(SYS_close, file);
    if (length <= 0)
        return 0;
    text[length] = 0;
    char *rest = strrchr(text, ')');
    for (int field = 2; rest && field < 22; field++)
        rest = strchr(rest + 1, ' ');
    return rest ? strtoull(rest + 1, NULL, 10) : 0;
}

static void register_process(void)
{
    int pid = getpid();
    if (atomic_exchange(&registered, pid) == pid)
        return;
    int place = atomic_fetch_add(&state->processes, 1);
    if (place >= PROCESSES)
        abort();
    state->process[place].began = began_at(pid);
    atomic_store(&state->process[place].pid, pid);
}

/* High, so that the program's own descriptors have the numbers that they would have without us. */
static int opened_high(const char *path)
{
    int file = syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_APPEND | O_CLOEXEC, 0);
    int high = fcntl(file, F_DUPFD_CLOEXEC, 900);
    if (high < 0)
        return file;
    syscall(SYS_close, file);
    return high;
}

__attribute__((constructor)) static void begin(void)
{
    const char *log = getenv("FAULTS_LOG"), *shared = getenv("FAULTS_STATE"), *at = getenv("FAULTS_AT");
    const char *folder = getenv("FAULTS_BENEATH");
    if (!folder || folder[0] != '/' || !log || !shared)
        return;
    mode = getenv("FAULTS_MODE");
    onward = getenv("FAULTS_ONWARD") != NULL;
    keep = getenv("FAULTS_KEEP");
    int file = syscall(SYS_openat, AT_FDCWD, shared, O_RDWR | O_CLOEXEC, 0);
    state = mmap(NULL, sizeof *state, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    log_file = opened_high(log);
    trace_file = keep && getenv("FAULTS_TRACE") ? opened_high(getenv("FAULTS_TRACE")) : -1;
    if (file < 0 || state == MAP_FAILED || log_file < 0)
        abort();
    syscall(SYS_close, file);
    char line[PATH_MAX] = "";
    file = syscall(SYS_openat, AT_FDCWD, "/proc/self/cmdline", O_RDONLY | O_CLOEXEC, 0);
    ssize_t length = syscall(SYS_read, file, line, sizeof line - 1);
    syscall(SYS_close, file);
    int worker = length > 0 && memmem(line, length, "fada_tui.worker", sizeof "fada_tui.worker") != NULL;
    snprintf(who, sizeof who, "%s", worker ? "worker" : "program");
    const char *number = at ? strrchr(at, ' ') : NULL;
    if (number) {
        snprintf(wanted, sizeof wanted, "%.*s", (int)(number - at), at);
        wanted_number = atoi(number);
    }
    register_process();
    beneath = folder;
}

static int is_word(char letter)
{
    return (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z');
}

/* A path's name: parts with a digit become N; of a temporary file only what it is to become stays. */
static void plain(char *name, const char *path)
{
    char *out = name;
    for (const char *part = path; *part;) {
        int length = strcspn(part, "/");
        const char *end = part + length, *last = end;
        if (length > 4 && !strncmp(end - 4, ".tmp", 4) && *part == '.') {
            int dots = 0;
            for (last = part; last < end && dots < 3; last++)
                dots += *last == '.';
        }
        for (const char *at = part; at < last;) {
            const char *word = at;
            int digit = 0;
            while (at < last && is_word(*at))
                digit |= *at >= '0' && *at <= '9', at++;
            if (at == word)
                *out++ = *at == ' ' ? '_' : *at, at++;
            else if (digit)
                *out++ = 'N';
            else
                out = mempcpy(out, word, at - word);
        }
        if (last != end)
            out = stpcpy(out, "tmp");
        part = end;
        if (*part == '/')
            *out++ = *part++;
    }
    *out = 0;
}

/* The name of an absolute path beneath the folder; 0 if it lies elsewhere. */
static int named(char *name, const char *path)
{
    size_t length = strlen(beneath);
    if (strncmp(path, beneath, length) || path[length] != '/' || strlen(path) >= PATH_MAX - 1 ||
        strstr(path, "/../"))
        return 0;
    strcpy(latest, path + length + 1);
    plain(name, latest);
    return 1;
}

int name_of_file(char *name, int file)
{
    char link[64], path[PATH_MAX];
    if (!beneath || file < 0)
        return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof path - 1);
    if (length <= 0)
        return 0;
    path[length] = 0;
    return named(name, path);
}

int name_of_path(char *name, int folder, const char *path)
{
    char whole[2 * PATH_MAX], link[64];
    if (!beneath || !path)
        return 0;
    if (path[0] == '/')
        return named(name, path);
    if (folder == AT_FDCWD)
        snprintf(link, sizeof link, "/proc/self/cwd");
    else
        snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
    ssize_t length = syscall(SYS_readlinkat, AT_FDCWD, link, whole, PATH_MAX - 1);
    if (length <= 0 || strlen(path) >= PATH_MAX)
        return 0;
    whole[length] = '/';
    strcpy(whole + length + 1, path);
    return named(name, whole);
}

/* What a power cut would leave is worked out from this: which name has which file, and what of it was synced. */
static void trace(const char *call)
{
    char path[2 * PATH_MAX], line[PATH_MAX + 128], kept[PATH_MAX + 32];
    struct stat found = {0};
    snprintf(path, sizeof path, "%s/%s", beneath, latest);
    if (fstatat(AT_FDCWD, path, &found, AT_SYMLINK_NOFOLLOW))
        found.st_ino = 0;
    if (S_ISREG(found.st_mode) && (!strcmp(call, "create") || !strcmp(call, "rename"))) {
        snprintf(kept, sizeof kept, "%s/%lu", keep, (unsigned long)found.st_ino);
        syscall(SYS_linkat, AT_FDCWD, path, AT_FDCWD, kept, 0);
    }
    int length = snprintf(line, sizeof line, "%s %lu %lld %s\n", call, (unsigned long)found.st_ino,
                          (long long)found.st_size, latest);
    if (syscall(SYS_write, trace_file, line, length) != length)
        abort();
}

void note(const char *call, const char *name, int error)
{
    char line[PATH_MAX + 128];
    int saved = errno, length = snprintf(line, sizeof line, "%s %s %s %d\n", who, call, name, error);
    if (syscall(SYS_write, log_file, line, length) != length)
        abort();
    if (trace_file >= 0 && !error)
        trace(call);
    errno = saved;
}

void die(int everybody)
{
    for (int place = 0; everybody && place < PROCESSES; place++) {
        int pid = atomic_load(&state->process[place].pid);
        if (pid > 1 && pid != getpid() && began_at(pid) == state->process[place].began)
            kill(pid, SIGKILL);
    }
    for (;;)
        kill(getpid(), SIGKILL);
}

/* A full disk still lets go of what it has. */
static int takes_room(const char *call)
{
    return strcmp(call, "unlink") && strcmp(call, "rmdir") && strcmp(call, "chmod") && strcmp(call, "utime");
}

int fate(const char *call, const char *name)
{
    char key[PATH_MAX + 64];
    register_process();
    if (!mode)
        return MADE;
    if (atomic_load(&state->failing)) {
        if (!strcmp(mode, "eio"))
            return EIO;
        if (!strcmp(mode, "erofs"))
            return EROFS;
        return takes_room(call) ? ENOSPC : MADE;
    }
    snprintf(key, sizeof key, "%s %s %s", who, call, name);
    if (strcmp(key, wanted) || atomic_fetch_add(&state->alike, 1) + 1 != wanted_number)
        return MADE;
    note("fault", name, 0);
    if (!strncmp(mode, "kill", 4) || !strcmp(mode, "power"))
        die(strcmp(mode, "kill"));
    if (onward)
        atomic_store(&state->failing, 1);
    if (!strcmp(mode, "eio"))
        return EIO;
    if (!strcmp(mode, "erofs"))
        return EROFS;
    return strcmp(mode, "enospc") ? HALF : ENOSPC;
}
