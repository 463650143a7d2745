/* SPDX-License-Identifier: Apache-2.0 */
/* Two ends of TLS over a pair in memory. */
#include <string.h>
#include <cmocka.h>

#include "base/buffer.h"
#include "base/counters.h"
#include "net/pair.h"
#include "support/authority.h"
#include "tls/keyring.h"
#include "tls/tickets.h"
#include "tls/tls.h"

struct end {
    struct link *link;
    struct buffer got;
    bool open, eof, broken, drained;
};

static struct authority authority;
static struct loop loop;
static struct cells *cells;
static struct end server, client;
static struct pair_end *raw[2];
static struct tls_resume *kept; /* NULL: nothing is kept */

static void on_input(void *user, struct slice slice)
{
    struct end *end = user;
    buffer_add(&end->got, (struct text){slice.at, slice.len});
}

static void on_marked(void *user)
{
    struct end *end = user;
    end->open = (end->link->marks & LINK_OPEN) != 0;
    end->eof = (end->link->marks & LINK_EOF) != 0;
    end->broken = (end->link->marks & LINK_BROKEN) != 0;
}

static void on_drained(void *user)
{
    struct end *end = user;
    end->drained = true;
}

static const struct link_user user = {on_input, on_marked, on_drained};

static void turn(void)
{
    while (loop_beat(&loop))
        ;
}

static struct tls_server_settings server_settings(void)
{
    static struct tls_pair_settings pair;
    pair = (struct tls_pair_settings){.cert = text_of(authority_path(&authority, "a.pem")),
                                      .key = text_of(authority_path(&authority, "a.key"))};
    return (struct tls_server_settings){.name = TEXT("web"),
                                        .pairs = &pair,
                                        .pair_count = 1,
                                        .alpn = {TLS_ALPN_H2, TLS_ALPN_H1},
                                        .tickets = true};
}

static struct tls_client_settings client_settings(void)
{
    return (struct tls_client_settings){.verify = true,
                                        .ca = text_of(authority_path(&authority, "ca.pem")),
                                        .server_name = TEXT("a.test"),
                                        .alpn = {TLS_ALPN_H1, TLS_ALPN_NONE}};
}

static struct tls_credentials *take(struct keyring *keyring)
{
    assert_non_null(keyring);
    struct tls_credentials *credentials = keyring_take(keyring);
    keyring_unref(keyring);
    return credentials;
}

static void use(struct end *end, struct link *link)
{
    assert_non_null(link);
    *end = (struct end){.link = link};
    link_use(link, &user, end);
}

static void meet(const struct tls_server_settings *ours, const struct tls_client_settings *theirs)
{
    char why[TLS_WHY_MAX] = "";
    struct keyring *one = keyring_server(ours, why), *other = keyring_client(theirs, why);
    assert_string_equal(why, "");
    struct tls_credentials *shown = take(one), *trusted = take(other);
    assert_true(pair_new(&loop, raw));
    use(&server, tls_accept(&raw[0]->link, shown));
    use(&client, tls_connect(&raw[1]->link, trusted, &(struct tls_server){.resume = kept}));
    credentials_unref(shown);
    credentials_unref(trusted);
    turn();
}

static void part(void)
{
    link_close(server.link);
    link_close(client.link);
    turn();
    buffer_clear(&server.got);
    buffer_clear(&client.got);
}

static void send_bytes(struct end *end, const char *bytes, size_t len)
{
    assert_true(chain_copy(&end->link->out, bytes, len));
    link_dirty(end->link);
    turn();
}

static void opens_and_carries_bytes_both_ways(void **state)
{
    (void)state;
    struct tls_server_settings ours = server_settings();
    struct tls_client_settings theirs = client_settings();
    meet(&ours, &theirs);
    assert_true(server.open && client.open);
    assert_int_equal(tls_outcome(server.link), TLS_full);
    assert_true(text_equal(tls_protocol(server.link), TEXT("http/1.1")));
    send_bytes(&client, "question", 8);
    assert_true(text_equal(buffer_text(&server.got), TEXT("question")));
    send_bytes(&server, "answer", 6);
    assert_true(text_equal(buffer_text(&client.got), TEXT("answer")));
    assert_true(server.drained);
    part();
}

/* More than the chunks, the records and what may lie sealed. */
static void carries_much_in_order(void **state)
{
    (void)state;
    static char much[900001];
    struct tls_server_settings ours = server_settings();
    struct tls_client_settings theirs = client_settings();
    for (size_t i = 0; i < sizeof much; i++)
        much[i] = (char)(i * 7 + i / 1000);
    meet(&ours, &theirs);
    send_bytes(&server, much, sizeof much);
    assert_int_equal(client.got.len, sizeof much);
    assert_memory_equal(client.got.at, much, sizeof much);
    assert_int_equal(link_backlog(server.link), 0);
    part();
}

