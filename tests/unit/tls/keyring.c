/* SPDX-License-Identifier: Apache-2.0 */
/* Credentials that are made anew when files change, and what stays when they can't be. */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/log.h"
#include "support/authority.h"
#include "tls/keyring.h"

static struct authority authority;
static char said[1 << 16];

static const char *path_of(const char *file)
{
    return authority_path(&authority, file);
}

/* What is in the log since the last call of open_log. */
static const char *log_text(void)
{
    FILE *file = fopen(path_of("log"), "r");
    said[fread(said, 1, sizeof said - 1, file)] = '\0';
    fclose(file);
    return said;
}

static void open_log(void)
{
    unlink(path_of("log"));
    assert_true(log_open(LOG_INFO, LOG_TEXT, path_of("log")));
}

static void assert_said(const char *sentence)
{
    if (strstr(log_text(), sentence) == NULL)
        fail_msg("not said: %s; but:\n%s", sentence, said);
}

static void spoil(const char *name)
{
    FILE *file = fopen(path_of(name), "w");
    fputs("junk", file);
    fclose(file);
}

/* The change is seen, and then that it is over. */
static void settle(void)
{
    open_log();
    keyrings_refresh();
    keyrings_refresh();
}

static struct tls_pair_settings pair_of(const char *cert, const char *key)
{
    return (struct tls_pair_settings){
        .cert = text_of(path_of(cert)), .key = text_of(path_of(key)), .written = text_of(cert)};
}

static struct keyring *open_server(const char *client_ca)
{
    char why[TLS_WHY_MAX] = "";
    struct tls_pair_settings pairs[] = {pair_of("a.pem", "a.key"), pair_of("b.pem", "b.key")};
    struct tls_server_settings settings = {
        .name = TEXT("web"), .pairs = pairs, .pair_count = 2, .alpn = {TLS_ALPN_H1, TLS_ALPN_NONE}};
    if (client_ca != NULL) {
        settings.client_ca = text_of(path_of(client_ca));
        settings.auth = TLS_AUTH_REQUIRE;
    }
    struct keyring *keyring = keyring_server(&settings, why);
    assert_string_equal(why, "");
    return keyring;
}

static struct keyring *open_client(void)
{
    char why[TLS_WHY_MAX] = "";
    struct tls_client_settings settings = {.name = TEXT("app"),
                                           .verify = true,
                                           .ca = text_of(path_of("trusted.pem")),
                                           .pair = pair_of("a.pem", "a.key"),
                                           .alpn = {TLS_ALPN_H1, TLS_ALPN_NONE}};
    struct keyring *keyring = keyring_client(&settings, why);
    assert_string_equal(why, "");
    return keyring;
}

static long serial_of(struct keyring *keyring, size_t at)
{
    struct tls_credentials *credentials = keyring_take(keyring);
    long serial = ASN1_INTEGER_get(X509_get0_serialNumber(credentials->pairs[at].certificate));
    credentials_unref(credentials);
    return serial;
}

/* As many as are trusted. */
static int trusted(struct keyring *keyring)
{
    struct tls_credentials *credentials = keyring_take(keyring);
    int count = sk_X509_OBJECT_num(X509_STORE_get0_objects(SSL_CTX_get_cert_store(credentials->context)));
    credentials_unref(credentials);
    return count;
}

static int begin(void **state)
{
    (void)state;
    authority_init(&authority);
    authority_issue(&authority, "a", "DNS:a.test", 0);
    authority_issue(&authority, "b", "DNS:b.test", 0);
    authority_trust(&authority, "trusted.pem");
    return 0;
}

static int end(void **state)
{
    (void)state;
    assert_true(log_open(LOG_INFO, LOG_TEXT, "stderr"));
    authority_clear(&authority);
    return 0;
}

static void a_broken_pair_stays_while_the_others_are_renewed(void **state)
{
    (void)state;
    struct keyring *keyring = open_server(NULL);
    long a = serial_of(keyring, 0), b = serial_of(keyring, 1);
    struct keyring_loads before = keyring_count_loads();
    authority_issue(&authority, "b", "DNS:b.test", 0);
    spoil("a.pem");
    settle();
    assert_int_equal(serial_of(keyring, 0), a);
    assert_int_not_equal(serial_of(keyring, 1), b);
    assert_said(
        "/a.pem: there is no certificate in PEM form in it, or one of them is damaged; the certificate "
        "loaded before stays in force");
    assert_said("listener web: /tmp/weir-unit-");
    assert_said("/b.pem: a new certificate is in force, until 20");
    assert_int_equal(keyring_count_loads().failed, before.failed + 1);
    authority_issue(&authority, "a", "DNS:a.test", 0);
    settle();
    assert_int_not_equal(serial_of(keyring, 0), a);
    assert_int_equal(keyring_count_loads().ok, before.ok + 1);
    keyring_unref(keyring);
}

