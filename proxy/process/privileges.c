/* SPDX-License-Identifier: Apache-2.0 */
#include "process/privileges.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/log.h"
#include "conf/account.h"

#define KEPT (1U << CAP_NET_BIND_SERVICE)

/* capset(2) takes 64 capabilities as two structs. */
enum { WORDS = 2 };

static bool complain(const char *user, const char *what)
{
    log_write(LOG_ERROR, "user: cannot become '%s': %s: %s", user, what, strerror(errno));
    return false;
}

/* Only what is there can be kept: a container may have taken it away. */
static bool keep_capabilities(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct had[WORDS] = {{0}}, kept[WORDS] = {{0}};
    if (syscall(SYS_capget, &header, had) != 0)
        return false;
    uint32_t rights = had[0].permitted & KEPT;
    kept[0] = (struct __user_cap_data_struct){rights, rights, rights};
    if (syscall(SYS_capset, &header, kept) != 0)
        return false;
    if (rights != 0)
        (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_BIND_SERVICE, 0, 0); /* forbidden by some */
    return true;
}

static bool can_return(const struct account *account)
{
    return setresuid((uid_t)-1, 0, (uid_t)-1) == 0 ||
           (account->group != 0 && setresgid((gid_t)-1, 0, (gid_t)-1) == 0);
}

static bool become(const char *user, const struct account *account)
{
    if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0)
        return complain(user, "capabilities cannot be kept");
    if (initgroups(user, account->group) != 0)
        return complain(user, "its groups cannot be set");
    if (setresgid(account->group, account->group, account->group) != 0)
        return complain(user, "its group cannot be set");
    if (setresuid(account->user, account->user, account->user) != 0)
        return complain(user, "it cannot be set");
    if (!keep_capabilities())
        return complain(user, "capabilities cannot be given up");
    if (prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) != 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return complain(user, "new privileges cannot be refused");
    return true;
}

static bool is_plain(int fd)
{
    struct stat status;
    return fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_nlink == 1;
}

void privileges_give(const char *user, const char *path)
{
    struct account account;
    if (user == NULL || user[0] == '\0' || geteuid() != 0 || account_find(user, &account) != NULL)
        return;
    int fd = open(path, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (is_plain(fd) && fchown(fd, account.user, account.group) != 0)
        log_write(LOG_WARN, "user: %s cannot be given to '%s': %s", path, user, strerror(errno));
    if (fd >= 0)
        close(fd);
}

static bool warn_unless_same(const char *user, const struct account *account)
{
    if (account->user != geteuid())
        log_write(LOG_WARN,
                  "user: weir was not started as root, so it stays user %lu and does not become '%s'",
                  (unsigned long)geteuid(), user);
    return true;
}

bool privileges_drop(const char *user)
{
    struct account account;
    if (user == NULL || user[0] == '\0')
        return true;
    const char *wrong = account_find(user, &account);
    if (wrong != NULL) {
        log_write(LOG_ERROR, "user: '%s' %s", user, wrong);
        return false;
    }
    if (geteuid() != 0)
        return warn_unless_same(user, &account);
    if (account.user == 0)
        return true;
    if (!become(user, &account))
        return false;
    if (!can_return(&account))
        return true;
    log_write(LOG_ERROR, "user: root can be got back after becoming '%s'", user);
    return false;
}
