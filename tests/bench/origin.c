/* SPDX-License-Identifier: Apache-2.0 */
/* The origin of the benchmarks: the cheapest HTTP/1.1 server that does the work, so that it is never the bottleneck.
 *
 *   GET /100k...       200 with 100 KiB; any other path: 200 with 1 KiB
 *   GET /kept...       200 with 1 KiB that caches may keep, /kept-100k... with 100 KiB
 *   GET /text          200 with 100 KiB of text
 *   GET /asked         200 with the number of requests so far
 *   a Content-Length   the body is read and thrown away first, whatever the method
 *   Upgrade            101, then every WebSocket message comes back, unmasked
 *
 * Usage: origin PORT. Listens on 127.0.0.1 until it is killed. Trusts its clients: the proxies under measurement. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { IN_SIZE = 16 * 1024, DISCARD_SIZE = 256 * 1024, BIG = 100 * 1024, SMALL = 1024, EVENTS = 256 };

struct answer {
    char *bytes;
    size_t size;
};

/* A connection from the proxy. */
struct link {
    int fd;
    bool is_socket;   /* has become a WebSocket */
    size_t body_left; /* bytes of the request's body still to be thrown away */
    const char *out;  /* what remains of the answer */
    size_t out_left;
    size_t have; /* bytes in `in` */
    char in[IN_SIZE];
    char echo[IN_SIZE]; /* the message on its way back */
};

enum kind { SMALL_ANSWER, BIG_ANSWER, KEPT_SMALL, KEPT_BIG, TEXT_ANSWER, KINDS };

static struct answer answers[KINDS];
static char count_answer[256];
static unsigned long asked;
static const char switching[] =
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
static char discarded[DISCARD_SIZE];

static const char plain[] =
    "Date: Thu, 01 Jan 2026 00:00:00 GMT\r\nContent-Type: application/octet-stream\r\n";
static const char kept[] = "Content-Type: application/octet-stream\r\nCache-Control: max-age=3600\r\n"
                           "ETag: \"kept\"\r\n";

static struct answer answer_new(const char *fields, size_t body_size)
{
    static const char head[] = "HTTP/1.1 200 OK\r\nServer: origin\r\n%sContent-Length: %zu\r\n\r\n";
    char *bytes = malloc(sizeof head + strlen(fields) + 32 + body_size);
    if (!bytes)
        errx(1, "out of memory");
    size_t head_size = (size_t)sprintf(bytes, head, fields, body_size);
    memset(bytes + head_size, 'x', body_size);
    return (struct answer){bytes, head_size + body_size};
}

/* The same words in an order that no compressor foresees, nor a dice: the same each time. */
static struct answer text_new(void)
{
    static const char *const words[] = {"the ",     "proxy ", "answers ", "<p>", "</p>\n", "a ",
                                        "request ", "of ",    "class=\"", "\">", "many ",  "streams ",
                                        "before ",  "0x",     "seven",    "and "};
    struct answer text = answer_new("Content-Type: text/plain\r\n", BIG);
    char *at = text.bytes + text.size - BIG, *end = text.bytes + text.size;
    for (uint32_t dice = 1; at < end; dice = dice * 1664525 + 1013904223) {
        const char *word = words[dice >> 28];
        size_t len = strlen(word) < (size_t)(end - at) ? strlen(word) : (size_t)(end - at);
        memcpy(at, word, len);
        at += len;
    }
    return text;
}

