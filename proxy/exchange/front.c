/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange/front_parts.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/panic.h"
#include "exchange/exchange.h"
#include "exchange/mirror.h"
#include "exchange/peer.h"
#include "net/tcp.h"

static bool is_full(struct front *front)
{
    struct front_plan *plan = front->entry.plan;
    unsigned most = plan->settings->connections;
    unsigned open = atomic_fetch_add_explicit(&plan->open, 1, memory_order_relaxed);
    if (most == 0 || open < most)
        return false;
    atomic_fetch_sub_explicit(&plan->open, 1, memory_order_relaxed);
    return true;
}

static struct caller *caller_new(struct front *front, const struct link *link)
{
    char room[ADDRESS_TEXT_MAX];
    struct address peer = link->loop->uv != NULL ? tcp_peer(link) : (struct address){.len = 0};
    struct caller *caller = loop_take(front->entry.lane->loop, sizeof *caller);
    if (caller == NULL)
        return NULL;
    caller->entry = &front->entry;
    caller->has_ip = peer.len > 0 && !address_is_unix(&peer);
    struct text ip = caller->has_ip ? address_write_ip(&peer, room) : TEXT("unix");
    caller->ip_len = (uint8_t)ip.len;
    memcpy(caller->ip_room, ip.at, ip.len); /* less than INET6_ADDRSTRLEN */
    return caller;
}

static struct caller *welcome(struct front *front, struct link *link)
{
    struct caller *caller = caller_new(front, link);
    if (caller == NULL || welcome_begin(front, link, caller))
        return caller;
    loop_give(front->entry.lane->loop, caller, sizeof *caller);
    return NULL;
}

void front_take(struct front *front, struct link *link)
{
    const struct front_settings *settings = front->entry.plan->settings;
    struct cells *cells = front->entry.lane->loop->cells;
    if (is_full(front)) {
        log_write_limited(LOG_WARN, "listener %.*s: connection closed: limits.connections (%u) is reached",
                          TEXT_ARGS(settings->name), settings->connections);
        link_close(link);
        return;
    }
    if (welcome(front, link) == NULL) {
        atomic_fetch_sub_explicit(&front->entry.plan->open, 1, memory_order_relaxed);
        link_close(link);
        return;
    }
    front->connections++;
    cells_add(cells, front->entry.plan->connections, 1);
    cells_add(cells, front->entry.plan->accepted, 1);
    if (link->loop->uv == NULL)
        return;
    tcp_keepalive(link, settings->keepalive.idle, settings->keepalive.interval, settings->keepalive.count);
    link_start(link);
}

void front_adopt(struct front *front, struct session *session, struct caller *caller)
{
    session->owner = caller;
    list_push(&front->sessions, &session->kept);
}

/* Frees it at the end of the turn if it has drained. */
static void settle(struct front *front)
{
    if (!front->draining || front->listening || front->connections > 0 || !list_is_linked(&front->node))
        return;
    list_remove(&front->node);
    loop_retire(front->entry.lane->loop, &front->retire);
}

void front_part(struct front *front, struct caller *caller)
{
    struct loop *loop = front->entry.lane->loop;
    peer_forget(caller);
    loop_give(loop, caller, sizeof *caller);
    front->connections--;
    atomic_fetch_sub_explicit(&front->entry.plan->open, 1, memory_order_relaxed);
    cells_sub(loop->cells, front->entry.plan->connections, 1);
    settle(front);
}

static void front_free(struct front *front)
{
    task_cancel(&front->keeper.task);
    task_cancel(&front->accept);
    view_unref(front->entry.view);
    front->magic = 0;
    free(front);
}

static void run_retire(struct task *task)
{
    front_free(CONTAINER(task, struct front, retire));
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
            exchange_start(caller, CONTAINER(fresh, struct stream, fresh));
        if ((session->marks & SESSION_CLOSED) != 0) {
            session_forget(session);
            front_part(front, caller);
        }
    }
}

static void on_accepted(struct task *task)
{
    struct front *front = CONTAINER(task, struct front, accept);
    for (struct list_node *node; (node = list_pop(&front->listener.fresh)) != NULL;)
        front_take(front, CONTAINER(node, struct link, node));
}

