/* SPDX-License-Identifier: Apache-2.0 */
#include "net/tcp.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "base/panic.h"
#include "base/sendable.h"

enum {
    WRITE_SLICES = 64,      /* of one writev; more are left for the next */
    PIECE_LATER = 4 * 1024, /* bytes of what need not be copied that libuv writes once it can */
};

struct tcp {
    struct link link;
    struct chain sending; /* what write holds */
    uv_connect_t *connect;
    uv_write_t *write; /* one at a time; NULL: none */
    union {
        uv_handle_t handle;
        uv_stream_t stream;
        uv_tcp_t tcp;
        uv_pipe_t pipe;
    };
};

static _Thread_local size_t live;

static struct tcp *tcp_of(const struct link *link)
{
    return CONTAINER(link, struct tcp, link);
}

size_t tcp_count(void)
{
    return live;
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    (void)suggested;
    struct tcp *tcp = handle->data;
    size_t room = 0;
    buffer->base = chunk_read_room(&tcp->link.loop->chunks, &room);
    buffer->len = room;
}

static const struct fault *fault_of(ssize_t error)
{
    switch (error) {
    case UV_ECONNREFUSED:
    case UV_ENOENT:
        return FAULT(connect_refused);
    case UV_ENOBUFS:
    case UV_ENOMEM:
        return FAULT(out_of_memory);
    case UV_ETIMEDOUT:
        return FAULT(connect_timeout);
    default:
        return FAULT(upstream_reset);
    }
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer)
{
    (void)buffer;
    struct tcp *tcp = stream->data;
    struct link *link = &tcp->link;
    if (count > 0 && link->user != NULL) {
        link->user->input(link->owner, chunk_read_done(&link->loop->chunks, (size_t)count));
    } else if (count == UV_EOF) {
        uv_read_stop(stream);
        link_mark(link, LINK_EOF);
    } else if (count < 0) {
        uv_read_stop(stream);
        link_break(link, fault_of(count));
    }
}

/* What one writev is given. */
struct batch {
    uv_buf_t buffers[WRITE_SLICES];
    unsigned count;
    size_t bytes;
};

static bool is_sendable(const struct chain_link *at)
{
    off_t offset;
    return at != NULL && at->slice.len >= SENDABLE_MIN && sendable_file(at->slice.at, &offset) >= 0;
}

static void batch_gather(struct batch *batch, const struct chain *chain)
{
    batch->count = 0;
    batch->bytes = 0;
    for (struct chain_link *at = chain->first; at != NULL && batch->count < WRITE_SLICES; at = at->next) {
        if (is_sendable(at))
            return;
        batch->buffers[batch->count++] =
            uv_buf_init((char *)(uintptr_t)at->slice.at, (unsigned)at->slice.len);
        batch->bytes += at->slice.len;
    }
}

static void write_ended(struct tcp *tcp, uv_write_t *write)
{
    tcp->write = NULL;
    free(write);
    chain_clear(&tcp->sending);
}

static void tcp_flush(struct link *link);

static void on_written(uv_write_t *write, int error)
{
    struct tcp *tcp = write->data;
    struct link *link = &tcp->link;
    write_ended(tcp, write);
    if (link->closed)
        return;
    if (error != 0) {
        link_break(link, fault_of(error));
        return;
    }
    tcp_flush(link);
}

/* Of what lies in a file only the beginning: the rest goes without a copy once that is written. */
static void gather_later(struct batch *batch, const struct chain *chain)
{
    batch_gather(batch, chain);
    if (batch->count > 0)
        return;
    batch->bytes = PIECE_LATER;
    batch->buffers[batch->count++] = uv_buf_init((char *)(uintptr_t)chain->first->slice.at, PIECE_LATER);
}

