/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "process/notify.h"

static int manager = -1; /* what a service manager listens on */
static char heard[512];

static void listen_at(const char *name)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t len = strlen(name);
    memcpy(address.sun_path, name, len);
    if (name[0] == '@')
        address.sun_path[0] = '\0';
    manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_true(manager >= 0);
    socklen_t room = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    assert_int_equal(bind(manager, (struct sockaddr *)&address, room), 0);
    assert_int_equal(setenv("NOTIFY_SOCKET", name, 1), 0);
}

static int end(void **state)
{
    (void)state;
    if (manager >= 0)
        close(manager);
    manager = -1;
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
    notify_begin();
    return 0;
}

static const char *hear(void)
{
    ssize_t len = recv(manager, heard, sizeof heard - 1, 0);
    heard[len < 0 ? 0 : len] = '\0';
    return heard;
}

static void listen_abstract(void)
{
    char name[64];
    snprintf(name, sizeof name, "@weir-notify-%ld", (long)getpid());
    listen_at(name);
}

static void each_state_is_one_datagram(void **state)
{
    (void)state;
    listen_abstract();
    notify_begin();
    notify_ready();
    assert_string_equal(hear(), "READY=1");
    notify_stopping();
    assert_string_equal(hear(), "STOPPING=1");
    notify_status("serves 3 listeners\nREADY=1");
    assert_string_equal(hear(), "STATUS=serves 3 listeners");
    notify_main_process(4711);
    assert_string_equal(hear(), "MAINPID=4711");
    assert_string_equal(hear(), "");
}

static void a_reload_tells_its_time_in_the_same_datagram(void **state)
{
    (void)state;
    struct timespec now;
    unsigned long long usec = 0;
    listen_abstract();
    notify_begin();
    notify_reloading();
    assert_int_equal(sscanf(hear(), "RELOADING=1\nMONOTONIC_USEC=%llu", &usec), 1);
    clock_gettime(CLOCK_MONOTONIC, &now);
    unsigned long long later =
        (unsigned long long)now.tv_sec * 1000000 + (unsigned long long)now.tv_nsec / 1000;
    assert_in_range(usec, later - 5000000, later);
}

static void a_path_works_as_well_as_an_abstract_name(void **state)
{
    (void)state;
    char folder[] = "/tmp/weir-notify-XXXXXX";
    char path[64];
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/socket", folder);
    listen_at(path);
    notify_begin();
    notify_ready();
    assert_string_equal(hear(), "READY=1");
    unlink(path);
    notify_ready(); /* nobody is there: nothing happens */
    rmdir(folder);
}

static void children_do_not_inherit_the_variables(void **state)
{
    (void)state;
    listen_abstract();
    setenv("WATCHDOG_USEC", "3000000", 1);
    setenv("WATCHDOG_PID", "1", 1);
    notify_begin();
    assert_null(getenv("NOTIFY_SOCKET"));
    assert_null(getenv("WATCHDOG_USEC"));
    assert_null(getenv("WATCHDOG_PID"));
}

static void a_new_binary_gets_the_variables(void **state)
{
    (void)state;
    char expected[96];
    listen_abstract();
    snprintf(expected, sizeof expected, "NOTIFY_SOCKET=%s", getenv("NOTIFY_SOCKET"));
    setenv("WATCHDOG_USEC", "3000000", 1);
    notify_begin();
    assert_string_equal(notify_environment()[0], expected);
    assert_string_equal(notify_environment()[1], "WATCHDOG_USEC=3000000");
    assert_null(notify_environment()[2]);
}

static void the_watchdog_is_fed_twice_in_its_time(void **state)
{
    (void)state;
    char pid[32];
    snprintf(pid, sizeof pid, "%ld", (long)getpid());
    listen_abstract();
    setenv("WATCHDOG_USEC", "3000000", 1);
    setenv("WATCHDOG_PID", pid, 1);
    notify_begin();
    assert_int_equal(notify_watchdog_interval(), 1500);
    notify_watchdog();
    assert_string_equal(hear(), "WATCHDOG=1");
}

static void a_watchdog_of_another_process_or_of_nonsense_is_none(void **state)
{
    (void)state;
    static const char *const intervals[] = {"", "0", "-5", "x", "99999999999999999999999"};
    setenv("WATCHDOG_USEC", "3000000", 1);
    setenv("WATCHDOG_PID", "1", 1);
    notify_begin();
    assert_int_equal(notify_watchdog_interval(), 0);
    for (size_t i = 0; i < sizeof intervals / sizeof intervals[0]; i++) {
        setenv("WATCHDOG_USEC", intervals[i], 1);
        notify_begin();
        assert_int_equal(notify_watchdog_interval(), 0);
    }
}

static void without_a_manager_nothing_happens(void **state)
{
    (void)state;
    char longer[300];
    memset(longer, 'x', sizeof longer - 1);
    longer[0] = '/';
    longer[sizeof longer - 1] = '\0';
    const char *const sockets[] = {"", "@", "/", "relative", "vsock:2:1", longer};
    for (size_t i = 0; i < sizeof sockets / sizeof sockets[0]; i++) {
        setenv("NOTIFY_SOCKET", sockets[i], 1);
        notify_begin();
        notify_ready();
        assert_null(notify_environment()[0]);
    }
}

static void a_manager_that_does_not_read_is_not_waited_for(void **state)
{
    (void)state;
    listen_abstract();
    notify_begin();
    for (int i = 0; i < 5000; i++)
        notify_ready();
    assert_string_equal(hear(), "READY=1");
}

#define notify_test(test) cmocka_unit_test_teardown(test, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        notify_test(each_state_is_one_datagram),
        notify_test(a_reload_tells_its_time_in_the_same_datagram),
        notify_test(a_path_works_as_well_as_an_abstract_name),
        notify_test(children_do_not_inherit_the_variables),
        notify_test(a_new_binary_gets_the_variables),
        notify_test(the_watchdog_is_fed_twice_in_its_time),
        notify_test(a_watchdog_of_another_process_or_of_nonsense_is_none),
        notify_test(without_a_manager_nothing_happens),
        notify_test(a_manager_that_does_not_read_is_not_waited_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
