/* SPDX-License-Identifier: Apache-2.0 */
/* What shows only when parts of a config are seen together. */
#include "load.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/stat.h>

#define RESPOND "respond: {status: 200}"

static void an_unknown_listener_or_upstream_suggests_the_nearest(void **state)
{
    load_wrong(state,
               LISTENER UPSTREAM "routes: [{listener: wbe, upstream: app}, {match: {path: /a}, " RESPOND
                                 "}]\n",
               3, "routes[0].listener: there is no listener 'wbe'; did you mean 'web'?");
    assert_null(load(state, LISTENER UPSTREAM "routes: [{upstream: zebra}]\n"));
    problem_at(state, 3, 21, "there is no upstream 'zebra'; define it");
}

static void a_listener_that_nothing_routes_to_is_a_problem(void **state)
{
    load_wrong(state,
               "listeners:\n  - {name: web, listen: 127.0.0.1:1}\n  - {name: idle, listen: 127.0.0.1:2}\n"
               "routes: [{listener: web, " RESPOND "}]\n",
               3, "listeners[1]: no route leads from 'idle'");
    load_wrong(state, LISTENER, 1, "no route leads from");
}

static void a_config_without_listener_is_a_problem(void **state)
{
    load_wrong(state, UPSTREAM ROUTE, 1, "there is no listener");
    load_wrong(state, UPSTREAM ROUTE "listeners: []\n", 3, "there is no listener");
}

static void an_upstream_that_nobody_uses_is_a_warning_only(void **state)
{
    struct loading *loading = *state;
    assert_non_null(load(state, LISTENER UPSTREAM "routes: [{" RESPOND "}]\n"));
    assert_int_equal(loading->problems.count, 1);
    assert_int_equal(loading->problems.list[0].severity, SEVERITY_WARNING);
    problem_at(state, 2, 13, "upstreams.app: nothing uses this upstream");
}

static void the_names_of_the_admin_api_are_taken(void **state)
{
    static const char form[] = "listeners: [{name: %s, listen: 127.0.0.1:1}]\nroutes: [{" RESPOND "}]\n";
    static const char *const names[] = {"admin", "probes"};
    char yaml[200];
    for (size_t i = 0; i < 2; i++) {
        snprintf(yaml, sizeof yaml, form, names[i]);
        load_wrong(state, yaml, 1, "is the name of a listener of the admin API; choose another");
        problem_at(state, 1, 20, names[i]);
    }
    snprintf(yaml, sizeof yaml, form, "administration");
    load_fine(state, yaml);
}

/* It loads, with that one warning. */
static void load_doubtful(void **state, const char *yaml, unsigned line, unsigned column, const char *said)
{
    struct loading *loading = *state;
    assert_non_null(load(state, yaml));
    if (loading->problems.count != 1)
        problems_print(&loading->problems, stderr);
    assert_int_equal(loading->problems.count, 1);
    assert_int_equal(problem_at(state, line, column, said)->severity, SEVERITY_WARNING);
}

