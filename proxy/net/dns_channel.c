/* SPDX-License-Identifier: Apache-2.0 */
#include "net/dns_channel.h"

#include <stdlib.h>
#include <uv.h>

#include "base/buffer.h"

/* A socket of c-ares, which opens and closes it. */
struct dns_socket {
    uv_poll_t poll;
    struct dns_channel *channel;
    ares_socket_t descriptor;
    struct list_node node;
};

static void on_closed(uv_handle_t *handle)
{
    free(CONTAINER(handle, struct dns_socket, poll));
}

static void socket_close(struct dns_socket *socket)
{
    list_remove(&socket->node);
    uv_close((uv_handle_t *)&socket->poll, on_closed);
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
    struct dns_socket *socket = CONTAINER(poll, struct dns_socket, poll);
    struct dns_channel *channel = socket->channel;
    ares_socket_t descriptor = socket->descriptor;
    if (status < 0)
        events = UV_READABLE | UV_WRITABLE; /* c-ares finds out what is wrong */
    ares_process_fd(channel->ares, (events & UV_READABLE) != 0 ? descriptor : ARES_SOCKET_BAD,
                    (events & UV_WRITABLE) != 0 ? descriptor : ARES_SOCKET_BAD);
    dns_channel_mind_time(channel);
}

static struct dns_socket *socket_find(struct dns_channel *channel, ares_socket_t descriptor)
{
    LIST_EACH(&channel->sockets, node)
    {
        struct dns_socket *socket = CONTAINER(node, struct dns_socket, node);
        if (socket->descriptor == descriptor)
            return socket;
    }
    return NULL;
}

/* NULL when out of memory: the query then runs into its time limit. */
static struct dns_socket *socket_new(struct dns_channel *channel, ares_socket_t descriptor)
{
    struct dns_socket *socket = calloc(1, sizeof *socket);
    if (socket == NULL)
        return NULL;
    if (uv_poll_init(channel->loop->uv, &socket->poll, descriptor) != 0) {
        free(socket);
        return NULL;
    }
    socket->channel = channel;
    socket->descriptor = descriptor;
    list_push(&channel->sockets, &socket->node);
    return socket;
}

static void on_socket(void *owner, ares_socket_t descriptor, int readable, int writable)
{
    struct dns_channel *channel = owner;
    struct dns_socket *socket = socket_find(channel, descriptor);
    bool wanted = readable != 0 || writable != 0;
    if (socket == NULL && wanted)
        socket = socket_new(channel, descriptor);
    if (socket == NULL)
        return;
    if (!wanted)
        socket_close(socket);
    else
        uv_poll_start(&socket->poll, (readable != 0 ? UV_READABLE : 0) | (writable != 0 ? UV_WRITABLE : 0),
                      on_poll);
}

static void on_time(struct timer *timer)
{
    struct dns_channel *channel = CONTAINER(timer, struct dns_channel, timer);
    ares_process_fd(channel->ares, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    dns_channel_mind_time(channel);
}

void dns_channel_mind_time(struct dns_channel *channel)
{
    struct timeval left;
    if (ares_timeout(channel->ares, NULL, &left) == NULL)
        wheel_cancel(&channel->loop->wheel, &channel->timer);
    else
        wheel_set(&channel->loop->wheel, &channel->timer,
                  (uint64_t)left.tv_sec * 1000 + (uint64_t)left.tv_usec / 1000 + 1);
}

static int open_ares(struct dns_channel *channel, const struct resolver_settings *settings, int flags)
{
    struct ares_options options = {
        .flags = flags, .timeout = (int)settings->timeout, .tries = (int)settings->attempts};
    int wanted = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB;
    if (flags != 0)
        wanted |= ARES_OPT_FLAGS;
    if (settings->file != NULL) {
        options.resolvconf_path = (char *)settings->file; /* which c-ares copies */
        wanted |= ARES_OPT_RESOLVCONF;
    }
    options.sock_state_cb = on_socket;
    options.sock_state_cb_data = channel;
#ifdef ARES_OPT_MAXTIMEOUTMS
    options.maxtimeout = options.timeout;
    wanted |= ARES_OPT_MAXTIMEOUTMS;
#endif
#ifdef ARES_OPT_QUERY_CACHE /* who asks knows when it is time */
    options.qcache_max_ttl = 0;
    wanted |= ARES_OPT_QUERY_CACHE;
#endif
    return ares_init_options(&channel->ares, &options, wanted);
}

static int set_servers(struct dns_channel *channel, const struct resolver_settings *settings)
{
    struct buffer list = BUFFER_EMPTY;
    char written[ADDRESS_TEXT_MAX];
    if (settings->server_count == 0)
        return ARES_SUCCESS;
    for (size_t i = 0; i < settings->server_count; i++) {
        buffer_add(&list, i == 0 ? TEXT("") : TEXT(","));
        buffer_add(&list, address_write(&settings->servers[i], written));
    }
    buffer_byte(&list, '\0');
    int status = list.short_of_room ? ARES_ENOMEM : ares_set_servers_ports_csv(channel->ares, list.at);
    buffer_clear(&list);
    return status;
}

static bool has_one_server(const struct dns_channel *channel)
{
    struct ares_addr_port_node *servers = NULL;
    if (ares_get_servers_ports(channel->ares, &servers) != ARES_SUCCESS)
        return false;
    bool one = servers != NULL && servers->next == NULL;
    if (servers != NULL)
        ares_free_data(servers);
    return one;
}

static int open_with_servers(struct dns_channel *channel, const struct resolver_settings *settings, int flags)
{
    int status = open_ares(channel, settings, flags);
    if (status != ARES_SUCCESS)
        return status;
    status = set_servers(channel, settings);
    if (status != ARES_SUCCESS)
        ares_destroy(channel->ares);
    return status;
}

/* A server's failure makes c-ares ask the next one, and forget what it was; with a single server it is the answer. */
static int open_channel(struct dns_channel *channel, const struct resolver_settings *settings)
{
    int status = open_with_servers(channel, settings, 0);
    if (status != ARES_SUCCESS || !has_one_server(channel))
        return status;
    ares_destroy(channel->ares);
    return open_with_servers(channel, settings, ARES_FLAG_NOCHECKRESP);
}

struct dns_channel *dns_channel_new(struct loop *loop, const struct resolver_settings *settings,
                                    const char **why)
{
    struct dns_channel *channel = calloc(1, sizeof *channel);
    *why = ares_strerror(ARES_ENOMEM);
    if (channel == NULL)
        return NULL;
    channel->loop = loop;
    channel->timer.fire = on_time;
    list_init(&channel->sockets);
    int status = open_channel(channel, settings);
    if (status == ARES_SUCCESS)
        return channel;
    *why = ares_strerror(status);
    free(channel);
    return NULL;
}

void dns_channel_free(struct dns_channel *channel)
{
    ares_destroy(channel->ares);
    wheel_cancel(&channel->loop->wheel, &channel->timer);
    for (struct list_node *node; (node = list_front(&channel->sockets)) != NULL;)
        socket_close(CONTAINER(node, struct dns_socket, node));
    free(channel);
}
