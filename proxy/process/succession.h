/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A new binary takes this process's place: it is started with the listening sockets, and when it serves this one may go.
 * At most one at a time, within a time limit. Control thread.
 */
#ifndef PROCESS_SUCCESSION_H
#define PROCESS_SUCCESSION_H

#include <stdbool.h>
#include <sys/types.h>
#include <uv.h>

struct succession {
    uv_poll_t word; /* what the new binary has to say */
    uv_timer_t patience;
    int fd; /* of word; -1: none is under way */
    pid_t child;
    void (*serves)(void *owner); /* it does: this process is to drain */
    void *owner;
};

/* 0, or libuv's error. */
int succession_init(struct succession *succession, uv_loop_t *uv);

/* Starts the new binary with these listening sockets, or says in the log why not. */
void succession_begin(struct succession *succession, const int *fds, size_t count);

/* Its memory must stay until the loop has closed the handles. */
void succession_stop(struct succession *succession);

#endif
