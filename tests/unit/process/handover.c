/* SPDX-License-Identifier: Apache-2.0 */
/* The new binary is this one again, which HANDOVER_ROLE tells what to do. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "net/listener.h"
#include "process/handover.h"
#include "process/inherit.h"

enum { LIMIT_MS = 20000, SOCKETS = 3 };

static char **own_argv;

struct stage {
    struct address addresses[SOCKETS];
    int fds[SOCKETS];
    pid_t child;
};

static int begin(void **state)
{
    struct stage *stage = calloc(1, sizeof *stage);
    for (int i = 0; i < SOCKETS; i++) {
        assert_null(address_read(TEXT("127.0.0.1:0"), &stage->addresses[i]));
        stage->fds[i] = listener_socket(&stage->addresses[i]);
        assert_true(stage->fds[i] >= 0);
        assert_int_equal(getsockname(stage->fds[i], &stage->addresses[i].any, &stage->addresses[i].len), 0);
    }
    signal(SIGPIPE, SIG_IGN);
    handover_begin(own_argv);
    *state = stage;
    return 0;
}

static int end(void **state)
{
    struct stage *stage = *state;
    for (int i = 0; i < SOCKETS; i++)
        close(stage->fds[i]);
    if (stage->child > 0) {
        kill(stage->child, SIGKILL);
        waitpid(stage->child, NULL, 0);
    }
    free(stage);
    return 0;
}

static int start(struct stage *stage, const char *role)
{
    const char *environment[] = {role, NULL};
    const struct handover plan = {stage->fds, SOCKETS, environment};
    return handover_start(&plan, &stage->child);
}

static enum handover_state hear(int fd)
{
    struct pollfd readable = {.fd = fd, .events = POLLIN};
    assert_true(fd >= 0);
    assert_int_equal(poll(&readable, 1, LIMIT_MS), 1);
    enum handover_state state = handover_hear(fd);
    close(fd);
    return state;
}

/* Answers each socket's first connection with the socket's place. */
static int serve(void)
{
    if (inherit_open() != SOCKETS)
        return 1;
    handover_tell_ready();
    for (int i = 0; i < SOCKETS; i++) {
        struct pollfd readable = {.fd = 3 + i, .events = POLLIN};
        if (poll(&readable, 1, LIMIT_MS) != 1)
            return 1;
        int fd = accept(3 + i, NULL, NULL);
        char place = (char)('0' + i);
        if (fd < 0 || write(fd, &place, 1) != 1)
            return 1;
        close(fd);
    }
    return 0;
}

static bool is_default(int number)
{
    struct sigaction now;
    return sigaction(number, NULL, &now) == 0 && now.sa_handler == SIG_DFL;
}

/* 20 was open in the parent, to be closed by exec; TERM had a handler, PIPE was ignored. */
static int look_around(void)
{
    sigset_t mask;
    sigprocmask(SIG_SETMASK, NULL, &mask);
    const char *kept = getenv("HANDOVER_KEPT");
    bool fine = fcntl(20, F_GETFD) < 0 && is_default(SIGTERM) && is_default(SIGPIPE) &&
                !sigismember(&mask, SIGTERM) && kept != NULL && strcmp(kept, "yes") == 0 &&
                getenv("WEIR_READY_FD") == NULL;
    if (fine)
        handover_tell_ready();
    return 0;
}

static int play(const char *role)
{
    if (strcmp(role, "serve") == 0)
        return serve();
    return strcmp(role, "look") == 0 ? look_around() : 1;
}

static char ask(const struct address *address)
{
    char answer = '?';
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, &address->any, address->len), 0);
    assert_int_equal(recv(fd, &answer, 1, 0), 1);
    close(fd);
    return answer;
}

static void the_new_binary_serves_on_the_same_sockets(void **state)
{
    struct stage *stage = *state;
    int status = 0;
    assert_int_equal(hear(start(stage, "HANDOVER_ROLE=serve")), HANDOVER_SERVES);
    for (int i = 0; i < SOCKETS; i++)
        assert_int_equal(ask(&stage->addresses[i]), '0' + i);
    assert_int_equal(waitpid(stage->child, &status, 0), stage->child);
    assert_int_equal(status, 0);
    stage->child = 0;
}

