/* SPDX-License-Identifier: Apache-2.0 */
/* Each in a child, which has nothing to get back to. What needs root is skipped without it. */
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "net/listener.h"
#include "process/privileges.h"

#define USER "nobody"

static struct passwd entry; /* of USER */

static int find_user(void **state)
{
    (void)state;
    const struct passwd *found = getpwnam(USER);
    if (found != NULL)
        entry = *found;
    return found != NULL ? 0 : -1;
}

/* 0 when the child found everything as it should be. */
static int in_child(bool (*is_fine)(void))
{
    int status = -1;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0)
        _exit(is_fine() ? 0 : 1);
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static bool is_user(void)
{
    uid_t real, effective, saved;
    gid_t groups[3];
    getresuid(&real, &effective, &saved);
    bool user = real == entry.pw_uid && effective == entry.pw_uid && saved == entry.pw_uid;
    getresgid(&groups[0], &groups[1], &groups[2]);
    return user && groups[0] == entry.pw_gid && groups[1] == entry.pw_gid && groups[2] == entry.pw_gid;
}

static bool capabilities_are(uint32_t wanted)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct now[2];
    return syscall(SYS_capget, &header, now) == 0 && now[0].effective == wanted &&
           now[0].permitted == wanted && now[0].inheritable == wanted && now[1].permitted == 0 &&
           now[1].effective == 0;
}

static bool becomes_the_user(void)
{
    gid_t groups[64];
    if (!privileges_drop(USER) || !is_user())
        return false;
    int count = getgroups(64, groups);
    for (int i = 0; i < count; i++)
        if (groups[i] == 0)
            return false;
    return setuid(0) != 0 && setgid(0) != 0 && setgroups(0, NULL) != 0 &&
           prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 && access("/etc/shadow", R_OK) != 0;
}

static bool binds_a_low_port(void)
{
    struct address address;
    if (!privileges_drop(USER) || !capabilities_are(1U << CAP_NET_BIND_SERVICE))
        return false;
    for (unsigned port = 1; port < 1024; port++) {
        char written[32];
        snprintf(written, sizeof written, "127.0.0.1:%u", port);
        if (address_read(text_of(written), &address) == NULL && listener_socket(&address) >= 0)
            return true;
    }
    return false;
}

/* What runs on after the exec has the right too: the shell reads its own. */
static bool hands_the_right_on(void)
{
    if (!privileges_drop(USER))
        return false;
    execl(
        "/bin/sh", "sh", "-c",
        "while read name value; do if [ \"$name\" = CapEff: ]; then [ \"$value\" = 0000000000000400 ]; exit; fi; "
        "done </proc/self/status; exit 1",
        (char *)NULL);
    return false;
}

/* As in a container that has not even this one. */
static bool does_without_the_right(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct some[2] = {{0}};
    some[0].effective = some[0].permitted = 1U << CAP_SETUID | 1U << CAP_SETGID;
    return syscall(SYS_capset, &header, some) == 0 && privileges_drop(USER) && is_user() &&
           capabilities_are(0);
}

static bool says_when_it_cannot(void)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2] = {{0}};
    return syscall(SYS_capset, &header, none) == 0 && !privileges_drop(USER);
}

static bool stays_with_a_warning(void)
{
    return setresgid(1, 1, 1) == 0 && setresuid(1, 1, 1) == 0 && privileges_drop(USER) && getuid() == 1 &&
           prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0;
}

static bool stays_root(void)
{
    return privileges_drop("") && privileges_drop(NULL) && privileges_drop("root") && getuid() == 0 &&
           access("/etc/shadow", W_OK) == 0;
}

static void expect(bool (*is_fine)(void))
{
    if (geteuid() != 0)
        skip();
    assert_int_equal(in_child(is_fine), 0);
}

static void root_becomes_the_user_and_cannot_return(void **state)
{
    (void)state;
    expect(becomes_the_user);
}

static void ports_below_1024_can_still_be_opened(void **state)
{
    (void)state;
    expect(binds_a_low_port);
}

static void a_new_binary_can_open_them_too(void **state)
{
    (void)state;
    expect(hands_the_right_on);
}

static void a_right_that_is_not_there_is_not_missed(void **state)
{
    (void)state;
    expect(does_without_the_right);
}

static void root_that_may_not_change_its_user_fails(void **state)
{
    (void)state;
    expect(says_when_it_cannot);
}

static void who_is_not_root_stays(void **state)
{
    (void)state;
    expect(stays_with_a_warning);
}

static void without_a_user_root_stays(void **state)
{
    (void)state;
    expect(stays_root);
}

static void an_unknown_user_fails(void **state)
{
    (void)state;
    assert_false(privileges_drop("weir-nobody-has-this-name"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(root_becomes_the_user_and_cannot_return),
        cmocka_unit_test(ports_below_1024_can_still_be_opened),
        cmocka_unit_test(a_new_binary_can_open_them_too),
        cmocka_unit_test(a_right_that_is_not_there_is_not_missed),
        cmocka_unit_test(root_that_may_not_change_its_user_fails),
        cmocka_unit_test(who_is_not_root_stays),
        cmocka_unit_test(without_a_user_root_stays),
        cmocka_unit_test(an_unknown_user_fails),
    };
    return cmocka_run_group_tests(tests, find_user, NULL);
}
