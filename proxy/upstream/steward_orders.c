/* SPDX-License-Identifier: Apache-2.0 */
/* What operators ask of endpoints. */
#include "upstream/steward_parts.h"

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

static enum wish_outcome fulfil(struct steward *steward, enum wish_outcome outcome)
{
    if (!steward_put_in_force(steward))
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
