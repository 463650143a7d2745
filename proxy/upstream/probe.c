/* SPDX-License-Identifier: Apache-2.0 */
#include "upstream/probe.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/panic.h"
#include "http/grpc_health.h"

/* What an endpoint may answer to a check: more is not read. */
static const struct http_settings answers = {.header_size = 16 * 1024, .headers = 100};
enum { ARENA_MAX = 64 * 1024 };
enum { BODY_MAX = 4 << 20 };
enum { REASON_MAX = 160 }; /* bytes of why a check has failed */

/* First checks are spread over this time. */
enum { FIRST_MS = 250 };

struct probe {
    uint32_t magic;
    struct loop *loop;
    struct roster *roster;     /* a reference */
    struct endpoint *endpoint; /* a reference */
    struct timer next;         /* begins the next check */
    struct timer limit;        /* of the check under way */
    unsigned good, bad;        /* in a row */

    /* the check under way */
    struct keeper keeper;
    struct connectors connectors;
    struct connector *connector;
    struct session *session;
    struct stream *stream;
    size_t body; /* bytes of it so far */
    struct arena arena;
    struct task task; /* the stream's */
    struct task retire;
};

#define PROBE_MAGIC 0x70726f62u

static const struct probe_settings *settings_of(const struct probe *probe)
{
    return &probe->roster->settings.probe;
}

static void drop_stream(struct probe *probe)
{
    if (probe->stream == NULL)
        return;
    if ((probe->stream->marks & END_IN) == 0)
        stream_abort(probe->stream);
    stream_done(probe->stream);
    probe->stream = NULL;
}

/* Whatever of a check is left. */
static void drop_check(struct probe *probe)
{
    wheel_cancel(&probe->loop->wheel, &probe->limit);
    if (probe->connector != NULL)
        connector_free(probe->connector);
    probe->connector = NULL;
    drop_stream(probe);
    if (probe->session != NULL) {
        session_close(probe->session);
        session_forget(probe->session);
    }
    probe->session = NULL;
    task_cancel(&probe->task);
    arena_clear(&probe->arena);
}

static void say(const struct probe *probe, enum log_level level, const char *what)
{
    log_write(level, "upstream %.*s: endpoint %.*s is %s", TEXT_ARGS(probe->endpoint->cluster),
              TEXT_ARGS(probe->endpoint->name), what);
}

static void be_well(struct probe *probe)
{
    unsigned before =
        atomic_fetch_and_explicit(&probe->endpoint->standing, ~(unsigned)ENDPOINT_SICK, memory_order_relaxed);
    if ((before & ENDPOINT_SICK) == 0)
        return;
    atomic_store_explicit(&probe->endpoint->fit_since, probe->loop->now, memory_order_relaxed);
    say(probe, LOG_INFO, "well again");
}

static void be_sick(struct probe *probe, const char *reason)
{
    char what[REASON_MAX + 64];
    unsigned before =
        atomic_fetch_or_explicit(&probe->endpoint->standing, ENDPOINT_SICK, memory_order_relaxed);
    if ((before & ENDPOINT_SICK) != 0)
        return;
    snprintf(what, sizeof what, "left out: its health checks fail (%s)", reason);
    say(probe, LOG_WARN, what);
}

static void end_check(struct probe *probe)
{
    drop_check(probe);
    wheel_set(&probe->loop->wheel, &probe->next, settings_of(probe)->interval);
}

/* reason NULL: the check was good. */
static void conclude(struct probe *probe, const char *reason)
{
    probe->good = reason == NULL ? probe->good + 1 : 0;
    probe->bad = reason == NULL ? 0 : probe->bad + 1;
    if (probe->bad >= settings_of(probe)->unhealthy)
        be_sick(probe, reason);
    else if (probe->good >= settings_of(probe)->healthy)
        be_well(probe);
    end_check(probe);
}

static void on_limit(struct timer *timer)
{
    conclude(CONTAINER(timer, struct probe, limit), "no answer in time");
}

static bool is_expected(const struct probe *probe, unsigned status)
{
    const struct probe_settings *settings = settings_of(probe);
    for (size_t i = 0; i < settings->expect_count; i++)
        if (status >= settings->expect[i].first && status <= settings->expect[i].last)
            return true;
    return false;
}

