/* SPDX-License-Identifier: Apache-2.0 */
/* What must not be shown although the schema doesn't call it secret: it is told by the name that the operator gave, or by
 * the form of a URL. Rather too much than too little. */
#ifndef CONF_SECRET_H
#define CONF_SECRET_H

#include "base/text.h"

/* A field, parameter or setting of this name has a credential as its value: Authorization, Cookie, X-Api-Key. */
bool secret_is_named(struct text name);

/* Takes the front of *rest up to where the next credential of a URL begins, or all of it, into *plain, and then that
 * credential (user:password) off, too; false when there was none. */
bool secret_take(struct text *rest, struct text *plain);

#endif
