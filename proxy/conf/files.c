/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/files.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *read_all(int fd, size_t size, struct arena *arena, struct text *text)
{
    char *bytes = arena_take(arena, size + 1);
    size_t len = 0;
    if (bytes == NULL)
        return "out of memory";
    while (len < size) {
        ssize_t got = read(fd, bytes + len, size - len);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return strerror(errno);
        if (got == 0)
            break;
        len += (size_t)got;
    }
    bytes[len] = '\0';
    *text = (struct text){bytes, len};
    return NULL;
}

static const char *read_open(int fd, size_t max, struct arena *arena, struct file_read *file)
{
    struct stat status;
    if (fstat(fd, &status) != 0)
        return strerror(errno);
    if (!S_ISREG(status.st_mode))
        return "it is not a regular file";
    if (status.st_size < 0 || (uint64_t)status.st_size > max)
        return "it is too large";
    file->device = status.st_dev;
    file->inode = status.st_ino;
    return read_all(fd, (size_t)status.st_size, arena, &file->text);
}

const char *file_read(const char *path, size_t max, struct arena *arena, struct file_read *file)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return strerror(errno);
    const char *wrong = read_open(fd, max, arena, file);
    close(fd);
    return wrong;
}

struct text file_beside(const char *base, struct text path, struct arena *arena)
{
    const char *slash = strrchr(base, '/');
    if (slash == NULL || text_starts(path, TEXT("/")))
        return arena_copy(arena, path);
    return arena_format(arena, "%.*s%.*s", (int)(slash + 1 - base), base, TEXT_ARGS(path));
}
