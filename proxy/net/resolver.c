/* SPDX-License-Identifier: Apache-2.0 */
#include "net/resolver.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/panic.h"
#include "net/dns_channel.h"
#include "net/query.h"

#define RESOLVER_MAGIC 0x7265736fu

/* What was known of the file when it was read; a change of it shows in one of these. */
struct fingerprint {
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec modified;
};

struct resolver {
    uint32_t magic;
    struct loop *loop;
    struct resolver_settings settings;
    struct list channels; /* the newest is the last; the others only wait for answers */
    struct list queries;  /* by query.node */
    struct fingerprint known;
    struct address servers[];
};

static struct fingerprint look_at_file(const struct resolver_settings *settings)
{
    struct stat status;
    if (stat(settings->file != NULL ? settings->file : "/etc/resolv.conf", &status) != 0)
        return (struct fingerprint){0};
    return (struct fingerprint){status.st_dev, status.st_ino, status.st_size, status.st_mtim};
}

static bool is_same(const struct fingerprint *a, const struct fingerprint *b)
{
    return a->device == b->device && a->inode == b->inode && a->size == b->size &&
           a->modified.tv_sec == b->modified.tv_sec && a->modified.tv_nsec == b->modified.tv_nsec;
}

static void renew_channel(struct resolver *resolver)
{
    const char *why;
    struct dns_channel *channel = dns_channel_new(resolver->loop, &resolver->settings, &why);
    if (channel != NULL)
        list_push(&resolver->channels, &channel->node);
    else
        log_write_limited(LOG_ERROR, "DNS: the resolver can't begin anew: %s", why);
}

/* Those without calls, but the newest. */
static void end_old_channels(struct resolver *resolver)
{
    LIST_EACH_SAFE(&resolver->channels, node)
    {
        struct dns_channel *channel = CONTAINER(node, struct dns_channel, node);
        if (channel->calls > 0 || node == list_back(&resolver->channels))
            continue;
        list_remove(node);
        dns_channel_free(channel);
    }
}

static struct dns_channel *choose_channel(struct resolver *resolver)
{
    struct fingerprint now = look_at_file(&resolver->settings);
    if (list_is_empty(&resolver->channels) || !is_same(&now, &resolver->known)) {
        renew_channel(resolver);
        resolver->known = now;
    }
    end_old_channels(resolver);
    struct list_node *newest = list_back(&resolver->channels);
    return newest == NULL ? NULL : CONTAINER(newest, struct dns_channel, node);
}

struct resolver *resolver_new(struct loop *loop, const struct resolver_settings *settings)
{
    size_t count = settings->server_count;
    struct resolver *resolver = calloc(1, sizeof *resolver + count * sizeof *resolver->servers);
    if (resolver == NULL || loop->uv == NULL || ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS) {
        free(resolver);
        return NULL;
    }
    resolver->magic = RESOLVER_MAGIC;
    resolver->loop = loop;
    resolver->settings = *settings;
    resolver->settings.servers = resolver->servers;
    if (count > 0)
        memcpy(resolver->servers, settings->servers, count * sizeof *resolver->servers);
    list_init(&resolver->channels);
    list_init(&resolver->queries);
    return resolver;
}

void resolver_free(struct resolver *resolver)
{
    if (resolver == NULL)
        return;
    CHECK(resolver, RESOLVER_MAGIC);
    LIST_EACH_SAFE(&resolver->queries, node)
    query_cancel(CONTAINER(node, struct query, node));
    for (struct list_node *node; (node = list_pop(&resolver->channels)) != NULL;)
        dns_channel_free(CONTAINER(node, struct dns_channel, node));
    ares_library_cleanup();
    resolver->magic = 0;
    free(resolver);
}

struct query *resolver_ask(struct resolver *resolver, const struct question *question)
{
    CHECK(resolver, RESOLVER_MAGIC);
    struct dns_channel *channel = choose_channel(resolver);
    struct query *query = calloc(1, sizeof *query);
    if (channel == NULL || query == NULL || question->name.len > QUESTION_NAME_MAX) {
        free(query);
        return NULL;
    }
    query->channel = channel;
    query->loop = resolver->loop;
    query->question = *question;
    if (question->name.len > 0)
        memcpy(query->name, question->name.at, question->name.len);
    query->question.name = (struct text){query->name, question->name.len};
    list_push(&resolver->queries, &query->node);
    query_start(query);
    return query;
}

void query_cancel(struct query *query)
{
    query->cancelled = true;
    if (query->pending == 0)
        query_free(query);
}
