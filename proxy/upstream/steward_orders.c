/* SPDX-License-Identifier: Apache-2.0 */
/* What operators ask of endpoints. */
#include "base/buffer.h"
#include "base/log.h"
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

const struct wishes *stewards_wishes(const struct cluster *cluster)
{
    return cluster->steward != NULL ? &cluster->steward->wishes : NULL;
}

static const char *standing_name(unsigned standing)
{
    return (standing & ENDPOINT_DOWN) != 0 ? "down" : (standing & ENDPOINT_DRAIN) != 0 ? "drain" : "up";
}

/* "upstream app: endpoint 10.0.0.1:80 is set through the admin API to weight 5, state down" */
static void tell(const struct steward *steward, const struct endpoint_wish *wanted, bool added)
{
    char room[64];
    struct buffer what = buffer_over(room, sizeof room);
    const char *verb = added                                        ? "is added"
                       : wanted->has_weight || wanted->has_standing ? "is set"
                                                                    : "is changed";
    if (wanted->has_weight)
        buffer_printf(&what, "weight %u", wanted->weight);
    if (wanted->forgets_weight)
        buffer_printf(&what, "its own weight");
    if (wanted->has_standing)
        buffer_printf(&what, "%sstate %s", what.len > 0 ? ", " : "", standing_name(wanted->standing));
    log_write(LOG_INFO, "upstream %.*s: endpoint %.*s %s through the admin API%s%.*s",
              TEXT_ARGS(steward->cluster->name), TEXT_ARGS(wanted->name), verb, what.len > 0 ? ": " : "",
              TEXT_ARGS(buffer_text(&what)));
}

static void take_over(struct wish *wish, const struct endpoint_wish *wanted)
{
    wish->removed = false;
    if (wanted->has_weight || wanted->forgets_weight) {
        wish->has_weight = wanted->has_weight;
        wish->weight = wanted->weight;
    }
    if (wanted->has_standing)
        wish->standing = wanted->standing;
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
    wish->added = wish->added || !steward_is_given(steward, &address);
    take_over(wish, wanted);
    wishes_settle(&steward->wishes, wish);
    tell(steward, wanted, !known);
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
    wish->removed = steward_is_given(steward, &address);
    wish->added = wish->has_weight = false;
    wish->standing = 0;
    wishes_settle(&steward->wishes, wish);
    log_write(LOG_INFO, "upstream %.*s: endpoint %.*s is removed through the admin API",
              TEXT_ARGS(steward->cluster->name), TEXT_ARGS(endpoint));
    return fulfil(steward, WISH_DONE);
}
