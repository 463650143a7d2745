/* SPDX-License-Identifier: Apache-2.0 */
#include "process/hands.h"

static bool reload(void *owner, struct buffer *out, uint64_t *generation)
{
    struct hands *hands = owner;
    struct problems problems;
    problems_init(&problems);
    bool renewed = reloader_run(hands->reloader, &problems);
    if (problems.count > 0)
        problems_write_json(&problems, out);
    problems_clear(&problems);
    *generation = hands->service->snapshot->generation;
    return renewed;
}

static void drain(void *owner)
{
    struct hands *hands = owner;
    hands->drain(hands->owner);
}

static enum order_result result_of(enum wish_outcome outcome, struct endpoint_order *order)
{
    switch (outcome) {
    case WISH_DONE:
        return ORDER_DONE;
    case WISH_ADDED:
        return ORDER_ADDED;
    case WISH_NO_ENDPOINT:
        return ORDER_NO_ENDPOINT;
    case WISH_BAD_ADDRESS:
        order->problem = "the address can't be read";
        return ORDER_REFUSED;
    case WISH_NO_CLUSTER:
        order->problem = "there is no such upstream";
        return ORDER_REFUSED;
    case WISH_NO_MEMORY:
        break;
    }
    order->problem = "there are too many changed endpoints, or no memory";
    return ORDER_REFUSED;
}

/* Stewards know addresses, not names such as localhost. */
static struct text name_of(const struct endpoint_order *order, char room[ADDRESS_TEXT_MAX])
{
    struct address address;
    return address_read(order->name, &address) == NULL ? order->name : address_write(&order->address, room);
}

static void report(const struct hands *hands, struct endpoint_order *order)
{
    static const enum order_state states[] = {
        [0] = ORDER_UP, [ENDPOINT_DRAIN] = ORDER_DRAIN, [ENDPOINT_DOWN] = ORDER_DOWN};
    char room[ADDRESS_TEXT_MAX];
    struct endpoint_wish is = {.name = name_of(order, room)};
    if (!stewards_get(&hands->service->desk.stewards, order->upstream, &is))
        return;
    order->weight = is.weight;
    order->state = states[is.standing];
}

static enum order_result set_endpoint(void *owner, struct endpoint_order *order)
{
    static const unsigned standings[] = {
        [ORDER_KEEP] = 0, [ORDER_UP] = 0, [ORDER_DRAIN] = ENDPOINT_DRAIN, [ORDER_DOWN] = ENDPOINT_DOWN};
    const struct hands *hands = owner;
    char room[ADDRESS_TEXT_MAX];
    const struct endpoint_wish wish = {.name = name_of(order, room),
                                       .has_weight = order->sets_weight,
                                       .forgets_weight = order->forgets_weight,
                                       .weight = order->weight,
                                       .has_standing = order->state != ORDER_KEEP,
                                       .standing = standings[order->state]};
    enum wish_outcome outcome = stewards_put(&hands->service->desk.stewards, order->upstream, &wish);
    report(hands, order);
    return result_of(outcome, order);
}

static enum order_result remove_endpoint(void *owner, struct endpoint_order *order)
{
    const struct hands *hands = owner;
    char room[ADDRESS_TEXT_MAX];
    struct text name = name_of(order, room);
    return result_of(stewards_remove(&hands->service->desk.stewards, order->upstream, name), order);
}

void hands_lend(struct hands *hands, struct admin_hands *admin)
{
    *admin = (struct admin_hands){.owner = hands,
                                  .reload = reload,
                                  .drain = drain,
                                  .set_endpoint = set_endpoint,
                                  .remove_endpoint = remove_endpoint};
}
