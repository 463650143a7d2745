/* SPDX-License-Identifier: Apache-2.0 */
/* Changing the endpoints of an upstream while it serves, by the hands that state.h has. The address in the path has its
 * slashes escaped: unix:%2Frun%2Fapp.sock. */
#ifndef ADMIN_ENDPOINTS_H
#define ADMIN_ENDPOINTS_H

#include "admin/resource.h"

/* {"weight":5,"state":"drain"}, either or both: 200, or 201 when it was added, with how the endpoint is now. */
struct stream *order_endpoint(const struct ask *ask);

/* Takes one away; 404 when there is none. */
struct stream *order_no_endpoint(const struct ask *ask);

#endif