static void what_a_route_says_in_vain_is_a_warning(void **state)
{
    load_doubtful(state, LISTENER UPSTREAM "routes: [{upstream: app, match: {method: [GET, get]}}]\n", 3, 48,
                  "routes[0].match.method: HTTP/1 has no method 'get'; did you mean 'GET'?");
    load_doubtful(state,
                  LISTENER UPSTREAM
                  "routes: [{upstream: app, match: {path: /a}, rewrite: {strip_prefix: /b}}]\n",
                  3, 69, "routes[0].rewrite.strip_prefix: no path of this route begins with it");
    load_doubtful(state,
                  LISTENER UPSTREAM
                  "routes: [{upstream: app, match: {path: /ab}, rewrite: {strip_prefix: /a}}]\n",
                  3, 70, "begins with it");
    load_fine(state, LISTENER UPSTREAM
              "routes: [{upstream: app, match: {path: /a/b}, rewrite: {strip_prefix: /a}}]\n");
    load_fine(state, LISTENER UPSTREAM
              "routes: [{upstream: app, match: {path: /a}, rewrite: {strip_prefix: /a/b}}]\n");
    load_fine(state,
              LISTENER UPSTREAM "routes: [{upstream: app, match: {path: /}, rewrite: {strip_prefix: /a}}]\n");
    load_doubtful(state,
                  LISTENER UPSTREAM
                  "caches: {c: {}}\nroutes: [{upstream: app, cache: {zone: c, key: [host]}}]\n",
                  4, 48, "routes[0].cache.key: without path all paths get the same answer");
    load_doubtful(state, LISTENER UPSTREAM "caches: {c: {}}\nroutes: [{upstream: app}]\n", 3, 10,
                  "caches.c: nothing uses this cache");
    load_doubtful(state, LISTENER "routes: [{respond: {status: 204, body: x}}]\n", 2, 40,
                  "routes[0].respond.body: is not sent: an answer of status 204 has no body");
    load_doubtful(state,
                  LISTENER "routes: [{redirect: {to: /a}, match: {path: /b}, retries: {attempts: 1}}]\n", 2,
                  59, "routes[0].retries: does nothing");
    load_doubtful(state, LISTENER "routes: [{" RESPOND ", rewrite: {add_prefix: /b}}]\n", 2, 44,
                  "routes[0].rewrite: does nothing: no upstream answers this route");
}

static void a_key_of_a_cache_is_told_once(void **state)
{
    struct loading *loading = *state;
    load_wrong(state,
               LISTENER UPSTREAM
               "caches: {c: {}}\nroutes: [{upstream: app, cache: {zone: c, key: [path, hots]}}]\n",
               4, "needs scheme, host, path, query, method");
    assert_int_equal(loading->problems.count, 1);
}

static void what_an_upstream_says_in_vain_is_a_warning(void **state)
{
    static const char twins[] =
        LISTENER ROUTE "upstreams: {app: {endpoints: [127.0.0.1:1, {address: 127.0.0.1:1, weight: 2}]}}\n";
    load_doubtful(state, twins, 3, 44, "upstreams.app.endpoints[1]: stands in t.yaml:3:31 too");
    load_doubtful(state,
                  LISTENER ROUTE "upstreams: {app: {endpoints: [{address: 127.0.0.1:1, weight: 0}]}}\n", 3,
                  30, "upstreams.app.endpoints: every weight is 0");
    load_doubtful(state,
                  LISTENER ROUTE
                  "upstreams: {app: {endpoints: [127.0.0.1:1], health_check: {tcp: on, path: /x}}}\n",
                  3, 75, "upstreams.app.health_check.path: is not asked for");
}

static void names_given_twice_are_told_with_both_places(void **state)
{
    load_wrong(state,
               "listeners:\n  - {name: web, listen: 127.0.0.1:1}\n  - {name: web, listen: 127.0.0.1:2}\n"
               "routes: [{" RESPOND "}]\n",
               3, "listeners[1].name: 'web' is the name of another one too, in t.yaml:2:12");
    load_wrong(state,
               LISTENER "routes:\n  - {name: a, match: {path: /a}, " RESPOND "}\n  - {name: a, " RESPOND
                        "}\n",
               4, "routes[1].name: 'a' is the name of another one too, in t.yaml:3:12");
}

static void listen_twice(void **state, const char *first, const char *second, const char *said)
{
    char yaml[400];
    snprintf(yaml, sizeof yaml,
             "listeners:\n  - {listen: '%s'}\n  - {listen: '%s'}\nroutes: [{" RESPOND "}]\n", first, second);
    if (said == NULL)
        load_fine(state, yaml);
    else
        load_wrong(state, yaml, 3, said);
}

