/* SPDX-License-Identifier: Apache-2.0 */
/* What can be told to the process as a whole, by the hands that state.h has; and the config that it follows. */
#ifndef ADMIN_ORDERS_H
#define ADMIN_ORDERS_H

#include "admin/resource.h"

/* 200 {"generation":N}, with "warnings" if there are any; or 422 {"problems":[{file,line,column,message}]}. */
struct stream *order_reload(const struct ask *ask);

/* {"status":"draining"}, also when it is already. */
struct stream *order_drain(const struct ask *ask);

/* {"level":"debug"}, as it is sent and answered. It holds until a reload or a restart. */
struct stream *order_log(const struct ask *ask);

/* {"generation":N,"hash":"...","config":{...}} */
struct stream *show_config(const struct ask *ask);

#endif
