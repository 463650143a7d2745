/* SPDX-License-Identifier: Apache-2.0 */
/* Reason phrases of RFC 9110 section 15 and its registry. */
#ifndef HTTP_STATUS_H
#define HTTP_STATUS_H

#include "base/text.h"

/* Empty for one that isn't registered. */
struct text status_reason(unsigned status);

#endif
