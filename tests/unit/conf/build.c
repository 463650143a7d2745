/* SPDX-License-Identifier: Apache-2.0 */
/* What a config becomes: defaults, and every key in its place. */
#include "load.h"

#include <time.h>

#define assert_text(text, string) assert_true(text_equal((text), text_of(string)))

static void defaults_are_those_of_the_interface(void **state)
{
    struct config *config = load_fine(state, LISTENER UPSTREAM ROUTE);
    assert_true(config->workers >= 1);
    assert_text(config->user, "");
    assert_int_equal(config->log.level, LOG_INFO);
    assert_int_equal(config->log.format, LOG_TEXT);
    assert_text(config->log.path, "stderr");
    assert_text(config->access_log.path, "stdout");
    assert_int_equal(config->access_log.format, ACCESS_JSON);
    assert_int_equal(address_port(&config->admin.listen), 9900);
    assert_true(address_is_loopback(&config->admin.listen));
    assert_text(config->admin.token, "");
}

static void a_listener_has_its_defaults(void **state)
{
    const struct front_settings *front = load_fine(state, LISTENER UPSTREAM ROUTE)->serve.fronts;
    assert_text(front->name, "web");
    assert_int_equal(front->address_count, 1);
    assert_int_equal(front->http.header_size, 65536);
    assert_int_equal(front->http.headers, 100);
    assert_int_equal(front->http.body, 0);
    assert_int_equal(front->http.requests_per_connection, 0);
    assert_int_equal(front->http.header_timeout, 10000);
    assert_int_equal(front->http.body_timeout, 30000);
    assert_int_equal(front->http.idle_timeout, 75000);
    assert_int_equal(front->connections, 0);
    assert_int_equal(front->keepalive.idle, 60);
    assert_int_equal(front->keepalive.interval, 10);
    assert_int_equal(front->keepalive.count, 6);
}

static void a_route_has_its_defaults(void **state)
{
    const struct route_settings *route =
        load_fine(state, LISTENER UPSTREAM "routes: [{upstream: app}]\n")->serve.routes;
    assert_text(route->name, "routes[0]");
    assert_true(route->front == SIZE_MAX);
    assert_int_equal(route->host_count, 0);
    assert_int_equal(route->path_match, PATH_ANY);
    assert_int_equal(route->timeouts.connect, 2000);
    assert_int_equal(route->timeouts.first_byte, 30000);
    assert_int_equal(route->timeouts.idle, 60000);
    assert_int_equal(route->timeouts.request, 0);
    assert_int_equal(route->retries.attempts, 2);
    assert_int_equal(route->retries.on, RETRY_CONNECT | RETRY_RESET | RETRY_UNAVAILABLE);
}

#define WHOLE LISTENER UPSTREAM ROUTE
#define DISCOVER(map) LISTENER ROUTE "upstreams: {app: {discover: " map "}}\n"

static void discovery_is_read_with_its_defaults(void **state)
{
    const struct cluster_settings *cluster =
        load_fine(state, DISCOVER("{dns: 'app.default.svc:8080'}"))->serve.clusters;
    assert_int_equal(cluster->endpoint_count, 0);
    assert_text(cluster->discovery.name, "app.default.svc");
    assert_int_equal(cluster->discovery.port, 8080);
    assert_text(cluster->discovery.srv, "");
    assert_int_equal(cluster->discovery.refresh, 0);
    cluster = load_fine(state, DISCOVER("{dns: app, srv: _http._tcp, refresh: 30s}"))->serve.clusters;
    assert_text(cluster->discovery.name, "app");
    assert_int_equal(cluster->discovery.port, 0);
    assert_text(cluster->discovery.srv, "_http._tcp");
    assert_int_equal(cluster->discovery.refresh, 30000);
    cluster = load_fine(state, LISTENER UPSTREAM ROUTE)->serve.clusters;
    assert_int_equal(cluster->discovery.name.len, 0);
}

static void discovery_says_what_it_needs(void **state)
{
    char yaml[600], label[] = "a123456789012345678901234567890123456789012345678901234567890.";
    load_wrong(state, DISCOVER("{dns: app}"), 3, "needs a port for the addresses, such as app:80");
    load_wrong(state, DISCOVER("{srv: _http._tcp}"), 3, "needs the key 'dns'");
    load_wrong(state, DISCOVER("{dns: 'app:0'}"), 3, "needs a host name");
    load_wrong(state, DISCOVER("{dns: 'a..b:80'}"), 3, "needs a host name");
    load_wrong(state, DISCOVER("{dns: app, srv: http}"), 3, "needs the name of a service");
    load_wrong(state, DISCOVER("{dns: 'app:80', refresh: 10ms}"), 3,
               "needs a duration from 1s to 24h, or ttl");
    snprintf(yaml, sizeof yaml, DISCOVER("{dns: '%s%s%s%sa', srv: _http._tcp}"), label, label, label, label);
    load_wrong(state, yaml, 3, "longer than DNS allows");
}

