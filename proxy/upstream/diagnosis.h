/* SPDX-License-Identifier: Apache-2.0 */
/* Tells the operator of endpoints that can't work as they are configured, and which key to set. */
#ifndef UPSTREAM_DIAGNOSIS_H
#define UPSTREAM_DIAGNOSIS_H

#include "http/mismatch.h"
#include "upstream/endpoint.h"

/* A warning, at most one a second; nothing for MISMATCH_NONE. Any thread. */
void diagnosis_tell(const struct endpoint *endpoint, enum mismatch mismatch);

#endif
