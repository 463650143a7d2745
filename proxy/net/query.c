/* SPDX-License-Identifier: Apache-2.0 */
#include "net/query.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <stdlib.h>

#include "net/srv.h"

/* Of one name that is asked for. */
enum { ADDRESSES_MAX = 256 };

/* s; /etc/hosts has no TTL. */
enum { FILE_TTL = 5 };

void query_free(struct query *query)
{
    list_remove(&query->node);
    task_cancel(&query->task);
    resolved_clear(&query->answer);
    free(query);
}

static void tell(struct task *task)
{
    struct query *query = CONTAINER(task, struct query, task);
    struct resolved *answer = &query->answer;
    if (query->from_file)
        answer->ttl = FILE_TTL;
    if (answer->failure == NULL && answer->count == 0)
        answer->failure = query->missing != NULL ? query->missing : query_phrase(ARES_ENODATA);
    resolved_settle(answer);
    list_remove(&query->node); /* nobody can cancel it any more */
    query->question.answered(query->question.owner, answer);
    query_free(query);
}

/* Behind every call, and behind all of them together. */
static void settle(struct query *query)
{
    if (--query->pending > 0)
        return;
    query->channel->calls--;
    query->task.run = tell;
    if (query->cancelled)
        query_free(query);
    else
        task_wake(&query->loop->ready, &query->task);
}

static void call_end(struct call *call)
{
    struct query *query = call->query;
    free(call);
    settle(query);
}

static struct call *call_new(struct query *query, int family, const struct srv_target *target)
{
    struct call *call = calloc(1, sizeof *call);
    if (call == NULL) {
        query_fail(query, family, ARES_ENOMEM);
        return NULL;
    }
    *call = (struct call){.query = query, .family = family, .port = query->question.port, .weight = 1};
    if (target != NULL) {
        call->port = target->port;
        call->priority = target->priority;
        call->weight = target->weight;
    }
    query->pending++;
    return call;
}

static void on_a(void *owner, int status, int timeouts, unsigned char *message, int len)
{
    struct ares_addrttl found[ADDRESSES_MAX];
    struct call *call = owner;
    int count = ADDRESSES_MAX;
    (void)timeouts;
    bool fine = call_note_status(call, status) &&
                call_note_status(call, ares_parse_a_reply(message, len, NULL, found, &count));
    for (int i = 0; fine && i < count; i++) {
        query_lower_ttl(call->query, found[i].ttl);
        call_add(call, &found[i].ipaddr);
    }
    call_end(call);
}

static void on_aaaa(void *owner, int status, int timeouts, unsigned char *message, int len)
{
    struct ares_addr6ttl found[ADDRESSES_MAX];
    struct call *call = owner;
    int count = ADDRESSES_MAX;
    (void)timeouts;
    bool fine = call_note_status(call, status) &&
                call_note_status(call, ares_parse_aaaa_reply(message, len, NULL, found, &count));
    for (int i = 0; fine && i < count; i++) {
        query_lower_ttl(call->query, found[i].ttl);
        call_add(call, &found[i].ip6addr);
    }
    call_end(call);
}

/* The name as it is: search domains and /etc/hosts have nothing to say. */
static void ask_exactly(struct query *query, int family, const char *name, const struct srv_target *target)
{
    struct call *call = call_new(query, family, target);
    if (call != NULL)
        ares_query(query->channel->ares, name, ns_c_in, family == AF_INET ? ns_t_a : ns_t_aaaa,
                   family == AF_INET ? on_a : on_aaaa, call);
}

static void read_node(struct call *call, const struct ares_addrinfo_node *node)
{
    query_lower_ttl(call->query, node->ai_ttl);
    call->family = node->ai_family;
    if (node->ai_family == AF_INET)
        call_add(call, &((const struct sockaddr_in *)(const void *)node->ai_addr)->sin_addr);
    else if (node->ai_family == AF_INET6)
        call_add(call, &((const struct sockaddr_in6 *)(const void *)node->ai_addr)->sin6_addr);
}

static bool has_family(const struct ares_addrinfo *found, int family)
{
    const struct ares_addrinfo_node *node = found->nodes;
    while (node != NULL && node->ai_family != family)
        node = node->ai_next;
    return node != NULL;
}

