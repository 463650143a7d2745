/* SPDX-License-Identifier: Apache-2.0 */
/* Holds idle connections over TLS 1.3, HTTP/2 or both: opens them one after the other, has one answer of 1 KiB on each,
 * and keeps them until stdin ends. Blocking; every wait has a limit. load.c does the same for plain HTTP/1.1.
 *
 *   hold tls PORT COUNT     HTTP/1.1 over TLS
 *   hold h2 PORT COUNT      HTTP/2 over TLS
 *   hold h2c PORT COUNT     HTTP/2 with prior knowledge
 *
 * Prints "holding" when all are open, and at the end one line of JSON as load.c does: errors are connections that were
 * closed meanwhile. An answer that isn't right ends it at once. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <netinet/tcp.h>
#include <nghttp2/nghttp2.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { IN_SIZE = 16 * 1024, BODY_SIZE = 1024, WAIT_SECONDS = 5 };

struct link {
    int fd;
    SSL *ssl; /* NULL without TLS */
};

/* What came of the answer on the connection at hand. */
struct answer {
    struct link *link;
    bool is_ok, ended;
    size_t body;
};

static SSL_CTX *tls;
static nghttp2_session_callbacks *callbacks;
static char in[IN_SIZE];

static ssize_t link_read(struct link *link, void *to, size_t room)
{
    return link->ssl ? SSL_read(link->ssl, to, (int)room) : read(link->fd, to, room);
}

static ssize_t link_write(struct link *link, const void *from, size_t size)
{
    return link->ssl ? SSL_write(link->ssl, from, (int)size) : write(link->fd, from, size);
}

static void make_tls(bool is_h2)
{
    const char *alpn = is_h2 ? "\x02h2" : "\x08http/1.1";
    tls = SSL_CTX_new(TLS_client_method());
    if (!tls || !SSL_CTX_set_min_proto_version(tls, TLS1_3_VERSION) ||
        !SSL_CTX_set_ciphersuites(tls, "TLS_AES_128_GCM_SHA256") ||
        SSL_CTX_set_alpn_protos(tls, (const unsigned char *)alpn, (unsigned)strlen(alpn)))
        errx(1, "OpenSSL can't be set up");
    SSL_CTX_set_mode(tls, SSL_MODE_RELEASE_BUFFERS);
}

static int dial(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    struct timeval limit = {.tv_sec = WAIT_SECONDS};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address))
        err(1, "connect to port %d", port);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    return fd;
}

static void link_open(struct link *link, int port)
{
    link->fd = dial(port);
    if (!tls)
        return;
    link->ssl = SSL_new(tls);
    if (!link->ssl || !SSL_set_fd(link->ssl, link->fd) ||
        !SSL_set_tlsext_host_name(link->ssl, "bench.test") || SSL_connect(link->ssl) != 1)
        errx(1, "the handshake failed");
}

static struct answer ask_h1(struct link *link)
{
    static const char request[] = "GET / HTTP/1.1\r\nHost: bench.test\r\n\r\n";
    struct answer answer = {.link = link};
    link_write(link, request, sizeof request - 1);
    for (size_t have = 0; answer.body < BODY_SIZE;) {
        ssize_t got = link_read(link, in + have, IN_SIZE - have);
        if (got <= 0)
            break;
        have += (size_t)got;
        char *end = memmem(in, have, "\r\n\r\n", 4);
        answer.body = end ? have - (size_t)(end + 4 - in) : 0;
        answer.is_ok = memcmp(in, "HTTP/1.1 200", 12) == 0;
    }
    answer.ended = answer.body == BODY_SIZE;
    return answer;
}

static ssize_t on_send(nghttp2_session *session, const uint8_t *from, size_t size, int flags, void *user)
{
    (void)session, (void)flags;
    struct answer *answer = user;
    ssize_t sent = link_write(answer->link, from, size);
    return sent > 0 ? sent : NGHTTP2_ERR_CALLBACK_FAILURE;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                     size_t name_size, const uint8_t *value, size_t value_size, uint8_t flags, void *user)
{
    (void)session, (void)frame, (void)flags;
    struct answer *answer = user;
    if (name_size == 7 && memcmp(name, ":status", 7) == 0)
        answer->is_ok = value_size == 3 && memcmp(value, "200", 3) == 0;
    return 0;
}

