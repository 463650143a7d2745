/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/front.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/panic.h"
#include "exchange/exchange.h"
#include "http/h1/h1.h"
#include "net/tcp.h"

struct front {
    uint32_t magic;
    struct lane *lane;
    struct front_plan *plan;
    struct keeper keeper;
    struct task accept;
    struct list sessions;
    size_t open; /* sessions and listeners that are not yet gone */
    bool draining;
    size_t listener_count;
    struct listener *listeners;
};

#define FRONT_MAGIC 0x66726f6eu

static bool is_full(struct front *front)
{
    unsigned most = front->plan->settings->connections;
    unsigned open = atomic_fetch_add_explicit(&front->plan->open, 1, memory_order_relaxed);
    if (most == 0 || open < most)
        return false;
    atomic_fetch_sub_explicit(&front->plan->open, 1, memory_order_relaxed);
    return true;
}

static struct caller *caller_new(struct front *front, const struct link *link)
{
    char room[ADDRESS_TEXT_MAX];
    struct address peer = link->loop->uv != NULL ? tcp_peer(link) : (struct address){.len = 0};
    struct caller *caller = loop_take(front->lane->loop, sizeof *caller);
    if (caller == NULL)
        return NULL;
    caller->front = front->plan;
    caller->has_ip = peer.len > 0 && !address_is_unix(&peer);
    struct text ip = caller->has_ip ? address_write_ip(&peer, room) : TEXT("unix");
    caller->ip_len = (uint8_t)ip.len;
    memcpy(caller->ip_room, ip.at, ip.len); /* less than INET6_ADDRSTRLEN */
    return caller;
}

static struct session *open_session(struct front *front, struct link *link)
{
    struct caller *caller = caller_new(front, link);
    if (caller == NULL)
        return NULL;
    struct session *session = h1_new(link, SESSION_SERVER, &front->plan->settings->http, &front->keeper);
    if (session == NULL)
        loop_give(front->lane->loop, caller, sizeof *caller);
    else
        session->owner = caller;
    return session;
}

void front_take(struct front *front, struct link *link)
{
    const struct front_settings *settings = front->plan->settings;
    if (front->draining || is_full(front)) {
        log_write_limited(LOG_WARN, "listener %.*s: connection closed: limits.connections (%u) is reached",
                          TEXT_ARGS(settings->name), settings->connections);
        link_close(link);
        return;
    }
    struct session *session = open_session(front, link);
    if (session == NULL) {
        atomic_fetch_sub_explicit(&front->plan->open, 1, memory_order_relaxed);
        link_close(link);
        return;
    }
    list_push(&front->sessions, &session->kept);
    front->open++;
    cells_add(front->lane->loop->cells, front->plan->connections, 1);
    cells_add(front->lane->loop->cells, front->plan->accepted, 1);
    if (link->loop->uv == NULL)
        return;
    tcp_keepalive(link, settings->keepalive.idle, settings->keepalive.interval, settings->keepalive.count);
    tcp_start(link);
}

static void forget(struct front *front, struct session *session)
{
    struct caller *caller = session->owner;
    session_forget(session);
    loop_give(front->lane->loop, caller, sizeof *caller);
    front->open--;
    atomic_fetch_sub_explicit(&front->plan->open, 1, memory_order_relaxed);
    cells_sub(front->lane->loop->cells, front->plan->connections, 1);
}

/* The keeper's task: new streams become exchanges, closed sessions are let go. */
static void on_news(struct task *task)
{
    struct front *front = CONTAINER(CONTAINER(task, struct keeper, task), struct front, keeper);
    CHECK(front, FRONT_MAGIC);
    for (struct list_node *node; (node = list_pop(&front->keeper.news)) != NULL;) {
        struct session *session = CONTAINER(node, struct session, news);
        struct caller *caller = session->owner;
        for (struct list_node *fresh; (fresh = list_pop(&session->fresh)) != NULL;)
            exchange_start(front->lane, caller, CONTAINER(fresh, struct stream, fresh));
        if ((session->marks & SESSION_CLOSED) != 0)
            forget(front, session);
    }
}

static void on_accepted(struct task *task)
{
    struct front *front = CONTAINER(task, struct front, accept);
    for (size_t i = 0; i < front->listener_count; i++)
        for (struct list_node *node; (node = list_pop(&front->listeners[i].fresh)) != NULL;)
            front_take(front, CONTAINER(node, struct link, node));
}

static void on_listener_closed(struct task *task)
{
    struct listener *listener = CONTAINER(task, struct listener, retire);
    struct front *front = CONTAINER(listener->task, struct front, accept);
    front->open--;
}

struct front *front_new(struct lane *lane, struct front_plan *plan)
{
    struct front *front = calloc(1, sizeof *front);
    if (front == NULL)
        return NULL;
    front->magic = FRONT_MAGIC;
    front->lane = lane;
    front->plan = plan;
    front->keeper.task.run = on_news;
    front->keeper.queue = &lane->loop->ready;
    front->accept.run = on_accepted;
    list_init(&front->keeper.news);
    list_init(&front->sessions);
    return front;
}

struct front *front_start(struct lane *lane, struct front_plan *plan, const int *fds, int *error)
{
    struct front *front = front_new(lane, plan);
    *error = UV_ENOMEM;
    if (front == NULL)
        return NULL;
    front->listeners = calloc(plan->settings->address_count, sizeof *front->listeners);
    if (front->listeners == NULL) {
        front_free(front);
        return NULL;
    }
    *error = 0;
    for (size_t i = 0; i < plan->settings->address_count; i++) {
        struct listener *listener = &front->listeners[i];
        listener->task = &front->accept;
        listener->retire.run = on_listener_closed;
        int failed =
            listener_start(listener, lane->loop, fds[i], address_is_unix(&plan->settings->addresses[i]));
        *error = *error != 0 ? *error : failed;
        front->open += listener->open;
        front->listener_count++;
    }
    return front;
}

void front_drain(struct front *front)
{
    CHECK(front, FRONT_MAGIC);
    front->draining = true;
    for (size_t i = 0; i < front->listener_count; i++)
        listener_stop(&front->listeners[i]);
    LIST_EACH_SAFE(&front->sessions, node)
    session_drain(CONTAINER(node, struct session, kept));
}

void front_close(struct front *front)
{
    front_drain(front);
    LIST_EACH_SAFE(&front->sessions, node)
    session_close(CONTAINER(node, struct session, kept));
}

bool front_is_empty(const struct front *front)
{
    return front->open == 0;
}

void front_free(struct front *front)
{
    CHECK(front, FRONT_MAGIC);
    ASSERT(front_is_empty(front));
    task_cancel(&front->keeper.task);
    task_cancel(&front->accept);
    front->magic = 0;
    free(front->listeners);
    free(front);
}
