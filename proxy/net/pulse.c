/* SPDX-License-Identifier: Apache-2.0 */
#include "net/pulse.h"

#include "net/inbox.h"

static void on_busy(uv_idle_t *busy)
{
    (void)busy; /* its being active is all that is needed */
}

static void beat(struct pulse *pulse)
{
    bool left = loop_beat(pulse->loop);
    if (left)
        uv_idle_start(&pulse->busy, on_busy);
    else
        uv_idle_stop(&pulse->busy);
}

/* It only ends the block: the beat after the poll tells the wheel the time. */
static void on_alarm(uv_timer_t *alarm)
{
    struct pulse *pulse = alarm->data;
    pulse->alarm_at = UINT64_MAX;
}

static void set_alarm(struct pulse *pulse)
{
    uint64_t wait = wheel_next(&pulse->loop->wheel);
    if (wait == UINT64_MAX)
        return;
    uint64_t at = pulse->loop->now + wait;
    if (pulse->alarm_at <= at)
        return;
    pulse->alarm_at = at;
    uv_timer_start(&pulse->alarm, on_alarm, wait, 0);
}

static void on_before(uv_prepare_t *before)
{
    struct pulse *pulse = before->data;
    beat(pulse);
    set_alarm(pulse);
}

static void on_after(uv_check_t *after)
{
    struct pulse *pulse = after->data;
    loop_tell_time(pulse->loop, uv_hrtime() / 1000);
    inbox_open(pulse->loop);
    beat(pulse);
}

static void on_bell(uv_async_t *bell)
{
    (void)bell; /* the inbox is opened after the poll */
}

static void ring(void *bell)
{
    uv_async_send(bell);
}

int pulse_start(struct pulse *pulse, struct loop *loop)
{
    *pulse = (struct pulse){.loop = loop, .alarm_at = UINT64_MAX};
    int error = uv_prepare_init(loop->uv, &pulse->before);
    if (error == 0)
        error = uv_check_init(loop->uv, &pulse->after);
    if (error == 0)
        error = uv_idle_init(loop->uv, &pulse->busy);
    if (error == 0)
        error = uv_timer_init(loop->uv, &pulse->alarm);
    if (error == 0)
        error = uv_async_init(loop->uv, &pulse->bell, on_bell);
    if (error != 0)
        return error;
    pulse->before.data = pulse->after.data = pulse->busy.data = pulse->alarm.data = pulse;
    uv_prepare_start(&pulse->before, on_before);
    uv_check_start(&pulse->after, on_after);
    uv_unref((uv_handle_t *)&pulse->before);
    uv_unref((uv_handle_t *)&pulse->after);
    uv_unref((uv_handle_t *)&pulse->alarm);
    uv_unref((uv_handle_t *)&pulse->bell);
    inbox_hang(loop, ring, &pulse->bell);
    loop_tell_time(loop, uv_hrtime() / 1000);
    return 0;
}

void pulse_stop(struct pulse *pulse)
{
    inbox_hang(pulse->loop, NULL, NULL);
    uv_close((uv_handle_t *)&pulse->bell, NULL);
    uv_close((uv_handle_t *)&pulse->before, NULL);
    uv_close((uv_handle_t *)&pulse->after, NULL);
    uv_close((uv_handle_t *)&pulse->busy, NULL);
    uv_close((uv_handle_t *)&pulse->alarm, NULL);
}