static int on_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *data, size_t size,
                   void *user)
{
    (void)session, (void)flags, (void)id, (void)data;
    struct answer *answer = user;
    answer->body += size;
    return 0;
}

static int on_close(nghttp2_session *session, int32_t id, uint32_t error, void *user)
{
    (void)session, (void)id;
    struct answer *answer = user;
    answer->ended = error == NGHTTP2_NO_ERROR;
    return 0;
}

static void make_callbacks(void)
{
    if (nghttp2_session_callbacks_new(&callbacks))
        errx(1, "out of memory");
    nghttp2_session_callbacks_set_send_callback(callbacks, on_send);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
}

static void submit(nghttp2_session *session)
{
    static const char *const fields[][2] = {
        {":method", "GET"}, {":scheme", "https"}, {":authority", "bench.test"}, {":path", "/"}};
    nghttp2_nv head[4];
    for (int i = 0; i < 4; i++)
        head[i] = (nghttp2_nv){(uint8_t *)fields[i][0], (uint8_t *)fields[i][1], strlen(fields[i][0]),
                               strlen(fields[i][1]), NGHTTP2_NV_FLAG_NONE};
    head[1].valuelen -= !tls; /* http */
    if (nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, NULL, 0) ||
        nghttp2_submit_request(session, NULL, head, 4, NULL, NULL) < 0)
        errx(1, "out of memory");
}

/* The session needn't outlive the answer: an idle connection is sent nothing that waits for a reply. */
static struct answer ask_h2(struct link *link)
{
    struct answer answer = {.link = link};
    nghttp2_session *session;
    if (nghttp2_session_client_new(&session, callbacks, &answer))
        errx(1, "out of memory");
    submit(session);
    while (nghttp2_session_send(session) == 0 && !answer.ended) {
        ssize_t got = link_read(link, in, IN_SIZE);
        if (got <= 0 || nghttp2_session_mem_recv(session, (uint8_t *)in, (size_t)got) != got)
            break;
    }
    nghttp2_session_del(session);
    return answer;
}

/* How many of the connections the proxy has closed. */
static int count_closed(const struct link *links, int count)
{
    int closed = 0;
    for (int i = 0; i < count; i++) {
        struct pollfd ask = {.fd = links[i].fd, .events = POLLRDHUP};
        closed += poll(&ask, 1, 0) != 0;
    }
    return closed;
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
    if (argc != 4 ||
        (strcmp(argv[1], "tls") != 0 && strcmp(argv[1], "h2") != 0 && strcmp(argv[1], "h2c") != 0))
        errx(2, "usage: hold tls|h2|h2c PORT COUNT");
    bool is_h2 = argv[1][0] == 'h';
    int count = atoi(argv[3]);
    struct link *links = calloc((size_t)count, sizeof *links);
    if (!links)
        errx(1, "out of memory");
    raise_descriptors();
    signal(SIGPIPE, SIG_IGN);
    make_callbacks();
    if (strcmp(argv[1], "h2c") != 0)
        make_tls(is_h2);
    for (int i = 0; i < count; i++) {
        link_open(&links[i], atoi(argv[2]));
        struct answer answer = is_h2 ? ask_h2(&links[i]) : ask_h1(&links[i]);
        if (!answer.is_ok || !answer.ended || answer.body != BODY_SIZE)
            errx(1, "connection %d: no answer, or a wrong one", i);
    }
    puts("holding");
    fflush(stdout);
    while (getchar() != EOF)
        ;
    int closed = count_closed(links, count);
    printf("{\"answers\": %d, \"seconds\": 0, \"bad\": 0, \"errors\": %d}\n", count, closed);
    return closed > 0;
}
