/* SPDX-License-Identifier: Apache-2.0 */
/* Looks a user of this host up by name. Blocks (files, or what nsswitch.conf says); keeps nothing. */
#ifndef CONF_ACCOUNT_H
#define CONF_ACCOUNT_H

#include <sys/types.h>

struct account {
    uid_t user;
    gid_t group; /* the primary one */
};

/* Returns NULL, or a phrase for behind "user: 'NAME' ". name is NUL-terminated. */
const char *account_find(const char *name, struct account *account);

#endif
