/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/sink.h"

/* A line with the byte in front that sink_write may need. */
static char bytes[6000] = "?aline\n";

static struct text line(void)
{
    return (struct text){bytes + 1, strlen(bytes + 1)};
}

static struct text long_line(void)
{
    memset(bytes + 1, 'x', sizeof(bytes) - 2);
    bytes[sizeof(bytes) - 1] = '\n';
    return (struct text){bytes + 1, sizeof(bytes) - 1};
}

static void a_closed_sink_loses_and_counts(void **state)
{
    (void)state;
    struct sink sink = SINK_CLOSED;
    errno = EPIPE;
    assert_false(sink_write(&sink, line()));
    assert_int_equal(errno, EPIPE);
    assert_int_equal(sink_lost(&sink), 1);
    sink_close(&sink);
}

static void a_socket_takes_whole_lines_without_waiting(void **state)
{
    (void)state;
    int ends[2];
    char got[16];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    struct sink sink = {.fd = ends[0]};
    assert_true(sink_write(&sink, line()));
    assert_int_equal(read(ends[1], got, sizeof(got)), 6);
    assert_memory_equal(got, "aline\n", 6);
    while (sink_write(&sink, line()))
        continue;
    assert_true(sink_lost(&sink) > 0);
    close(ends[1]);
    assert_false(sink_write(&sink, line()));
    sink_close(&sink);
}

/* A pipe of one page that isn't read takes a part of a long line. */
static void the_line_behind_a_torn_one_begins_on_its_own_line(void **state)
{
    (void)state;
    int ends[2];
    char got[8192];
    assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
    assert_int_equal(fcntl(ends[1], F_SETPIPE_SZ, 4096), 4096);
    struct sink sink = {.fd = ends[1]};
    assert_false(sink_write(&sink, long_line()));
    assert_int_equal(sink_lost(&sink), 1);
    assert_int_equal(read(ends[0], got, sizeof(got)), 4096);
    memcpy(bytes, "?aline\n", 8);
    assert_true(sink_write(&sink, line()));
    assert_true(sink_write(&sink, line()));
    assert_int_equal(read(ends[0], got, sizeof(got)), 13);
    assert_memory_equal(got, "\naline\naline\n", 13);
    close(ends[0]);
    sink_close(&sink);
}

static void opening_again_keeps_the_descriptor_number(void **state)
{
    (void)state;
    char path[] = "/tmp/weir-sink-XXXXXX";
    struct sink sink = SINK_CLOSED;
    close(mkstemp(path));
    assert_true(sink_open(&sink, path));
    int fd = sink.fd;
    assert_true(sink_open(&sink, path));
    assert_int_equal(sink.fd, fd);
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    assert_false(sink_open(&sink, "/nowhere/at/all"));
    assert_true(sink_write(&sink, line()));
    sink_close(&sink);
    assert_int_equal(sink.fd, -1);
    assert_int_equal(fcntl(fd, F_GETFD), -1);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_closed_sink_loses_and_counts),
        cmocka_unit_test(a_socket_takes_whole_lines_without_waiting),
        cmocka_unit_test(the_line_behind_a_torn_one_begins_on_its_own_line),
        cmocka_unit_test(opening_again_keeps_the_descriptor_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