static void a_file_that_is_gone_is_told_with_its_reason(void **state)
{
    (void)state;
    struct keyring *keyring = open_server(NULL);
    long a = serial_of(keyring, 0);
    unlink(path_of("a.key"));
    settle();
    assert_int_equal(serial_of(keyring, 0), a);
    assert_said(
        "/a.key: the file can't be read: No such file or directory; the certificate loaded before stays");
    keyring_unref(keyring);
}

static void broken_authorities_of_clients_stay_and_certificates_are_renewed(void **state)
{
    (void)state;
    struct keyring *keyring = open_server("trusted.pem");
    long a = serial_of(keyring, 0);
    authority_issue(&authority, "a", "DNS:a.test", 0);
    spoil("trusted.pem");
    settle();
    assert_int_not_equal(serial_of(keyring, 0), a);
    assert_int_equal(trusted(keyring), 1);
    assert_said("/trusted.pem: there is no certificate in PEM form in it");
    assert_said("; the authorities loaded before stay in force");
    unlink(path_of("trusted.pem"));
    settle();
    assert_int_equal(trusted(keyring), 1);
    assert_said("/trusted.pem: the file can't be read: No such file or directory; the authorities");
    keyring_unref(keyring);
}

static void an_upstreams_own_pair_and_authorities_stay_each_for_itself(void **state)
{
    (void)state;
    struct keyring *keyring = open_client();
    long a = serial_of(keyring, 0);
    authority_issue(&authority, "a", "DNS:a.test", 0);
    spoil("trusted.pem");
    settle();
    assert_int_not_equal(serial_of(keyring, 0), a);
    assert_int_equal(trusted(keyring), 1);
    assert_said("upstream app: /tmp/weir-unit-");
    a = serial_of(keyring, 0);
    spoil("a.key");
    authority_trust(&authority, "trusted.pem");
    settle();
    assert_int_equal(serial_of(keyring, 0), a);
    assert_said("/a.key: there is no private key in PEM form, without passphrase, in it; the certificate");
    keyring_unref(keyring);
}

static void issue_for(const char *name, long seconds)
{
    authority.seconds = seconds;
    authority_issue(&authority, name, "DNS:a.test", 0);
}

static void a_certificate_that_ends_while_it_is_in_force_is_told_once(void **state)
{
    (void)state;
    issue_for("a", 2);
    struct keyring *keyring = open_server(NULL);
    open_log();
    while (strstr(log_text(), "the certificate in force has expired, at 20") == NULL) {
        keyrings_refresh();
        usleep(10 * 1000); /* between two looks */
    }
    assert_said("/a.pem: the certificate in force has expired");
    open_log();
    keyrings_refresh();
    assert_string_equal(log_text(), "");
    keyring_unref(keyring);
}

static void a_new_certificate_that_ends_soon_is_told(void **state)
{
    (void)state;
    struct keyring *keyring = open_server(NULL);
    issue_for("a", 6L * 24 * 3600);
    issue_for("b", 8L * 24 * 3600);
    settle();
    assert_said("/a.pem: the certificate in force ends soon, at 20");
    assert_null(strstr(said, "b.pem: the certificate in force ends soon"));
    issue_for("a", -60);
    settle();
    assert_said("/a.pem: the certificate in force has expired, at 20");
    keyring_unref(keyring);
}

static void sum_up(void *arg, struct text certificate, int64_t ends)
{
    unsigned *count = arg;
    assert_true(text_equal(certificate, *count == 0 ? TEXT("a.pem") : TEXT("b.pem")));
    assert_in_range(ends, time(NULL) + 3600, time(NULL) + 25L * 3600);
    ++*count;
}

static void each_certificate_in_force_is_shown_with_its_end(void **state)
{
    (void)state;
    unsigned count = 0;
    struct keyring *keyring = open_server(NULL);
    keyring_each(keyring, sum_up, &count);
    assert_int_equal(count, 2);
    keyring_unref(keyring);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_broken_pair_stays_while_the_others_are_renewed),
        TEST(a_file_that_is_gone_is_told_with_its_reason),
        TEST(broken_authorities_of_clients_stay_and_certificates_are_renewed),
        TEST(an_upstreams_own_pair_and_authorities_stay_each_for_itself),
        TEST(a_certificate_that_ends_while_it_is_in_force_is_told_once),
        TEST(a_new_certificate_that_ends_soon_is_told),
        TEST(each_certificate_in_force_is_shown_with_its_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
