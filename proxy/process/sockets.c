/* SPDX-License-Identifier: Apache-2.0 */
#include "process/sockets.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "net/listener.h"

static const char *advice(int error)
{
    switch (error) {
    case EADDRINUSE:
        return "another program listens there: end it, or choose another address";
    case EACCES:
        return "ports below 1024 need CAP_NET_BIND_SERVICE, Unix sockets a folder that can be written";
    case EADDRNOTAVAIL:
        return "no interface of this host has that address";
    case EMFILE:
        return "raise the descriptor limit (ulimit -n)";
    default:
        return "check the address";
    }
}

static bool complain(const struct front_settings *front, const struct address *address)
{
    char room[ADDRESS_TEXT_MAX];
    struct text written = address_write(address, room);
    log_write(LOG_ERROR, "listener %.*s: cannot listen on %.*s: %s; %s", TEXT_ARGS(front->name),
              TEXT_ARGS(written), strerror(errno), advice(errno));
    return false;
}

/* SO_REUSEPORT would let two weirs share a port without noticing; a bind without it tells. */
static bool is_taken(const struct address *address)
{
    int one = 1;
    if (address_is_unix(address) || address_port(address) == 0)
        return false;
    int fd = socket(address->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (address->any.sa_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
    bool taken = bind(fd, &address->any, address->len) != 0 && errno == EADDRINUSE;
    close(fd);
    errno = EADDRINUSE;
    return taken;
}

static bool open_address(struct sockets *sockets, const struct address *address, size_t place)
{
    for (unsigned worker = 0; worker < sockets->workers; worker++) {
        int *fd = &sockets->fds[worker * sockets->per_worker + place];
        if (worker > 0 && address_is_unix(address))
            *fd = fcntl(sockets->fds[place], F_DUPFD_CLOEXEC, 3);
        else
            *fd = listener_socket(address);
        if (*fd < 0)
            return false;
    }
    return true;
}

static size_t count_addresses(const struct snapshot_settings *settings, size_t fronts)
{
    size_t count = 0;
    for (size_t i = 0; i < fronts; i++)
        count += settings->fronts[i].address_count;
    return count;
}

static bool open_front(struct sockets *sockets, size_t index)
{
    const struct front_settings *front = &sockets->settings->fronts[index];
    size_t first = count_addresses(sockets->settings, index);
    for (size_t i = 0; i < front->address_count; i++)
        if (is_taken(&front->addresses[i]) || !open_address(sockets, &front->addresses[i], first + i))
            return complain(front, &front->addresses[i]);
    return true;
}

bool sockets_open(struct sockets *sockets, const struct snapshot_settings *settings, unsigned workers)
{
    size_t per_worker = count_addresses(settings, settings->front_count);
    *sockets = (struct sockets){.settings = settings, .workers = workers, .per_worker = per_worker};
    sockets->fds = calloc(per_worker * workers + 1, sizeof(int));
    if (sockets->fds == NULL)
        return false;
    for (size_t i = 0; i < settings->front_count; i++)
        if (!open_front(sockets, i))
            return false;
    return true;
}

const int *sockets_of(const struct sockets *sockets, unsigned worker, size_t front)
{
    return sockets->fds + worker * sockets->per_worker + count_addresses(sockets->settings, front);
}

void sockets_clear(struct sockets *sockets, bool unlink_paths)
{
    for (size_t i = 0; unlink_paths && i < sockets->settings->front_count; i++)
        for (size_t k = 0; k < sockets->settings->fronts[i].address_count; k++)
            if (address_is_unix(&sockets->settings->fronts[i].addresses[k]))
                unlink(sockets->settings->fronts[i].addresses[k].local.sun_path);
    free(sockets->fds);
    sockets->fds = NULL;
}
