/* SPDX-License-Identifier: Apache-2.0 */
#include "upstream/steward.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/map.h"
#include "upstream/probe.h"
#include "upstream/wishes.h"

struct steward {
    struct stewards *all;
    struct cluster *cluster;                 /* a reference */
    const struct cluster_settings *settings; /* of the config in force */
    struct wishes wishes;                    /* the operator's */
    struct discovery *discovery;             /* NULL: nothing is discovered */
    struct map probes;                       /* by the name of their endpoint */
    struct list_node node;
    bool wanted; /* while a config is put in force: it has this cluster */
};

/* The endpoints as config, discovery and operator have them together. */
struct draft {
    struct endpoint_settings *list;
    size_t count;
};

static bool draft_has(const struct draft *draft, const struct address *address)
{
    for (size_t i = 0; i < draft->count; i++)
        if (address_equal(&draft->list[i].address, address))
            return true;
    return false;
}

static void draft_add(struct draft *draft, const struct wishes *wishes,
                      const struct endpoint_settings *endpoint)
{
    const struct wish *wish = wishes_find(wishes, &endpoint->address);
    if (wish != NULL && wish->removed)
        return;
    struct endpoint_settings *added = &draft->list[draft->count++];
    *added = *endpoint;
    if (wish != NULL && wish->has_weight)
        added->weight = wish->weight;
}

static void draft_add_wishes(struct draft *draft, const struct wishes *wishes)
{
    LIST_EACH(&wishes->all, node)
    {
        const struct wish *wish = CONTAINER(node, struct wish, node);
        if (wish->added && !draft_has(draft, &wish->address))
            draft_add(draft, wishes,
                      &(struct endpoint_settings){.address = wish->address, .name = wish->name, .weight = 1});
    }
}

static void draft_add_discovered(struct draft *draft, const struct steward *steward, struct arena *names)
{
    const struct resolved *found = discovery_list(steward->discovery);
    for (size_t i = 0; i < found->count; i++) {
        const struct resolved_endpoint *one = &found->list[i];
        char room[ADDRESS_TEXT_MAX];
        struct text name = arena_copy(names, address_write(&one->address, room));
        if (name.at != NULL && !draft_has(draft, &one->address))
            draft_add(
                draft, &steward->wishes,
                &(struct endpoint_settings){
                    .address = one->address, .name = name, .weight = one->weight, .backup = one->backup});
    }
}

static size_t most_endpoints(const struct steward *steward)
{
    size_t found = steward->discovery != NULL ? discovery_list(steward->discovery)->count : 0;
    return steward->settings->endpoint_count + found + steward->wishes.count;
}

static struct roster *compose(const struct steward *steward)
{
    struct cluster_settings settings = *steward->settings;
    struct draft draft = {0};
    struct arena names;
    draft.list = calloc(most_endpoints(steward) + 1, sizeof *draft.list);
    if (draft.list == NULL)
        return NULL;
    arena_init(&names, 0);
    for (size_t i = 0; i < settings.endpoint_count; i++)
        draft_add(&draft, &steward->wishes, &settings.endpoints[i]);
    if (steward->discovery != NULL)
        draft_add_discovered(&draft, steward, &names);
    draft_add_wishes(&draft, &steward->wishes);
    settings.endpoints = draft.list;
    settings.endpoint_count = draft.count;
    struct roster *roster = roster_new(&settings);
    arena_clear(&names);
    free(draft.list);
    return roster;
}

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

static void set_standing(struct endpoint *endpoint, unsigned operator_bits)
{
    const unsigned mask = ENDPOINT_DRAIN | ENDPOINT_DOWN;
    atomic_fetch_and_explicit(&endpoint->standing, ~mask, memory_order_relaxed);
    atomic_fetch_or_explicit(&endpoint->standing, operator_bits, memory_order_relaxed);
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

static bool put_in_force(struct steward *steward)
{
    struct roster *roster = compose(steward);
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

static struct steward *find(const struct stewards *stewards, struct text name)
{
    LIST_EACH(&stewards->all, node)
    {
        struct steward *steward = CONTAINER(node, struct steward, node);
        if (text_equal(steward->cluster->name, name))
            return steward;
    }
    return NULL;
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
    if (put_in_force(steward))
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
    wishes_forgive(&steward->wishes);
    follow_discovery(steward, &settings->discovery);
    put_in_force(steward);
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
    for (struct list_node *node; (node = list_front(&stewards->all)) != NULL;)
        steward_free(CONTAINER(node, struct steward, node));
}

static enum wish_outcome fulfil(struct steward *steward, enum wish_outcome outcome)
{
    if (!put_in_force(steward))
        return WISH_NO_MEMORY;
    steward->all->changed(steward->all->owner);
    return outcome;
}

static const struct member *find_member(const struct steward *steward, const struct address *address)
{
    const struct roster *roster = steward->cluster->roster;
    for (size_t i = 0; i < roster->count; i++)
        if (address_equal(&roster->members[i].endpoint->address, address))
            return &roster->members[i];
    return NULL;
}

bool stewards_get(struct stewards *stewards, struct text cluster, struct endpoint_wish *wish)
{
    struct address address;
    const struct steward *steward = find(stewards, cluster);
    if (steward == NULL || address_read(wish->name, &address) != NULL)
        return false;
    const struct member *member = find_member(steward, &address);
    if (member == NULL)
        return false;
    wish->weight = member->weight;
    wish->standing = atomic_load_explicit(&member->endpoint->standing, memory_order_relaxed) &
                     (ENDPOINT_DRAIN | ENDPOINT_DOWN);
    return true;
}

enum wish_outcome stewards_put(struct stewards *stewards, struct text cluster,
                               const struct endpoint_wish *wanted)
{
    struct address address;
    struct steward *steward = find(stewards, cluster);
    if (steward == NULL)
        return WISH_NO_CLUSTER;
    if (address_read(wanted->name, &address) != NULL)
        return WISH_BAD_ADDRESS;
    bool known = find_member(steward, &address) != NULL;
    struct wish *wish = wishes_get(&steward->wishes, &address, wanted->name);
    if (wish == NULL)
        return WISH_NO_MEMORY;
    wish->added = wish->added || !known;
    wish->removed = false;
    if (wanted->has_weight) {
        wish->has_weight = true;
        wish->weight = wanted->weight;
    }
    if (wanted->has_standing)
        wish->standing = wanted->standing;
    return fulfil(steward, known ? WISH_DONE : WISH_ADDED);
}

enum wish_outcome stewards_remove(struct stewards *stewards, struct text cluster, struct text endpoint)
{
    struct address address;
    struct steward *steward = find(stewards, cluster);
    if (steward == NULL)
        return WISH_NO_CLUSTER;
    if (address_read(endpoint, &address) != NULL)
        return WISH_BAD_ADDRESS;
    if (find_member(steward, &address) == NULL)
        return WISH_NO_ENDPOINT;
    struct wish *wish = wishes_get(&steward->wishes, &address, endpoint);
    if (wish == NULL)
        return WISH_NO_MEMORY;
    wish->removed = true;
    wish->added = false;
    return fulfil(steward, WISH_DONE);
}