static void the_resolver_has_its_defaults_and_servers(void **state)
{
    char written[ADDRESS_TEXT_MAX];
    const struct resolver_settings *resolver = &load_fine(state, LISTENER UPSTREAM ROUTE)->resolver;
    assert_int_equal(resolver->server_count, 0);
    assert_int_equal(resolver->timeout, 2000);
    assert_int_equal(resolver->attempts, 2);
    resolver = &load_fine(state, LISTENER UPSTREAM ROUTE
                          "resolver: {servers: [10.0.0.2, '127.0.0.1:5353', '::1', '[::1]:54', '[::1]'], "
                          "timeout: 500ms, attempts: 3}\n")
                    ->resolver;
    assert_int_equal(resolver->server_count, 5);
    assert_text(address_write(&resolver->servers[0], written), "10.0.0.2:53");
    assert_text(address_write(&resolver->servers[1], written), "127.0.0.1:5353");
    assert_text(address_write(&resolver->servers[2], written), "[::1]:53");
    assert_text(address_write(&resolver->servers[3], written), "[::1]:54");
    assert_text(address_write(&resolver->servers[4], written), "[::1]:53");
    assert_int_equal(resolver->timeout, 500);
    assert_int_equal(resolver->attempts, 3);
    load_wrong(state, WHOLE "resolver: {servers: [dns.example]}\n", 4,
               "needs the IP address of a DNS server");
    load_wrong(state, WHOLE "resolver: {servers: ['unix:/dns']}\n", 4,
               "needs the IP address of a DNS server");
    load_wrong(state, WHOLE "resolver: {servers: []}\n", 4, "needs at least one item");
    load_wrong(state, WHOLE "resolver: {attempts: 0}\n", 4, "needs a whole number from 1 to 10");
}

static void an_upstream_has_its_defaults(void **state)
{
    const struct cluster_settings *cluster = load_fine(state, LISTENER UPSTREAM ROUTE)->serve.clusters;
    assert_text(cluster->name, "app");
    assert_int_equal(cluster->balance, BALANCE_ROUND_ROBIN);
    assert_int_equal(cluster->endpoints[0].weight, 1);
    assert_int_equal(cluster->pool.connections, 0);
    assert_int_equal(cluster->pool.idle, 64);
    assert_int_equal(cluster->pool.idle_timeout, 60000);
    assert_int_equal(cluster->pool.requests_per_connection, 0);
    assert_int_equal(cluster->pool.pending, 1024);
    assert_int_equal(cluster->pool.pending_timeout, 5000);
}

static void global_keys_arrive(void **state)
{
    struct config *config = load_fine(state, LISTENER UPSTREAM ROUTE
                                      "workers: 3\nlog: {level: debug, format: json, path: /tmp/l}\n"
                                      "access_log: {path: off, format: combined}\n"
                                      "admin: {listen: unix:/run/a.sock, token: t}\n");
    assert_int_equal(config->workers, 3);
    assert_int_equal(config->log.level, LOG_DEBUG);
    assert_int_equal(config->log.format, LOG_JSON);
    assert_text(config->log.path, "/tmp/l");
    assert_text(config->access_log.path, "");
    assert_int_equal(config->access_log.format, ACCESS_COMBINED);
    assert_true(address_is_unix(&config->admin.listen));
    assert_text(config->admin.token, "t");
    assert_int_equal(load_fine(state, LISTENER UPSTREAM ROUTE "admin: {listen: off}\n")->admin.listen.len, 0);
}

