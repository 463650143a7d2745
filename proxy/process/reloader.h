/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reloader reads the config again and has the service go on with it: when it is told to, and when the files have
 * changed. Whatever comes of it is logged, counted, and told to the service manager. Control thread.
 */
#ifndef PROCESS_RELOADER_H
#define PROCESS_RELOADER_H

#include "conf/problems.h"
#include "process/service.h"
#include "process/watch.h"

struct reloader {
    struct service *service;
    const char *path; /* NULL: there is no file */
    struct watch watch;
};

/* seen: what the load of the config in force looked at; it is taken over; NULL with path. 0, or libuv's error. */
int reloader_start(struct reloader *reloader, struct service *service, const char *path,
                   struct file_list *seen);

/* True when the config of the files is in force now. problems, which must be empty, has what was found either way. */
bool reloader_run(struct reloader *reloader, struct problems *problems);

/* Its memory must stay until the loop has closed the handles. */
void reloader_stop(struct reloader *reloader);

#endif
