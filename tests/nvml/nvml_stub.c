/* A stand-in for libnvidia-ml.so.1, for tests on machines without an NVIDIA GPU.
 *
 * It has the functions that the program calls, with NVML's own names, signatures and structures (NVML API
 * reference, version 12 and 13), and does what environment variables say:
 *
 *   STUB_GPUS            number of GPUs (2)
 *   STUB_USED            bytes used on GPU 0; each further GPU has one more gigabyte (1 GiB)
 *   STUB_USED_FILE       file that holds that number instead, read at each call
 *   STUB_PROCESSES       "pid:bytes,pid:bytes" on GPU 0; "pid:none" for an unknown number of bytes
 *   STUB_PROCESSES_FILE  file that holds "gpu:pid:bytes,gpu:pid:bytes" for all GPUs instead, read at each call
 *   STUB_LOST            index of a GPU that every reading of fails with GPU_IS_LOST
 *   STUB_HIDDEN          index of a GPU that gives no handle: NO_PERMISSION
 *   STUB_ERROR_<NAME>    error code that function <NAME> returns, such as STUB_ERROR_nvmlInitWithFlags=9
 *   STUB_HEAL            file; once it is there, STUB_LOST and STUB_ERROR_* hold no more
 *   STUB_CALLS           file to which each call appends its name
 *   STUB_HANG            file; while it is there, memory readings hang
 *
 * Compiled with -DOMIT_POWER or -DOMIT_PROCESSES those symbols are missing, as from another version.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SUCCESS = 0, UNINITIALIZED = 1, INVALID_ARGUMENT = 2, NO_PERMISSION = 4, INSUFFICIENT_SIZE = 7, GPU_IS_LOST = 15 };

#define GIB (1ULL << 30)
#define NOT_AVAILABLE UINT64_MAX
#define MOST_GPUS 16

typedef int nvmlReturn_t;
typedef struct Device { unsigned index; } *nvmlDevice_t;
typedef struct { unsigned version; unsigned long long total, reserved, free, used; } nvmlMemory_v2_t;
typedef struct { unsigned gpu, memory; } nvmlUtilization_t;
typedef struct { unsigned pid; unsigned long long usedGpuMemory; unsigned gpuInstanceId, computeInstanceId; } nvmlProcessInfo_t;

static struct Device devices[MOST_GPUS];
static int running;

static unsigned long long number(const char *name, unsigned long long otherwise) {
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 10) : otherwise;
}

static int there(const char *variable) {
    const char *path = getenv(variable);
    return path && access(path, F_OK) == 0;
}

/* What a call begins with: it is noted, and fails if it is told to or NVML was not started. */
static nvmlReturn_t enter(const char *function) {
    char variable[128];
    const char *calls = getenv("STUB_CALLS");
    if (calls) {
        FILE *file = fopen(calls, "a");
        if (file) { fprintf(file, "%s\n", function); fclose(file); }
    }
    snprintf(variable, sizeof variable, "STUB_ERROR_%s", function);
    if (getenv(variable) && !there("STUB_HEAL")) return (nvmlReturn_t)number(variable, 0);
    if (strcmp(function, "nvmlInitWithFlags") != 0 && !running) return UNINITIALIZED;
    return SUCCESS;
}

static nvmlReturn_t enter_device(const char *function, nvmlDevice_t device) {
    nvmlReturn_t failed = enter(function);
    if (failed) return failed;
    if (getenv("STUB_LOST") && device->index == number("STUB_LOST", 0) && !there("STUB_HEAL")) return GPU_IS_LOST;
    return SUCCESS;
}

#define ENTER(...) do { nvmlReturn_t failed = __VA_ARGS__; if (failed) return failed; } while (0)

nvmlReturn_t nvmlInitWithFlags(unsigned flags) {
    (void)flags;
    ENTER(enter(__func__));
    running++;
    return SUCCESS;
}

nvmlReturn_t nvmlShutdown(void) {
    ENTER(enter(__func__));
    running--;
    return SUCCESS;
}

const char *nvmlErrorString(nvmlReturn_t code) {
    static char text[32];
    snprintf(text, sizeof text, "error %d of the stand-in", code);
    return text;
}

nvmlReturn_t nvmlSystemGetDriverVersion(char *version, unsigned length) {
    ENTER(enter(__func__));
    snprintf(version, length, "999.1");
    return SUCCESS;
}

