/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/account.h"

#include <errno.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* For the strings of an entry, which nobody here wants: most need a few hundred bytes. */
enum { ROOM_FIRST = 4096, ROOM_MAX = 1 << 20 };

static int look_up(const char *name, struct passwd *entry, struct passwd **found)
{
    int error = ERANGE;
    for (size_t room = ROOM_FIRST; error == ERANGE && room <= ROOM_MAX; room *= 4) {
        char *strings = malloc(room);
        error = strings == NULL ? ENOMEM : getpwnam_r(name, entry, strings, room, found);
        free(strings);
        if (error == EINTR)
            error = ERANGE; /* again, with more room than is needed */
    }
    return error;
}

/* Those that getpwnam_r(3) lists for "there is none". */
static bool means_none(int error)
{
    return error == 0 || error == ENOENT || error == ESRCH || error == EBADF || error == EPERM;
}

const char *account_find(const char *name, struct account *account)
{
    struct passwd entry, *found = NULL;
    int error = look_up(name, &entry, &found);
    if (found == NULL)
        return means_none(error) ? "does not exist; create it or name another"
                                 : "can't be looked up now; try again";
    *account = (struct account){entry.pw_uid, entry.pw_gid};
    return NULL;
}
