/* SPDX-License-Identifier: Apache-2.0 */
/* The load generator of the benchmarks, for what wrk can't do. One thread, epoll, a fixed number of connections, each
 * with one request under way at a time.
 *
 *   load get PORT       GET /, 1 KiB comes back
 *   load upload PORT    POST with a body of 1 MiB
 *   load echo PORT      WebSocket messages of 1 KiB, each compared with its echo
 *   load idle PORT      one GET on each connection, then holds them all until stdin ends; prints "holding" when they idle
 *
 *   -c N  connections (64)    -n N  stop after N answers    -d S  stop after S seconds (10)
 *
 * Stops asking at the end and waits up to GRACE seconds for what is under way. Prints one line of JSON: answers, seconds,
 * bad (answers that were not what they ought to be), errors (of transport, and answers that never came). */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    IN_SIZE = 8 * 1024,
    BODY_SIZE = 1024 * 1024,
    MESSAGE_SIZE = 1024,
    EVENTS = 256,
    GRACE = 5,
    OPENING_MAX = 8
};

struct bytes {
    char *at;
    size_t size;
};

enum kind { GET, UPLOAD, ECHO, IDLE };

struct link {
    int fd;
    bool is_socket;  /* the handshake is done, messages follow */
    bool waits;      /* for an answer */
    const char *out; /* what remains of the request */
    size_t out_left;
    size_t have;      /* bytes of the answer in `in` */
    size_t body_left; /* bytes of the answer's body still to come, once the head was seen */
    bool in_body;
    char in[IN_SIZE];
};

static struct {
    enum kind kind;
    int port, poll, connections;
    uint64_t count; /* answers to stop at */
    double seconds; /* time to stop at */
    struct bytes request, message, echo;
    uint64_t answers, asked, bad, errors;
    int opened, waiting;
    bool stopped;
} load = {.connections = 64, .count = UINT64_MAX, .seconds = 10};

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static struct bytes bytes_new(size_t size)
{
    struct bytes bytes = {calloc(1, size), 0};
    if (!bytes.at)
        errx(1, "out of memory");
    return bytes;
}

static void make_request(void)
{
    static const char *const heads[] = {
        [GET] = "GET / HTTP/1.1\r\nHost: bench.test\r\n\r\n",
        [IDLE] = "GET / HTTP/1.1\r\nHost: bench.test\r\n\r\n",
        [UPLOAD] = "POST / HTTP/1.1\r\nHost: bench.test\r\nContent-Type: application/octet-stream\r\n"
                   "Content-Length: 1048576\r\n\r\n",
        [ECHO] = "GET /echo HTTP/1.1\r\nHost: bench.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                 "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    };
    const char *head = heads[load.kind];
    load.request = bytes_new(strlen(head) + BODY_SIZE);
    memcpy(load.request.at, head, strlen(head));
    load.request.size = strlen(head) + (load.kind == UPLOAD ? BODY_SIZE : 0);
}

/* A masked text frame, and the unmasked one that has to come back (RFC 6455 section 5.2). */
static void make_message(void)
{
    static const uint8_t mask[4] = {0x37, 0xfa, 0x21, 0x3d};
    load.message = bytes_new(8 + MESSAGE_SIZE);
    load.echo = bytes_new(4 + MESSAGE_SIZE);
    load.message.size = 8 + MESSAGE_SIZE;
    load.echo.size = 4 + MESSAGE_SIZE;
    memcpy(load.message.at, (uint8_t[]){0x81, 0x80 | 126, MESSAGE_SIZE >> 8, MESSAGE_SIZE & 0xFF}, 4);
    memcpy(load.echo.at, (uint8_t[]){0x81, 126, MESSAGE_SIZE >> 8, MESSAGE_SIZE & 0xFF}, 4);
    memcpy(load.message.at + 4, mask, 4);
    for (int i = 0; i < MESSAGE_SIZE; i++) {
        load.echo.at[4 + i] = (char)('a' + i % 26);
        load.message.at[8 + i] = (char)(load.echo.at[4 + i] ^ mask[i % 4]);
    }
}

static void link_close(struct link *link)
{
    if (link->waits)
        load.waiting--;
    close(link->fd);
    link->fd = -1;
    load.errors++;
}

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

/* Sends the next request, unless it is time to stop. */
static bool link_ask(struct link *link)
{
    if (load.stopped || load.asked >= load.count)
        return true;
    struct bytes next = link->is_socket ? load.message : load.request;
    link->out = next.at;
    link->out_left = next.size;
    link->have = 0;
    link->in_body = false;
    link->waits = true;
    load.waiting++;
    load.asked++;
    return link_write(link);
}

static int dial(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address))
        err(1, "connect to port %d", port);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

static void link_open(void)
{
    struct link *link = calloc(1, sizeof *link);
    if (!link)
        errx(1, "out of memory");
    link->fd = dial(load.port);
    struct epoll_event event = {EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, {.ptr = link}};
    if (epoll_ctl(load.poll, EPOLL_CTL_ADD, link->fd, &event))
        err(1, "epoll_ctl");
    load.opened++;
    if (!link_ask(link))
        link_close(link);
}

/* One answer is complete. */
static bool link_done(struct link *link, bool good)
{
    load.waiting--;
    link->waits = false;
    load.answers++;
    load.bad += !good;
    if (link->out_left > 0)
        return false; /* answered before it was asked: what follows would be out of step */
    if (load.kind != IDLE)
        return link_ask(link);
    if (load.opened < load.connections)
        link_open();
    return true;
}

