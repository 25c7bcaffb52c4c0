/* Disks that fail and processes that die when a test says so: put before the C library by LD_PRELOAD, it stands
 * between a program and every system call that changes a file beneath one folder. Calls elsewhere are passed on.
 * All it can do is to let a call fail or to kill the processes that have loaded it; it changes no file itself, but
 * for its log, its state and what it keeps.
 *
 * FAULTS_BENEATH  the folder (its real path); without it nothing is done
 * FAULTS_LOG      a file: for each call the lines "who call name error", error 0 if it was made
 * FAULTS_STATE    a file of STATE_BYTES zeros, shared by all processes of a trial
 * FAULTS_AT       "who call name number": the call to fail, the number counted from 1 among calls that read alike
 * FAULTS_TRACE    a file, if wanted: for each call that was made the lines "call inode size path"
 * FAULTS_KEEP     a folder on the same file system, with FAULTS_TRACE: each file made has a link there, its inode
 * FAULTS_MODE     enospc, eio, erofs: the call fails so. short: half is written. torn: half is written, and all
 *                 processes are killed. kill: the process is killed before it. killall, power: so are all.
 * FAULTS_ONWARD   if set, every later call fails, too (after short: a full disk); by whichever process
 *
 * who is "worker" for the program's worker and "program" for all else. name is a path beneath the folder, with
 * "N" for each part that has a digit, so that clocks, ports and process ids make no difference.
 */

#define _GNU_SOURCE
#include <limits.h>

#define MADE 0
#define HALF (-1)

#pragma GCC visibility push(hidden) /* no other library has to do with these */

extern const char *mode;

/* The name of a file or path beneath the folder; 0 if it lies elsewhere. */
int name_of_file(char *name, int file);
int name_of_path(char *name, int folder, const char *path);

/* MADE, HALF, or the number of the error by which a call fails. Does not return from a kill. */
int fate(const char *call, const char *name);

/* Write a call into the log. */
void note(const char *call, const char *name, int error);

/* Kill this process, or all that have loaded the library. */
void die(int everybody);

#pragma GCC visibility pop