/* The numbers they need are taken, by each other too. */
static void sockets_may_have_any_numbers(void **state)
{
    struct stage *stage = *state;
    int low[3];
    for (int i = 0; i < 3; i++)
        low[i] = fcntl(3 + i, F_DUPFD_CLOEXEC, 100);
    assert_int_equal(dup3(stage->fds[0], 90, O_CLOEXEC), 90);
    assert_int_equal(dup3(stage->fds[1], 91, O_CLOEXEC), 91);
    assert_int_equal(dup3(stage->fds[2], 92, O_CLOEXEC), 92);
    dup3(90, 5, O_CLOEXEC);
    dup3(91, 3, O_CLOEXEC);
    dup3(92, 4, O_CLOEXEC);
    const int fds[] = {5, 3, 4};
    const char *environment[] = {"HANDOVER_ROLE=serve", NULL};
    const struct handover plan = {fds, SOCKETS, environment};
    int ready = handover_start(&plan, &stage->child);
    for (int i = 0; i < 3; i++) {
        close(90 + i);
        low[i] >= 0 ? dup3(low[i], 3 + i, O_CLOEXEC) : close(3 + i);
        close(low[i]);
    }
    assert_int_equal(hear(ready), HANDOVER_SERVES);
    for (int i = 0; i < SOCKETS; i++)
        assert_int_equal(ask(&stage->addresses[i]), '0' + i);
}

static void one_that_ends_before_it_serves_has_failed(void **state)
{
    assert_int_equal(hear(start(*state, "HANDOVER_ROLE=fail")), HANDOVER_FAILED);
}

static void on_term(int number)
{
    (void)number;
}

static void the_new_binary_starts_clean(void **state)
{
    int other = open("/dev/null", O_RDONLY | O_CLOEXEC);
    assert_int_equal(dup3(other, 20, O_CLOEXEC), 20);
    close(other);
    signal(SIGTERM, on_term);
    setenv("HANDOVER_KEPT", "yes", 1);
    setenv("HANDOVER_ROLE", "fail", 1); /* replaced by the plan's */
    int ready = start(*state, "HANDOVER_ROLE=look");
    signal(SIGTERM, SIG_DFL);
    unsetenv("HANDOVER_ROLE");
    unsetenv("HANDOVER_KEPT");
    close(20);
    assert_int_equal(hear(ready), HANDOVER_SERVES);
}

static void nothing_is_heard_before_it_is_said(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0);
    assert_int_equal(handover_hear(ends[0]), HANDOVER_WAITS);
    close(ends[1]);
    assert_int_equal(handover_hear(ends[0]), HANDOVER_FAILED);
    close(ends[0]);
}

static void write_script(const char *path)
{
    char beside[128];
    snprintf(beside, sizeof beside, "%s.new", path);
    FILE *script = fopen(beside, "w");
    assert_non_null(script);
    fputs("#!/bin/sh\neval \"printf 1 >&$WEIR_READY_FD\"\n", script);
    assert_int_equal(fclose(script), 0);
    assert_int_equal(chmod(beside, 0700), 0);
    assert_int_equal(rename(beside, path), 0);
}

static void what_lies_there_now_is_started(void **state)
{
    char folder[] = "/tmp/weir-handover-XXXXXX", path[64], own[PATH_MAX] = {0};
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/weir", folder);
    assert_true(readlink("/proc/self/exe", own, sizeof own - 1) > 0);
    assert_int_equal(symlink(own, path), 0);
    char *argv[] = {path, NULL};
    handover_begin(argv);
    write_script(path);
    assert_int_equal(hear(start(*state, "HANDOVER_ROLE=fail")), HANDOVER_SERVES);
    unlink(path);
    assert_int_equal(waitpid(((struct stage *)*state)->child, NULL, 0), ((struct stage *)*state)->child);
    ((struct stage *)*state)->child = 0;
    assert_int_equal(start(*state, "HANDOVER_ROLE=fail"), -1);
    assert_int_equal(errno, ENOENT);
    rmdir(folder);
}

static void an_odd_ready_descriptor_is_left_alone(void **state)
{
    (void)state;
    static const char *const written[] = {"0", "1", "x", "", "-1", "99999999999", "1000000"};
    for (size_t i = 0; i < sizeof written / sizeof written[0]; i++) {
        setenv("WEIR_READY_FD", written[i], 1);
        handover_begin(own_argv);
        handover_tell_ready();
        assert_null(getenv("WEIR_READY_FD"));
    }
    assert_true(fcntl(1, F_GETFD) >= 0);
}

#define handover_test(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(int count, char **words)
{
    (void)count;
    const char *role = getenv("HANDOVER_ROLE");
    own_argv = words;
    if (role != NULL) {
        handover_begin(words);
        return play(role);
    }
    const struct CMUnitTest tests[] = {
        handover_test(the_new_binary_serves_on_the_same_sockets),
        handover_test(sockets_may_have_any_numbers),
        handover_test(one_that_ends_before_it_serves_has_failed),
        handover_test(the_new_binary_starts_clean),
        handover_test(nothing_is_heard_before_it_is_said),
        handover_test(what_lies_there_now_is_started),
        handover_test(an_odd_ready_descriptor_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
