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

const struct fault *session_lost(const struct session *session)
{
    if (session->role == SESSION_SERVER)
        return FAULT(client_gone);
    bool told = session->link->fault == FAULT(upstream_wants_certificate);
    return told ? session->link->fault : FAULT(upstream_reset);
}

void session_forget(struct session *session)
{
    list_remove(&session->news);
    list_remove(&session->kept);
    session->keeper = NULL;
    session->ops->forgotten(session);
}
