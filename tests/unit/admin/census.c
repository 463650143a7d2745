/* SPDX-License-Identifier: Apache-2.0 */
/* Over real sockets of this network namespace; skipped where the kernel doesn't tell about them. */
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "admin/census.h"
#include "net/listener.h"

enum { PAIRS_MAX = 8, LIMIT_MS = 10000 };

struct stage {
    struct census census;
    struct address address; /* where fd listens */
    int fd;
    int clients[PAIRS_MAX];
    int accepted[PAIRS_MAX];
    unsigned pairs;
};

static int begin(void **state)
{
    struct stage *stage = calloc(1, sizeof *stage);
    census_init(&stage->census);
    stage->fd = -1;
    *state = stage;
    return 0;
}

static int end(void **state)
{
    struct stage *stage = *state;
    census_clear(&stage->census);
    for (unsigned i = 0; i < stage->pairs; i++) {
        close(stage->clients[i]);
        close(stage->accepted[i]);
    }
    close(stage->fd);
    free(stage);
    return 0;
}

static void listen_on(struct stage *stage, const char *written)
{
    assert_null(address_read(text_of(written), &stage->address));
    stage->fd = listener_socket(&stage->address);
    if (stage->fd < 0)
        skip(); /* no IPv6 here */
    assert_int_equal(getsockname(stage->fd, &stage->address.any, &stage->address.len), 0);
}

/* To the port of the listener, on the loopback address of that family. */
static void connect_pair(struct stage *stage, const char *ip)
{
    char written[64];
    struct address address;
    struct pollfd readable = {.fd = stage->fd, .events = POLLIN};
    snprintf(written, sizeof written, "%s:%u", ip, address_port(&stage->address));
    assert_null(address_read(text_of(written), &address));
    int client = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(client, &address.any, address.len), 0);
    assert_int_equal(poll(&readable, 1, LIMIT_MS), 1);
    stage->clients[stage->pairs] = client;
    stage->accepted[stage->pairs] = accept(stage->fd, NULL, NULL);
    assert_true(stage->accepted[stage->pairs] >= 0);
    stage->pairs++;
}

static void take(struct stage *stage)
{
    const char *wrong = census_take(&stage->census);
    if (wrong != NULL) {
        print_message("%s\n", wrong);
        skip();
    }
    assert_false(stage->census.cut);
}

static void start_census(struct stage *stage)
{
    census_clear(&stage->census);
    census_init(&stage->census);
}

/* States change a moment after the call that causes it. */
static uint64_t count_when(struct stage *stage, enum census_side side, unsigned state, uint64_t wanted)
{
    uint64_t counted = 0;
    for (unsigned i = 0; i < LIMIT_MS; i++) {
        start_census(stage);
        struct census_group *group = census_add(&stage->census, side, &stage->address);
        take(stage);
        counted = group->counts[state];
        if (counted == wanted)
            return counted;
        usleep(1000);
    }
    return counted;
}

static void connections_of_clients_are_counted_by_state(void **state)
{
    struct stage *stage = *state;
    listen_on(stage, "127.0.0.1:0");
    for (int i = 0; i < 3; i++)
        connect_pair(stage, "127.0.0.1");
    assert_int_equal(count_when(stage, CENSUS_CLIENTS, TCP_ESTABLISHED, 3), 3);
    assert_int_equal(shutdown(stage->clients[0], SHUT_WR), 0);
    assert_int_equal(count_when(stage, CENSUS_CLIENTS, TCP_CLOSE_WAIT, 1), 1);
    assert_int_equal(stage->census.counts[CENSUS_CLIENTS][TCP_ESTABLISHED], 2);
    assert_int_equal(stage->census.counts[CENSUS_BACKENDS][TCP_ESTABLISHED], 0);
    assert_int_equal(stage->census.listed_count, 3);
}

static void connections_to_backends_are_counted_by_state(void **state)
{
    struct stage *stage = *state;
    listen_on(stage, "127.0.0.1:0");
    connect_pair(stage, "127.0.0.1");
    connect_pair(stage, "127.0.0.1");
    assert_int_equal(count_when(stage, CENSUS_BACKENDS, TCP_ESTABLISHED, 2), 2);
    assert_int_equal(shutdown(stage->clients[0], SHUT_WR), 0);
    assert_int_equal(count_when(stage, CENSUS_BACKENDS, TCP_FIN_WAIT2, 1), 1);
    assert_int_equal(shutdown(stage->accepted[0], SHUT_WR), 0);
    assert_int_equal(count_when(stage, CENSUS_BACKENDS, TCP_TIME_WAIT, 1), 1);
    assert_int_equal(stage->census.listed_count, 1);
    assert_int_equal(stage->census.listed[0].side, CENSUS_BACKENDS);
    assert_int_equal(stage->census.listed[0].state, TCP_ESTABLISHED);
    assert_true(address_equal(&stage->census.listed[0].remote, &stage->address));
}