/* Reads the head that ends at `end`: status, length. The handshake of a WebSocket isn't counted as an answer. */
static bool link_take_head(struct link *link, char *end)
{
    end[2] = '\0';
    int status = link->have > 12 ? atoi(link->in + 9) : 0;
    if (status != (load.kind == ECHO ? 101 : 200)) {
        load.bad++;
        return false;
    }
    const char *length = strcasestr(link->in, "\r\ncontent-length:");
    link->body_left = length ? strtoul(length + 17, NULL, 10) : 0;
    link->in_body = true;
    size_t used = (size_t)(end + 4 - link->in);
    memmove(link->in, link->in + used, link->have -= used);
    if (load.kind != ECHO)
        return true;
    link->is_socket = true;
    link->waits = false;
    load.waiting--;
    load.asked--;
    return link_ask(link);
}

/* Takes what `in` holds of an HTTP answer; bytes beyond it are an error. */
static bool link_take_answer(struct link *link)
{
    if (!link->in_body) {
        char *end = memmem(link->in, link->have, "\r\n\r\n", 4);
        if (!end)
            return link->have < IN_SIZE;
        if (!link_take_head(link, end))
            return false;
        if (link->is_socket)
            return true;
    }
    if (link->have > link->body_left)
        return false;
    link->body_left -= link->have;
    link->have = 0;
    return link->body_left > 0 || link_done(link, true);
}

static bool link_take_echo(struct link *link)
{
    if (link->have < load.echo.size)
        return true;
    bool same = link->have == load.echo.size && memcmp(link->in, load.echo.at, load.echo.size) == 0;
    return link_done(link, same) && same;
}

/* Edge-triggered: reads until a read comes back short. */
static bool link_read(struct link *link, bool closing)
{
    for (;;) {
        size_t room = IN_SIZE - link->have;
        ssize_t got = read(link->fd, link->in + link->have, room);
        if (got <= 0)
            return got < 0 && errno == EAGAIN;
        link->have += (size_t)got;
        if (!link->waits)
            return false; /* nobody asked */
        if (!(link->is_socket ? link_take_echo(link) : link_take_answer(link)))
            return false;
        if ((size_t)got < room && !closing)
            return true;
    }
}

static void link_event(struct link *link, uint32_t events)
{
    const uint32_t ending = EPOLLRDHUP | EPOLLHUP | EPOLLERR;
    bool alive = link_write(link);
    if (alive && events & (EPOLLIN | ending))
        alive = link_read(link, events & ending);
    if (!alive)
        link_close(link);
}

/* One turn; false when `stdin` ended, if it is watched. */
static bool turn(int wait_ms)
{
    struct epoll_event events[EVENTS];
    bool goes_on = true;
    int count = epoll_wait(load.poll, events, EVENTS, wait_ms);
    for (int i = 0; i < count; i++) {
        if (events[i].data.ptr)
            link_event(events[i].data.ptr, events[i].events);
        else
            goes_on = false;
    }
    return goes_on;
}

static bool is_over(double since)
{
    int wanted = load.kind == IDLE ? load.connections : 1;
    return load.waiting == 0 && load.opened >= wanted ? true : now() - since > load.seconds;
}

/* Asks until it is time, then waits for what is under way. What never comes is an error. */
static double run(void)
{
    double start = now();
    int opening = load.kind == IDLE && load.connections > OPENING_MAX ? OPENING_MAX : load.connections;
    while (load.opened < opening)
        link_open();
    while (!is_over(start))
        turn(100);
    load.stopped = true;
    for (double stop = now(); load.waiting > 0 && now() - stop < GRACE;)
        turn(100);
    load.errors += (uint64_t)load.waiting;
    return now() - start;
}

/* Holds the idle connections until stdin ends; a connection that is closed meanwhile is an error. */
static void hold(void)
{
    struct epoll_event event = {EPOLLIN | EPOLLHUP, {.ptr = NULL}};
    puts("holding");
    fflush(stdout);
    if (epoll_ctl(load.poll, EPOLL_CTL_ADD, STDIN_FILENO, &event))
        err(1, "stdin has to be a pipe");
    while (turn(-1))
        ;
}

static void raise_descriptors(void)
{
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static enum kind read_kind(const char *name)
{
    static const char *const names[] = {[GET] = "get", [UPLOAD] = "upload", [ECHO] = "echo", [IDLE] = "idle"};
    for (int kind = GET; kind <= IDLE; kind++)
        if (name && strcmp(name, names[kind]) == 0)
            return (enum kind)kind;
    errx(2, "usage: load get|upload|echo|idle PORT [-c CONNECTIONS] [-n COUNT] [-d SECONDS]");
}

static void read_options(int argc, char **argv)
{
    load.kind = read_kind(argc > 2 ? argv[1] : NULL);
    load.port = atoi(argv[2]);
    for (int option; (option = getopt(argc - 2, argv + 2, "c:n:d:")) != -1;) {
        if (option == 'c')
            load.connections = atoi(optarg);
        else if (option == 'n')
            load.count = strtoul(optarg, NULL, 10);
        else if (option == 'd')
            load.seconds = strtod(optarg, NULL);
        else
            exit(2);
    }
}

int main(int argc, char **argv)
{
    read_options(argc, argv);
    raise_descriptors();
    load.poll = epoll_create1(EPOLL_CLOEXEC);
    make_request();
    make_message();
    double seconds = run();
    if (load.kind == IDLE)
        hold();
    printf("{\"answers\": %lu, \"seconds\": %.3f, \"bad\": %lu, \"errors\": %lu}\n", load.answers, seconds,
           load.bad, load.errors);
    return load.bad || load.errors;
}