static void an_address_bound_twice_is_a_problem(void **state)
{
    listen_twice(state, "127.0.0.1:80", "127.0.0.1:80", "127.0.0.1:80 is bound twice, also in t.yaml:2:14");
    listen_twice(state, "0.0.0.0:80", "127.0.0.1:80", "bound twice");
    listen_twice(state, "127.0.0.1:80", "0.0.0.0:80", "bound twice");
    listen_twice(state, "[::]:80", "[::1]:80", "bound twice");
    listen_twice(state, "[::1]:80", "[0:0::1]:80", "bound twice");
    listen_twice(state, "unix:/run/a", "unix:/run/a", "bound twice");
    listen_twice(state, "localhost:80", "127.0.0.1:80", "bound twice");
}

static void different_addresses_do_not_clash(void **state)
{
    listen_twice(state, "127.0.0.1:80", "127.0.0.2:80", NULL);
    listen_twice(state, "0.0.0.0:80", "127.0.0.1:81", NULL);
    listen_twice(state, "0.0.0.0:80", "[::]:80", NULL);
    listen_twice(state, "127.0.0.1:0", "127.0.0.1:0", NULL);
    listen_twice(state, "unix:/run/a", "unix:/run/b", NULL);
}

static void a_listener_on_the_admin_address_is_a_problem(void **state)
{
    load_wrong(state, "listeners: [{listen: 0.0.0.0:9900}]\nroutes: [{" RESPOND "}]\n", 1,
               "taken by the admin API");
    load_fine(state, "listeners: [{listen: 0.0.0.0:9900}]\nroutes: [{" RESPOND "}]\nadmin: {listen: off}\n");
    load_wrong(state,
               "admin: {listen: 127.0.0.1:1}\nlisteners: [{listen: 127.0.0.1:1}]\nroutes: [{" RESPOND "}]\n",
               2, "bound twice, also in t.yaml:1:17");
}

static void admin_reachable_by_others_needs_a_token(void **state)
{
    load_wrong(state, LISTENER UPSTREAM ROUTE "admin: {listen: 0.0.0.0:9900}\n", 4, "admin.token is needed");
    load_wrong(state, LISTENER UPSTREAM ROUTE "admin: {listen: 0.0.0.0:9900, token: ''}\n", 4,
               "admin.token is needed");
    load_fine(state, LISTENER UPSTREAM ROUTE "admin: {listen: 0.0.0.0:9900, token: x}\n");
    load_fine(state, LISTENER UPSTREAM ROUTE "admin: {listen: '[::1]:9900'}\n");
    load_fine(state, LISTENER UPSTREAM ROUTE "admin: {listen: 'unix:/run/admin'}\n");
    load_fine(state, LISTENER UPSTREAM ROUTE "admin: {listen: off}\n");
}

/* A route without a listener is one for all of them. */
static void a_route_for_all_listeners_hides_a_later_one_for_one(void **state)
{
    static const char two[] = "listeners: [{name: a, listen: 127.0.0.1:1}, {name: b, listen: 127.0.0.1:2}]\n";
    char yaml[400];
    for (int order = 0; order < 2; order++) {
        snprintf(yaml, sizeof yaml, "%sroutes:\n  - {%s" RESPOND "}\n  - {%s" RESPOND "}\n", two,
                 order == 0 ? "" : "listener: b, ", order == 0 ? "listener: b, " : "");
        if (order == 1) {
            load_fine(state, yaml);
            continue;
        }
        assert_non_null(load(state, yaml));
        problem_at(state, 4, 5, "routes[1]: never meets a request: the route in t.yaml:3:5 matches the same");
    }
}

static void early_hints_are_values_of_link_fields(void **state)
{
    load_fine(state, LISTENER UPSTREAM "routes: [{upstream: app, early_hints: '</a.css>; rel=preload'}]\n");
    load_wrong(state, LISTENER UPSTREAM "routes: [{upstream: app, early_hints: /a.css}]\n", 3,
               "needs the value of a Link field: </app.css>; rel=preload; as=style");
}