nvmlReturn_t nvmlDeviceGetCount_v2(unsigned *count) {
    ENTER(enter(__func__));
    *count = (unsigned)number("STUB_GPUS", 2);
    return SUCCESS;
}

nvmlReturn_t nvmlDeviceGetHandleByIndex_v2(unsigned index, nvmlDevice_t *device) {
    ENTER(enter(__func__));
    if (index >= number("STUB_GPUS", 2) || index >= MOST_GPUS) return INVALID_ARGUMENT;
    if (getenv("STUB_HIDDEN") && index == number("STUB_HIDDEN", 0)) return NO_PERMISSION;
    devices[index].index = index;
    *device = &devices[index];
    return SUCCESS;
}

nvmlReturn_t nvmlDeviceGetUUID(nvmlDevice_t device, char *uuid, unsigned length) {
    ENTER(enter_device(__func__, device));
    snprintf(uuid, length, "GPU-00000000-0000-0000-0000-00000000000%u", device->index);
    return SUCCESS;
}

nvmlReturn_t nvmlDeviceGetName(nvmlDevice_t device, char *name, unsigned length) {
    ENTER(enter_device(__func__, device));
    snprintf(name, length, "Stand-in %u", device->index);
    return SUCCESS;
}

nvmlReturn_t nvmlDeviceGetMemoryInfo_v2(nvmlDevice_t device, nvmlMemory_v2_t *memory) {
    const char *path = getenv("STUB_USED_FILE");
    unsigned long long used = number("STUB_USED", GIB);
    ENTER(enter_device(__func__, device));
    while (there("STUB_HANG")) usleep(10000);
    if (path) {
        FILE *file = fopen(path, "r");
        if (file) { if (fscanf(file, "%llu", &used) != 1) used = 0; fclose(file); }
    }
    memory->total = 24 * GIB;
    memory->reserved = GIB / 4;
    memory->used = used + device->index * GIB;
    memory->free = memory->total - memory->reserved - memory->used;
    return SUCCESS;
}

nvmlReturn_t nvmlDeviceGetUtilizationRates(nvmlDevice_t device, nvmlUtilization_t *rates) {
    ENTER(enter_device(__func__, device));
    rates->gpu = 40 + device->index;
    rates->memory = 20;
    return SUCCESS;
}

nvmlReturn_t nvmlDeviceGetTemperature(nvmlDevice_t device, int sensor, unsigned *celsius) {
    ENTER(enter_device(__func__, device));
    if (sensor != 0) return INVALID_ARGUMENT;
    *celsius = 60 + device->index;
    return SUCCESS;
}

#ifndef OMIT_POWER
nvmlReturn_t nvmlDeviceGetPowerUsage(nvmlDevice_t device, unsigned *milliwatts) {
    ENTER(enter_device(__func__, device));
    *milliwatts = 123456;
    return SUCCESS;
}
#endif

#ifndef OMIT_PROCESSES
nvmlReturn_t nvmlDeviceGetComputeRunningProcesses_v3(nvmlDevice_t device, unsigned *count, nvmlProcessInfo_t *infos) {
    const char *text = getenv("STUB_PROCESSES"), *path = getenv("STUB_PROCESSES_FILE");
    static char listed[4096];
    unsigned found = 0;
    ENTER(enter_device(__func__, device));
    if (path) {
        FILE *file = fopen(path, "r");
        listed[file ? fread(listed, 1, sizeof listed - 1, file) : 0] = 0;
        if (file) fclose(file);
        text = listed;
    }
    while (text && *text && (path || device->index == 0)) {
        char *rest;
        if (path) {
            unsigned gpu = (unsigned)strtoul(text, &rest, 10);
            text = rest + 1;
            if (gpu != device->index) {
                text = strchr(text, ',');
                if (text) text++;
                continue;
            }
        }
        unsigned pid = (unsigned)strtoul(text, &rest, 10);
        unsigned long long bytes = strncmp(rest, ":none", 5) == 0 ? NOT_AVAILABLE : strtoull(rest + 1, NULL, 10);
        if (infos && found < *count) infos[found] = (nvmlProcessInfo_t){pid, bytes, ~0u, ~0u};
        found++;
        text = strchr(rest, ',');
        if (text) text++;
    }
    if (found > *count) { *count = found; return INSUFFICIENT_SIZE; }
    *count = found;
    return SUCCESS;
}
#endif