static void listener_keys_arrive(void **state)
{
    const struct front_settings *front =
        load_fine(state, "listeners:\n  - listen: [127.0.0.1:1, '[::1]:2', 'unix:/run/a']\n"
                         "    limits: {header_size: 8k, headers: 9, body: 1m, connections: 10, "
                         "requests_per_connection: 11}\n"
                         "    timeouts: {header: 1s, body: 2s, idle: 0}\n"
                         "    keepalive: {idle: 1500ms, interval: 1ms, count: 2}\n" UPSTREAM ROUTE)
            ->serve.fronts;
    assert_text(front->name, "listeners[0]");
    assert_int_equal(front->address_count, 3);
    assert_int_equal(address_port(&front->addresses[1]), 2);
    assert_true(address_is_unix(&front->addresses[2]));
    assert_int_equal(front->http.header_size, 8192);
    assert_int_equal(front->http.headers, 9);
    assert_int_equal(front->http.body, 1048576);
    assert_int_equal(front->connections, 10);
    assert_int_equal(front->http.requests_per_connection, 11);
    assert_int_equal(front->http.header_timeout, 1000);
    assert_int_equal(front->http.body_timeout, 2000);
    assert_int_equal(front->http.idle_timeout, 0);
    assert_int_equal(front->keepalive.idle, 2);
    assert_int_equal(front->keepalive.interval, 1);
    assert_int_equal(front->keepalive.count, 2);
}

static void matches_are_in_the_form_of_requests(void **state)
{
    const struct route_settings *route =
        load_fine(state, LISTENER UPSTREAM
                  "routes:\n"
                  "  - {match: {host: [API.Example.Com., '*.B.example'], path: /a//b/./%7ec/}, "
                  "upstream: app}\n"
                  "  - {match: {path_exact: /x/}, upstream: app}\n")
            ->serve.routes;
    assert_int_equal(route[0].host_count, 2);
    assert_text(route[0].hosts[0], "api.example.com");
    assert_text(route[0].hosts[1], "*.b.example");
    assert_int_equal(route[0].path_match, PATH_PREFIX);
    assert_text(route[0].path, "/a/b/~c");
    assert_int_equal(route[1].path_match, PATH_EXACT);
    assert_text(route[1].path, "/x/");
}

static void conditions_of_a_match_arrive(void **state)
{
    const struct route_settings *route =
        load_fine(state, LISTENER UPSTREAM
                  "routes:\n"
                  "  - {match: {path_regex: '^/v\\d+', method: [GET, M-SEARCH], headers: {X-Beta: 1, B: ''}, "
                  "query: {v: 2, 'a b': 'c%20'}}, upstream: app}\n"
                  "  - {match: {method: PUT}, upstream: app}\n")
            ->serve.routes;
    assert_int_equal(route[0].path_match, PATH_REGEX);
    assert_text(route[0].path, "^/v\\d+");
    assert_int_equal(route[0].match.method_count, 2);
    assert_text(route[0].match.methods[1], "M-SEARCH");
    assert_int_equal(route[0].match.header_count, 2);
    assert_text(route[0].match.headers[0].name, "X-Beta");
    assert_text(route[0].match.headers[0].value, "1");
    assert_text(route[0].match.headers[1].value, "");
    assert_int_equal(route[0].match.query_count, 2);
    assert_text(route[0].match.queries[1].name, "a b");
    assert_text(route[0].match.queries[1].value, "c%20");
    assert_int_equal(route[1].path_match, PATH_ANY);
    assert_text(route[1].match.methods[0], "PUT");
}

static void route_keys_arrive(void **state)
{
    const struct snapshot_settings *serve =
        &load_fine(
             state,
             "listeners: [{listen: 127.0.0.1:5}, {name: a, listen: 127.0.0.1:1}, {name: b, listen: 127.0.0.1:2}]\n"
             "routes:\n"
             "  - {match: {path: /o}, upstream: one}\n"
             "  - {name: r, listener: b, upstream: two, timeouts: {connect: 1s, first_byte: 2s, idle: 3s, "
             "request: 4s}, retries: {attempts: 5, on: [502, 504]}, "
             "errors: {502: {body: sorry, content_type: text/plain}}}\n"
             "  - {listener: a, redirect: {to: 'https://x{path}{query}', status: 301}}\n"
             "  - {listener: a, match: {path: /r}, respond: {status: 418, body: \"a\\nb\", "
             "headers: {X-A: 1, X-B: two}}}\n"
             "upstreams: {one: {endpoints: [127.0.0.1:3]}, two: {endpoints: [127.0.0.1:4]}}\n"
             "state:\n")
             ->serve;
    const struct route_settings *route = serve->routes + 1;
    assert_int_equal(route[0].front, 2);
    assert_int_equal(route[0].target, TARGET_UPSTREAM);
    assert_int_equal(route[0].cluster, 1);
    assert_int_equal(route[0].timeouts.connect, 1000);
    assert_int_equal(route[0].timeouts.first_byte, 2000);
    assert_int_equal(route[0].timeouts.idle, 3000);
    assert_int_equal(route[0].timeouts.request, 4000);
    assert_int_equal(route[0].retries.attempts, 5);
    assert_int_equal(route[0].retries.on, RETRY_502 | RETRY_504);
    assert_int_equal(route[0].errors[0].status, 502);
    assert_text(route[0].errors[0].body, "sorry");
    assert_text(route[0].errors[0].content_type, "text/plain");
    assert_int_equal(route[1].target, TARGET_REDIRECT);
    assert_int_equal(route[1].redirect.to.count, 3);
    assert_int_equal(route[1].redirect.status, 301);
    assert_int_equal(route[2].target, TARGET_RESPOND);
    assert_int_equal(route[2].respond.status, 418);
    assert_text(route[2].respond.body, "a\nb");
    assert_int_equal(route[2].respond.header_count, 2);
    assert_text(route[2].respond.headers[1].name, "X-B");
    assert_text(route[2].respond.headers[1].value, "two");
}

