/* SPDX-License-Identifier: Apache-2.0 */
/* What the process tells about itself: written by the control thread, read by the admin API. */
#ifndef ADMIN_STATE_H
#define ADMIN_STATE_H

#include <stdatomic.h>

struct admin_state {
    atomic_bool ready;    /* every worker listens */
    atomic_bool draining; /* no new connections are taken */
};

#endif
