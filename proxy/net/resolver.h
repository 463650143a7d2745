/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A resolver asks DNS (through c-ares) for addresses and services, on its loop and without threads. Answers come in the
 * run beat, never within resolver_ask. It remembers no answer: who asks looks at the TTL.
 *
 * Everything belongs to the loop's thread.
 */
#ifndef NET_RESOLVER_H
#define NET_RESOLVER_H

#include "net/resolved.h"

struct loop;

enum { QUESTION_NAME_MAX = 255 };

struct resolver_settings {
    const struct address *servers; /* none: those of the system, also when they change */
    size_t server_count;
    uint64_t timeout;  /* ms, of one try */
    unsigned attempts; /* tries for each server, at least 1 */
    const char *file;  /* with the servers and search domains; NULL: /etc/resolv.conf. Not copied */
};

/* A and AAAA; /etc/hosts and search domains count for names that don't end with a dot. With srv: SRV, and then the
 * addresses of at most 64 targets. */
struct question {
    struct text name; /* copied; at most QUESTION_NAME_MAX bytes */
    bool srv;
    uint16_t port; /* of the endpoints, without srv */
    void *owner;
    /* The answer lives during the call, and the query is over. */
    void (*answered)(void *owner, const struct resolved *answer);
};

struct resolver;
struct query;

/* NULL when out of memory, or when libuv's loop is not there. The settings are copied. */
struct resolver *resolver_new(struct loop *loop, const struct resolver_settings *settings);

/* Nothing that was asked is answered any more. Its handles are gone when uv_run has ended. */
void resolver_free(struct resolver *resolver);

/* NULL when out of memory or when the name is too long. */
struct query *resolver_ask(struct resolver *resolver, const struct question *question);

/* It is not answered. Only while it hasn't been. */
void query_cancel(struct query *query);

#endif
