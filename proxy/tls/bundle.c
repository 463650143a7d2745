/* SPDX-License-Identifier: Apache-2.0 */
#include "tls/bundle.h"

#include <stdlib.h>

static int slot_of(const struct pair *pair)
{
    switch (pair_algorithm(pair)) {
    case EVP_PKEY_RSA:
        return 0;
    case EVP_PKEY_EC:
        return 1;
    default:
        return 2;
    }
}

static void bundle_add(struct bundle *bundle, const struct pair *pair)
{
    int slot = slot_of(pair);
    if (bundle->pairs[slot] == NULL)
        bundle->pairs[slot] = pair;
}

/* The bundle of a name, made when the name is new. */
static struct bundle *bundle_of(struct tls_credentials *credentials, struct text name)
{
    struct bundle *bundle = map_find(&credentials->names, name);
    if (bundle != NULL)
        return bundle;
    bundle = &credentials->bundles[credentials->bundle_count];
    if (!map_insert(&credentials->names, name, bundle, NULL))
        return NULL;
    credentials->bundle_count++;
    return bundle;
}

static bool name_pair(struct tls_credentials *credentials, const struct pair *pair)
{
    for (int i = 0; i < sk_OPENSSL_STRING_num(pair->names); i++) {
        struct bundle *bundle = bundle_of(credentials, text_of(sk_OPENSSL_STRING_value(pair->names, i)));
        if (bundle == NULL)
            return false;
        bundle_add(bundle, pair);
    }
    return true;
}

/* The default is the first pair, with those of other algorithms that share its first name. */
static void fill_default(struct tls_credentials *credentials)
{
    const struct pair *first = &credentials->pairs[0];
    struct bundle *standard = &credentials->bundles[0];
    bundle_add(standard, first);
    if (sk_OPENSSL_STRING_num(first->names) == 0)
        return;
    const struct bundle *named =
        map_find(&credentials->names, text_of(sk_OPENSSL_STRING_value(first->names, 0)));
    for (int slot = 0; slot < KEY_ALGORITHMS; slot++)
        if (named->pairs[slot] != NULL)
            bundle_add(standard, named->pairs[slot]);
}

bool bundles_fill(struct tls_credentials *credentials)
{
    size_t most = 1;
    for (size_t i = 0; i < credentials->pair_count; i++)
        most += (size_t)sk_OPENSSL_STRING_num(credentials->pairs[i].names);
    credentials->bundles = calloc(most, sizeof *credentials->bundles);
    if (credentials->bundles == NULL)
        return false;
    credentials->bundle_count = 1;
    for (size_t i = 0; i < credentials->pair_count; i++)
        if (!name_pair(credentials, &credentials->pairs[i]))
            return false;
    fill_default(credentials);
    return true;
}
