/* SPDX-License-Identifier: Apache-2.0 */
#include "http/session.h"

void session_tell(struct session *session)
{
    struct keeper *keeper = session->keeper;
    if (keeper == NULL)
        return;
    if (!list_is_linked(&session->news))
        list_push(&keeper->news, &session->news);
    task_wake(keeper->queue, &keeper->task);
}

void session_mark(struct session *session, unsigned mark)
{
    if ((session->marks & mark) != 0)
        return;
    session->marks |= mark;
    session_tell(session);
}

void session_suspect(struct session *session, struct slice first)
{
    enum mismatch own = session->ops->multiplexes ? MISMATCH_HTTP2 : MISMATCH_HTTP1;
    enum mismatch seen = mismatch_of((struct text){first.at, first.len});
    if (session->role == SESSION_CLIENT && seen != own)
        session->mismatch = seen;
}

const struct fault *session_lost(struct session *session)
{
    if (session->role == SESSION_SERVER)
        return FAULT(client_gone);
    if (session->link->fault != FAULT(upstream_wants_certificate))
        return FAULT(upstream_reset);
    session->mismatch = MISMATCH_CERTIFICATE;
    return session->link->fault;
}

void session_forget(struct session *session)
{
    list_remove(&session->news);
    list_remove(&session->kept);
    session->keeper = NULL;
    session->ops->forgotten(session);
}
