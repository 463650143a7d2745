/* SPDX-License-Identifier: Apache-2.0 */
#include "http/h1/wire.h"

/* Another protocol from here on; the backlog is its beginning. */
void h1_enter_tunnel(struct h1 *h1)
{
    h1->reading = H1_TUNNEL;
    h1->keep = false;
    chain_move(&h1->backlog, &h1->stream->in, h1->backlog.len);
    if ((h1->session.link->marks & LINK_EOF) != 0)
        h1->stream->marks |= END_IN;
    stream_wake(h1->stream);
}
static void keep_for_later(struct h1 *h1, struct slice slice)
{
    if (!chain_append(&h1->backlog, slice))
        h1_fail(h1, FAULT(out_of_memory));
}

/* Line ends in front of a request are ignored (RFC 9112 section 2.2). */
static struct slice skip_line_ends(struct slice slice)
{
    while (slice.len > 0 && (slice.at[0] == '\r' || slice.at[0] == '\n')) {
        slice.at++;
        slice.len--;
    }
    return slice;
}

/* The first byte of a message: a server makes its stream now, a client's was opened before it asked. */
static bool has_stream(struct h1 *h1)
{
    if (h1->stream != NULL)
        return true;
    if (h1_is_server(h1) && h1_stream_new(h1, NULL) != NULL)
        return true;
    h1_close(h1); /* no memory, or an answer that nobody asked for */
    return false;
}

static void read_message(struct h1 *h1, struct slice slice)
{
    bool began = h1->reading == H1_IDLE;
    if (began && h1_is_server(h1))
        slice = skip_line_ends(slice);
    if (slice.len == 0 || !has_stream(h1))
        return;
    uint64_t body_before = h1->reader->body_bytes;
    bool in_body = h1->reading == H1_BODY;
    size_t used = h1_parse(h1, slice);
    if (h1->closed)
        return;
    if (used < slice.len)
        keep_for_later(h1, (struct slice){slice.chunk, slice.at + used, slice.len - used});
    if (h1->reading == H1_WAITS && h1->stream->head_in.status == 101)
        h1_enter_tunnel(h1);
    if (!h1_is_server(h1) || h1->reading == H1_LINGER)
        return;
    if (h1->reading == H1_HEAD && began)
        wheel_set(&h1->session.loop->wheel, &h1->timer, h1->session.settings->header_timeout);
    else if (h1->reading == H1_BODY && (!in_body || h1->reader->body_bytes != body_before))
        wheel_set(&h1->session.loop->wheel, &h1->timer, h1->session.settings->body_timeout);
}

void h1_read(struct h1 *h1, struct slice slice)
{
    switch (h1->reading) {
    case H1_LINGER:
        return;
    case H1_TUNNEL:
        if (!chain_append(&h1->stream->in, slice))
            h1_fail(h1, FAULT(out_of_memory));
        else
            stream_wake(h1->stream);
        break;
    case H1_WAITS:
        keep_for_later(h1, slice);
        break;
    default:
        if (chain_is_empty(&h1->backlog))
            read_message(h1, slice);
        else
            keep_for_later(h1, slice);
    }
    if (!h1->closed && h1_needs_pause(h1))
        link_pause(h1->session.link, true);
}

/* One slice of what waits: the next message begins in it. */
void h1_parse_backlog(struct task *task)
{
    struct h1 *h1 = CONTAINER(task, struct h1, parse);
    while (!h1->closed && !chain_is_empty(&h1->backlog) && h1->reading != H1_WAITS &&
           h1->reading != H1_TUNNEL) {
        struct chain rest;
        struct slice slice = chain_front(&h1->backlog);
        chunk_ref(slice.chunk);
        chain_drop(&h1->backlog, slice.len);
        rest = h1->backlog;
        chain_init(&h1->backlog, rest.pool);
        read_message(h1, slice);
        chunk_unref(slice.chunk);
        chain_move(&rest, &h1->backlog, rest.len);
        chain_clear(&rest);
    }
    if (!h1->closed && !h1_needs_pause(h1))
        link_pause(h1->session.link, false);
    if (!h1->closed && (h1->session.link->marks & LINK_EOF) != 0)
        h1_read_end(h1);
}

/* The peer has sent everything: the end of a body that has no other, or of the connection. */
void h1_read_end(struct h1 *h1)
{
    if (!chain_is_empty(&h1->backlog) && h1->reading != H1_WAITS)
        return; /* parsed first */
    if (h1->reading == H1_TUNNEL) {
        stream_mark(h1->stream, END_IN);
        return;
    }
    if (h1->reading == H1_BODY && llhttp_finish(&h1->reader->parser) == HPE_PAUSED) {
        h1->keep = false;
        h1_settle(h1);
        return;
    }
    if (h1->reading == H1_WAITS && !h1_is_server(h1)) {
        h1->keep = false; /* the answer is whole; the connection ends with it */
        return;
    }
    h1_close(h1);
}
