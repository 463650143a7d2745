/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A welcome is a connection that speaks no HTTP yet: its first bytes say what it is (a handshake of TLS, the preface of
 * HTTP/2, or else HTTP/1), TLS agrees on a protocol, and then a session has the link. Every step has its time.
 */
#include "base/log.h"
#include "base/panic.h"
#include "exchange/front_parts.h"
#include "exchange/peer.h"
#include "http/h1/h1.h"
#include "http/h2/h2.h"
#include "tls/keyring.h"
#include "tls/tls.h"

enum {
    TLS_RECORD_HANDSHAKE = 0x16, /* the first byte of every handshake (RFC 8446 section 5.1) */
    LAST_MS = 1000,              /* for what is on its way when the front drains */
    PREFACE_MAX = 24
};

struct welcome {
    struct loop *loop;
    struct front *front;
    struct link *link;
    struct caller *caller;
    struct timer timer;
    struct list_node node; /* in front.welcomes */
    struct task retire;
    bool tls;    /* link is one of TLS */
    uint8_t len; /* of seen */
    char seen[PREFACE_MAX];
};

static void run_retire(struct task *task)
{
    struct welcome *welcome = CONTAINER(task, struct welcome, retire);
    loop_give(welcome->loop, welcome, sizeof *welcome);
}

/* Whoever has the link from now on, the welcome has not. */
static void leave(struct welcome *welcome)
{
    wheel_cancel(&welcome->loop->wheel, &welcome->timer);
    list_remove(&welcome->node);
    welcome->link = NULL;
    loop_retire(welcome->loop, &welcome->retire);
}

static void count_handshake(const struct welcome *welcome, enum tls_outcome outcome)
{
    const counter_t *counters = welcome->front->entry.plan->handshakes;
    enum handshake_version version = HANDSHAKE_NONE;
    if (outcome == TLS_full || outcome == TLS_resumed)
        version = SSL_version(tls_ssl(welcome->link)) == TLS1_2_VERSION ? HANDSHAKE_12 : HANDSHAKE_13;
    cells_add(welcome->loop->cells, counters[version] + (counter_t)outcome, 1);
}

static void fail_handshake(const struct welcome *welcome, enum tls_outcome outcome)
{
    count_handshake(welcome, outcome);
    log_write(LOG_DEBUG, "listener %.*s: the handshake of %.*s failed: %s",
              TEXT_ARGS(welcome->front->entry.plan->settings->name), TEXT_ARGS(caller_ip(welcome->caller)),
              tls_outcome_name(outcome));
}

static void end(struct welcome *welcome, bool reset)
{
    struct front *front = welcome->front;
    struct caller *caller = welcome->caller;
    struct link *link = welcome->link;
    leave(welcome);
    if (reset)
        link_reset(link);
    else
        link_close(link);
    front_part(front, caller);
}

static void deliver(struct link *link, struct slice slice)
{
    if (slice.len > 0 && !link->closed && link->user != NULL)
        link->user->input(link->owner, slice);
}

/* What was looked at before comes first. */
static void deliver_seen(struct welcome *welcome, struct link *link)
{
    struct chunk_pool *chunks = &link->loop->chunks;
    if (welcome->len == 0)
        return;
    char *room = chunk_copy_room(chunks, welcome->len);
    if (room == NULL) {
        link_break(link, FAULT(out_of_memory));
        return;
    }
    memcpy(room, welcome->seen, welcome->len);
    struct slice slice = chunk_copy_done(chunks, welcome->len);
    deliver(link, slice);
    chunk_unref(slice.chunk);
}

typedef struct session *(*session_new)(struct link *link, enum session_role role,
                                       const struct http_settings *settings, struct keeper *keeper);

/* The link has a session from here on, which reads what has come and what comes. */
static void speak(struct welcome *welcome, session_new protocol, struct slice slice)
{
    struct front *front = welcome->front;
    struct link *link = welcome->link;
    struct session *session = protocol(link, SESSION_SERVER, &front->http, &front->keeper);
    if (session == NULL) {
        end(welcome, true);
        return;
    }
    front_adopt(front, session, welcome->caller);
    leave(welcome);
    if (front->draining ||
        welcome->caller->refused != NULL) /* it gets one answer, then the connection ends */
        session_drain(session);
    deliver_seen(welcome, link);
    deliver(link, slice);
}

