/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP/2 origin of the benchmarks, by prior knowledge and without TLS: a gRPC server that answers any unary call,
 * cheaper than Debian's nghttpd and so never the bottleneck.
 *
 *   /100k...   a message of 100 KiB; any other path: a message of 100 bytes. Both have gRPC's 5 bytes in front and
 *              grpc-status in the trailers. What the call carries is thrown away.
 *
 * Usage: origin_h2 PORT. Listens on 127.0.0.1 until it is killed. Trusts its clients: the proxies under measurement. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <nghttp2/nghttp2.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    IN_SIZE = 64 * 1024,
    OUT_SIZE = 256 * 1024,
    PREFIX = 5,
    BIG = 100 * 1024,
    SMALL = 100,
    EVENTS = 256,
    STREAMS = 100
};

/* A connection from the proxy. */
struct link {
    int fd;
    nghttp2_session *session;
    size_t out_at, out_end; /* what of `out` remains to be sent */
    uint8_t out[OUT_SIZE];
};

/* One stream's call. */
struct call {
    bool is_big;
    size_t sent;
};

static uint8_t small[PREFIX + SMALL] = {0, 0, 0, 0, SMALL};
static uint8_t big[PREFIX + BIG] = {0, 0, BIG >> 16, BIG >> 8 & 0xFF, BIG & 0xFF};
static uint8_t in[IN_SIZE];
static nghttp2_session_callbacks *callbacks;
static nghttp2_option *options;

/* Neither name nor value is copied: both are literals. */
#define FIELD(name, value)                                                       \
    {(uint8_t *)(name), (uint8_t *)(value), sizeof(name) - 1, sizeof(value) - 1, \
     NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE}
static const nghttp2_nv head[] = {FIELD(":status", "200"), FIELD("server", "origin"),
                                  FIELD("content-type", "application/grpc")};
static const nghttp2_nv trailers[] = {FIELD("grpc-status", "0")};

static void check(int result, const char *doing)
{
    if (result < 0)
        errx(1, "%s: %s", doing, nghttp2_strerror(result));
}

static int on_begin(nghttp2_session *session, const nghttp2_frame *frame, void *link)
{
    (void)link;
    struct call *call = calloc(1, sizeof *call);
    return call ? nghttp2_session_set_stream_user_data(session, frame->hd.stream_id, call)
                : NGHTTP2_ERR_CALLBACK_FAILURE;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_size, const uint8_t *value, size_t value_size, uint8_t flags, void *link)
{
    (void)flags, (void)link;
    struct call *call = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
    if (name_size == 5 && memcmp(name, ":path", 5) == 0)
        call->is_big = value_size >= 5 && memcmp(value, "/100k", 5) == 0;
    return 0;
}

static ssize_t on_body(nghttp2_session *session, int32_t id, uint8_t *to, size_t room, uint32_t *flags,
                       nghttp2_data_source *source, void *link)
{
    (void)link;
    struct call *call = source->ptr;
    size_t left = (call->is_big ? sizeof big : sizeof small) - call->sent;
    size_t size = left < room ? left : room;
    memcpy(to, (call->is_big ? big : small) + call->sent, size);
    call->sent += size;
    if (size == left) {
        *flags = NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
        check(nghttp2_submit_trailer(session, id, trailers, 1), "trailers");
    }
    return (ssize_t)size;
}

/* Answers once the call is whole. */
static int on_frame(nghttp2_session *session, const nghttp2_frame *frame, void *link)
{
    (void)link;
    if (!(frame->hd.flags & NGHTTP2_FLAG_END_STREAM) || frame->hd.type > NGHTTP2_HEADERS)
        return 0;
    nghttp2_data_provider body = {.read_callback = on_body};
    body.source.ptr = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
    return nghttp2_submit_response(session, frame->hd.stream_id, head, sizeof head / sizeof *head, &body);
}

