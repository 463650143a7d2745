/* SPDX-License-Identifier: Apache-2.0 */
/* The load of TLS handshakes: connections one after the other, each with a TLS 1.3 handshake and one answer of 1 KiB,
 * after which the proxy closes. One thread, epoll, a fixed number of connections under way.
 *
 *   handshakes full PORT       X25519, the certificate, no ticket
 *   handshakes resumed PORT    X25519 and the latest ticket that any connection was given; the first one's is not counted
 *
 *   -c N  connections under way (64)    -d S  stop after S seconds (10)
 *
 * Doesn't verify the certificate's chain, which the harness did before. Starts no connection after the end and waits up
 * to GRACE seconds for what is under way. Prints one line of JSON, as load.c does; a handshake that wasn't of the kind
 * asked for counts as a bad answer. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { IN_SIZE = 4096, BODY_SIZE = 1024, EVENTS = 256, GRACE = 5 };

struct link {
    int fd;
    SSL *ssl;
    bool asked;
    size_t have; /* bytes of the answer in `in` */
    char in[IN_SIZE];
};

static const char request[] = "GET / HTTP/1.1\r\nHost: bench.test\r\nConnection: close\r\n\r\n";

static struct {
    bool resumes;
    int port, poll, connections;
    double seconds;
    SSL_CTX *tls;
    SSL_SESSION *ticket; /* the latest */
    uint64_t answers, bad, errors;
    int open;
    bool stopped;
} load = {.connections = 64, .seconds = 10};

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* OpenSSL gives us a reference, which we keep until the next ticket comes. */
static int on_ticket(SSL *ssl, SSL_SESSION *ticket)
{
    (void)ssl;
    SSL_SESSION_free(load.ticket);
    load.ticket = ticket;
    return 1;
}

static void make_tls(void)
{
    static const unsigned char alpn[] = "\x08http/1.1";
    load.tls = SSL_CTX_new(TLS_client_method());
    if (!load.tls || !SSL_CTX_set_min_proto_version(load.tls, TLS1_3_VERSION) ||
        !SSL_CTX_set_ciphersuites(load.tls, "TLS_AES_128_GCM_SHA256") ||
        !SSL_CTX_set1_groups_list(load.tls, "X25519") ||
        SSL_CTX_set_alpn_protos(load.tls, alpn, sizeof alpn - 1))
        errx(1, "OpenSSL can't be set up");
    SSL_CTX_set_session_cache_mode(load.tls, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_set_quiet_shutdown(load.tls, 1);
    if (load.resumes)
        SSL_CTX_sess_set_new_cb(load.tls, on_ticket);
}

static int dial(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address))
        err(1, "connect to port %d", port);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    return fd;
}

/* OpenSSL marks a session as used up once a handshake with it is done, so each connection has a copy. */
static void link_use_ticket(struct link *link)
{
    SSL_SESSION *copy = SSL_SESSION_dup(load.ticket);
    if (!copy || !SSL_set_session(link->ssl, copy))
        errx(1, "out of memory");
    SSL_SESSION_free(copy);
}

/* Connected, with the handshake still to be made. */
static struct link *link_new(void)
{
    struct link *link = calloc(1, sizeof *link);
    if (!link || !(link->ssl = SSL_new(load.tls)))
        errx(1, "out of memory");
    link->fd = dial(load.port);
    SSL_set_fd(link->ssl, link->fd);
    SSL_set_tlsext_host_name(link->ssl, "bench.test");
    SSL_set_connect_state(link->ssl);
    if (load.ticket)
        link_use_ticket(link);
    return link;
}

/* The quiet shutdown tells OpenSSL that the ticket stays good. */
static void link_free(struct link *link)
{
    SSL_shutdown(link->ssl);
    SSL_free(link->ssl);
    close(link->fd);
    free(link);
}

/* Is `in` an answer as the origin gives it? */
static bool link_is_good(const struct link *link)
{
    const char *body = memmem(link->in, link->have, "\r\n\r\n", 4);
    return body && memcmp(link->in, "HTTP/1.1 200", 12) == 0 &&
           link->have - (size_t)(body + 4 - link->in) == BODY_SIZE;
}

/* Goes on with the handshake, the request and the answer. OpenSSL's word on what it waits for, or on how it ended:
 * SSL_ERROR_ZERO_RETURN once the proxy has closed in order. */
static int link_step(struct link *link)
{
    int done = 1;
    if (!link->asked) {
        done = SSL_write(link->ssl, request, sizeof request - 1); /* makes the handshake first */
        link->asked = done > 0;
    }
    while (done > 0) {
        done = SSL_read(link->ssl, link->in + link->have, (int)(IN_SIZE - link->have));
        link->have += done > 0 ? (size_t)done : 0;
    }
    return SSL_get_error(link->ssl, done);
}

static void link_watch(struct link *link)
{
    struct epoll_event event = {EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, {.ptr = link}};
    fcntl(link->fd, F_SETFL, O_NONBLOCK);
    if (epoll_ctl(load.poll, EPOLL_CTL_ADD, link->fd, &event))
        err(1, "epoll_ctl");
    load.open++;
}

static void link_event(struct link *link)
{
    int result = link_step(link);
    if (result == SSL_ERROR_WANT_READ || result == SSL_ERROR_WANT_WRITE)
        return;
    if (result == SSL_ERROR_ZERO_RETURN) {
        load.answers++;
        load.bad += !link_is_good(link) || SSL_session_reused(link->ssl) != load.resumes;
    } else {
        load.errors++;
    }
    link_free(link);
    load.open--;
    if (!load.stopped)
        link_watch(link_new());
}

static void turn(void)
{
    struct epoll_event events[EVENTS];
    int count = epoll_wait(load.poll, events, EVENTS, 100);
    for (int i = 0; i < count; i++)
        link_event(events[i].data.ptr);
}

/* One whole connection, for its ticket. */
static void fetch_ticket(void)
{
    struct link *link = link_new();
    if (link_step(link) != SSL_ERROR_ZERO_RETURN || !link_is_good(link) || !load.ticket)
        errx(1, "the proxy gave no ticket");
    link_free(link);
}

static double run(void)
{
    double start = now();
    while (load.open < load.connections)
        link_watch(link_new());
    while (now() - start < load.seconds && load.errors == 0)
        turn();
    load.stopped = true;
    for (double stop = now(); load.open > 0 && now() - stop < GRACE;)
        turn();
    load.errors += (uint64_t)load.open;
    return now() - start;
}

static void read_options(int argc, char **argv)
{
    if (argc < 3 || (strcmp(argv[1], "full") != 0 && strcmp(argv[1], "resumed") != 0))
        errx(2, "usage: handshakes full|resumed PORT [-c CONNECTIONS] [-d SECONDS]");
    load.resumes = argv[1][0] == 'r';
    load.port = atoi(argv[2]);
    for (int option; (option = getopt(argc - 2, argv + 2, "c:d:")) != -1;) {
        if (option == 'c')
            load.connections = atoi(optarg);
        else if (option == 'd')
            load.seconds = strtod(optarg, NULL);
        else
            exit(2);
    }
}

int main(int argc, char **argv)
{
    read_options(argc, argv);
    signal(SIGPIPE, SIG_IGN);
    load.poll = epoll_create1(EPOLL_CLOEXEC);
    make_tls();
    if (load.resumes)
        fetch_ticket();
    double seconds = run();
    printf("{\"answers\": %lu, \"seconds\": %.3f, \"bad\": %lu, \"errors\": %lu}\n", load.answers, seconds,
           load.bad, load.errors);
    return load.bad || load.errors;
}
