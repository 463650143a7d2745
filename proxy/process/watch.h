/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tells when the config has changed on disk. It looks once a second at the files that the last load looked at: unlike
 * inotify, that also works through the links of a mounted Kubernetes ConfigMap, over network file systems and for files that
 * aren't there yet. Control thread only.
 */
#ifndef PROCESS_WATCH_H
#define PROCESS_WATCH_H

#include <uv.h>

#include "conf/file_list.h"

struct watch {
    uv_timer_t timer;
    struct file_list files;
    void (*changed)(void *owner);
    void *owner;
    uint64_t last; /* what the look before saw; 0: nothing new */
    bool begun;
};

/* Looks at nothing before watch_set. 0 or libuv's error. */
int watch_start(struct watch *watch, uv_loop_t *loop, void (*changed)(void *owner), void *owner);

/* What to look at from now on: after each load, also one that failed. The list's content becomes the watch's, the list is
 * empty then. May be called by changed. */
void watch_set(struct watch *watch, struct file_list *files);

/* One look, as the timer takes it. A change is told when it has stayed as it is for one further look, because a file may
 * be half-written; and then once. */
void watch_look(struct watch *watch);

/* Harmless on one that never started (zeroed). Its memory must stay until the loop has closed the handle. */
void watch_stop(struct watch *watch);

#endif
