/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Three small web servers on a thread of their own, made of the same parts as everything else. POST /stop makes one close
 * its port for a while, so that failover can be watched.
 */
#ifndef PROCESS_DEMO_BACKENDS_H
#define PROCESS_DEMO_BACKENDS_H

#include <stdbool.h>

enum { DEMO_BACKENDS = 3, DEMO_FIRST_PORT = 9001, DEMO_STOP_SECONDS = 20 };

/* False after having said why. Control thread. */
bool demo_backends_start(void);

/* Ends the thread. */
void demo_backends_stop(void);

#endif
