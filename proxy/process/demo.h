/* SPDX-License-Identifier: Apache-2.0 */
/* weir demo: three backends inside this process and weir in front of them, from a config in memory. */
#ifndef PROCESS_DEMO_H
#define PROCESS_DEMO_H

/* Serves until a signal ends it; the exit code. */
int demo_run(void);

#endif
