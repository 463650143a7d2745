/* SPDX-License-Identifier: Apache-2.0 */
/* Drives a loop with libuv: reads happen in libuv's poll phase, run and flush right after it, and once more before it
 * blocks when a timer woke something. Owns the libuv handles for that, nothing else. */
#ifndef NET_PULSE_H
#define NET_PULSE_H

#include <uv.h>

#include "net/loop.h"

struct pulse {
    struct loop *loop;
    uv_prepare_t before; /* the block */
    uv_check_t after;    /* the poll */
    uv_idle_t busy;      /* active while a turn left work: libuv then doesn't block */
    uv_timer_t alarm;    /* for the next timer of the wheel */
    uv_async_t bell;     /* there are letters from other threads */
    uint64_t alarm_at;   /* ms of the loop's clock; UINT64_MAX: not set */
};

/* 0, or libuv's error. loop->uv must be set. The handles don't keep uv_run going. */
int pulse_start(struct pulse *pulse, struct loop *loop);

/* Closes the handles; they are gone when uv_run has ended. */
void pulse_stop(struct pulse *pulse);

#endif
