/* SPDX-License-Identifier: Apache-2.0 */
#include "process/handover.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"
#include "process/binary.h"

/* sd_listen_fds(3) begins there. */
enum { FIRST = 3, NUMBER_MAX = 12, OWN_VARIABLES = 3 };

#define LISTEN_PID "LISTEN_PID="

static struct {
    char **argv;
    char path[PATH_MAX]; /* empty: not known */
    int ready;           /* -1: nobody waits for this process */
} self = {.ready = -1};

/* All that the child needs is here before it is born: from fork to exec it may only make calls that are safe in a
 * signal handler, because other threads may have held any lock. */
struct birth {
    const struct handover *plan;
    int ready; /* the pipe's end for the child */
    int *moved;
    char **environment;
    char pid[sizeof LISTEN_PID + NUMBER_MAX];
    char count[sizeof "LISTEN_FDS=" + NUMBER_MAX];
    char pipe[sizeof "WEIR_READY_FD=" + NUMBER_MAX];
    sigset_t mask;
};

static int take_ready_pipe(const char *written)
{
    uint64_t fd = 0;
    struct stat status;
    if (written == NULL || !text_to_number(text_of(written), INT_MAX, &fd) || fd < FIRST)
        return -1;
    if (fstat((int)fd, &status) != 0 || !S_ISFIFO(status.st_mode))
        return -1;
    return fcntl((int)fd, F_SETFD, FD_CLOEXEC) == 0 ? (int)fd : -1;
}

void handover_begin(char **argv)
{
    self.argv = argv;
    self.ready = take_ready_pipe(getenv("WEIR_READY_FD"));
    unsetenv("WEIR_READY_FD");
    if (!binary_path(argv[0], self.path))
        self.path[0] = '\0';
}

void handover_tell_ready(void)
{
    if (self.ready < 0)
        return;
    while (write(self.ready, "1", 1) < 0 && errno == EINTR)
        continue;
    close(self.ready);
    self.ready = -1;
}

enum handover_state handover_hear(int fd)
{
    char byte;
    ssize_t len = read(fd, &byte, 1);
    if (len < 0 && (errno == EAGAIN || errno == EINTR))
        return HANDOVER_WAITS;
    return len == 1 ? HANDOVER_SERVES : HANDOVER_FAILED;
}

static bool same_name(const char *a, const char *b)
{
    size_t len = strcspn(a, "=");
    return strncmp(a, b, len) == 0 && b[len] == '=';
}

static bool replaces(char *const *added, const char *variable)
{
    for (; *added != NULL; added++)
        if (same_name(*added, variable))
            return true;
    return false;
}

static size_t count_of(const char *const *list)
{
    size_t count = 0;
    while (list != NULL && list[count] != NULL)
        count++;
    return count;
}

/* What is added comes first, then what is there and isn't replaced. */
static bool fill_environment(struct birth *birth)
{
    const char *const *added = birth->plan->environment;
    size_t own = count_of(added), there = count_of((const char *const *)environ);
    char **list = calloc(own + there + OWN_VARIABLES + 1, sizeof *list);
    if (list == NULL)
        return false;
    size_t at = 0;
    list[at++] = birth->pid;
    list[at++] = birth->count;
    list[at++] = birth->pipe;
    for (size_t i = 0; i < own; i++)
        list[at++] = (char *)(uintptr_t)added[i];
    for (size_t i = 0; i < there; i++)
        if (!replaces(list, environ[i]))
            list[at++] = environ[i];
    birth->environment = list;
    return true;
}

static bool prepare(struct birth *birth)
{
    size_t count = birth->plan->count;
    if (count > INT_MAX - FIRST - 1) {
        errno = EINVAL;
        return false;
    }
    snprintf(birth->pid, sizeof birth->pid, LISTEN_PID);
    snprintf(birth->count, sizeof birth->count, "LISTEN_FDS=%zu", count);
    snprintf(birth->pipe, sizeof birth->pipe, "WEIR_READY_FD=%zu", FIRST + count);
    birth->moved = calloc(count + 1, sizeof *birth->moved);
    return birth->moved != NULL && fill_environment(birth);
}

/* In the child. Decimal digits and a NUL. */
static void write_number(char *at, long number)
{
    char digits[NUMBER_MAX];
    size_t len = 0;
    do
        digits[len++] = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    while (len > 0)
        *at++ = digits[--len];
    *at = '\0';
}

/* In the child. First out of the way, because a number that is wanted may be one that is needed. */
static bool place_descriptors(const struct birth *birth)
{
    int count = (int)birth->plan->count, above = FIRST + count + 1;
    for (int i = 0; i <= count; i++) {
        int fd = i < count ? birth->plan->fds[i] : birth->ready;
        birth->moved[i] = fcntl(fd, F_DUPFD_CLOEXEC, above);
        if (birth->moved[i] < 0)
            return false;
    }
    for (int i = 0; i <= count; i++)
        if (dup2(birth->moved[i], FIRST + i) < 0)
            return false;
    return true;
}

/* In the child. What is ignored stays so across exec, and a handler would write into the parent's pipes. */
static _Noreturn void become(struct birth *birth)
{
    struct sigaction fresh = {.sa_handler = SIG_DFL};
    for (int number = 1; number < NSIG; number++)
        sigaction(number, &fresh, NULL);
    sigprocmask(SIG_SETMASK, &birth->mask, NULL);
    write_number(birth->pid + sizeof LISTEN_PID - 1, (long)getpid());
    if (place_descriptors(birth))
        execve(self.path, self.argv, birth->environment);
    _exit(127);
}

static pid_t give_birth(struct birth *birth)
{
    sigset_t all;
    if (!prepare(birth))
        return -1;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &birth->mask);
    pid_t child = fork();
    if (child == 0)
        become(birth);
    int error = errno;
    pthread_sigmask(SIG_SETMASK, &birth->mask, NULL);
    errno = error;
    return child;
}

static int close_keeping_errno(int fd)
{
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

int handover_start(const struct handover *plan, pid_t *child)
{
    int ends[2];
    struct birth birth = {.plan = plan};
    if (self.path[0] == '\0')
        errno = ENOENT;
    if (self.path[0] == '\0' || access(self.path, X_OK) != 0 || pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
        return -1;
    birth.ready = ends[1];
    *child = give_birth(&birth);
    free(birth.moved);
    free(birth.environment);
    close_keeping_errno(ends[1]);
    return *child < 0 ? close_keeping_errno(ends[0]) : ends[0];
}