/* What has come of the answer, in one piece. */
static struct text body_of(struct probe *probe)
{
    struct text body = TEXT_NONE;
    for (const struct chain_link *at = probe->stream->in.first; at != NULL; at = at->next)
        if (!arena_append(&probe->arena, &body, at->slice.at, at->slice.len))
            return TEXT_NONE;
    return body;
}

/* The answer is whole: a message that says SERVING, and a status of OK behind it. */
static const char *judge_grpc(struct probe *probe)
{
    struct stream *stream = probe->stream;
    const struct text name = TEXT("grpc-status");
    const struct field *status = fields_find_name(&stream->trailers_in, name);
    if (status == NULL)
        status = fields_find_name(&stream->head_in.fields, name);
    if (stream->head_in.status != 200 || status == NULL)
        return "no answer of gRPC";
    if (!text_equal(status->value, TEXT("0")))
        return "a status other than OK";
    return grpc_health_read(body_of(probe)) == GRPC_HEALTH_SERVING ? NULL : "it isn't serving";
}

static void hear_grpc(struct probe *probe)
{
    struct stream *stream = probe->stream;
    if (stream->in.len > GRPC_HEALTH_ANSWER_MAX)
        conclude(probe, "an answer without end");
    else if ((stream->marks & END_IN) != 0)
        conclude(probe, judge_grpc(probe));
    else if ((stream->marks & RESET) != 0)
        conclude(probe, stream->fault->name);
}

static void hear_stream(struct task *task)
{
    struct probe *probe = CONTAINER(task, struct probe, task);
    struct stream *stream = probe->stream;
    CHECK(probe, PROBE_MAGIC);
    if (settings_of(probe)->kind == PROBE_GRPC) {
        hear_grpc(probe);
        return;
    }
    probe->body += stream->in.len;
    chain_clear(&stream->in);
    if ((stream->marks & HEAD_IN) != 0 && !is_expected(probe, stream->head_in.status)) {
        char reason[32];
        snprintf(reason, sizeof reason, "status %u", stream->head_in.status);
        conclude(probe, reason);
    } else if (probe->body > BODY_MAX) {
        conclude(probe, "an answer without end");
    } else if ((stream->marks & END_IN) != 0) {
        conclude(probe, NULL);
    } else if ((stream->marks & RESET) != 0) {
        conclude(probe, stream->fault->name);
    } else {
        stream_consumed(stream);
    }
}

static struct text host_of(const struct probe *probe)
{
    const struct text own = settings_of(probe)->host;
    bool local = address_is_unix(&probe->endpoint->address);
    return own.len > 0 ? own : local ? probe->endpoint->cluster : probe->endpoint->name;
}

static bool fill_common(struct probe *probe, struct text path)
{
    struct head *head = &probe->stream->head_out;
    *head = (struct head){.method = METHOD_GET,
                          .method_text = TEXT("GET"),
                          .authority = arena_copy(&probe->arena, host_of(probe)),
                          .path = arena_copy(&probe->arena, path),
                          .minor = 1};
    return head->authority.at != NULL && head->path.at != NULL &&
           fields_add(&head->fields, &probe->arena, TEXT("User-Agent"), TEXT("weir-health-check"));
}

/* The server closes, so that what TCP keeps of the connection is at its side. Texts are copied: another roster may come
 * before the head is written. */
static bool fill_head(struct probe *probe)
{
    struct head *head = &probe->stream->head_out;
    return fill_common(probe, settings_of(probe)->path) &&
           fields_add(&head->fields, &probe->arena, TEXT("Accept"), TEXT("*/*")) &&
           fields_add(&head->fields, &probe->arena, TEXT("Connection"), TEXT("close"));
}

/* Asks for the server as a whole (grpc/doc/health-checking.md). */
static bool fill_grpc(struct probe *probe)
{
    struct stream *stream = probe->stream;
    struct head *head = &stream->head_out;
    struct text body = grpc_health_request(TEXT(""), &probe->arena);
    if (body.at == NULL || !fill_common(probe, TEXT(GRPC_HEALTH_PATH)) ||
        !chain_copy(&stream->out, body.at, body.len))
        return false;
    head->method = METHOD_POST;
    head->method_text = TEXT("POST");
    head->trailers = true;
    head->body = BODY_STREAM;
    return fields_add(&head->fields, &probe->arena, TEXT("Content-Type"), TEXT("application/grpc"));
}

