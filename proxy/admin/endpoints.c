/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/endpoints.h"

#include "admin/answer.h"
#include "admin/body.h"
#include "admin/upstreams.h"

static const char *const states[] = {[ORDER_UP] = "up", [ORDER_DRAIN] = "drain", [ORDER_DOWN] = "down"};
enum { WEIGHT_MAX = 65535, STATES = sizeof states / sizeof states[0] };

/* NULL, or what is wrong with the body. */
static const char *read_order(const struct json *object, struct endpoint_order *order)
{
    const struct json *weight = json_get(object, "weight"), *state = json_get(object, "state");
    uint64_t number = 0;
    bool takes_back = weight != NULL && weight->kind == JSON_NULL;
    if (weight != NULL && !takes_back && !json_whole(weight, WEIGHT_MAX, &number))
        return "weight needs a whole number from 0 to 65535, or null for that of the config";
    order->sets_weight = weight != NULL && !takes_back;
    order->forgets_weight = takes_back;
    order->weight = (unsigned)number;
    if (state == NULL)
        return NULL;
    unsigned found = ORDER_UP;
    while (found < STATES && !text_equal(json_text(state), text_of(states[found])))
        found++;
    if (found == STATES)
        return "state needs one of up, drain, down";
    order->state = (enum order_state)found;
    return NULL;
}

static struct stream *answer_endpoint(const struct ask *ask, unsigned status,
                                      const struct endpoint_order *order)
{
    struct buffer body = BUFFER_EMPTY;
    buffer_add(&body, TEXT("{\"address\":"));
    buffer_json_string(&body, order->name);
    buffer_printf(&body, ",\"weight\":%u,\"state\":\"%s\"}", order->weight,
                  states[order->state == ORDER_KEEP ? ORDER_UP : order->state]);
    return answer_json(ask->exchange, status, &body);
}

static struct stream *answer_result(const struct ask *ask, enum order_result result,
                                    const struct endpoint_order *order)
{
    switch (result) {
    case ORDER_DONE:
        return answer_endpoint(ask, 200, order);
    case ORDER_ADDED:
        return answer_endpoint(ask, 201, order);
    case ORDER_NO_ENDPOINT:
        return answer_error(ask->exchange, 404, "the upstream has no endpoint of this address");
    case ORDER_REFUSED:
        break;
    }
    return answer_error(ask->exchange, 409,
                        order->problem != NULL ? order->problem : "the endpoint cannot be changed");
}

/* As configs have it, localhost is 127.0.0.1. */
static const char *read_address(const struct ask *ask, struct text written, struct address *address)
{
    const struct text local = TEXT("localhost:");
    if (text_starts(written, local))
        written = arena_format(ask->exchange->down->arena, "127.0.0.1:%.*s",
                               TEXT_ARGS(text_sub(written, local.len, written.len - local.len)));
    const char *problem = address_read(written, address);
    if (problem == NULL && !address_is_unix(address) && address_port(address) == 0)
        problem = "port 0 is no port of an endpoint";
    return problem;
}

/* What the path says. False: *answer says what is wrong with it. */
static bool read_path(const struct ask *ask, struct endpoint_order *order, struct stream **answer)
{
    *order = (struct endpoint_order){.upstream = ask->names[0], .name = ask->names[1]};
    if (upstream_find(ask->serving, order->upstream) == NULL) {
        *answer = answer_error(ask->exchange, 404, "there is no upstream of this name");
        return false;
    }
    const char *problem = read_address(ask, order->name, &order->address);
    if (problem == NULL)
        return true;
    *answer = answer_error(ask->exchange, 400, problem);
    return false;
}

struct stream *order_endpoint(const struct ask *ask)
{
    static const char *const keys[] = {"weight", "state", NULL};
    const struct admin_hands *hands = &ask->state->hands;
    struct endpoint_order order;
    struct stream *answer;
    if (hands->set_endpoint == NULL)
        return resource_refuse(ask);
    if (!read_path(ask, &order, &answer))
        return answer;
    struct body body = body_read(ask, keys);
    const char *problem = body.object != NULL ? read_order(body.object, &order) : NULL;
    if (body.object == NULL)
        answer = body.refusal;
    else if (problem != NULL)
        answer = answer_error(ask->exchange, 400, problem);
    else
        answer = answer_result(ask, hands->set_endpoint(hands->owner, &order), &order);
    body_clear(&body);
    return answer;
}

struct stream *order_no_endpoint(const struct ask *ask)
{
    const struct admin_hands *hands = &ask->state->hands;
    struct endpoint_order order;
    struct stream *answer;
    if (hands->remove_endpoint == NULL)
        return resource_refuse(ask);
    if (!read_path(ask, &order, &answer))
        return answer;
    enum order_result result = hands->remove_endpoint(hands->owner, &order);
    if (result != ORDER_DONE)
        return answer_result(ask, result, &order);
    struct buffer body = BUFFER_EMPTY;
    buffer_add(&body, TEXT("{\"removed\":"));
    buffer_json_string(&body, order.name);
    buffer_byte(&body, '}');
    return answer_json(ask->exchange, 200, &body);
}