static void match_twice(void **state, const char *first, const char *second, bool same)
{
    char yaml[400];
    snprintf(yaml, sizeof yaml, LISTENER "routes:\n  - {%s" RESPOND "}\n  - {%s" RESPOND "}\n", first,
             second);
    if (!same) {
        load_fine(state, yaml);
        return;
    }
    struct loading *loading = *state;
    assert_non_null(load(state, yaml));
    assert_int_equal(loading->problems.count, 1);
    assert_int_equal(loading->problems.list[0].severity, SEVERITY_WARNING);
    problem_at(state, 4, 5, "routes[1]: never meets a request: the route in t.yaml:3:5 matches the same");
}

static void the_later_of_two_routes_with_the_same_match_is_a_warning(void **state)
{
    match_twice(state, "", "", true);
    match_twice(state, "", "match: {path: /},", true);
    match_twice(state, "match: {host: A.example.},", "match: {host: [b.example, a.example]},", true);
    match_twice(state, "match: {path: /a/./b/},", "match: {path: //a/%62},", true);
    match_twice(state, "listener: web,", "listener: web,", true);
    match_twice(state, "match: {path_regex: '^/a'},", "match: {path_regex: '^/a'},", true);
    match_twice(state, "match: {method: GET},", "match: {path: /, method: [GET, GET]},", true);
    match_twice(state, "match: {method: [GET, PUT]},", "match: {method: [PUT, GET]},", true);
    match_twice(state, "match: {headers: {A: x, B: y}},", "match: {headers: {b: y, a: x}},", true);
    match_twice(state, "match: {query: {a: x, b: y}},", "match: {query: {b: y, a: x}},", true);
}

static void different_matches_do_not_clash(void **state)
{
    match_twice(state, "match: {path: /a},", "match: {path_exact: /a},", false);
    match_twice(state, "match: {path_exact: /a/},", "match: {path_exact: /a},", false);
    match_twice(state, "match: {host: a.example},", "", false);
    match_twice(state, "match: {host: '*.a.example'},", "match: {host: a.example},", false);
    match_twice(state, "listener: web,", "", false);
    match_twice(state, "match: {path: /a},", "match: {path_regex: /a},", false);
    match_twice(state, "match: {path_regex: /a},", "match: {path_regex: /b},", false);
    match_twice(state, "match: {method: GET},", "", false);
    match_twice(state, "match: {method: GET},", "match: {method: HEAD},", false);
    match_twice(state, "match: {headers: {A: x}},", "match: {headers: {A: X}},", false);
    match_twice(state, "match: {query: {a: x}},", "match: {query: {A: x}},", false);
    match_twice(state, "match: {query: {a: x}},", "match: {headers: {a: x}},", false);
    match_twice(state, "match: {query: {a: x q1=1=bc}},", "match: {query: {a: x, b: c}},", false);
    match_twice(state, "match: {host: [a.example, A.example]},", "", false);
}

enum { MONTH = 30 * 24 * 3600 };

#define WITH_TLS \
    "listeners: [{listen: 127.0.0.1:1, tls: {certificates: [{cert: c.pem, key: k.pem}]}}]\n" UPSTREAM ROUTE

static X509 *new_certificate(EVP_PKEY *key, long seconds)
{
    X509 *certificate = X509_new();
    X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
    X509_gmtime_adj(X509_getm_notAfter(certificate), seconds);
    X509_set_pubkey(certificate, key);
    assert_true(X509_sign(certificate, key, EVP_sha256()) > 0);
    return certificate;
}

