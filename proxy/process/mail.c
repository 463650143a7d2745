/* SPDX-License-Identifier: Apache-2.0 */
#include "process/mail.h"

#include <time.h>

void mail_init(struct mail *mail)
{
    *mail = (struct mail){0};
    pthread_mutex_init(&mail->lock, NULL);
    pthread_cond_init(&mail->answered, NULL);
}

void mail_clear(struct mail *mail)
{
    pthread_mutex_destroy(&mail->lock);
    pthread_cond_destroy(&mail->answered);
}

static struct timespec limit_from_now(void)
{
    struct timespec at;
    clock_gettime(CLOCK_REALTIME, &at);
    at.tv_sec += ADOPT_LIMIT_MS / 1000;
    return at;
}

/* A plan that was not taken yet is replaced: the new one has all of it. */
static void put_plan(struct mail *mail, const struct worker_plan *plan)
{
    if (mail->letter.plan.snapshot != NULL)
        snapshot_unref(mail->letter.plan.snapshot);
    snapshot_ref(plan->snapshot);
    mail->letter.plan = *plan;
    mail->waits = true;
}

int mail_send_plan(struct mail *mail, const struct worker_plan *plan, uv_async_t *post)
{
    struct timespec until = limit_from_now();
    int waited = 0;
    pthread_mutex_lock(&mail->lock);
    put_plan(mail, plan);
    uv_async_send(post);
    while (mail->waits && waited == 0)
        waited = pthread_cond_timedwait(&mail->answered, &mail->lock, &until);
    int error = mail->waits ? UV_ETIMEDOUT : mail->error;
    pthread_mutex_unlock(&mail->lock);
    return error;
}

void mail_send_refresh(struct mail *mail, uv_async_t *post)
{
    pthread_mutex_lock(&mail->lock);
    mail->letter.refresh = true;
    pthread_mutex_unlock(&mail->lock);
    uv_async_send(post);
}

void mail_send_drain(struct mail *mail, uint64_t limit, uv_async_t *post)
{
    pthread_mutex_lock(&mail->lock);
    mail->letter.drain_limit = limit;
    pthread_mutex_unlock(&mail->lock);
    uv_async_send(post);
}

struct letter mail_take(struct mail *mail)
{
    pthread_mutex_lock(&mail->lock);
    struct letter letter = mail->letter;
    mail->letter = (struct letter){.drain_limit = letter.drain_limit};
    pthread_mutex_unlock(&mail->lock);
    return letter;
}

void mail_answer(struct mail *mail, int error)
{
    pthread_mutex_lock(&mail->lock);
    mail->error = error;
    mail->waits = false;
    pthread_cond_signal(&mail->answered);
    pthread_mutex_unlock(&mail->lock);
}
