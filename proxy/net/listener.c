/* SPDX-License-Identifier: Apache-2.0 */
#include "net/listener.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "net/tcp.h"

enum { BACKLOG = 4096 };

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

static void on_connection(uv_stream_t *server, int error)
{
    struct listener *listener = server->data;
    if (error != 0) {
        log_write_limited(
            LOG_ERROR, "connections are turned away: accept says %s; raise the descriptor limit (ulimit -n)",
            uv_strerror(error));
        return;
    }
    struct link *link = tcp_accept(listener->loop, server, listener->local);
    if (link == NULL)
        return;
    list_push(&listener->fresh, &link->node);
    task_wake(&listener->loop->ready, listener->task);
}

int listener_start(struct listener *listener, struct loop *loop, int fd, bool local)
{
    listener->loop = loop;
    listener->local = local;
    list_init(&listener->fresh);
    int error = local ? uv_pipe_init(loop->uv, &listener->pipe, 0) : uv_tcp_init(loop->uv, &listener->tcp);
    if (error != 0) {
        close(fd);
        return error;
    }
    listener->open = true;
    listener->handle.data = listener;
    error = local ? uv_pipe_open(&listener->pipe, fd) : uv_tcp_open(&listener->tcp, fd);
    if (error == 0)
        return uv_listen(&listener->stream, BACKLOG, on_connection);
    close(fd);
    return error;
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
    uv_close(&listener->handle, on_closed);
}
