/* SPDX-License-Identifier: Apache-2.0 */
#include "net/listener.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "net/tcp.h"

enum { BACKLOG = 4096 };

/* Connections taken at once, so that those that are open get their turn; and how long a listener rests, in ms. */
enum { ACCEPTS_A_TURN = 64, REST_MS = 100 };

static bool is_stale_socket(const struct address *address)
{
    struct stat status;
    if (stat(address->local.sun_path, &status) != 0 || !S_ISSOCK(status.st_mode))
        return false;
    int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (probe < 0)
        return false;
    bool refused = connect(probe, &address->any, address->len) != 0 && errno == ECONNREFUSED;
    close(probe);
    return refused;
}

static int close_failed(int fd)
{
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

int listener_socket(const struct address *address)
{
    int one = 1;
    int fd = socket(address->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    if (address_is_unix(address)) {
        if (is_stale_socket(address))
            unlink(address->local.sun_path);
    } else if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0 ||
               setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one) != 0) {
        return close_failed(fd);
    }
    if (address->any.sa_family == AF_INET6 &&
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one) != 0)
        return close_failed(fd);
    if (bind(fd, &address->any, address->len) != 0 || listen(fd, BACKLOG) != 0)
        return close_failed(fd);
    return fd;
}

static void on_ready(uv_poll_t *poll, int status, int events);

static void on_rested(struct timer *timer)
{
    struct listener *listener = CONTAINER(timer, struct listener, rest);
    if (listener->open)
        uv_poll_start(&listener->poll, UV_READABLE, on_ready);
}

static void rest(struct listener *listener, int error)
{
    log_write_limited(LOG_ERROR, "connections wait: accept says %s; raise the descriptor limit (ulimit -n)",
                      strerror(error));
    uv_poll_stop(&listener->poll);
    wheel_set(&listener->loop->wheel, &listener->rest, REST_MS);
}

/* The last descriptors are for backends and the admin API. */
static bool is_short(const struct listener *listener, int fd)
{
    if (listener->loop->fd_limit == 0 || fd < listener->loop->fd_limit)
        return false;
    log_write_limited(
        LOG_ERROR, "connections are turned away: %d descriptors are open; raise the limit (ulimit -n)", fd);
    close(fd);
    return true;
}

/* False when nothing more is to be accepted now. */
static bool accept_one(struct listener *listener)
{
    struct sockaddr_storage peer;
    socklen_t len = sizeof peer;
    int fd = accept4(listener->fd, (struct sockaddr *)&peer, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
        if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)
            rest(listener, errno);
        return errno == ECONNABORTED || errno == EINTR;
    }
    if (is_short(listener, fd))
        return true;
    struct link *link = tcp_adopt(listener->loop, fd, listener->local);
    if (link == NULL)
        return true;
    list_push(&listener->fresh, &link->node);
    task_wake(&listener->loop->ready, listener->task);
    return true;
}

static void on_ready(uv_poll_t *poll, int status, int events)
{
    struct listener *listener = poll->data;
    (void)status;
    (void)events;
    for (int i = 0; i < ACCEPTS_A_TURN && accept_one(listener); i++)
        continue;
}

void listener_accept(struct listener *listener)
{
    for (int i = 0; i < BACKLOG && accept_one(listener); i++)
        continue;
}

int listener_start(struct listener *listener, struct loop *loop, int fd, bool local)
{
    listener->loop = loop;
    listener->local = local;
    listener->fd = fd;
    listener->rest.fire = on_rested;
    list_init(&listener->fresh);
    int error = uv_poll_init(loop->uv, &listener->poll, fd);
    if (error != 0) {
        close(fd);
        return error;
    }
    listener->open = true;
    listener->poll.data = listener;
    return uv_poll_start(&listener->poll, UV_READABLE, on_ready);
}

static void on_closed(uv_handle_t *handle)
{
    struct listener *listener = handle->data;
    loop_retire(listener->loop, &listener->retire);
}

void listener_stop(struct listener *listener)
{
    if (!listener->open)
        return;
    listener->open = false;
    for (struct list_node *node; (node = list_pop(&listener->fresh)) != NULL;)
        link_close(CONTAINER(node, struct link, node));
    wheel_cancel(&listener->loop->wheel, &listener->rest);
    uv_close((uv_handle_t *)&listener->poll, on_closed);
    close(listener->fd); /* libuv has let go of it: the address is free for whoever wants it next */
}