static FILE *open_in_folder(void **state, const char *name)
{
    char path[200];
    snprintf(path, sizeof path, "%s/%s", ((struct loading *)*state)->folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    return file;
}

/* The certificate of a key, valid for so long. */
static void write_pair(void **state, const char *name, const char *key_name, EVP_PKEY *key, long seconds)
{
    X509 *certificate = new_certificate(key, seconds);
    FILE *file = open_in_folder(state, name);
    assert_int_equal(PEM_write_X509(file, certificate), 1);
    fclose(file);
    file = open_in_folder(state, key_name);
    assert_int_equal(PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL), 1);
    fclose(file);
    X509_free(certificate);
}

static void make_certificate(void **state, const char *name, const char *key_name, long seconds)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    write_pair(state, name, key_name, key, seconds);
    EVP_PKEY_free(key);
}

static void close_to_others(void **state, const char *name)
{
    char path[200];
    snprintf(path, sizeof path, "%s/%s", ((struct loading *)*state)->folder, name);
    assert_int_equal(chmod(path, 0600), 0);
}

/* A config with so many warnings. */
static void load_with(void **state, size_t warnings)
{
    const struct loading *loading = *state;
    struct config *config = load_file(state, "main.yaml");
    assert_non_null(config);
    assert_non_null(config->serve.fronts[0].tls);
    assert_int_equal(loading->problems.count, warnings);
}

static void certificate_files_are_opened_and_held_against_their_keys(void **state)
{
    write_file(state, "main.yaml", WITH_TLS);
    assert_null(load_file(state, "main.yaml"));
    problem_at(state, 1, 63, "can't be read: No such file");
    problem_at(state, 1, 75, "can't be read: No such file");
    make_certificate(state, "c.pem", "other.pem", MONTH);
    make_certificate(state, "other-cert.pem", "k.pem", MONTH);
    assert_null(load_file(state, "main.yaml"));
    problem_at(state, 1, 75, "the key doesn't belong to the certificate");
    make_certificate(state, "c.pem", "k.pem", MONTH);
    load_with(state, 1);
    assert_int_equal(problem_at(state, 1, 75, "can be read by everybody")->severity, SEVERITY_WARNING);
    close_to_others(state, "k.pem");
    load_with(state, 0);
}

/* It would look as if clients had to show who they are. */
static void client_auth_without_authorities_is_a_problem(void **state)
{
    write_file(state, "main.yaml",
               "listeners: [{listen: 127.0.0.1:1, tls: {certificates: [{cert: c.pem, key: k.pem}],\n"
               "  client_auth: require}}]\n" UPSTREAM ROUTE);
    make_certificate(state, "c.pem", "k.pem", MONTH);
    close_to_others(state, "k.pem");
    assert_null(load_file(state, "main.yaml"));
    problem_at(state, 2, 16, "needs client_ca, the authorities that sign clients' certificates");
}

static void an_upstreams_certificate_needs_its_key(void **state)
{
    make_certificate(state, "c.pem", "k.pem", MONTH);
    write_file(state, "main.yaml",
               LISTENER ROUTE "upstreams: {app: {endpoints: [127.0.0.1:9], tls: {cert: c.pem}}}\n");
    assert_null(load_file(state, "main.yaml"));
    problem_at(state, 3, 57, "upstreams.app.tls.cert: needs key too");
    write_file(state, "main.yaml",
               LISTENER ROUTE "upstreams: {app: {endpoints: [127.0.0.1:9], tls: {key: k.pem}}}\n");
    assert_null(load_file(state, "main.yaml"));
    problem_at(state, 3, 56, "upstreams.app.tls.key: needs cert too");
}

static void an_expired_certificate_is_a_warning_only(void **state)
{
    write_file(state, "main.yaml", WITH_TLS);
    make_certificate(state, "c.pem", "k.pem", -30);
    close_to_others(state, "k.pem");
    load_with(state, 1);
    assert_int_equal(problem_at(state, 1, 63, "c.pem: the certificate has expired, at 20")->severity,
                     SEVERITY_WARNING);
}