/* Hands it to libuv, which waits until the socket takes it. */
static void send_later(struct tcp *tcp)
{
    struct link *link = &tcp->link;
    struct batch batch;
    gather_later(&batch, &link->out);
    uv_write_t *write = malloc(sizeof *write);
    if (write == NULL) {
        link_break(link, FAULT(out_of_memory));
        return;
    }
    write->data = tcp;
    tcp->write = write;
    chain_move(&link->out, &tcp->sending, batch.bytes);
    int error = uv_write(write, &tcp->stream, batch.buffers, batch.count, on_written);
    if (error == 0)
        return;
    write_ended(tcp, write);
    link_break(link, fault_of(error));
}

static void send_finish(struct tcp *tcp)
{
    uv_os_fd_t fd;
    if ((tcp->link.marks & LINK_FINISHED) != 0 || uv_fileno(&tcp->handle, &fd) != 0)
        return;
    shutdown(fd, SHUT_WR); /* nothing waits in libuv here, so the FIN can't overtake bytes */
    link_mark(&tcp->link, LINK_FINISHED);
}

/* All that lies together in front. */
static ssize_t send_page(struct tcp *tcp, size_t *wanted)
{
    off_t offset = 0;
    uv_os_fd_t fd;
    const struct slice front = chain_front(&tcp->link.out);
    *wanted = front.len;
    if (uv_fileno(&tcp->handle, &fd) != 0)
        return UV_EBADF;
    ssize_t sent = sendfile(fd, sendable_file(front.at, &offset), &offset, front.len);
    return sent >= 0 ? sent : uv_translate_sys_error(errno);
}

static ssize_t send_batch(struct tcp *tcp, size_t *wanted)
{
    struct batch batch;
    batch_gather(&batch, &tcp->link.out);
    *wanted = batch.bytes;
    return uv_try_write(&tcp->stream, batch.buffers, batch.count);
}

static void tcp_flush(struct link *link)
{
    struct tcp *tcp = tcp_of(link);
    if (tcp->write != NULL)
        return;
    while (!chain_is_empty(&link->out)) {
        size_t wanted;
        ssize_t written = is_sendable(link->out.first) ? send_page(tcp, &wanted) : send_batch(tcp, &wanted);
        if (written < 0 && written != UV_EAGAIN) {
            link_break(link, fault_of(written));
            return;
        }
        chain_drop(&link->out, written > 0 ? (size_t)written : 0);
        if (written < 0 || (size_t)written < wanted) {
            send_later(tcp);
            return;
        }
    }
    if ((link->marks & LINK_FINISH) != 0)
        send_finish(tcp);
    if (link->user != NULL)
        link->user->drained(link->owner);
}

static void tcp_start(struct link *link)
{
    if (link->closed || (link->marks & (LINK_EOF | LINK_BROKEN)) != 0)
        return;
    int error = uv_read_start(&tcp_of(link)->stream, on_alloc, on_read);
    if (error != 0 && error != UV_EALREADY)
        link_break(link, fault_of(error));
}

static const struct fault *fault_of_connect(int error)
{
    switch (error) {
    case UV_ECONNREFUSED:
    case UV_ECONNRESET:
    case UV_ENOENT:
        return FAULT(connect_refused);
    case UV_EMFILE:
    case UV_ENFILE:
    case UV_ENOBUFS:
    case UV_ENOMEM:
        return FAULT(overloaded);
    default:
        return FAULT(connect_failed);
    }
}

static void tcp_pause(struct link *link, bool pause)
{
    struct tcp *tcp = tcp_of(link);
    if (pause)
        uv_read_stop(&tcp->stream);
    else
        tcp_start(link);
}

static void tcp_free(struct task *task)
{
    struct tcp *tcp = CONTAINER(CONTAINER(task, struct link, retire), struct tcp, link);
    chain_clear(&tcp->sending);
    live--;
    tcp->link.magic = 0;
    free(tcp);
}

static void on_closed(uv_handle_t *handle)
{
    struct tcp *tcp = handle->data;
    free(tcp->connect);
    tcp->connect = NULL;
    loop_retire(tcp->link.loop, &tcp->link.retire);
}

