/* SPDX-License-Identifier: Apache-2.0 */
#include "upstream/wishes.h"

#include <stdlib.h>

void wishes_init(struct wishes *wishes)
{
    list_init(&wishes->all);
    wishes->count = 0;
}

static void drop(struct wishes *wishes, struct wish *wish)
{
    list_remove(&wish->node);
    wishes->count--;
    free(wish);
}

void wishes_clear(struct wishes *wishes)
{
    LIST_EACH_SAFE(&wishes->all, node)
    drop(wishes, CONTAINER(node, struct wish, node));
}

struct wish *wishes_find(const struct wishes *wishes, const struct address *address)
{
    LIST_EACH(&wishes->all, node)
    {
        struct wish *wish = CONTAINER(node, struct wish, node);
        if (address_equal(&wish->address, address))
            return wish;
    }
    return NULL;
}

struct wish *wishes_get(struct wishes *wishes, const struct address *address, struct text name)
{
    struct wish *wish = wishes_find(wishes, address);
    if (wish != NULL || wishes->count == WISHES_MAX)
        return wish;
    wish = calloc(1, sizeof *wish + name.len);
    if (wish == NULL)
        return NULL;
    char *copy = (char *)(wish + 1);
    memcpy(copy, name.at, name.len);
    wish->address = *address;
    wish->name = (struct text){copy, name.len};
    list_push(&wishes->all, &wish->node);
    wishes->count++;
    return wish;
}

void wishes_settle(struct wishes *wishes, struct wish *wish)
{
    if (!wish->added && !wish->removed && !wish->has_weight && wish->standing == 0)
        drop(wishes, wish);
}
