/* SPDX-License-Identifier: Apache-2.0 */
/* The methods that requests of HTTP/1 can have: those that llhttp reads. Plain functions, no state. */
#ifndef CONF_METHODS_H
#define CONF_METHODS_H

#include "base/text.h"

/* As it is written: methods are upper case. */
bool method_is_known(struct text name);

/* The one that was probably meant; empty: none is near. */
struct text method_nearest(struct text name);

#endif
