/* SPDX-License-Identifier: Apache-2.0 */
#include "process/sockets.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "net/listener.h"
#include "process/inherit.h"

static const char *advice(int error)
{
    switch (error) {
    case EADDRINUSE:
        return "another program listens there: end it, or choose another address";
    case EACCES:
        return "ports below 1024 need CAP_NET_BIND_SERVICE, Unix sockets a folder that can be written";
    case ENOENT:
    case ENOTDIR:
        return "the folder of the socket is not there: make it, or choose another";
    case EADDRNOTAVAIL:
        return "no interface of this host has that address";
    case EMFILE:
        return "raise the descriptor limit (ulimit -n)";
    default:
        return "check the address";
    }
}

static bool complain(const struct front_settings *front, const struct address *address, struct buffer *why)
{
    char room[ADDRESS_TEXT_MAX];
    int error = errno;
    struct text written = address_write(address, room);
    buffer_printf(why, "listener %.*s: cannot listen on %.*s: %s; %s", TEXT_ARGS(front->name),
                  TEXT_ARGS(written), strerror(error), advice(error));
    return false;
}

/* One of ours is in the way: a bind would fail because of it. */
static bool overlaps_ours(const struct sockets *sockets, const struct address *address)
{
    for (size_t i = 0; i < sockets->count; i++) {
        const struct address *ours = &sockets->rows[i].address;
        if (sockets->rows[i].count > 0 && !address_is_unix(ours) &&
            address_port(ours) == address_port(address) && (address_is_any(ours) || address_is_any(address)))
            return true;
    }
    return false;
}

/* SO_REUSEPORT would let two weirs share a port without noticing; a bind without it tells. */
static bool is_taken(const struct sockets *sockets, const struct address *address)
{
    int one = 1;
    if (address_is_unix(address) || address_port(address) == 0 || overlaps_ours(sockets, address))
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

static void row_clear(struct socket_row *row, bool unlink_path)
{
    for (size_t i = 0; i < row->count; i++)
        if (row->fds[i] >= 0 && !row->taken[i])
            close(row->fds[i]);
    if (unlink_path && row->count > 0 && row->fds[0] >= 0 && address_is_unix(&row->address))
        unlink(row->address.local.sun_path);
    free(row->fds);
    free(row->taken);
}

static bool row_add(struct socket_row *row, int fd)
{
    int *fds = realloc(row->fds, (row->count + 1) * sizeof *fds);
    row->fds = fds != NULL ? fds : row->fds;
    bool *taken = realloc(row->taken, (row->count + 1) * sizeof *taken);
    row->taken = taken != NULL ? taken : row->taken;
    if (fd < 0 || fds == NULL || taken == NULL) {
        if (fd >= 0)
            close(fd);
        return false;
    }
    fds[row->count] = fd;
    taken[row->count++] = false;
    return true;
}

/* Those that this process was started with. */
static bool inherit_row(struct socket_row *row)
{
    for (int fd; (fd = inherit_take(&row->address)) >= 0;)
        if (!row_add(row, fd))
            return false;
    return true;
}

/* One that others share is shared further; otherwise each worker has its own. */
static bool open_row(const struct sockets *sockets, struct socket_row *row)
{
    if (!inherit_row(row))
        return false;
    size_t given = row->count;
    bool shares = given > 0 || address_is_unix(&row->address);
    if (given == 0 && is_taken(sockets, &row->address))
        return false;
    while (row->count < sockets->workers) {
        size_t from = given > 0 ? row->count % given : 0;
        int fd = shares && row->count > 0 ? fcntl(row->fds[from], F_DUPFD_CLOEXEC, 3)
                                          : listener_socket(&row->address);
        if (!row_add(row, fd))
            return false;
    }
    return true;
}

static struct socket_row *row_new(struct sockets *sockets, const struct address *address)
{
    struct socket_row *rows = realloc(sockets->rows, (sockets->count + 1) * sizeof *rows);
    if (rows == NULL)
        return NULL;
    sockets->rows = rows;
    rows[sockets->count] = (struct socket_row){.address = *address};
    return &rows[sockets->count++];
}

static struct socket_row *row_find(const struct sockets *sockets, const struct address *address)
{
    for (size_t i = 0; i < sockets->count; i++)
        if (address_equal(&sockets->rows[i].address, address))
            return &sockets->rows[i];
    return NULL;
}

static bool want(struct sockets *sockets, const struct address *address)
{
    struct socket_row *row = row_find(sockets, address);
    errno = ENOMEM;
    if (row == NULL) {
        row = row_new(sockets, address);
        if (row == NULL || !open_row(sockets, row))
            return false;
    }
    row->wanted = true;
    return true;
}

/* Keeps the rows that pass. */
static void sift(struct sockets *sockets, bool (*passes)(const struct socket_row *row), bool unlink_paths)
{
    size_t kept = 0;
    for (size_t i = 0; i < sockets->count; i++) {
        if (passes(&sockets->rows[i]))
            sockets->rows[kept++] = sockets->rows[i];
        else
            row_clear(&sockets->rows[i], unlink_paths);
    }
    sockets->count = kept;
}

static bool is_settled(const struct socket_row *row)
{
    return row->settled;
}

static bool is_wanted(const struct socket_row *row)
{
    return row->wanted;
}

static bool want_all(struct sockets *sockets, const struct snapshot_settings *settings, struct buffer *why)
{
    for (size_t i = 0; i < settings->front_count; i++) {
        const struct front_settings *front = &settings->fronts[i];
        for (size_t k = 0; k < front->address_count; k++)
            if (!want(sockets, &front->addresses[k]))
                return complain(front, &front->addresses[k], why);
    }
    return true;
}

void sockets_init(struct sockets *sockets, unsigned workers)
{
    *sockets = (struct sockets){.workers = workers};
}

bool sockets_want(struct sockets *sockets, const struct snapshot_settings *settings, struct buffer *why)
{
    for (size_t i = 0; i < sockets->count; i++)
        sockets->rows[i].wanted = false;
    if (want_all(sockets, settings, why))
        return true;
    sift(sockets, is_settled, true);
    return false;
}

static int take(struct socket_source *source, const struct address *address)
{
    struct socket_share *share = CONTAINER(source, struct socket_share, source);
    struct socket_row *row = row_find(share->sockets, address);
    for (size_t i = share->worker; row != NULL && i < row->count; i += share->sockets->workers) {
        if (row->taken[i])
            continue;
        row->taken[i] = true;
        return row->fds[i];
    }
    return -1;
}

struct socket_share sockets_share(struct sockets *sockets, unsigned worker)
{
    return (struct socket_share){.source = {take}, .sockets = sockets, .worker = worker};
}

void sockets_settle(struct sockets *sockets)
{
    sift(sockets, is_wanted, true);
    for (size_t i = 0; i < sockets->count; i++)
        sockets->rows[i].settled = true;
}

size_t sockets_list(const struct sockets *sockets, int *fds, size_t most)
{
    size_t count = 0;
    for (size_t i = 0; i < sockets->count; i++)
        for (size_t k = 0; k < sockets->rows[i].count; k++, count++)
            if (count < most)
                fds[count] = sockets->rows[i].fds[k];
    return count;
}

static bool is_none(const struct socket_row *row)
{
    (void)row;
    return false;
}

void sockets_clear(struct sockets *sockets, bool unlink_paths)
{
    sift(sockets, is_none, unlink_paths);
    free(sockets->rows);
    sockets->rows = NULL;
}