static void ask(struct probe *probe)
{
    probe->body = 0;
    probe->stream = probe->session->ops->open(probe->session, &probe->arena);
    bool grpc = settings_of(probe)->kind == PROBE_GRPC;
    if (probe->stream == NULL || !(grpc ? fill_grpc(probe) : fill_head(probe))) {
        conclude(probe, "out of memory");
        return;
    }
    stream_follow(probe->stream, &probe->loop->ready, &probe->task);
    stream_send_head(probe->stream);
    stream_finish(probe->stream);
}

/* Of a connector without session; why: OpenSSL's words, or NULL. */
static void conclude_unreached(struct probe *probe, const struct fault *fault, const char *why)
{
    char reason[REASON_MAX];
    snprintf(reason, sizeof reason, "%s%s%s", fault->name, why != NULL ? ": " : "", why != NULL ? why : "");
    conclude(probe, reason);
}

static void hear_connector(struct probe *probe)
{
    struct connector *connector = probe->connector;
    probe->session = connector_session(connector, &answers);
    const struct fault *fault = connector->fault;
    const char *distrust = connector_distrust(connector);
    connector_free(connector);
    probe->connector = NULL;
    if (fault == FAULT(overloaded))
        end_check(probe); /* a lack of ours tells nothing about the endpoint */
    else if (probe->session == NULL)
        conclude_unreached(probe, fault, distrust);
    else if (settings_of(probe)->kind == PROBE_TCP)
        conclude(probe, NULL);
    else
        ask(probe);
}

/* The stream tells what becomes of an open connection. */
static void on_news(struct task *task)
{
    struct probe *probe = CONTAINER(CONTAINER(task, struct keeper, task), struct probe, keeper);
    CHECK(probe, PROBE_MAGIC);
    while (list_pop(&probe->keeper.news) != NULL)
        continue;
    if (!list_is_empty(&probe->connectors.finished))
        hear_connector(probe);
}

static void on_next(struct timer *timer)
{
    struct probe *probe = CONTAINER(timer, struct probe, next);
    const struct destination to = {probe->endpoint, &probe->roster->settings, NULL};
    probe->connector = connector_new(&probe->connectors, &to, 0);
    if (probe->connector == NULL) {
        conclude(probe, "it cannot be reached");
        return;
    }
    wheel_set(&probe->loop->wheel, &probe->limit, settings_of(probe)->timeout);
}

struct probe *probe_new(struct loop *loop, const struct dialer *dialer, struct roster *roster, size_t index)
{
    struct probe *probe = calloc(1, sizeof *probe);
    if (probe == NULL)
        return NULL;
    probe->magic = PROBE_MAGIC;
    probe->loop = loop;
    probe->roster = roster;
    probe->endpoint = roster->members[index].endpoint;
    probe->keeper.task.run = on_news;
    probe->keeper.queue = &loop->ready;
    probe->task.run = hear_stream;
    probe->next.fire = on_next;
    probe->limit.fire = on_limit;
    list_init(&probe->keeper.news);
    connectors_init(&probe->connectors, loop, &probe->keeper);
    probe->connectors.dialer = dialer;
    arena_init(&probe->arena, ARENA_MAX);
    roster_ref(roster);
    endpoint_ref(probe->endpoint);
    wheel_set(&loop->wheel, &probe->next, 1 + probe->endpoint->id % FIRST_MS);
    return probe;
}

void probe_renew(struct probe *probe, struct roster *roster)
{
    CHECK(probe, PROBE_MAGIC);
    roster_ref(roster);
    roster_unref(probe->roster);
    probe->roster = roster;
}

const struct endpoint *probe_endpoint(const struct probe *probe)
{
    return probe->endpoint;
}

static void run_retire(struct task *task)
{
    struct probe *probe = CONTAINER(task, struct probe, retire);
    task_cancel(&probe->keeper.task);
    task_cancel(&probe->task);
    roster_unref(probe->roster);
    endpoint_unref(probe->endpoint);
    probe->magic = 0;
    free(probe);
}

/* What it found doesn't hold any more: nobody would take it back. */
void probe_free(struct probe *probe)
{
    CHECK(probe, PROBE_MAGIC);
    wheel_cancel(&probe->loop->wheel, &probe->next);
    drop_check(probe);
    atomic_fetch_and_explicit(&probe->endpoint->standing, ~(unsigned)ENDPOINT_SICK, memory_order_relaxed);
    probe->retire.run = run_retire;
    loop_retire(probe->loop, &probe->retire);
}