static void who_listens_on_all_addresses_has_those_of_each(void **state)
{
    struct stage *stage = *state;
    listen_on(stage, "0.0.0.0:0");
    connect_pair(stage, "127.0.0.1");
    connect_pair(stage, "127.0.0.2");
    assert_int_equal(count_when(stage, CENSUS_CLIENTS, TCP_ESTABLISHED, 2), 2);
}

static void ipv6_is_counted_too(void **state)
{
    struct stage *stage = *state;
    listen_on(stage, "[::]:0");
    connect_pair(stage, "[::1]");
    assert_int_equal(count_when(stage, CENSUS_CLIENTS, TCP_ESTABLISHED, 1), 1);
}

/* A listener of systemd's, which is one of weir's by address only. */
static void ipv4_over_an_ipv6_socket_is_its_listeners(void **state)
{
    struct stage *stage = *state;
    struct address any;
    int off = 0;
    assert_null(address_read(TEXT("[::]:0"), &any));
    stage->fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (stage->fd < 0 || setsockopt(stage->fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) != 0 ||
        bind(stage->fd, &any.any, any.len) != 0)
        skip();
    assert_int_equal(listen(stage->fd, 5), 0);
    stage->address.len = sizeof stage->address.v6;
    assert_int_equal(getsockname(stage->fd, &stage->address.any, &stage->address.len), 0);
    connect_pair(stage, "127.0.0.1");
    assert_int_equal(count_when(stage, CENSUS_CLIENTS, TCP_ESTABLISHED, 1), 1);
    assert_int_equal(stage->census.listed[0].local.any.sa_family, AF_INET);
}

static void what_was_not_asked_for_is_not_counted(void **state)
{
    struct stage *stage = *state;
    listen_on(stage, "127.0.0.1:0");
    connect_pair(stage, "127.0.0.1");
    take(stage);
    assert_int_equal(stage->census.listed_count, 0);
    for (unsigned i = 0; i < CENSUS_STATES; i++)
        assert_int_equal(stage->census.counts[CENSUS_CLIENTS][i] + stage->census.counts[CENSUS_BACKENDS][i],
                         0);
}

static void an_address_is_one_group_and_a_unix_socket_none(void **state)
{
    struct stage *stage = *state;
    struct address first, second, local;
    assert_null(address_read(TEXT("127.0.0.1:80"), &first));
    assert_null(address_read(TEXT("127.0.0.1:81"), &second));
    assert_null(address_read(TEXT("unix:/run/app.sock"), &local));
    struct census_group *group = census_add(&stage->census, CENSUS_BACKENDS, &first);
    assert_non_null(group);
    assert_ptr_equal(census_add(&stage->census, CENSUS_BACKENDS, &first), group);
    assert_ptr_not_equal(census_add(&stage->census, CENSUS_BACKENDS, &second), group);
    assert_ptr_not_equal(census_add(&stage->census, CENSUS_CLIENTS, &first), group);
    assert_null(census_add(&stage->census, CENSUS_BACKENDS, &local));
}

static void every_state_has_its_name(void **state)
{
    (void)state;
    assert_null(census_state_name(0));
    for (unsigned i = TCP_ESTABLISHED; i <= TCP_CLOSING; i++)
        assert_non_null(census_state_name(i));
    assert_string_equal(census_state_name(TCP_TIME_WAIT), "TIME_WAIT");
    assert_null(census_state_name(TCP_CLOSING + 1));
}

#define census_test(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        census_test(connections_of_clients_are_counted_by_state),
        census_test(connections_to_backends_are_counted_by_state),
        census_test(who_listens_on_all_addresses_has_those_of_each),
        census_test(ipv6_is_counted_too),
        census_test(ipv4_over_an_ipv6_socket_is_its_listeners),
        census_test(what_was_not_asked_for_is_not_counted),
        census_test(an_address_is_one_group_and_a_unix_socket_none),
        cmocka_unit_test(every_state_has_its_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
