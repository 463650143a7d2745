/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a peer may cost: frames that move nothing (PING, SETTINGS, empty DATA, PRIORITY, WINDOW_UPDATE without bytes sent)
 * and streams that end before their answer, by whomever: CVE-2023-44487 (rapid reset), CVE-2025-8671 (MadeYouReset). Both
 * are paid from accounts that work pays into; an empty one ends the connection with ENHANCE_YOUR_CALM.
 */
#ifndef HTTP_H2_GUARD_H
#define HTTP_H2_GUARD_H

#include <stdbool.h>
#include <stdint.h>

struct h2_guard {
    int32_t frames; /* that may still come for nothing */
    int32_t losses; /* streams that may still end early */
    uint64_t paid;  /* ms, when time was paid in last */
};

void guard_init(struct h2_guard *guard, uint64_t now);

/* Something was moved: a frame of body, a head, an answer. */
void guard_frame_worked(struct h2_guard *guard);
void guard_stream_worked(struct h2_guard *guard);

/* False when the account is empty. now in ms. */
bool guard_take_frame(struct h2_guard *guard, uint64_t now);
bool guard_take_loss(struct h2_guard *guard, uint64_t now);

#endif
