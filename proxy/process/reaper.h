/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ends the zombies that are left to this process: of a new binary that failed to take over, and, where weir is PID 1 of a
 * container (or a subreaper), of whoever ran there. weir waits for none of its children by itself. On the control thread;
 * whoever starts it owns it.
 */
#ifndef PROCESS_REAPER_H
#define PROCESS_REAPER_H

#include <stdbool.h>
#include <uv.h>

struct reaper {
    uv_signal_t child;
    bool begun;
};

/* From now on, and at once for those who ended before. 0 or libuv's error. */
int reaper_start(struct reaper *reaper, uv_loop_t *loop);

/* Harmless on one that never started (zeroed). Its memory must stay until the loop has closed the handle. */
void reaper_stop(struct reaper *reaper);

#endif