static void upstream_keys_arrive(void **state)
{
    const struct cluster_settings *cluster =
        load_fine(state, LISTENER ROUTE
                  "upstreams:\n  app:\n"
                  "    endpoints: [localhost:9001, {address: '[::1]:9002', weight: 0}, 'unix:/a']\n"
                  "    balance: least_requests\n"
                  "    pool: {connections: 1, idle: 2, idle_timeout: 3s, "
                  "requests_per_connection: 4, pending: 5, pending_timeout: 6s}\n")
            ->serve.clusters;
    assert_int_equal(cluster->endpoint_count, 3);
    assert_true(address_is_loopback(&cluster->endpoints[0].address));
    assert_text(cluster->endpoints[0].name, "localhost:9001");
    assert_int_equal(address_port(&cluster->endpoints[0].address), 9001);
    assert_int_equal(cluster->endpoints[1].weight, 0);
    assert_true(address_is_unix(&cluster->endpoints[2].address));
    assert_int_equal(cluster->balance, BALANCE_LEAST_REQUESTS);
    assert_int_equal(cluster->pool.connections, 1);
    assert_int_equal(cluster->pool.idle, 2);
    assert_int_equal(cluster->pool.idle_timeout, 3000);
    assert_int_equal(cluster->pool.requests_per_connection, 4);
    assert_int_equal(cluster->pool.pending, 5);
    assert_int_equal(cluster->pool.pending_timeout, 6000);
}

static char *many_routes(void)
{
    char *yaml = NULL;
    size_t size;
    FILE *out = open_memstream(&yaml, &size);
    fputs(LISTENER "routes:\n", out);
    for (unsigned i = 0; i < 10000; i++)
        fprintf(out, "  - {name: r%u, match: {host: h%u.example, path: /p/%u}, upstream: u%u}\n", i, i, i,
                i % 1000);
    fputs("upstreams:\n", out);
    for (unsigned i = 0; i < 1000; i++)
        fprintf(out, "  u%u: {endpoints: [127.0.0.1:%u]}\n", i, i + 1);
    fclose(out);
    return yaml;
}

static double seconds_of_load(void **state, const char *yaml)
{
    struct timespec begin, end;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
    load_fine(state, yaml);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
    return (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9;
}

/* 0.07 s in a release build; a quadratic step would take minutes under the sanitizers. */
static void ten_thousand_routes_load_quickly(void **state)
{
    char *yaml = many_routes();
    double seconds = seconds_of_load(state, yaml);
    const struct snapshot_settings *serve = &((struct loading *)*state)->config->serve;
    free(yaml);
    assert_int_equal(serve->route_count, 10000);
    assert_int_equal(serve->routes[9999].cluster, 999);
    assert_true(seconds < 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        loading_test(defaults_are_those_of_the_interface),
        loading_test(a_listener_has_its_defaults),
        loading_test(a_route_has_its_defaults),
        loading_test(discovery_is_read_with_its_defaults),
        loading_test(discovery_says_what_it_needs),
        loading_test(the_resolver_has_its_defaults_and_servers),
        loading_test(an_upstream_has_its_defaults),
        loading_test(global_keys_arrive),
        loading_test(listener_keys_arrive),
        loading_test(matches_are_in_the_form_of_requests),
        loading_test(conditions_of_a_match_arrive),
        loading_test(route_keys_arrive),
        loading_test(upstream_keys_arrive),
        loading_test(ten_thousand_routes_load_quickly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
