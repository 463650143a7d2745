/* SPDX-License-Identifier: Apache-2.0 */
/* Everything that can happen to an upstream, in random order: whatever comes, the sums are right at the end. */
#include "stage.h"

enum { GUESTS = 12, TURNS = 6000 };

static uint32_t seed;
static struct guest guests[GUESTS];
static bool here[GUESTS];

/* 0 to sides - 1, the same row for the same seed everywhere. */
static unsigned dice(unsigned sides)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 8) % sides;
}

static bool waits(const struct guest *guest)
{
    return guest->claim.stream == NULL && guest->claim.fault == NULL;
}

static void a_guest_acts(struct stage *stage, size_t i)
{
    struct guest *guest = &guests[i];
    struct stream *stream = guest->claim.stream;
    if (!here[i]) {
        guest_init(guest, stage);
        guest->claim.connect_timeout = dice(3) * 50;
        for (unsigned tried = dice(3); tried > 0; tried--)
            guest_tried(guest, stage_id(stage, dice(3)));
        if (dice(8) == 0)
            guest->claim.only = stage_id(stage, dice(3));
        upstream_claim(stage->upstream, &guest->claim);
        here[i] = true;
        assert_true(guest->claim.fault == NULL || guest->claim.stream == NULL);
    } else if (stream != NULL && (stream->marks & (HEAD_OUT | RESET)) == 0) {
        guest_sends(guest);
    } else if (guest->claim.fault != NULL || dice(6) == 0 ||
               (stream != NULL && (stream->marks & (END_IN | RESET)) != 0)) {
        guest_leaves(guest);
        here[i] = false;
    }
}

static void an_origin_acts(struct origin *origin)
{
    unsigned chance = dice(20);
    if (origin->far == NULL)
        return;
    if (origin->slow) {
        origin->slow = false;
        if (chance < 10)
            link_mark(&origin->near->link, LINK_OPEN);
        else
            link_break(&origin->near->link, FAULT(connect_refused));
    } else if (chance == 0) {
        origin_close(origin);
    } else if (origin->requests > origin->answers) {
        origin->answers++;
        origin_says(origin, chance < 3 ? "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
                                       : "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    }
}

static void a_turn_passes(struct stage *stage)
{
    stage->dialling = dice(10) == 0 ? DIAL_FAILS : dice(2) == 0 ? DIAL_OPEN : DIAL_SLOW;
    for (size_t i = 0; i < GUESTS; i++)
        if (dice(3) == 0)
            a_guest_acts(stage, i);
    if (dice(4) != 0)
        stage_beat(stage);
    for (size_t i = 0; i < stage->dialled; i++)
        if (dice(3) == 0)
            an_origin_acts(&stage->origins[i]);
    stage->clock += dice(30);
    loop_tell_time(&stage->loop, stage->clock * 1000);
    stage_beat(stage);
}

static unsigned sum_of_loads(const struct stage *stage)
{
    return stage_load(stage, 0) + stage_load(stage, 1) + stage_load(stage, 2);
}

static void everyone_leaves(struct stage *stage)
{
    for (size_t i = 0; i < GUESTS; i++) {
        if (here[i])
            guest_leaves(&guests[i]);
        here[i] = false;
    }
    stage_beat(stage);
}

static void storm(uint32_t number, enum balance_kind balance, unsigned connections)
{
    struct stage *stage = stage_new(3);
    stage->settings.balance = balance;
    stage->settings.pool = (struct pool_settings){.connections = connections,
                                                  .idle = 2,
                                                  .idle_timeout = 300,
                                                  .requests_per_connection = 5,
                                                  .pending = 3,
                                                  .pending_timeout = 200};
    stage_open(stage);
    seed = number;
    for (int turn = 0; turn < TURNS && stage->dialled + GUESTS < STAGE_ORIGINS; turn++) {
        a_turn_passes(stage);
        unsigned held = 0;
        for (size_t i = 0; i < GUESTS; i++)
            held += here[i] && (guests[i].claim.stream != NULL ||
                                (waits(&guests[i]) && guests[i].claim.endpoint != NULL));
        assert_int_equal(sum_of_loads(stage), held);
    }
    everyone_leaves(stage);
    assert_int_equal(sum_of_loads(stage), 0);
    upstream_unref(stage->upstream);
    stage->upstream = NULL;
    for (size_t i = 0; i < stage->dialled; i++)
        origin_close(&stage->origins[i]);
    stage_beat(stage);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(stage_idle(stage, i), 0);
        assert_int_equal(stage_active(stage, i), 0);
    }
    stage_end(stage);
}

static void nothing_is_lost_with_few_connections(void **state)
{
    (void)state;
    for (uint32_t number = 1; number <= 4; number++)
        storm(number, BALANCE_ROUND_ROBIN, 2);
}

static void nothing_is_lost_with_one_connection(void **state)
{
    (void)state;
    for (uint32_t number = 5; number <= 8; number++)
        storm(number, BALANCE_LEAST_REQUESTS, 1);
}

static void nothing_is_lost_without_a_limit(void **state)
{
    (void)state;
    for (uint32_t number = 9; number <= 12; number++)
        storm(number, BALANCE_LEAST_REQUESTS, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_lost_with_few_connections),
        cmocka_unit_test(nothing_is_lost_with_one_connection),
        cmocka_unit_test(nothing_is_lost_without_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
