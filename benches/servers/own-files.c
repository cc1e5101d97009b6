/*
 * Gives each thread that accepts connections a file table of its own, so that the limit of open files, which is one per
 * table, is one per thread: 50,000 connections in one process where the limit is 20,000. For benches/many only.
 *
 *     cc -O2 -shared -fPIC -o own-files.so own-files.c
 *     LD_PRELOAD="own-files.so libferry.so" php …
 *
 * libferry.so is preloaded as well: PHP loads extensions with RTLD_DEEPBIND, so they would not see this accept4().
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/socket.h>

int accept4(int fd, struct sockaddr *address, socklen_t *length, int flags)
{
    static __thread int has_own_table;
    int (*real)(int, struct sockaddr *, socklen_t *, int) = dlsym(RTLD_NEXT, "accept4");

    if (!has_own_table) {
        has_own_table = 1;
        if (unshare(CLONE_FILES) != 0) {
            abort();
        }
    }
    return real(fd, address, length, flags);
}
