/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "upstream/steward_parts.h"

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
    if (wish != NULL && (wish->removed || (wish->has_weight && draft_has(draft, &endpoint->address))))
        return; /* the operator's weight is that of all of it */
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

static bool is_found(const struct resolved *found, const struct address *address)
{
    for (size_t i = 0; i < found->count; i++)
        if (address_equal(&found->list[i].address, address))
            return true;
    return false;
}

bool steward_is_given(const struct steward *steward, const struct address *address)
{
    for (size_t i = 0; i < steward->settings->endpoint_count; i++)
        if (address_equal(&steward->settings->endpoints[i].address, address))
            return true;
    return steward->discovery != NULL && is_found(discovery_list(steward->discovery), address);
}

static size_t most_endpoints(const struct steward *steward)
{
    size_t found = steward->discovery != NULL ? discovery_list(steward->discovery)->count : 0;
    return steward->settings->endpoint_count + found + steward->wishes.count;
}

struct roster *steward_compose(const struct steward *steward)
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
