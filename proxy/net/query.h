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

/* Asks; c-ares may have answered already when it returns, the one who asked hears of it later. */
void query_start(struct query *query);
void query_free(struct query *query);

#endif
