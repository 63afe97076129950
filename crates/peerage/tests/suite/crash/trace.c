/* Records what a program writes to an SQLite database: preloaded into a server by power.rs.
 *
 * PEERAGE_TRACE names the file of the trace, PEERAGE_TRACED the database. Each record is, in the byte order of the
 * machine: operation (u32), file (u32: 0 database, 1 -wal, 2 -journal), offset (u64), length (u64), and the written bytes.
 * A flush is recorded after it has returned, everything else before it is done. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum operation { WRITE = 1, TRUNCATE = 2, FLUSH = 3, UNLINK = 4 };

struct head {
    uint32_t operation, file;
    uint64_t offset, length;
};

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static int trace = -1;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

/* Returns which of the files a path names, or -1. */
static int file_of_path(const char *path) {
    static const char *ends[] = {"", "-wal", "-journal"};
    const char *database = getenv("PEERAGE_TRACED");
    if (!database) return -1;
    size_t length = strlen(database);
    if (strncmp(path, database, length)) return -1;
    for (int file = 0; file < 3; file++)
        if (!strcmp(path + length, ends[file])) return file;
    return -1;
}

static int file_of(int fd) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return -1;
    path[length] = 0;
    return file_of_path(path);
}

/* A record that is not complete would make the trace worthless, so the program ends. */
static void record(enum operation operation, int file, uint64_t offset, uint64_t length, const void *bytes) {
    static __typeof__(&writev) real_writev;
    if (!real_writev) real_writev = REAL(writev);
    if (trace < 0) trace = open(getenv("PEERAGE_TRACE"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    struct head head = {operation, (uint32_t)file, offset, length};
    struct iovec parts[2] = {{&head, sizeof head}, {(void *)bytes, bytes ? length : 0}};
    ssize_t whole = (ssize_t)(sizeof head + parts[1].iov_len);
    if (trace < 0 || real_writev(trace, parts, 2) != whole) abort();
}

/* Runs one call while no other call is recorded, so that the trace has the order of the calls. */
#define TRACED(fd, before, call, after)                 \
    int kept = errno, file = file_of(fd);               \
    errno = kept;                                       \
    if (file < 0) return call;                          \
    pthread_mutex_lock(&turn);                          \
    before;                                             \
    __auto_type result = call;                          \
    kept = errno;                                       \
    after;                                              \
    pthread_mutex_unlock(&turn);                        \
    errno = kept;                                       \
    return result

ssize_t write(int fd, const void *bytes, size_t length) {
    TRACED(fd, record(WRITE, file, (uint64_t)lseek(fd, 0, SEEK_CUR), length, bytes), REAL(write)(fd, bytes, length), (void)0);
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) {
    TRACED(fd, record(WRITE, file, (uint64_t)offset, length, bytes), REAL(pwrite)(fd, bytes, length, offset), (void)0);
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t offset) {
    TRACED(fd, record(WRITE, file, (uint64_t)offset, length, bytes), REAL(pwrite64)(fd, bytes, length, offset), (void)0);
}

int ftruncate(int fd, off_t length) {
    TRACED(fd, record(TRUNCATE, file, 0, (uint64_t)length, NULL), REAL(ftruncate)(fd, length), (void)0);
}

int ftruncate64(int fd, off64_t length) {
    TRACED(fd, record(TRUNCATE, file, 0, (uint64_t)length, NULL), REAL(ftruncate64)(fd, length), (void)0);
}

int fsync(int fd) {
    TRACED(fd, (void)0, REAL(fsync)(fd), if (!result) record(FLUSH, file, 0, 0, NULL));
}

int fdatasync(int fd) {
    TRACED(fd, (void)0, REAL(fdatasync)(fd), if (!result) record(FLUSH, file, 0, 0, NULL));
}

int unlink(const char *path) {
    int file = file_of_path(path);
    if (file < 0) return REAL(unlink)(path);
    pthread_mutex_lock(&turn);
    record(UNLINK, file, 0, 0, NULL);
    int result = REAL(unlink)(path);
    pthread_mutex_unlock(&turn);
    return result;
}
