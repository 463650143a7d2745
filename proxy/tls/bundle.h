/* SPDX-License-Identifier: Apache-2.0 */
/* Bundles of a server's credentials: which pairs are shown for which name. Nothing outside tls/ includes this. */
#ifndef TLS_BUNDLE_H
#define TLS_BUNDLE_H

#include "tls/credentials.h"

/* Makes the bundles, without contexts, of the pairs. False when out of memory. */
bool bundles_fill(struct tls_credentials *credentials);

#endif
