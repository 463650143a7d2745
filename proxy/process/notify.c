/* SPDX-License-Identifier: Apache-2.0 */
#include "process/notify.h"

#include <inttypes.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "net/address.h"

static struct {
    struct address manager; /* len 0: none */
    uint64_t watchdog;      /* ms; 0: off */
    char socket_variable[sizeof "NOTIFY_SOCKET=" + sizeof(((struct sockaddr_un *)NULL)->sun_path)];
    char watchdog_variable[48];
    const char *environment[3];
} notify;

/* A path, or with @ in place of the first NUL a name of the abstract kind, which is not terminated. Others (vsock) are
 * for virtual machines. */
static void read_socket(const char *written)
{
    struct address *manager = &notify.manager;
    size_t len = written == NULL ? 0 : strlen(written);
    if (len < 2 || len >= sizeof manager->local.sun_path || (written[0] != '/' && written[0] != '@'))
        return;
    manager->local.sun_family = AF_UNIX;
    memcpy(manager->local.sun_path, written, len);
    if (written[0] == '@')
        manager->local.sun_path[0] = '\0';
    manager->len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    snprintf(notify.socket_variable, sizeof notify.socket_variable, "NOTIFY_SOCKET=%s", written);
}

/* Without WATCHDOG_PID it is meant for whoever runs. */
static void read_watchdog(const char *interval, const char *pid)
{
    uint64_t wanted = 0, usec = 0;
    if (pid != NULL && (!text_to_number(text_of(pid), INT_MAX, &wanted) || wanted != (uint64_t)getpid()))
        return;
    if (interval == NULL || !text_to_number(text_of(interval), INT64_MAX, &usec) || usec == 0)
        return;
    notify.watchdog = usec < 2000 ? 1 : usec / 2000;
    snprintf(notify.watchdog_variable, sizeof notify.watchdog_variable, "WATCHDOG_USEC=%" PRIu64, usec);
}

void notify_begin(void)
{
    size_t count = 0;
    memset(&notify, 0, sizeof notify);
    read_socket(getenv("NOTIFY_SOCKET"));
    read_watchdog(getenv("WATCHDOG_USEC"), getenv("WATCHDOG_PID"));
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
    if (notify.manager.len > 0)
        notify.environment[count++] = notify.socket_variable;
    if (notify.watchdog > 0)
        notify.environment[count] = notify.watchdog_variable;
}

static void tell(const char *message)
{
    if (notify.manager.len == 0)
        return;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return;
    (void)sendto(fd, message, strlen(message), MSG_NOSIGNAL, &notify.manager.any, notify.manager.len);
    close(fd);
}

void notify_ready(void)
{
    tell("READY=1");
}

void notify_reloading(void)
{
    char message[64];
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    uint64_t usec = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
    snprintf(message, sizeof message, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64, usec);
    tell(message);
}

void notify_stopping(void)
{
    tell("STOPPING=1");
}

void notify_status(const char *text)
{
    char message[256];
    snprintf(message, sizeof message, "STATUS=%.*s", (int)strcspn(text, "\n"), text);
    tell(message);
}

void notify_main_process(pid_t pid)
{
    char message[32];
    snprintf(message, sizeof message, "MAINPID=%ld", (long)pid);
    tell(message);
}

uint64_t notify_watchdog_interval(void)
{
    return notify.watchdog;
}

void notify_watchdog(void)
{
    if (notify.watchdog > 0)
        tell("WATCHDOG=1");
}

const char *const *notify_environment(void)
{
    return notify.environment;
}
