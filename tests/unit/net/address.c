/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net/address.h"

static struct address read_ok(const char *written)
{
    struct address address;
    assert_null(address_read(text_of(written), &address));
    return address;
}

static void every_kind_is_written_as_it_was_read(void **state)
{
    (void)state;
    const char *forms[] = {"127.0.0.1:80", "0.0.0.0:0",       "[::1]:443",
                           "[::]:65535",   "[2001:db8::1]:1", "unix:/run/weir/admin.sock"};
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        char buffer[ADDRESS_TEXT_MAX];
        struct address address = read_ok(forms[i]);
        assert_string_equal(address_write(&address, buffer).at, forms[i]);
        assert_int_equal(address_write(&address, buffer).len, strlen(forms[i]));
    }
}

static void the_kernel_gets_family_and_length(void **state)
{
    (void)state;
    assert_int_equal(read_ok("1.2.3.4:5").any.sa_family, AF_INET);
    assert_int_equal(read_ok("1.2.3.4:5").len, sizeof(struct sockaddr_in));
    assert_int_equal(read_ok("[::1]:5").any.sa_family, AF_INET6);
    assert_int_equal(read_ok("[::1]:5").len, sizeof(struct sockaddr_in6));
    assert_int_equal(read_ok("unix:/a").len, offsetof(struct sockaddr_un, sun_path) + 3);
    assert_int_equal(
        address_port(&(struct address){.v4 = {.sin_family = AF_INET, .sin_port = 0x5000}, .len = 16}),
        ntohs(0x5000));
}

static void anything_but_a_literal_address_is_refused(void **state)
{
    (void)state;
    const char *wrong[] = {
        "",
        "localhost:80",
        "1.2.3.4",
        "1.2.3.4:",
        "1.2.3.4:65536",
        "1.2.3.4:-1",
        "1.2.3.4:+1",
        "1.2.3.4: 80",
        "1.2.3.4:80 ",
        "1.2.3:80",
        "1.2.3.256:80",
        ":80",
        "::1:80",
        "::1",
        "[::1]",
        "[::1]:",
        "[::1]80",
        "[::1:80",
        "[]:80",
        "[1.2.3.4]:80",
        "[::1%lo]:80",
        "1.2.3.4:80:80",
        "unix:",
        "unix:relative",
        "unix:@name",
        "1.2.3.4:00080000",
        "01.2.3.4:80",
        "[::1]:http",
        "UNIX:/a",
    };
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct address address = {.len = 1};
        if (address_read(text_of(wrong[i]), &address) == NULL)
            fail_msg("accepted: %s", wrong[i]);
        assert_int_equal(address.len, 0);
    }
}

static void nul_inside_an_address_is_refused(void **state)
{
    (void)state;
    struct address address;
    assert_non_null(address_read((struct text){"1.2.3.4\0:80", 11}, &address));
    assert_non_null(address_read((struct text){"unix:/a\0b", 9}, &address));
}

static void a_socket_path_may_have_107_bytes(void **state)
{
    (void)state;
    char written[5 + 108 + 1] = "unix:/";
    char buffer[ADDRESS_TEXT_MAX];
    struct address address;
    memset(written + 6, 'a', 107);
    assert_non_null(address_read((struct text){written, 5 + 108}, &address));
    assert_null(address_read((struct text){written, 5 + 107}, &address));
    assert_true(text_equal(address_write(&address, buffer), (struct text){written, 5 + 107}));
}

static void the_ip_alone_has_neither_port_nor_brackets(void **state)
{
    (void)state;
    char buffer[ADDRESS_TEXT_MAX];
    struct address v4 = read_ok("192.0.2.1:80"), v6 = read_ok("[2001:DB8:0:0::1]:80");
    struct address mapped = read_ok("[::ffff:192.0.2.1]:80");
    assert_true(text_equal(address_write_ip(&v4, buffer), TEXT("192.0.2.1")));
    assert_true(text_equal(address_write_ip(&v6, buffer), TEXT("2001:db8::1")));
    assert_true(text_equal(address_write_ip(&mapped, buffer), TEXT("192.0.2.1")));
}

static void unnamed_and_empty_addresses_can_be_written(void **state)
{
    (void)state;
    char buffer[ADDRESS_TEXT_MAX];
    struct address none = {.len = 0};
    struct address unnamed = {.local = {.sun_family = AF_UNIX}, .len = sizeof(sa_family_t)};
    struct address named = read_ok("unix:/a");
    assert_string_equal(address_write(&none, buffer).at, "");
    assert_string_equal(address_write_ip(&none, buffer).at, "");
    assert_string_equal(address_write(&unnamed, buffer).at, "unix:");
    assert_string_equal(address_write_ip(&named, buffer).at, "unix:");
}

static void equality_means_family_host_and_port(void **state)
{
    (void)state;
    const char *forms[] = {"1.2.3.4:80", "1.2.3.4:81", "1.2.3.5:80", "[::1]:80",
                           "[::1]:81",   "[::2]:80",   "unix:/a",    "unix:/ab"};
    size_t count = sizeof(forms) / sizeof(forms[0]);
    for (size_t i = 0; i < count * count; i++) {
        struct address a = read_ok(forms[i / count]), b = read_ok(forms[i % count]);
        assert_int_equal(address_equal(&a, &b), i / count == i % count);
    }
    struct address none = {.len = 0}, some = read_ok("1.2.3.4:80");
    assert_true(address_equal(&none, &none));
    assert_false(address_equal(&none, &some));
}

static void loopback_is_127_slash_8_and_1(void **state)
{
    (void)state;
    const char *loops[] = {"127.0.0.1:1", "127.255.0.9:1", "[::1]:1", "[::ffff:127.0.0.1]:1"};
    const char *others[] = {"128.0.0.1:1", "0.0.0.0:1", "[::]:1", "[::ffff:10.0.0.1]:1", "unix:/a"};
    for (size_t i = 0; i < 4; i++) {
        struct address address = read_ok(loops[i]);
        assert_true(address_is_loopback(&address));
    }
    for (size_t i = 0; i < 5; i++) {
        struct address address = read_ok(others[i]);
        assert_false(address_is_loopback(&address));
    }
}

static void only_unix_sockets_are_unix(void **state)
{
    (void)state;
    struct address none = {.len = 0}, v4 = read_ok("1.2.3.4:80"), local = read_ok("unix:/a");
    assert_false(address_is_unix(&none));
    assert_false(address_is_unix(&v4));
    assert_true(address_is_unix(&local));
    assert_int_equal(address_port(&local), 0);
    assert_int_equal(address_port(&v4), 80);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_is_written_as_it_was_read),
        cmocka_unit_test(the_kernel_gets_family_and_length),
        cmocka_unit_test(anything_but_a_literal_address_is_refused),
        cmocka_unit_test(nul_inside_an_address_is_refused),
        cmocka_unit_test(a_socket_path_may_have_107_bytes),
        cmocka_unit_test(the_ip_alone_has_neither_port_nor_brackets),
        cmocka_unit_test(unnamed_and_empty_addresses_can_be_written),
        cmocka_unit_test(equality_means_family_host_and_port),
        cmocka_unit_test(loopback_is_127_slash_8_and_1),
        cmocka_unit_test(only_unix_sockets_are_unix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
