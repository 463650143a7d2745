/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a pick costs, by algorithm and number of members, and what a plan costs. Every member is allowed and idle. Prints
 * nanoseconds per pick; plans in milliseconds. Built by hand, see README.md.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "upstream/balance/balancer.h"

enum { MOST = 10000 };

static const size_t counts[] = {3, 10, 100, 1000, MOST};

static double now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static bool allows(const struct choice *choice, size_t index)
{
    return endpoint_is_fit(choice->roster->members[index].endpoint, choice->now);
}

static struct roster *make_roster(enum balance_kind kind, size_t count)
{
    static struct endpoint_settings endpoints[MOST];
    static char names[MOST][24];
    struct cluster_settings settings = {
        .name = TEXT("picks"), .endpoints = endpoints, .endpoint_count = count, .balance = kind};
    for (size_t i = 0; i < count; i++) {
        snprintf(names[i], sizeof names[i], "m%zu", i);
        endpoints[i] = (struct endpoint_settings){.name = text_of(names[i]), .weight = 1};
    }
    return roster_new(&settings);
}

/* For about a twentieth of a second. */
static double time_picks(const struct roster *roster)
{
    struct choice choice = {.roster = roster, .now = 1, .allows = allows};
    void *state = calloc(1, roster->balancer->state_size(roster) + 1);
    if (state == NULL)
        abort();
    if (roster->balancer->start != NULL)
        roster->balancer->start(state, roster, 0);
    double start = now_ns();
    double spent = 0;
    size_t picks = 0;
    while (spent < 5e7) {
        for (unsigned i = 0; i < 64; i++, picks++) {
            choice.hash = picks * 0x9e3779b97f4a7c15u;
            if (roster->balancer->pick(state, &choice) == CHOICE_NONE)
                abort();
        }
        spent = now_ns() - start;
    }
    free(state);
    return spent / (double)picks;
}

static double time_plan(struct roster *roster)
{
    if (roster->balancer->plan == NULL)
        return 0;
    roster->balancer->forget(roster);
    roster->plan = NULL;
    double start = now_ns();
    if (!roster->balancer->plan(roster))
        abort();
    return (now_ns() - start) / 1e6;
}

int main(void)
{
    printf(
        "| ns per pick | 3 | 10 | 100 | 1,000 | 10,000 | plan of 1,000, ms |\n|---|---|---|---|---|---|---|\n");
    for (int kind = BALANCE_ROUND_ROBIN; kind <= BALANCE_MAGLEV; kind++) {
        double plan = 0;
        printf("| %s |", balancer_of((enum balance_kind)kind)->name);
        for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
            struct roster *roster = make_roster((enum balance_kind)kind, counts[i]);
            if (roster == NULL)
                abort();
            printf(" %.0f |", time_picks(roster));
            if (counts[i] == 1000)
                plan = time_plan(roster);
            roster_unref(roster);
        }
        printf(" %.2f |\n", plan);
    }
    return 0;
}