static void a_certificate_that_ends_within_a_week_is_a_warning(void **state)
{
    write_file(state, "main.yaml", WITH_TLS);
    make_certificate(state, "c.pem", "k.pem", 6 * 24 * 3600);
    close_to_others(state, "k.pem");
    load_with(state, 1);
    assert_int_equal(problem_at(state, 1, 63, "c.pem: the certificate ends soon, at 20")->severity,
                     SEVERITY_WARNING);
    problem_at(state, 1, 63, " UTC");
    make_certificate(state, "c.pem", "k.pem", 8 * 24 * 3600);
    load_with(state, 0);
}

/* The authority before the server: the usual slip with chains. */
static void a_chain_in_the_wrong_order_is_told_as_such(void **state)
{
    EVP_PKEY *key = EVP_EC_gen("P-256"), *other = EVP_EC_gen("P-256");
    X509 *chain[] = {new_certificate(other, MONTH), new_certificate(key, MONTH)};
    write_file(state, "main.yaml", WITH_TLS);
    FILE *file = open_in_folder(state, "c.pem");
    for (int i = 0; i < 2; i++) {
        assert_int_equal(PEM_write_X509(file, chain[i]), 1);
        X509_free(chain[i]);
    }
    fclose(file);
    file = open_in_folder(state, "k.pem");
    assert_int_equal(PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL), 1);
    fclose(file);
    EVP_PKEY_free(key);
    EVP_PKEY_free(other);
    assert_null(load_file(state, "main.yaml"));
    problem_at(state, 1, 75,
               "the key doesn't belong to the certificate (the server's own certificate must come first");
}

static void a_key_that_is_too_small_is_told_at_its_certificate(void **state)
{
    EVP_PKEY *key = EVP_RSA_gen(512);
    write_file(state, "main.yaml",
               "listeners: [{listen: 127.0.0.1:1, tls: {certificates: [{cert: c.pem, key: k.pem},\n"
               "  {cert: small.pem, key: small.key}]}}]\n" UPSTREAM ROUTE);
    make_certificate(state, "c.pem", "k.pem", MONTH);
    write_pair(state, "small.pem", "small.key", key, MONTH);
    EVP_PKEY_free(key);
    assert_null(load_file(state, "main.yaml"));
    problem_at(state, 2, 10, "small.pem: OpenSSL refuses the certificate: ee key too small");
}

static void a_response_that_cannot_be_stapled_is_a_warning(void **state)
{
    write_file(state, "main.yaml",
               "listeners: [{listen: 127.0.0.1:1, tls: {certificates: [{cert: c.pem, key: k.pem,\n"
               "  ocsp: c.ocsp}]}}]\n" UPSTREAM ROUTE);
    make_certificate(state, "c.pem", "k.pem", MONTH);
    close_to_others(state, "k.pem");
    load_with(state, 1);
    assert_int_equal(problem_at(state, 2, 9, "c.ocsp' is not stapled: No such file")->severity,
                     SEVERITY_WARNING);
    write_file(state, "c.ocsp", "nonsense");
    load_with(state, 1);
    problem_at(state, 2, 9, "c.ocsp' is not stapled: it is not an OCSP response in DER form");
}

static void what_tls_says_in_vain_is_a_warning(void **state)
{
    write_file(state, "main.yaml",
               "listeners: [{listen: 127.0.0.1:1, tls: {certificates: [{cert: c.pem, key: k.pem}],\n"
               "  session_tickets: off, early_data: on}}]\n" UPSTREAM ROUTE);
    make_certificate(state, "c.pem", "k.pem", MONTH);
    close_to_others(state, "k.pem");
    load_with(state, 1);
    assert_int_equal(problem_at(state, 2, 37, "listeners[0].tls.early_data: never comes")->severity,
                     SEVERITY_WARNING);
    write_file(state, "main.yaml",
               "listeners: [{listen: 127.0.0.1:1, tls: {certificates: [{cert: c.pem, key: k.pem}]}}]\n" ROUTE
               "upstreams: {app: {endpoints: [127.0.0.1:9], tls: {verify: off, ca: c.pem}}}\n");
    load_with(state, 1);
    assert_int_equal(problem_at(state, 3, 68, "upstreams.app.tls.ca: is not used")->severity,
                     SEVERITY_WARNING);
}

