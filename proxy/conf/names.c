/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/names.h"

#include "conf/nearest.h"

/* Suggestions look at this many names at most: each is an edit distance. */
#define NEAREST_MAX 1000

void names_init(struct names *names, struct arena *arena)
{
    memset(names, 0, sizeof *names);
    names->arena = arena;
}

/* The slot that holds the text, or the empty one where it belongs. */
static struct name **slot_of(const struct names *names, struct text text)
{
    size_t at = text_hash(text, 0) & (names->room - 1);
    while (names->slots[at] != NULL && !text_equal(names->slots[at]->text, text))
        at = (at + 1) & (names->room - 1);
    return &names->slots[at];
}

struct name *names_get(const struct names *names, struct text text)
{
    return names->room == 0 ? NULL : *slot_of(names, text);
}

/* The list moves when it grows, so the slots are filled anew. */
static bool grow(struct names *names)
{
    size_t room = names->list_room == 0 ? 16 : names->list_room * 2;
    struct name *list = arena_take(names->arena, room * sizeof *list);
    struct name **slots = arena_take_zeroed(names->arena, 2 * room * sizeof *slots);
    if (list == NULL || slots == NULL)
        return false;
    if (names->count > 0)
        memcpy(list, names->list, names->count * sizeof *list);
    names->list = list;
    names->list_room = room;
    names->slots = slots;
    names->room = 2 * room;
    for (size_t i = 0; i < names->count; i++)
        *slot_of(names, list[i].text) = &list[i];
    return true;
}

struct name *names_add(struct names *names, struct text text, struct place place)
{
    if (names->count == names->list_room && !grow(names))
        return NULL;
    struct name *name = &names->list[names->count];
    *name = (struct name){.text = text, .place = place, .index = names->count};
    names->count++;
    *slot_of(names, text) = name;
    return name;
}

struct text names_nearest(const struct names *names, struct text wanted)
{
    struct nearest nearest = {.wanted = wanted};
    for (size_t i = 0; i < names->count && i < NEAREST_MAX; i++) {
        nearest_offer(&nearest, names->list[i].text);
        if (nearest.best.at != NULL && nearest.distance <= 1)
            break; /* none will be nearer: an equal one would have been found */
    }
    return nearest.best;
}
