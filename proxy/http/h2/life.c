/* SPDX-License-Identifier: Apache-2.0 */
#include "base/panic.h"
#include "http/h2/wire.h"

enum {
    PING_MS = 15000, /* an upstream may be silent for so long, and then once more before it answers a PING */
    LAST_REQUEST_MS = 1000, /* requests may be on their way when we say that the end is near */
    LINGER_MS = 2000        /* for the peer's end, after ours */
};

void h2_free(struct task *task)
{
    struct h2 *h2 = CONTAINER(task, struct h2, retire);
    nghttp2_session_del(h2->ng);
    h2->session.magic = 0;
    loop_give(h2->session.loop, h2, sizeof *h2);
}

void h2_retire_when_alone(struct h2 *h2)
{
    if (!h2->closed || !list_is_empty(&h2->streams) || h2->session.keeper != NULL)
        return;
    loop_retire(h2->session.loop, &h2->retire);
}

/* A server's keeper lets go of what its exchanges need, so it hears of the end when the last of them is done. */
void h2_tell_closed(struct h2 *h2)
{
    if (!h2_is_server(h2) || list_is_empty(&h2->streams))
        session_mark(&h2->session, SESSION_CLOSED);
}

void h2_cut(struct h2 *h2, const struct fault *fault, bool reset)
{
    if (h2->closed)
        return;
    const struct fault *lost = session_lost(&h2->session);
    h2->closed = true;
    if (h2->session.fault == NULL)
        h2->session.fault = fault;
    wheel_cancel(&h2->session.loop->wheel, &h2->timer);
    task_cancel(&h2->frame);
    if (reset)
        link_reset(h2->session.link);
    else
        link_close(h2->session.link);
    LIST_EACH_SAFE(&h2->streams, node)
    h2_stream_lose(CONTAINER(node, struct h2_stream, node), lost);
    h2_tell_closed(h2);
    h2_retire_when_alone(h2);
}

void h2_go_away(struct h2 *h2, bool now)
{
    if (h2->closed || h2->goaway)
        return;
    if (now) {
        h2->goaway = true;
        int32_t last = nghttp2_session_get_last_proc_stream_id(h2->ng);
        nghttp2_submit_goaway(h2->ng, NGHTTP2_FLAG_NONE, last, NGHTTP2_NO_ERROR, NULL, 0);
    } else {
        nghttp2_submit_shutdown_notice(h2->ng);
    }
    task_wake(&h2->session.loop->dirty, &h2->frame);
}

/* What is owed, GOAWAY last, then our FIN, then the peer's end. */
static void finish(struct h2 *h2)
{
    h2_go_away(h2, true);
    h2->finishing = true;
    if (!h2_is_server(h2))
        session_mark(&h2->session, SESSION_CLOSED);
    task_wake(&h2->session.loop->dirty, &h2->frame);
    h2_set_timer(h2);
}

/* Tells whoever opens streams that it may again, or that none are left. The peer may want fewer than there are. */
static void offer(struct h2 *h2)
{
    bool had_room = (h2->session.marks & SESSION_IDLE) != 0, room = h2_has_room(h2);
    if (!room)
        h2->session.marks &= ~(unsigned)SESSION_IDLE;
    if (h2_is_server(h2) || !room || (had_room && h2->session.active > 0))
        return;
    h2->session.marks |= SESSION_IDLE;
    session_tell(&h2->session);
}

void h2_settle(struct h2 *h2)
{
    if (h2->closed) {
        h2_tell_closed(h2);
        h2_retire_when_alone(h2);
        return;
    }
    if (h2->session.active == 0 && h2->goaway && !h2->finishing)
        finish(h2);
    else if (h2->session.active == 0 && (h2->session.marks & SESSION_DRAIN) != 0 && !h2_is_server(h2))
        finish(h2);
    offer(h2);
    h2_set_timer(h2);
}

/* What the session's timer is for. */
static enum h2_await awaited(const struct h2 *h2)
{
    if (h2->finishing)
        return H2_AWAIT_END;
    if (!h2_is_server(h2))
        return h2->session.active > 0 ? H2_AWAIT_PEER : H2_AWAIT_NOTHING;
    if (h2->in_head || !h2->has_preface)
        return H2_AWAIT_HEAD;
    if ((h2->session.marks & SESSION_DRAIN) != 0 && !h2->goaway)
        return H2_AWAIT_LAST;
    return h2->session.active == 0 ? H2_AWAIT_REQUEST : H2_AWAIT_NOTHING;
}

static uint64_t patience_for(const struct h2 *h2)
{
    switch (h2->awaits) {
    case H2_AWAIT_END:
        return LINGER_MS;
    case H2_AWAIT_PEER:
        return PING_MS;
    case H2_AWAIT_HEAD:
        return h2->session.settings->header_timeout;
    case H2_AWAIT_LAST:
        return LAST_REQUEST_MS;
    case H2_AWAIT_REQUEST:
        return h2->session.settings->idle_timeout;
    case H2_AWAIT_NOTHING:
        break;
    }
    return 0;
}

static void arm(struct h2 *h2)
{
    struct wheel *wheel = &h2->session.loop->wheel;
    uint64_t patience = patience_for(h2);
    if (patience == 0)
        wheel_cancel(wheel, &h2->timer);
    else
        wheel_set(wheel, &h2->timer, patience);
}

/* What is awaited already keeps its time. */
void h2_set_timer(struct h2 *h2)
{
    enum h2_await awaits = awaited(h2);
    if (awaits == h2->awaits || h2->closed)
        return;
    h2->awaits = awaits;
    h2->owed = SIZE_MAX;
    arm(h2);
}

/* A peer that still takes what is its due gets the time. */
static void end_idle(struct h2 *h2)
{
    size_t owed = link_backlog(h2->session.link);
    bool moves = owed > 0 && owed < h2->owed;
    h2->owed = owed;
    if (moves)
        wheel_set(&h2->session.loop->wheel, &h2->timer, H2_STALL_MS);
    else if (h2->finishing || owed > 0)
        h2_cut(h2, NULL, owed > 0);
    else
        finish(h2);
}

static void ask_peer(struct h2 *h2)
{
    if (!h2->heard && h2->pinged) {
        h2_cut(h2, FAULT(upstream_reset), true);
        return;
    }
    if (!h2->heard) {
        h2->pinged = true;
        nghttp2_submit_ping(h2->ng, NGHTTP2_FLAG_NONE, NULL);
        task_wake(&h2->session.loop->dirty, &h2->frame);
    }
    h2->heard = false;
    arm(h2);
}

void h2_on_timer(struct timer *timer)
{
    struct h2 *h2 = CONTAINER(timer, struct h2, timer);
    switch (h2->awaits) {
    case H2_AWAIT_HEAD:
        h2_cut(h2, FAULT(header_timeout), false);
        break;
    case H2_AWAIT_LAST:
        h2_go_away(h2, true);
        h2_settle(h2);
        break;
    case H2_AWAIT_PEER:
        ask_peer(h2);
        break;
    case H2_AWAIT_END:
    case H2_AWAIT_REQUEST:
        end_idle(h2);
        break;
    case H2_AWAIT_NOTHING:
        break;
    }
}