static void a_key_with_a_passphrase_is_a_problem_and_nobody_is_asked(void **state)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    write_file(state, "main.yaml", WITH_TLS);
    make_certificate(state, "c.pem", "k.pem", MONTH);
    FILE *file = open_in_folder(state, "k.pem");
    unsigned char passphrase[] = "secret";
    assert_int_equal(PEM_write_PrivateKey(file, key, EVP_aes_128_cbc(), passphrase, 6, NULL, NULL), 1);
    fclose(file);
    EVP_PKEY_free(key);
    assert_null(load_file(state, "main.yaml"));
    problem_at(state, 1, 75, "without passphrase");
}

static void what_is_no_certificate_is_told(void **state)
{
    write_file(state, "main.yaml", WITH_TLS);
    write_file(state, "c.pem", "nonsense");
    write_file(state, "k.pem", "nonsense");
    assert_null(load_file(state, "main.yaml"));
    problem_at(state, 1, 63, "there is no certificate in PEM form");
}

static void a_user_that_does_not_exist_is_a_problem(void **state)
{
    load_fine(state, LISTENER UPSTREAM ROUTE "user: nobody\n");
    load_wrong(state, LISTENER UPSTREAM ROUTE "user: weirx\n", 4,
               "user: 'weirx' does not exist; create it or name another");
    setenv("WEIR_TEST_USER", "weirx", 1);
    load_wrong(state, LISTENER UPSTREAM ROUTE "user: ${WEIR_TEST_USER}\n", 4, "user: it does not exist");
    unsetenv("WEIR_TEST_USER");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        loading_test(an_unknown_listener_or_upstream_suggests_the_nearest),
        loading_test(a_listener_that_nothing_routes_to_is_a_problem),
        loading_test(a_config_without_listener_is_a_problem),
        loading_test(an_upstream_that_nobody_uses_is_a_warning_only),
        loading_test(the_names_of_the_admin_api_are_taken),
        loading_test(what_a_route_says_in_vain_is_a_warning),
        loading_test(a_key_of_a_cache_is_told_once),
        loading_test(a_route_for_all_listeners_hides_a_later_one_for_one),
        loading_test(early_hints_are_values_of_link_fields),
        loading_test(what_an_upstream_says_in_vain_is_a_warning),
        loading_test(names_given_twice_are_told_with_both_places),
        loading_test(an_address_bound_twice_is_a_problem),
        loading_test(different_addresses_do_not_clash),
        loading_test(a_listener_on_the_admin_address_is_a_problem),
        loading_test(admin_reachable_by_others_needs_a_token),
        loading_test(the_later_of_two_routes_with_the_same_match_is_a_warning),
        loading_test(different_matches_do_not_clash),
        loading_test(certificate_files_are_opened_and_held_against_their_keys),
        loading_test(client_auth_without_authorities_is_a_problem),
        loading_test(an_upstreams_certificate_needs_its_key),
        loading_test(an_expired_certificate_is_a_warning_only),
        loading_test(a_certificate_that_ends_within_a_week_is_a_warning),
        loading_test(a_chain_in_the_wrong_order_is_told_as_such),
        loading_test(a_key_that_is_too_small_is_told_at_its_certificate),
        loading_test(a_response_that_cannot_be_stapled_is_a_warning),
        loading_test(what_tls_says_in_vain_is_a_warning),
        loading_test(a_key_with_a_passphrase_is_a_problem_and_nobody_is_asked),
        loading_test(what_is_no_certificate_is_told),
        loading_test(a_user_that_does_not_exist_is_a_problem),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
