/* SPDX-License-Identifier: Apache-2.0 */
/* One question of a resolver, from the calls of c-ares that it needs to its answer. For net/resolver.c alone. */
#ifndef NET_QUERY_H
#define NET_QUERY_H

#include "net/dns_channel.h"

struct query {
    struct dns_channel *channel;
    struct loop *loop;
    struct question question; /* its name is the one below */
    struct resolved answer;
    const char *missing; /* why there may be nothing, though nothing failed */
    bool asking;         /* query_start is at work: what comes meanwhile needed no server */
    bool from_file;      /* it came so: out of /etc/hosts, or it is an address itself */
    bool cancelled;
    size_t pending; /* calls without an answer */
    struct task task;
    struct list_node node; /* its resolver's */
    char name[QUESTION_NAME_MAX + 1];
};

/* One call of c-ares. */
struct call {
    struct query *query;
    int family; /* AF_UNSPEC: both */
    uint16_t port, priority, weight;
};

/* Asks; c-ares may have answered already when it returns, the one who asked hears of it later. */
void query_start(struct query *query);
void query_free(struct query *query);

/* For the log, lives forever. */
const char *query_phrase(int status);

/* It could not be asked for, by ARES_E...; family as in struct call. */
void query_fail(struct query *query, int family, int status);

/* True when there are records to read. A name that isn't there is an answer, not a failure. */
bool call_note_status(const struct call *call, int status);

/* s, of a record. */
void query_lower_ttl(struct query *query, int64_t ttl);

/* An endpoint of the call's family, port, priority and weight. */
void call_add(const struct call *call, const void *ip);

#endif