static void on_listener_closed(struct task *task)
{
    struct front *front = CONTAINER(CONTAINER(task, struct listener, retire), struct front, listener);
    front->listening = false;
    settle(front);
}

struct front *front_new(struct lane *lane, struct front_plan *plan)
{
    struct front *front = calloc(1, sizeof *front);
    if (front == NULL)
        return NULL;
    front->magic = FRONT_MAGIC;
    front->entry = (struct entry){lane, view_ref(lane->view), plan};
    front->http = plan->settings->http;
    front->http.http2_errors = plan->http2_errors;
    front->keeper.task.run = on_news;
    front->keeper.queue = &lane->loop->ready;
    front->accept.run = on_accepted;
    front->retire.run = run_retire;
    front->listener.task = &front->accept;
    front->listener.retire.run = on_listener_closed;
    list_init(&front->listener.fresh);
    list_init(&front->keeper.news);
    list_init(&front->sessions);
    list_init(&front->welcomes);
    list_push(&lane->fronts, &front->node);
    return front;
}

struct front *front_start(struct lane *lane, struct front_plan *plan, const struct address *address, int fd,
                          int *error)
{
    struct front *front = front_new(lane, plan);
    if (front == NULL) {
        close(fd);
        *error = UV_ENOMEM;
        return NULL;
    }
    front->address = *address;
    *error = listener_start(&front->listener, lane->loop, fd, address_is_unix(address));
    front->listening = front->listener.open;
    if (*error == 0)
        return front;
    front_drain(front);
    return NULL;
}

/* The limit and the gauge of connections are the plan's. */
static void move_counts(const struct front *front, struct front_plan *before, struct front_plan *after)
{
    struct cells *cells = front->entry.lane->loop->cells;
    atomic_fetch_sub_explicit(&before->open, front->connections, memory_order_relaxed);
    atomic_fetch_add_explicit(&after->open, front->connections, memory_order_relaxed);
    cells_sub(cells, before->connections, front->connections);
    cells_add(cells, after->connections, front->connections);
}

void front_renew(struct front *front, struct front_plan *plan)
{
    CHECK(front, FRONT_MAGIC);
    struct lane *lane = front->entry.lane;
    struct view *before = front->entry.view;
    ASSERT(!front->draining);
    move_counts(front, front->entry.plan, plan);
    front->entry = (struct entry){lane, view_ref(lane->view), plan};
    front->http = plan->settings->http;
    front->http.http2_errors = plan->http2_errors;
    view_unref(before);
}

/* What the kernel has accepted already is served. */
void front_drain(struct front *front)
{
    CHECK(front, FRONT_MAGIC);
    if (front->listening && !front->draining) {
        listener_accept(&front->listener);
        on_accepted(&front->accept);
        listener_stop(&front->listener);
    }
    front->draining = true;
    welcomes_drain(front);
    LIST_EACH_SAFE(&front->sessions, node)
    session_drain(CONTAINER(node, struct session, kept));
    settle(front);
}

void front_close(struct front *front)
{
    front_drain(front);
    welcomes_close(front);
    LIST_EACH_SAFE(&front->sessions, node)
    session_close(CONTAINER(node, struct session, kept));
}

struct front *front_find(const struct lane *lane, const struct address *address, bool stale)
{
    LIST_EACH(&lane->fronts, node)
    {
        struct front *front = CONTAINER(node, struct front, node);
        bool current = front->draining || front->entry.view == lane->view;
        if (address_equal(&front->address, address) && (!stale || !current))
            return front;
    }
    return NULL;
}

void fronts_drain_stale(struct lane *lane)
{
    LIST_EACH_SAFE(&lane->fronts, node)
    {
        struct front *front = CONTAINER(node, struct front, node);
        if (front->entry.view != lane->view)
            front_drain(front);
    }
}

void fronts_drain(struct lane *lane)
{
    LIST_EACH_SAFE(&lane->fronts, node)
    front_drain(CONTAINER(node, struct front, node));
}

void fronts_close(struct lane *lane)
{
    LIST_EACH_SAFE(&lane->fronts, node)
    front_close(CONTAINER(node, struct front, node));
    mirrors_drop(lane);
}