/* c-ares is content when one family has an answer. Whether the other one has no records or could only not be asked for
 * makes a difference: asked for again, of the name that the search has led to. */
static void ask_for_the_other(struct query *query, const struct ares_addrinfo *found)
{
    const char *name = found->name != NULL ? found->name : query->name;
    query->from_file = query->asking && found->nodes != NULL;
    if (query->asking || query->cancelled)
        return;
    if (!has_family(found, AF_INET))
        ask_exactly(query, AF_INET, name, NULL);
    if (!has_family(found, AF_INET6))
        ask_exactly(query, AF_INET6, name, NULL);
}

static void read_addresses(struct call *call, const struct ares_addrinfo *found)
{
    const struct ares_addrinfo_node *node = found->nodes;
    const struct ares_addrinfo_cname *alias = found->cnames;
    for (; node != NULL; node = node->ai_next)
        read_node(call, node);
    for (; alias != NULL; alias = alias->next)
        query_lower_ttl(call->query, alias->ttl);
}

static void on_addresses(void *owner, int status, int timeouts, struct ares_addrinfo *found)
{
    struct call *call = owner;
    (void)timeouts;
    if (call_note_status(call, status) && found != NULL) {
        read_addresses(call, found);
        ask_for_the_other(call->query, found);
    }
    if (found != NULL)
        ares_freeaddrinfo(found);
    call_end(call);
}

static void ask_as_hosts_do(struct query *query)
{
    struct ares_addrinfo_hints hints = {
        .ai_flags = ARES_AI_NOSORT, .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct call *call = call_new(query, AF_UNSPEC, NULL);
    if (call != NULL)
        ares_getaddrinfo(query->channel->ares, query->name, NULL, &hints, on_addresses, call);
}

static void ask_for_targets(struct query *query, const struct srv_answer *services)
{
    query_lower_ttl(query, services->ttl);
    for (size_t i = 0; i < services->count; i++) {
        const struct srv_target *target = &services->targets[i];
        ask_exactly(query, AF_INET, target->name, target);
        ask_exactly(query, AF_INET6, target->name, target);
    }
}

static void on_services(void *owner, int status, int timeouts, unsigned char *message, int len)
{
    struct srv_answer services;
    struct call *call = owner;
    (void)timeouts;
    if (call_note_status(call, status)) {
        if (!srv_read(message, len > 0 ? (size_t)len : 0, &services))
            query_fail(call->query, call->family, ARES_EBADRESP);
        else if (!call->query->cancelled)
            ask_for_targets(call->query, &services);
    }
    call_end(call);
}

static void ask_for_services(struct query *query)
{
    struct call *call = call_new(query, AF_UNSPEC, NULL);
    if (call != NULL)
        ares_search(query->channel->ares, query->name, ns_c_in, ns_t_srv, on_services, call);
}

/* c-ares would ask for the other family of an address. */
static bool is_address(struct query *query)
{
    struct call call = {.query = query, .family = AF_INET, .port = query->question.port, .weight = 1};
    struct in6_addr ip;
    if (inet_pton(AF_INET, query->name, &ip) != 1) {
        call.family = AF_INET6;
        if (inet_pton(AF_INET6, query->name, &ip) != 1)
            return false;
    }
    call_add(&call, &ip);
    query->from_file = true;
    return true;
}

static void ask(struct query *query)
{
    if (query->question.srv) {
        ask_for_services(query);
    } else if (!text_ends(query->question.name, TEXT("."))) {
        ask_as_hosts_do(query);
    } else {
        ask_exactly(query, AF_INET, query->name, NULL);
        ask_exactly(query, AF_INET6, query->name, NULL);
    }
}

void query_start(struct query *query)
{
    struct dns_channel *channel = query->channel;
    query->answer.ttl = INT32_MAX;
    channel->calls++;
    query->pending++; /* so that it ends once all are asked, at the earliest */
    query->asking = true;
    if (query->question.srv || !is_address(query))
        ask(query);
    query->asking = false;
    settle(query);
    dns_channel_mind_time(channel);
}
