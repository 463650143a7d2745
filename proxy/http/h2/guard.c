/* SPDX-License-Identifier: Apache-2.0 */
#include "http/h2/guard.h"

enum {
    FRAMES_MAX = 2000,
    FRAMES_EACH_S = 100,
    FRAME_WORTH = 4, /* what a frame that moves something pays in */
    LOSSES_MAX = 200,
    LOSSES_EACH_S = 10,
    STREAM_WORTH = 1
};

static int32_t add(int32_t account, int64_t pay, int32_t most)
{
    int64_t sum = account + pay;
    return sum < most ? (int32_t)sum : most;
}

void guard_init(struct h2_guard *guard, uint64_t now)
{
    *guard = (struct h2_guard){.frames = FRAMES_MAX, .losses = LOSSES_MAX, .paid = now};
}

void guard_frame_worked(struct h2_guard *guard)
{
    guard->frames = add(guard->frames, FRAME_WORTH, FRAMES_MAX);
}

void guard_stream_worked(struct h2_guard *guard)
{
    guard->losses = add(guard->losses, STREAM_WORTH, LOSSES_MAX);
}

static void pay_time(struct h2_guard *guard, uint64_t now)
{
    uint64_t seconds = (now - guard->paid) / 1000;
    if (seconds == 0)
        return;
    guard->paid += seconds * 1000;
    int64_t most = seconds < 3600 ? (int64_t)seconds : 3600;
    guard->frames = add(guard->frames, most * FRAMES_EACH_S, FRAMES_MAX);
    guard->losses = add(guard->losses, most * LOSSES_EACH_S, LOSSES_MAX);
}

bool guard_take_frame(struct h2_guard *guard, uint64_t now)
{
    pay_time(guard, now);
    return guard->frames-- > 0;
}

bool guard_take_loss(struct h2_guard *guard, uint64_t now)
{
    pay_time(guard, now);
    return guard->losses-- > 0;
}