static int on_close(nghttp2_session *session, int32_t id, uint32_t error, void *link)
{
    (void)error, (void)link;
    free(nghttp2_session_get_stream_user_data(session, id));
    return 0;
}

static void prepare(void)
{
    check(nghttp2_session_callbacks_new(&callbacks), "callbacks");
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    /* A generator that is done cuts off what is under way, hundreds of streams at once: that is no attack here. */
    check(nghttp2_option_new(&options), "options");
    nghttp2_option_set_stream_reset_rate_limit(options, UINT64_MAX, UINT64_MAX);
    memset(small + PREFIX, 'x', SMALL);
    memset(big + PREFIX, 'x', BIG);
}

/* Frames what there is, until `out` has no room for another frame; false when nghttp2 gives up. */
static bool link_frame(struct link *link)
{
    link->out_at = link->out_end = 0;
    while (OUT_SIZE - link->out_end >= 2 * 16384) {
        const uint8_t *frames;
        ssize_t size = nghttp2_session_mem_send(link->session, &frames);
        if (size <= 0)
            return size == 0;
        memcpy(link->out + link->out_end, frames, (size_t)size);
        link->out_end += (size_t)size;
    }
    return true;
}

/* Writes what can be written, many frames at once; false when the peer is gone. */
static bool link_write(struct link *link)
{
    for (;;) {
        if (link->out_at == link->out_end && !link_frame(link))
            return false;
        if (link->out_at == link->out_end)
            return nghttp2_session_want_read(link->session);
        ssize_t sent = write(link->fd, link->out + link->out_at, link->out_end - link->out_at);
        if (sent < 0)
            return errno == EAGAIN;
        link->out_at += (size_t)sent;
    }
}

/* Edge-triggered: reads until a read comes back short. A close is seen as an empty read. */
static bool link_read(struct link *link, bool closing)
{
    for (;;) {
        ssize_t got = read(link->fd, in, IN_SIZE);
        if (got <= 0)
            return got < 0 && errno == EAGAIN;
        if (nghttp2_session_mem_recv(link->session, in, (size_t)got) != got || !link_write(link))
            return false;
        if (got < IN_SIZE && !closing)
            return true;
    }
}

static void link_event(struct link *link, uint32_t events)
{
    const uint32_t ending = EPOLLRDHUP | EPOLLHUP | EPOLLERR;
    bool alive = link_write(link);
    if (alive && events & (EPOLLIN | ending))
        alive = link_read(link, events & ending);
    if (alive)
        return;
    nghttp2_session_del(link->session);
    close(link->fd);
    free(link);
}

static struct link *link_new(int fd)
{
    static const nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, STREAMS}};
    struct link *link = calloc(1, sizeof *link);
    if (!link)
        errx(1, "out of memory");
    link->fd = fd;
    check(nghttp2_session_server_new2(&link->session, callbacks, link, options), "session");
    check(nghttp2_submit_settings(link->session, NGHTTP2_FLAG_NONE, settings, 1), "settings");
    return link;
}

static void accept_all(int listener, int poll)
{
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0)
            return;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
        struct epoll_event event = {EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, {.ptr = link_new(fd)}};
        if (epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event))
            err(1, "epoll_ctl");
    }
}

static int listen_on(int port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    if (bind(fd, (struct sockaddr *)&address, sizeof address) || listen(fd, 4096))
        err(1, "port %d", port);
    return fd;
}

static void raise_descriptors(void)
{
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

int main(int argc, char **argv)
{
    if (argc != 2)
        errx(2, "usage: origin_h2 PORT");
    prepare();
    raise_descriptors();
    int listener = listen_on(atoi(argv[1])), poll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {EPOLLIN, {.ptr = NULL}}, events[EVENTS];
    epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        int count = epoll_wait(poll, events, EVENTS, -1);
        for (int i = 0; i < count; i++) {
            if (events[i].data.ptr)
                link_event(events[i].data.ptr, events[i].events);
            else
                accept_all(listener, poll);
        }
    }
}