static void a_goodbye_is_the_end_and_its_absence_a_break(void **state)
{
    (void)state;
    struct tls_server_settings ours = server_settings();
    struct tls_client_settings theirs = client_settings();
    meet(&ours, &theirs);
    chain_copy(&server.link->out, "last", 4);
    link_finish(server.link);
    turn();
    assert_true(text_equal(buffer_text(&client.got), TEXT("last")));
    assert_true(client.eof && !client.broken);
    part();
    meet(&ours, &theirs);
    link_use(&raw[0]->link, NULL, NULL);
    link_finish(&raw[0]->link);
    turn();
    assert_true(client.broken && !client.eof);
    part();
}

static void refuses_a_server_of_another_name(void **state)
{
    (void)state;
    struct tls_server_settings ours = server_settings();
    struct tls_client_settings theirs = client_settings();
    theirs.server_name = TEXT("b.test");
    meet(&ours, &theirs);
    assert_true(client.broken && !client.open);
    assert_ptr_equal(client.link->fault, FAULT(upstream_untrusted));
    assert_true(server.broken);
    assert_int_equal(tls_outcome(server.link), TLS_alert);
    part();
}

static void refuses_what_is_not_tls(void **state)
{
    (void)state;
    struct tls_server_settings ours = server_settings();
    char why[TLS_WHY_MAX];
    struct tls_credentials *shown = take(keyring_server(&ours, why));
    assert_true(pair_new(&loop, raw));
    use(&server, tls_accept(&raw[0]->link, shown));
    credentials_unref(shown);
    chain_copy(&raw[1]->link.out, "GET / HTTP/1.1\r\n\r\n", 18);
    link_dirty(&raw[1]->link);
    turn();
    assert_true(server.broken);
    assert_int_equal(tls_outcome(server.link), TLS_malformed);
    link_close(server.link);
    link_close(&raw[1]->link);
    turn();
}

static void a_session_is_resumed(void **state)
{
    (void)state;
    struct tls_server_settings ours = server_settings();
    struct tls_client_settings theirs = client_settings();
    kept = resume_new();
    struct keyring *one = keyring_server(&ours, (char[TLS_WHY_MAX]){0});
    struct keyring *other = keyring_client(&theirs, (char[TLS_WHY_MAX]){0});
    for (int i = 0; i < 3; i++) {
        meet(&ours, &theirs);
        assert_int_equal(tls_outcome(server.link), i == 0 ? TLS_full : TLS_resumed);
        send_bytes(&server, "answer", 6);
        assert_true(text_equal(buffer_text(&client.got), TEXT("answer")));
        part();
    }
    tickets_age(TICKET_ROTATE_S + 1); /* another key makes tickets, the old one is still good */
    meet(&ours, &theirs);
    assert_int_equal(tls_outcome(server.link), TLS_resumed);
    part();
    tickets_age(TICKET_LIFETIME_S + 1);
    meet(&ours, &theirs);
    assert_int_equal(tls_outcome(server.link), TLS_full);
    part();
    keyring_unref(one);
    keyring_unref(other);
    resume_unref(kept);
    kept = NULL;
}

static void asks_clients_for_certificates(void **state)
{
    (void)state;
    struct tls_server_settings ours = server_settings();
    struct tls_client_settings theirs = client_settings();
    ours.client_ca = text_of(authority_path(&authority, "ca.pem"));
    ours.auth = TLS_AUTH_REQUIRE;
    meet(&ours, &theirs);
    assert_true(server.broken);
    assert_int_equal(tls_outcome(server.link), TLS_no_certificate);
    part();
    theirs.pair.cert = text_of(authority_path(&authority, "b.pem"));
    theirs.pair.key = text_of(authority_path(&authority, "b.key"));
    meet(&ours, &theirs);
    assert_true(server.open && client.open);
    part();
}

static int set_up(void **state)
{
    (void)state;
    authority_init(&authority);
    authority_issue(&authority, "a", "DNS:a.test,DNS:*.wild.test", 0);
    authority_issue(&authority, "b", "DNS:b.test", 0);
    cells = cells_new();
    loop_init(&loop, cells);
    loop_tell_time(&loop, 1000000);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    loop_clear(&loop);
    cells_free(cells);
    authority_clear(&authority);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(opens_and_carries_bytes_both_ways),
        cmocka_unit_test(carries_much_in_order),
        cmocka_unit_test(a_goodbye_is_the_end_and_its_absence_a_break),
        cmocka_unit_test(refuses_a_server_of_another_name),
        cmocka_unit_test(refuses_what_is_not_tls),
        cmocka_unit_test(a_session_is_resumed),
        cmocka_unit_test(asks_clients_for_certificates),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