/* How far what has come agrees with the preface; all of it: HTTP/2. */
static void tell_protocol(struct welcome *welcome, struct slice slice)
{
    const struct text preface = H2_PREFACE;
    size_t fresh = preface.len - welcome->len < slice.len ? preface.len - welcome->len : slice.len;
    if (memcmp(slice.at, preface.at + welcome->len, fresh) != 0) {
        speak(welcome, h1_new, slice);
    } else if (welcome->len + fresh == preface.len) {
        speak(welcome, h2_new, slice);
    } else {
        memcpy(welcome->seen + welcome->len, slice.at, fresh);
        welcome->len += (uint8_t)fresh;
    }
}

static const struct link_user link_user;

static void begin_tls(struct welcome *welcome, struct slice slice)
{
    struct link *raw = welcome->link;
    struct tls_credentials *credentials = keyring_take(welcome->front->entry.plan->settings->tls);
    struct link *link = tls_accept(raw, credentials);
    credentials_unref(credentials);
    if (link == NULL) {
        end(welcome, true);
        return;
    }
    welcome->tls = true;
    welcome->link = link;
    link_use(link, &link_user, welcome);
    deliver(raw, slice);
}

/* It is told so in the version that it speaks. */
static void refuse_plain(struct welcome *welcome, struct slice slice)
{
    count_handshake(welcome, TLS_plain);
    welcome->caller->refused = FAULT(plain_http);
    tell_protocol(welcome, slice);
}

static void on_input(void *user, struct slice slice)
{
    struct welcome *welcome = user;
    bool wants_tls = welcome->front->entry.plan->settings->tls != NULL;
    if (welcome->link == NULL || slice.len == 0)
        return;
    if (!wants_tls || welcome->caller->refused != NULL)
        tell_protocol(welcome, slice);
    else if ((unsigned char)slice.at[0] == TLS_RECORD_HANDSHAKE)
        begin_tls(welcome, slice);
    else
        refuse_plain(welcome, slice);
}

static void tls_opened(struct welcome *welcome)
{
    struct text protocol = tls_protocol(welcome->link);
    count_handshake(welcome, tls_outcome(welcome->link));
    if (!peer_note(welcome->caller, tls_ssl(welcome->link)))
        end(welcome, true);
    else
        speak(welcome, text_equal(protocol, TEXT("h2")) ? h2_new : h1_new, (struct slice){0});
}

static void on_marked(void *user)
{
    struct welcome *welcome = user;
    struct link *link = welcome->link;
    if (link == NULL)
        return;
    if ((link->marks & LINK_BROKEN) != 0) {
        if (welcome->tls)
            fail_handshake(welcome, tls_outcome(link));
        end(welcome, false);
    } else if ((link->marks & LINK_EOF) != 0) {
        end(welcome, false);
    } else if (welcome->tls && (link->marks & LINK_OPEN) != 0) {
        tls_opened(welcome);
    }
}

static void on_drained(void *user)
{
    (void)user;
}

static const struct link_user link_user = {on_input, on_marked, on_drained};

static void expire(struct timer *timer)
{
    struct welcome *welcome = CONTAINER(timer, struct welcome, timer);
    if (welcome->tls)
        fail_handshake(welcome, TLS_timeout);
    end(welcome, false);
}

static uint64_t patience_of(const struct front *front)
{
    const struct front_settings *settings = front->entry.plan->settings;
    if (front->draining)
        return LAST_MS;
    return settings->tls != NULL ? settings->handshake_timeout : settings->http.header_timeout;
}

bool welcome_begin(struct front *front, struct link *link, struct caller *caller)
{
    struct loop *loop = front->entry.lane->loop;
    struct welcome *welcome = loop_take(loop, sizeof *welcome);
    uint64_t patience = patience_of(front);
    if (welcome == NULL)
        return false;
    welcome->loop = loop;
    welcome->front = front;
    welcome->link = link;
    welcome->caller = caller;
    welcome->timer.fire = expire;
    welcome->retire.run = run_retire;
    list_push(&front->welcomes, &welcome->node);
    link_use(link, &link_user, welcome);
    if (patience > 0)
        wheel_set(&loop->wheel, &welcome->timer, patience);
    return true;
}

void welcomes_drain(struct front *front)
{
    LIST_EACH(&front->welcomes, node)
    {
        struct welcome *welcome = CONTAINER(node, struct welcome, node);
        wheel_set(&welcome->loop->wheel, &welcome->timer, LAST_MS);
    }
}

void welcomes_close(struct front *front)
{
    LIST_EACH_SAFE(&front->welcomes, node)
    end(CONTAINER(node, struct welcome, node), false);
}
