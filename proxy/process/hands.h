/* SPDX-License-Identifier: Apache-2.0 */
/* What the admin API may do to this process: fills its struct admin_hands. */
#ifndef PROCESS_HANDS_H
#define PROCESS_HANDS_H

#include "process/reloader.h"

struct hands {
    struct reloader *reloader;
    struct service *service;
    void (*drain)(void *owner);
    void *owner;
};

/* The hands must outlive the admin. */
void hands_lend(struct hands *hands, struct admin_hands *admin);

#endif
