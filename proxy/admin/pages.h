/* SPDX-License-Identifier: Apache-2.0 */
/* What is counted, as text and as JSON, and a page that leads there. */
#ifndef ADMIN_PAGES_H
#define ADMIN_PAGES_H

#include "admin/resource.h"

struct stream *show_metrics(const struct ask *ask);
struct stream *show_stats(const struct ask *ask);

/* A few lines of HTML that name the resources. */
struct stream *show_index(const struct ask *ask);

#endif
