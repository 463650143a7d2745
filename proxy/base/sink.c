/* SPDX-License-Identifier: Apache-2.0 */
#include "base/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* Pipes and terminals are opened a second time: O_NONBLOCK on the inherited description would also change
 * it for everybody else who has it. */
static int open_stream(int stream)
{
    char path[32];
    struct stat status;
    snprintf(path, sizeof(path), "/proc/self/fd/%d", stream);
    if (fstat(stream, &status) != 0)
        return -1;
    if (S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode)) {
        int fd = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (fd >= 0)
            return fd;
    }
    return fcntl(stream, F_DUPFD_CLOEXEC, 3);
}

static int open_path(const char *path)
{
    if (strcmp(path, "stderr") == 0)
        return open_stream(STDERR_FILENO);
    if (strcmp(path, "stdout") == 0)
        return open_stream(STDOUT_FILENO);
    return open(path, O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0640);
}

bool sink_open(struct sink *sink, const char *path)
{
    int fd = open_path(path);
    if (fd < 0)
        return false;
    int old = __atomic_load_n(&sink->fd, __ATOMIC_RELAXED);
    bool blocking = (fcntl(fd, F_GETFL) & O_NONBLOCK) == 0;
    __atomic_store_n(&sink->blocking, blocking, __ATOMIC_RELAXED);
    if (old <= STDERR_FILENO) {
        __atomic_store_n(&sink->fd, fd, __ATOMIC_RELAXED);
        return true;
    }
    int moved = dup3(fd, old, O_CLOEXEC);
    int error = errno;
    close(fd);
    errno = error;
    return moved >= 0;
}

void sink_close(struct sink *sink)
{
    if (sink->fd > STDERR_FILENO)
        close(sink->fd);
    sink->fd = -1;
}

/* Where poll says yes the kernel takes PIPE_BUF bytes without waiting. It says no earlier than it would
 * have to. */
static bool may_wait(const struct sink *sink, int fd)
{
    struct pollfd ready = {.fd = fd, .events = POLLOUT};
    if (!__atomic_load_n(&sink->blocking, __ATOMIC_RELAXED))
        return false;
    return poll(&ready, 1, 0) != 1 || (ready.revents & POLLOUT) == 0;
}

static ssize_t write_now(const struct sink *sink, int fd, struct text line)
{
    ssize_t written = send(fd, line.at, line.len, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (written >= 0 || errno != ENOTSOCK)
        return written;
    return may_wait(sink, fd) ? -1 : write(fd, line.at, line.len);
}

bool sink_write(struct sink *sink, struct text line)
{
    int error = errno;
    int fd = __atomic_load_n(&sink->fd, __ATOMIC_RELAXED);
    bool torn = __atomic_load_n(&sink->torn, __ATOMIC_RELAXED);
    if (torn) {
        line = (struct text){line.at - 1, line.len + 1};
        *(char *)(uintptr_t)line.at = '\n';
    }
    ssize_t written = fd < 0 ? -1 : write_now(sink, fd, line);
    bool whole = written == (ssize_t)line.len;
    if (written > 0 && torn == whole)
        __atomic_store_n(&sink->torn, !whole, __ATOMIC_RELAXED);
    if (!whole)
        __atomic_fetch_add(&sink->lost, 1, __ATOMIC_RELAXED);
    errno = error;
    return whole;
}

uint64_t sink_lost(const struct sink *sink)
{
    return __atomic_load_n(&sink->lost, __ATOMIC_RELAXED);
}
