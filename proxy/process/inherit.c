/* SPDX-License-Identifier: Apache-2.0 */
#include "process/inherit.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"

/* Where they begin, and how many are believed in. */
enum { FIRST = 3, COUNT_MAX = 65536 };

struct inherited {
    struct address address;
    int fd; /* -1: taken */
};

static struct {
    struct inherited *list;
    size_t count;
} table;

/* 0 unless the variables are meant for this process. */
static size_t read_count(void)
{
    uint64_t pid = 0, count = 0;
    const char *written_pid = getenv("LISTEN_PID"), *written_count = getenv("LISTEN_FDS");
    if (written_pid == NULL || written_count == NULL)
        return 0;
    if (!text_to_number(text_of(written_pid), INT_MAX, &pid) || pid != (uint64_t)getpid())
        return 0;
    if (text_to_number(text_of(written_count), COUNT_MAX, &count))
        return count;
    log_write(LOG_WARN, "LISTEN_FDS is '%.20s', not a number up to %d: no socket is taken over",
              written_count, COUNT_MAX);
    return 0;
}

static bool option_is(int fd, int option, int wanted)
{
    int value = -1;
    socklen_t len = sizeof value;
    return getsockopt(fd, SOL_SOCKET, option, &value, &len) == 0 && value == wanted;
}

static bool read_address(int fd, struct address *address)
{
    *address = (struct address){0};
    address->len = sizeof address->local; /* the largest */
    if (getsockname(fd, &address->any, &address->len) != 0 || address->len > sizeof address->local)
        return false;
    int family = address->any.sa_family;
    return family == AF_INET || family == AF_INET6 || family == AF_UNIX;
}

static bool set_flags(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0 && fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
}

static bool read_socket(int fd, struct inherited *inherited)
{
    inherited->fd = fd;
    return option_is(fd, SO_TYPE, SOCK_STREAM) && option_is(fd, SO_ACCEPTCONN, 1) &&
           read_address(fd, &inherited->address) && set_flags(fd);
}

static void read_all(size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int fd = FIRST + (int)i;
        if (read_socket(fd, &table.list[table.count])) {
            table.count++;
            continue;
        }
        log_write(LOG_WARN,
                  "descriptor %d, given by LISTEN_FDS, is not a listening stream socket: it is closed", fd);
        close(fd);
    }
}

size_t inherit_open(void)
{
    size_t count = read_count();
    inherit_close_rest();
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_FDNAMES");
    table.list = count > 0 ? calloc(count, sizeof *table.list) : NULL;
    if (table.list != NULL)
        read_all(count);
    return table.count;
}

int inherit_take(const struct address *address)
{
    for (size_t i = 0; i < table.count; i++) {
        struct inherited *inherited = &table.list[i];
        if (inherited->fd < 0 || !address_equal(&inherited->address, address))
            continue;
        int fd = inherited->fd;
        inherited->fd = -1;
        return fd;
    }
    return -1;
}

void inherit_close_rest(void)
{
    for (size_t i = 0; i < table.count; i++) {
        char room[ADDRESS_TEXT_MAX];
        if (table.list[i].fd < 0)
            continue;
        struct text written = address_write(&table.list[i].address, room);
        log_write(LOG_WARN,
                  "a socket on %.*s was handed over, but no listener has this address: it is closed",
                  TEXT_ARGS(written));
        close(table.list[i].fd);
    }
    free(table.list);
    table.list = NULL;
    table.count = 0;
}
