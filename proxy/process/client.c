/* SPDX-License-Identifier: Apache-2.0 */
#include "process/client.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define HEAD_END TEXT("\r\n\r\n")

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* False when the time is over. */
static bool wait_for(int fd, short events, int64_t until)
{
    struct pollfd wish = {.fd = fd, .events = events};
    for (int64_t left; (left = until - now_ms()) > 0;) {
        int ready = poll(&wish, 1, (int)left);
        if (ready > 0)
            return true;
        if (ready < 0 && errno != EINTR)
            return false;
    }
    errno = ETIMEDOUT;
    return false;
}

static void set_host(struct client *client, const char *written)
{
    snprintf(client->name, sizeof client->name, "%s", written);
    snprintf(client->host, sizeof client->host, "%s",
             address_is_unix(&client->addresses[0]) ? "localhost" : written);
}

void client_aim_at(struct client *client, const struct address *address)
{
    char room[ADDRESS_TEXT_MAX], written[ADDRESS_TEXT_MAX + 1];
    struct text text = address_write(address, room);
    client->addresses[0] = *address;
    client->address_count = 1;
    snprintf(written, sizeof written, "%.*s", TEXT_ARGS(text));
    set_host(client, written);
}

static bool look_up(struct client *client, const char *name, const char *port)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found = NULL;
    client->address_count = 0;
    if (getaddrinfo(name, port, &hints, &found) != 0)
        return false;
    for (struct addrinfo *one = found; one != NULL && client->address_count < CLIENT_ADDRESSES;
         one = one->ai_next) {
        struct address *address = &client->addresses[client->address_count];
        if (one->ai_addrlen > sizeof address->v6)
            continue;
        memcpy(&address->any, one->ai_addr, one->ai_addrlen);
        address->len = one->ai_addrlen;
        client->address_count++;
    }
    freeaddrinfo(found);
    return client->address_count > 0;
}

const char *client_aim(struct client *client, const char *written)
{
    static const char wanted[] = "it needs host:port, [v6]:port or unix:/path";
    char name[256];
    uint64_t port;
    const char *colon = strrchr(written, ':');
    client->address_count = 1;
    if (address_read(text_of(written), &client->addresses[0]) == NULL) {
        set_host(client, written);
        return NULL;
    }
    if (colon == NULL || colon == written || (size_t)(colon - written) >= sizeof name ||
        strpbrk(written, "/[]@ \t\r\n") != NULL || !text_to_number(text_of(colon + 1), 65535, &port))
        return wanted;
    snprintf(name, sizeof name, "%.*s", (int)(colon - written), written);
    if (strchr(name, ':') != NULL)
        return wanted;
    set_host(client, written);
    return look_up(client, name, colon + 1) ? NULL : "the host has no address";
}

static bool is_connected(int fd, int64_t until)
{
    int error = 0;
    socklen_t len = sizeof error;
    if (!wait_for(fd, POLLOUT, until) || getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
        return false;
    errno = error;
    return error == 0;
}

static int connect_to(const struct address *address, int64_t until)
{
    int fd = socket(address->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    if (connect(fd, &address->any, address->len) == 0 || (errno == EINPROGRESS && is_connected(fd, until)))
        return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

static int open_connection(const struct client *client, int64_t until)
{
    int fd = -1;
    for (size_t i = 0; i < client->address_count && fd < 0; i++)
        fd = connect_to(&client->addresses[i], until);
    return fd;
}

static bool send_all(int fd, struct text bytes, int64_t until)
{
    while (bytes.len > 0) {
        ssize_t sent = send(fd, bytes.at, bytes.len, MSG_NOSIGNAL);
        if (sent < 0 && ((errno != EAGAIN && errno != EINTR) || !wait_for(fd, POLLOUT, until)))
            return false;
        if (sent > 0)
            bytes = text_sub(bytes, (size_t)sent, bytes.len - (size_t)sent);
    }
    return true;
}

/* Until the server closes. */
static bool receive_all(int fd, struct buffer *bytes, int64_t until)
{
    char piece[16384];
    for (;;) {
        ssize_t len = recv(fd, piece, sizeof piece, 0);
        if (len == 0)
            return true;
        if (len < 0 && ((errno != EAGAIN && errno != EINTR) || !wait_for(fd, POLLIN, until)))
            return false;
        if (len > 0)
            buffer_add(bytes, (struct text){piece, (size_t)len});
        errno = EMSGSIZE;
        if (bytes->short_of_room || bytes->len > CLIENT_ANSWER_MAX)
            return false;
    }
}

static size_t find(struct text t, struct text part)
{
    size_t at = 0;
    while (at < t.len && !text_starts(text_sub(t, at, t.len - at), part))
        at++;
    return at;
}

/* The length that the head tells; without one, what came is the body. */
static bool is_whole(struct text head, struct text body)
{
    uint64_t length;
    for (struct text line; text_split(&head, '\n', &line);) {
        struct text name = text_sub(line, 0, text_find(line, ':'));
        if (!text_equal_nocase(name, TEXT("content-length")))
            continue;
        struct text value = text_sub(line, name.len + 1, line.len - name.len - 1);
        if (text_ends(value, TEXT("\r")))
            value.len--;
        return text_to_number(text_trim(value), CLIENT_ANSWER_MAX, &length) && length == body.len;
    }
    return true;
}

/* The admin API knows the length of whatever it answers, so nothing is chunked. */
static bool read_answer(struct client_answer *answer)
{
    struct text all = buffer_text(&answer->bytes);
    size_t head = find(all, HEAD_END);
    uint64_t status;
    if (head == all.len || !text_starts(all, TEXT("HTTP/1.1 ")) ||
        !text_to_number(text_sub(all, 9, 3), 599, &status))
        return false;
    answer->status = (unsigned)status;
    answer->body = text_sub(all, head + HEAD_END.len, all.len - head - HEAD_END.len);
    return is_whole(text_sub(all, 0, head), answer->body);
}

static void write_request(const struct client *client, const char *what, struct buffer *request)
{
    buffer_printf(request, "%s HTTP/1.1\r\nHost: %s\r\nUser-Agent: weir\r\nConnection: close\r\n", what,
                  client->host);
    if (client->token != NULL && client->token[0] != '\0')
        buffer_printf(request, "Authorization: Bearer %s\r\n", client->token);
    buffer_add(request, TEXT("Content-Length: 0\r\n\r\n"));
}

static bool talk(const struct client *client, const char *what, struct client_answer *answer)
{
    struct buffer request = BUFFER_EMPTY;
    int64_t until = now_ms() + CLIENT_PATIENCE_MS;
    int fd = open_connection(client, until);
    if (fd < 0)
        return false;
    write_request(client, what, &request);
    bool heard = !request.short_of_room && send_all(fd, buffer_text(&request), until) &&
                 receive_all(fd, &answer->bytes, until);
    int error = errno;
    buffer_clear(&request);
    close(fd);
    errno = error;
    return heard;
}

const char *client_ask(const struct client *client, const char *what, struct client_answer *answer)
{
    *answer = (struct client_answer){.bytes = BUFFER_EMPTY};
    if (client->token != NULL && strpbrk(client->token, "\r\n") != NULL)
        return "the token has a line end in it";
    if (!talk(client, what, answer))
        return strerror(errno); /* one thread */
    return read_answer(answer) ? NULL : "what answers there is not the admin API of weir";
}

void client_answer_clear(struct client_answer *answer)
{
    buffer_clear(&answer->bytes);
}