static struct answer counted(void)
{
    char number[24];
    int digits = sprintf(number, "%lu", asked);
    int len = sprintf(count_answer, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", digits, number);
    return (struct answer){count_answer, (size_t)len};
}

static struct answer answer_to(const char *target)
{
    static const struct {
        const char *path;
        enum kind kind;
    } paths[] = {
        {"/100k", BIG_ANSWER}, {"/kept-100k", KEPT_BIG}, {"/kept", KEPT_SMALL}, {"/text", TEXT_ANSWER}};
    if (strncmp(target, "/asked ", 7) == 0)
        return counted();
    asked++;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        if (strncmp(target, paths[i].path, strlen(paths[i].path)) == 0)
            return answers[paths[i].kind];
    return answers[SMALL_ANSWER];
}

static void link_answer(struct link *link, const char *bytes, size_t size)
{
    link->out = bytes;
    link->out_left = size;
}

/* The value of a field in a head that ends in a NUL, or NULL. */
static const char *field(const char *head, const char *name)
{
    const char *found = strcasestr(head, name);
    return found ? found + strlen(name) : NULL;
}

/* Takes one request's head off `in`; false when it isn't whole yet. */
static bool link_take_head(struct link *link)
{
    char *end = memmem(link->in, link->have, "\r\n\r\n", 4);
    if (!end)
        return false;
    end[2] = '\0';
    const char *length = field(link->in, "\r\ncontent-length:");
    link->body_left = length ? strtoul(length, NULL, 10) : 0;
    link->is_socket = field(link->in, "\r\nupgrade:") != NULL;
    if (field(link->in, "\r\ntransfer-encoding:"))
        errx(1, "a chunked request: not expected from these proxies");
    const char *space = strchr(link->in, ' ');
    const struct answer answer = answer_to(space ? space + 1 : "");
    if (link->is_socket)
        link_answer(link, switching, sizeof switching - 1);
    else
        link_answer(link, answer.bytes, answer.size);
    size_t used = (size_t)(end + 4 - link->in);
    memmove(link->in, link->in + used, link->have -= used);
    return true;
}

/* Takes one masked message (RFC 6455 section 5.2, 16-bit lengths at most) off `in` and makes it the answer. */
static bool link_take_message(struct link *link)
{
    const uint8_t *in = (const uint8_t *)link->in;
    if (link->have < 8)
        return false;
    size_t size = in[1] & 0x7F, at = 2;
    if (size == 126) {
        size = (size_t)in[2] << 8 | in[3];
        at = 4;
    }
    if (link->have < at + 4 + size)
        return false;
    memcpy(link->echo, in, at);
    link->echo[1] &= 0x7F;
    for (size_t i = 0; i < size; i++)
        link->echo[at + i] = (char)(in[at + 4 + i] ^ in[at + i % 4]);
    link_answer(link, link->echo, at + size);
    size_t used = at + 4 + size;
    memmove(link->in, link->in + used, link->have -= used);
    return true;
}

/* Takes what of the body lies in `in`. */
static void link_discard(struct link *link)
{
    size_t used = link->have < link->body_left ? link->have : link->body_left;
    if (used == 0)
        return;
    memmove(link->in, link->in + used, link->have -= used);
    link->body_left -= used;
}

/* Writes what can be written; false when the peer is gone. */
static bool link_write(struct link *link)
{
    while (link->out_left > 0) {
        ssize_t sent = write(link->fd, link->out, link->out_left);
        if (sent < 0)
            return errno == EAGAIN;
        link->out += sent;
        link->out_left -= (size_t)sent;
    }
    return true;
}

/* Answers everything that is whole in `in`; false when the peer is gone. */
static bool link_serve(struct link *link)
{
    for (;;) {
        link_discard(link);
        if (link->body_left > 0)
            return true;
        if (!link_write(link))
            return false;
        if (link->out_left > 0 || link->have == 0)
            return true;
        if (!(link->is_socket ? link_take_message(link) : link_take_head(link)))
            return true;
    }
}

/* Edge-triggered: reads until a read comes back short. A close is seen as an empty read. */
static bool link_read(struct link *link, bool closing)
{
    for (;;) {
        bool direct = link->body_left > 0 && link->have == 0;
        size_t room = direct ? DISCARD_SIZE : IN_SIZE - link->have;
        if (direct && link->body_left < room)
            room = link->body_left;
        if (room == 0)
            return true; /* the answer has to leave first */
        ssize_t got = read(link->fd, direct ? discarded : link->in + link->have, room);
        if (got <= 0)
            return got < 0 && errno == EAGAIN;
        if (direct)
            link->body_left -= (size_t)got;
        else
            link->have += (size_t)got;
        if (!link_serve(link))
            return false;
        if ((size_t)got < room && !closing)
            return true;
    }
}

static void accept_all(int listener, int poll)
{
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0)
            return;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
        struct link *link = calloc(1, sizeof *link);
        if (!link)
            errx(1, "out of memory");
        link->fd = fd;
        struct epoll_event event = {EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, {.ptr = link}};
        if (epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event))
            err(1, "epoll_ctl");
    }
}

static int listen_on(int port)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_ANY); /* all of 127.0.0.0/8, and of no other interface */
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", sizeof "lo") ||
        bind(fd, (struct sockaddr *)&address, sizeof address) || listen(fd, 4096))
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

static void link_event(struct link *link, uint32_t events)
{
    bool alive = link_serve(link);
    if (alive && events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))
        alive = link_read(link, events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR));
    if (alive)
        return;
    close(link->fd);
    free(link);
}

int main(int argc, char **argv)
{
    if (argc != 2)
        errx(2, "usage: origin PORT");
    answers[SMALL_ANSWER] = answer_new(plain, SMALL);
    answers[BIG_ANSWER] = answer_new(plain, BIG);
    answers[KEPT_SMALL] = answer_new(kept, SMALL);
    answers[KEPT_BIG] = answer_new(kept, BIG);
    answers[TEXT_ANSWER] = text_new();
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
