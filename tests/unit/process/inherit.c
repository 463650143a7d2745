/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "net/listener.h"
#include "process/inherit.h"

enum { FIRST = 3, ROOM = 8 };

static int kept[ROOM]; /* what this process has at the numbers that the test needs */

static int begin(void **state)
{
    (void)state;
    for (int i = 0; i < ROOM; i++) {
        kept[i] = fcntl(FIRST + i, F_DUPFD_CLOEXEC, 100);
        close(FIRST + i);
    }
    return 0;
}

static int end(void **state)
{
    (void)state;
    inherit_close_rest();
    for (int i = 0; i < ROOM; i++)
        if (kept[i] >= 0) {
            dup2(kept[i], FIRST + i);
            close(kept[i]);
        } else {
            close(FIRST + i);
        }
    return 0;
}

static void say_count(const char *count)
{
    char pid[32];
    snprintf(pid, sizeof pid, "%ld", (long)getpid());
    setenv("LISTEN_PID", pid, 1);
    setenv("LISTEN_FDS", count, 1);
    setenv("LISTEN_FDNAMES", "web", 1);
}

static struct address read_address(const char *written)
{
    struct address address;
    assert_null(address_read(text_of(written), &address));
    return address;
}

static void move_to(int fd, int number)
{
    assert_true(fd >= 0);
    if (fd == number)
        return;
    assert_int_equal(dup2(fd, number), number);
    close(fd);
}

/* Gives a socket on any free port that number; the address it got. */
static struct address listen_as(int number, const char *written)
{
    struct address address = read_address(written);
    int fd = listener_socket(&address);
    assert_true(fd >= 0);
    assert_int_equal(getsockname(fd, &address.any, &address.len), 0);
    move_to(fd, number);
    assert_int_equal(fcntl(number, F_SETFD, 0), 0);
    assert_int_equal(fcntl(number, F_SETFL, fcntl(number, F_GETFL) & ~O_NONBLOCK), 0);
    return address;
}

static bool is_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0;
}

static void sockets_are_found_by_their_address(void **state)
{
    (void)state;
    struct address first = listen_as(3, "127.0.0.1:0"), second = listen_as(4, "[::1]:0");
    say_count("2");
    assert_int_equal(inherit_open(), 2);
    assert_int_equal(inherit_take(&second), 4);
    assert_int_equal(inherit_take(&second), -1);
    assert_int_equal(inherit_take(&first), 3);
    assert_int_equal(fcntl(3, F_GETFD), FD_CLOEXEC);
    assert_true(fcntl(3, F_GETFL) & O_NONBLOCK);
    inherit_close_rest();
    assert_true(is_open(3) && is_open(4));
}

static void several_on_one_address_are_taken_one_after_the_other(void **state)
{
    (void)state;
    struct address address = listen_as(3, "127.0.0.1:0");
    int second = listener_socket(&address);
    move_to(second, 4);
    say_count("2");
    assert_int_equal(inherit_open(), 2);
    assert_int_equal(inherit_take(&address), 3);
    assert_int_equal(inherit_take(&address), 4);
    assert_int_equal(inherit_take(&address), -1);
}

static void all_of_ipv4_is_not_all_of_ipv6(void **state)
{
    (void)state;
    char written[32];
    struct address any = listen_as(3, "0.0.0.0:0");
    snprintf(written, sizeof written, "[::]:%u", address_port(&any));
    struct address other = read_address(written);
    say_count("1");
    assert_int_equal(inherit_open(), 1);
    assert_int_equal(inherit_take(&other), -1);
    snprintf(written, sizeof written, "127.0.0.1:%u", address_port(&any));
    other = read_address(written);
    assert_int_equal(inherit_take(&other), -1);
    assert_int_equal(inherit_take(&any), 3);
}

static void unix_sockets_are_found_by_their_path(void **state)
{
    (void)state;
    char folder[] = "/tmp/weir-inherit-XXXXXX", written[64], other[64];
    assert_non_null(mkdtemp(folder));
    snprintf(written, sizeof written, "unix:%s/a", folder);
    snprintf(other, sizeof other, "unix:%s/ab", folder);
    listen_as(3, written);
    struct address address = read_address(written), longer = read_address(other);
    say_count("1");
    assert_int_equal(inherit_open(), 1);
    assert_int_equal(inherit_take(&longer), -1);
    assert_int_equal(inherit_take(&address), 3);
    unlink(written + 5);
    rmdir(folder);
}

static void what_is_no_listening_stream_socket_is_closed(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    move_to(ends[1], 100);
    move_to(ends[0], 3);
    move_to(socket(AF_INET, SOCK_DGRAM, 0), 4);
    move_to(socket(AF_INET, SOCK_STREAM, 0), 5);
    listen_as(6, "127.0.0.1:0");
    close(100);
    say_count("5"); /* 7 is not open at all */
    assert_int_equal(inherit_open(), 1);
    assert_false(is_open(3) || is_open(4) || is_open(5));
    assert_true(is_open(6));
}

static void what_nobody_takes_is_closed(void **state)
{
    (void)state;
    listen_as(3, "127.0.0.1:0");
    say_count("1");
    assert_int_equal(inherit_open(), 1);
    inherit_close_rest();
    assert_false(is_open(3));
}

static void variables_for_another_process_are_not_ours(void **state)
{
    (void)state;
    listen_as(3, "127.0.0.1:0");
    say_count("1");
    setenv("LISTEN_PID", "1", 1);
    assert_int_equal(inherit_open(), 0);
    assert_true(is_open(3));
    assert_null(getenv("LISTEN_PID"));
    assert_null(getenv("LISTEN_FDS"));
    assert_null(getenv("LISTEN_FDNAMES"));
}

static void nonsense_is_no_socket(void **state)
{
    (void)state;
    static const char *const counts[] = {"", "-1", "many", "1 ", "99999999999999999999", "65537"};
    listen_as(3, "127.0.0.1:0");
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        say_count(counts[i]);
        assert_int_equal(inherit_open(), 0);
        assert_true(is_open(3));
    }
    unsetenv("LISTEN_FDS");
    assert_int_equal(inherit_open(), 0);
}

#define inherit_test(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        inherit_test(sockets_are_found_by_their_address),
        inherit_test(several_on_one_address_are_taken_one_after_the_other),
        inherit_test(all_of_ipv4_is_not_all_of_ipv6),
        inherit_test(unix_sockets_are_found_by_their_path),
        inherit_test(what_is_no_listening_stream_socket_is_closed),
        inherit_test(what_nobody_takes_is_closed),
        inherit_test(variables_for_another_process_are_not_ours),
        inherit_test(nonsense_is_no_socket),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
