/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Discovery of one name: asks at once and again whenever the answer has expired, keeps the last good answer for as long
 * as DNS fails, tells when the endpoints are others, and logs both. It changes no endpoint itself: its owner does.
 *
 * Belongs to its loop's thread (the control thread).
 */
#ifndef UPSTREAM_DISCOVERY_H
#define UPSTREAM_DISCOVERY_H

#include "net/loop.h"
#include "net/resolver.h"

/* interface.md, upstreams.NAME.discover. */
struct discovery_settings {
    struct text name; /* empty: nothing is discovered */
    uint16_t port;    /* of the addresses; 0 with srv */
    struct text srv;  /* empty: A and AAAA; else SRV of discovery_name */
    uint64_t refresh; /* ms; 0: when the TTL is over */
};

/* Where names are looked up: by a resolver, but by hand where tests say so. */
struct directory {
    struct query *(*ask)(const struct directory *directory, const struct question *question);
    void (*cancel)(struct query *query);
    struct resolver *resolver;
};

/* As resolver_ask and query_cancel. */
struct directory directory_of(struct resolver *resolver);

/* What is asked for: the name, or with srv the service within it. Where the end of srv is the beginning of the name (all
 * of it, or some labels) that part stands once: "_http._tcp.app" within "app.default.svc" is
 * "_http._tcp.app.default.svc", and so is "_http._tcp" within it. The text points into buffer; empty when it is longer
 * than DNS allows. */
struct text discovery_name(const struct discovery_settings *settings, char buffer[QUESTION_NAME_MAX]);

struct discovery_owner {
    struct text name; /* of the upstream, for the log; outlives the discovery */
    void *owner;
    /* The endpoints, or their weights, or who is a backup, are others now. The list lives until the next call. Not told
     * from within discovery_new. The discovery must not be freed in it. */
    void (*changed)(void *owner, const struct resolved *list);
};

struct discovery;

/* NULL when out of memory. The settings are copied; the directory outlives it. */
struct discovery *discovery_new(struct loop *loop, const struct directory *directory,
                                const struct discovery_settings *settings,
                                const struct discovery_owner *owner);

/* NULL is fine. */
void discovery_free(struct discovery *discovery);

/* The settings after a reload: true when it goes on with them (refresh may differ), false when another name is asked
 * for. */
bool discovery_follow(struct discovery *discovery, const struct discovery_settings *settings);

/* Gives up the question under way and asks at once: the directory leads to another resolver now. The one before may be
 * freed once this has returned. */
void discovery_ask_anew(struct discovery *discovery);

/* The last good answer; empty before the first. */
const struct resolved *discovery_list(const struct discovery *discovery);

#endif