static void tcp_close(struct link *link, bool reset)
{
    struct tcp *tcp = tcp_of(link);
    if (uv_is_closing(&tcp->handle))
        return;
    if (reset && tcp->handle.type == UV_TCP && tcp->write == NULL &&
        uv_tcp_close_reset(&tcp->tcp, on_closed) == 0)
        return;
    uv_close(&tcp->handle, on_closed);
}

static size_t tcp_waiting(const struct link *link)
{
    const struct tcp *tcp = tcp_of(link);
    return tcp->write != NULL ? uv_stream_get_write_queue_size(&tcp->stream) : 0;
}

static const struct link_ops tcp_ops = {tcp_flush, tcp_start, tcp_pause, tcp_close, tcp_waiting};

static struct tcp *tcp_new(struct loop *loop, bool local)
{
    struct tcp *tcp = calloc(1, sizeof *tcp);
    if (tcp == NULL)
        return NULL;
    link_init(&tcp->link, &tcp_ops, loop);
    tcp->link.retire.run = tcp_free;
    chain_init(&tcp->sending, &loop->chunks);
    int error = local ? uv_pipe_init(loop->uv, &tcp->pipe, 0) : uv_tcp_init(loop->uv, &tcp->tcp);
    if (error != 0) {
        free(tcp);
        return NULL;
    }
    tcp->handle.data = tcp;
    live++;
    return tcp;
}

static void on_connected(uv_connect_t *connect, int error)
{
    struct tcp *tcp = connect->data;
    struct link *link = &tcp->link;
    tcp->connect = NULL;
    free(connect);
    if (link->closed)
        return;
    if (error != 0) {
        link_break(link, fault_of_connect(error));
        return;
    }
    if (tcp->handle.type == UV_TCP)
        uv_tcp_nodelay(&tcp->tcp, 1);
    link_mark(link, LINK_OPEN);
}

struct link *tcp_connect(struct loop *loop, const struct address *address)
{
    bool local = address_is_unix(address);
    struct tcp *tcp = tcp_new(loop, local);
    if (tcp == NULL)
        return NULL;
    tcp->connect = calloc(1, sizeof *tcp->connect);
    if (tcp->connect == NULL) {
        link_close(&tcp->link);
        return NULL;
    }
    tcp->connect->data = tcp;
    int error = 0;
    if (local)
        uv_pipe_connect(tcp->connect, &tcp->pipe, address->local.sun_path, on_connected);
    else
        error = uv_tcp_connect(tcp->connect, &tcp->tcp, &address->any, on_connected);
    if (error != 0)
        link_break(&tcp->link, fault_of_connect(error));
    return &tcp->link;
}

struct link *tcp_adopt(struct loop *loop, int fd, bool local)
{
    struct tcp *tcp = tcp_new(loop, local);
    if (tcp == NULL) {
        close(fd);
        return NULL;
    }
    if ((local ? uv_pipe_open(&tcp->pipe, fd) : uv_tcp_open(&tcp->tcp, fd)) != 0) {
        close(fd);
        link_close(&tcp->link);
        return NULL;
    }
    if (!local)
        uv_tcp_nodelay(&tcp->tcp, 1);
    tcp->link.marks = LINK_OPEN;
    return &tcp->link;
}

void tcp_keepalive(struct link *link, unsigned idle, unsigned interval, unsigned count)
{
    struct tcp *tcp = tcp_of(link);
    uv_os_fd_t fd;
    if (idle == 0 || tcp->handle.type != UV_TCP || uv_tcp_keepalive(&tcp->tcp, 1, idle) != 0 ||
        uv_fileno(&tcp->handle, &fd) != 0)
        return;
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof count);
}

struct address tcp_peer(const struct link *link)
{
    struct tcp *tcp = tcp_of(link);
    struct address address = {.len = 0};
    uv_os_fd_t fd;
    socklen_t len = sizeof address.local;
    if (uv_fileno(&tcp->handle, &fd) != 0 || getpeername(fd, &address.any, &len) != 0)
        return (struct address){.len = 0};
    address.len = len;
    return address;
}
