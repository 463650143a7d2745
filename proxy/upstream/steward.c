/* SPDX-License-Identifier: Apache-2.0 */
#include "upstream/steward_parts.h"

#include <stdlib.h>

#include "base/log.h"
#include "upstream/probe.h"

/* Those that join a cluster that serves already start slowly. */
static void welcome(const struct steward *steward, const struct roster *roster)
{
    const struct roster *before = steward->cluster->roster;
    for (size_t i = 0; i < roster->count; i++) {
        struct endpoint *endpoint = roster->members[i].endpoint;
        if (before->count > 0 && roster_find(before, endpoint->id) == SIZE_MAX)
            atomic_store_explicit(&endpoint->fit_since, steward->all->loop->now, memory_order_relaxed);
    }
}

/* In one step: workers never see it without what stays. relaxed: these bits are changed on this thread only. */
static void set_standing(struct endpoint *endpoint, unsigned operator_bits)
{
    unsigned before = atomic_load_explicit(&endpoint->standing, memory_order_relaxed);
    unsigned changed = (before ^ operator_bits) & (ENDPOINT_DRAIN | ENDPOINT_DOWN);
    if (changed != 0)
        atomic_fetch_xor_explicit(&endpoint->standing, changed, memory_order_relaxed);
}

static void apply_standings(const struct steward *steward, const struct roster *roster)
{
    for (size_t i = 0; i < roster->count; i++) {
        struct endpoint *endpoint = roster->members[i].endpoint;
        const struct wish *wish = wishes_find(&steward->wishes, &endpoint->address);
        set_standing(endpoint, wish != NULL ? wish->standing : 0);
    }
}

static void free_probes(struct map *probes)
{
    size_t position = 0;
    for (const struct map_entry *entry; (entry = map_next(probes, &position)) != NULL;)
        probe_free(entry->value);
    map_clear(probes);
}

static void place_probe(struct steward *steward, struct map *probes, struct roster *roster, size_t index)
{
    struct endpoint *endpoint = roster->members[index].endpoint;
    struct probe *probe = map_remove(&steward->probes, endpoint->name);
    if (probe != NULL)
        probe_renew(probe, roster);
    else
        probe = probe_new(steward->all->loop, steward->all->dialer, roster, index);
    if (probe == NULL || map_insert(probes, endpoint->name, probe, NULL))
        return;
    probe_free(probe);
    log_write(LOG_ERROR, "upstream %.*s: out of memory to check endpoint %.*s", TEXT_ARGS(endpoint->cluster),
              TEXT_ARGS(endpoint->name));
}

static void place_probes(struct steward *steward, struct roster *roster)
{
    struct map probes;
    map_init(&probes);
    for (size_t i = 0; roster->settings.probe.kind != PROBE_NONE && i < roster->count; i++)
        place_probe(steward, &probes, roster, i);
    free_probes(&steward->probes);
    steward->probes = probes;
}

bool steward_put_in_force(struct steward *steward)
{
    struct roster *roster = steward_compose(steward);
    if (roster == NULL) {
        log_write(LOG_ERROR, "upstream %.*s: out of memory for its endpoints; it goes on with those it has",
                  TEXT_ARGS(steward->cluster->name));
        return false;
    }
    welcome(steward, roster);
    apply_standings(steward, roster);
    place_probes(steward, roster);
    cluster_install(steward->cluster, roster);
    return true;
}

static void steward_free(struct steward *steward)
{
    list_remove(&steward->node);
    steward->cluster->steward = NULL;
    discovery_free(steward->discovery);
    free_probes(&steward->probes);
    wishes_clear(&steward->wishes);
    cluster_unref(steward->cluster);
    free(steward);
}

static struct steward *steward_new(struct stewards *stewards, struct cluster *cluster)
{
    struct steward *steward = calloc(1, sizeof *steward);
    if (steward == NULL)
        return NULL;
    steward->all = stewards;
    steward->cluster = cluster;
    cluster_ref(cluster);
    wishes_init(&steward->wishes);
    map_init(&steward->probes);
    list_push(&stewards->all, &steward->node);
    return steward;
}

void stewards_init(struct stewards *stewards, struct loop *loop, struct resolver *resolver)
{
    *stewards = (struct stewards){.loop = loop, .dialer = &dialer_tcp, .directory = directory_of(resolver)};
    list_init(&stewards->all);
}

void stewards_resolve(struct stewards *stewards, struct resolver *resolver)
{
    stewards->directory = directory_of(resolver);
    LIST_EACH(&stewards->all, node)
    {
        struct steward *steward = CONTAINER(node, struct steward, node);
        if (steward->discovery != NULL)
            discovery_ask_anew(steward->discovery);
    }
}

static void on_discovered(void *owner, const struct resolved *list)
{
    struct steward *steward = owner;
    (void)list; /* compose asks for it */
    if (steward_put_in_force(steward))
        steward->all->changed(steward->all->owner);
}

/* What was found under another name goes with it; the first answer follows soon. */
static void follow_discovery(struct steward *steward, const struct discovery_settings *settings)
{
    const struct discovery_owner owner = {steward->cluster->name, steward, on_discovered};
    if (steward->discovery != NULL && discovery_follow(steward->discovery, settings))
        return;
    discovery_free(steward->discovery);
    steward->discovery = NULL;
    if (settings->name.len == 0)
        return;
    steward->discovery = discovery_new(steward->all->loop, &steward->all->directory, settings, &owner);
    if (steward->discovery == NULL)
        log_write(LOG_ERROR, "upstream %.*s: out of memory to find its endpoints",
                  TEXT_ARGS(steward->cluster->name));
}

static void follow_one(struct stewards *stewards, struct cluster *cluster,
                       const struct cluster_settings *settings)
{
    struct steward *steward = cluster->steward;
    if (steward == NULL)
        steward = cluster->steward = steward_new(stewards, cluster);
    if (steward == NULL) {
        log_write(LOG_ERROR, "upstream %.*s: out of memory to look after it", TEXT_ARGS(cluster->name));
        return;
    }
    steward->settings = settings;
    steward->wanted = true;
    follow_discovery(steward, &settings->discovery);
    steward_put_in_force(steward);
}

void stewards_follow(struct stewards *stewards, struct cluster **clusters,
                     const struct cluster_settings *settings, size_t count)
{
    LIST_EACH(&stewards->all, node)
    CONTAINER(node, struct steward, node)->wanted = false;
    for (size_t i = 0; i < count; i++)
        follow_one(stewards, clusters[i], &settings[i]);
    LIST_EACH_SAFE(&stewards->all, node)
    {
        struct steward *steward = CONTAINER(node, struct steward, node);
        if (!steward->wanted)
            steward_free(steward);
    }
}

void stewards_clear(struct stewards *stewards)
{
    LIST_EACH_SAFE(&stewards->all, node)
    steward_free(CONTAINER(node, struct steward, node));
}
