/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the control thread asks of a worker, and the answer to a plan, which it waits for. The worker is woken by its post
 * (an async handle); a request that comes before the last one was taken is added to it.
 */
#ifndef PROCESS_MAIL_H
#define PROCESS_MAIL_H

#include <pthread.h>

#include "process/worker.h"

/* What is asked for, all at once. */
struct letter {
    struct worker_plan plan; /* to be adopted, with a reference to its snapshot; NULL in it: none */
    uint64_t drain_limit;    /* ms; 0: not to drain */
    bool refresh;            /* rosters have changed */
};

struct mail {
    pthread_mutex_t lock; /* of all below */
    pthread_cond_t answered;
    struct letter letter;
    bool waits; /* for the answer to a plan */
    int error;  /* that answer */
};

void mail_init(struct mail *mail);
void mail_clear(struct mail *mail);

/* The control thread: each wakes the post. */
int mail_send_plan(struct mail *mail, const struct worker_plan *plan, uv_async_t *post); /* as worker_adopt */
void mail_send_refresh(struct mail *mail, uv_async_t *post);
void mail_send_drain(struct mail *mail, uint64_t limit, uv_async_t *post);

/* The worker: takes what there is, the reference of a plan too; answers a plan. A drain stays asked for. */
struct letter mail_take(struct mail *mail);
void mail_answer(struct mail *mail, int error);

#endif
