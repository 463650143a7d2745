/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/forms.h"
#include "conf/schema.h"

static const char *const ttl_word[] = {"ttl", NULL};
static const char *const protocols[] = {"http1", "http2", "auto", NULL};
static const char *const balances[] = {"round_robin", "least_requests", "least_time", "p2c",
                                       "random",      "ring_hash",      "maglev",     NULL};
static const char *const send_proxy_words[] = {"off", "v1", "v2", NULL};

static const struct shape tls_name = {
    .kind = SHAPE_STRING, .form = form_host_name, .pattern = "^[^/*: ]+$|^\\[.*\\]$"};
static const struct shape address = {
    .kind = SHAPE_STRING, .form = form_endpoint, .pattern = "^(unix:/.+|.+:[0-9]{1,5})$"};
static const struct shape weight = {.kind = SHAPE_INTEGER, .min = 0, .max = 65535};
static const struct shape refresh = {.kind = SHAPE_DURATION, .min = 1000, .max = 86400000, .words = ttl_word};
static const struct shape service = {
    .kind = SHAPE_STRING, .form = form_service, .pattern = "^_[A-Za-z0-9._-]+$"};
static const struct shape protocol = {.kind = SHAPE_WORD, .words = protocols};
static const struct shape balance = {.kind = SHAPE_WORD, .words = balances};
static const struct shape send_proxy = {.kind = SHAPE_WORD, .words = send_proxy_words};
static const struct shape hash_on = {
    .kind = SHAPE_STRING, .form = form_request_key, .pattern = "^(client_ip|host|path|(header|cookie):.+)$"};
static const struct shape dns_name = {
    .kind = SHAPE_STRING, .form = form_host_port, .pattern = "^[A-Za-z0-9._-]+(:[0-9]{1,5})?$"};
static const struct shape probe_path = {.kind = SHAPE_STRING, .form = form_path, .pattern = "^/[^?# ]*$"};
static const struct shape cookie_name = {
    .kind = SHAPE_STRING, .form = form_field_name, .pattern = "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"};
static const struct shape status_range = {
    .kind = SHAPE_STRING, .form = form_status_range, .pattern = "^[1-5][0-9]{2}(-[1-5][0-9]{2})?$"};
static const struct shape status_ranges = {.kind = SHAPE_LIST, .one = true, .min = 1, .item = &status_range};
static const struct shape positive = {.kind = SHAPE_INTEGER, .min = 1, .max = 1000000};

static const struct shape endpoint = {
    .kind = SHAPE_MAP,
    .shorthand = "address",
    .keys = (const struct key[]){
        {"address", &address, NULL, "host:port, [v6]:port or unix:/path.", KEY_REQUIRED},
        {"weight", &weight, "1", "Its share; 0: no new requests.", KEY_OPTIONAL},
        {"backup", &type_switch, "off", "Used when no other endpoint is fit.", KEY_OPTIONAL},
        {0},
    }};
static const struct shape endpoints = {.kind = SHAPE_LIST, .min = 1, .item = &endpoint};

static const struct shape discover = {
    .kind = SHAPE_MAP,
    .keys = (const struct key[]){
        {"dns", &dns_name, NULL, "The name whose A and AAAA records are the endpoints, and their port.",
         KEY_REQUIRED},
        {"srv", &service, NULL,
         "Ask for SRV records instead, of this service within the name of dns: _http._tcp, or _http._tcp.app "
         "where dns begins with app. They say the ports; all but the lowest priority are backups.",
         KEY_OPTIONAL},
        {"refresh", &refresh, "ttl", "How often to ask; ttl: when the answer expires, from 1s to 1h.",
         KEY_OPTIONAL},
        {0},
    }};

static const struct shape tls = {
    .kind = SHAPE_MAP,
    .keys = (const struct key[]){
        {"verify", &type_switch, "on", "Check the endpoint's certificate.", KEY_OPTIONAL},
        {"ca", &type_file, NULL, "PEM file of the authorities to trust.", KEY_OPTIONAL},
        {"server_name", &tls_name, NULL, "The name to ask for and to expect.", KEY_OPTIONAL},
        {"cert", &type_file, NULL, "PEM file of weir's own certificate.", KEY_OPTIONAL},
        {"key", &type_file, NULL, "PEM file of its private key.", KEY_OPTIONAL},
        {0},
    }};

static const struct shape sticky = {
    .kind = SHAPE_MAP,
    .keys = (const struct key[]){
        {"cookie", &cookie_name, NULL, "The cookie that names the endpoint.", KEY_REQUIRED},
        {"ttl", &type_duration, "1h", "How long the client keeps it; 0: while the browser runs.",
         KEY_OPTIONAL},
        {0},
    }};

static const struct shape pool = {
    .kind = SHAPE_MAP,
    .keys = (const struct key[]){
        {"connections", &type_count, "0", "To an endpoint, per worker; 0: no limit.", KEY_OPTIONAL},
        {"idle", &type_count, "64", "Kept idle to an endpoint, per worker.", KEY_OPTIONAL},
        {"idle_timeout", &type_duration, "60s", "How long an idle one is kept; 0: no limit.", KEY_OPTIONAL},
        {"requests_per_connection", &type_count, "0", "Then it is closed; 0: no limit.", KEY_OPTIONAL},
        {"pending", &type_count, "1024", "Requests waiting for a connection.", KEY_OPTIONAL},
        {"pending_timeout", &type_duration, "5s", "How long they wait; 0: no limit.", KEY_OPTIONAL},
        {0},
    }};

static const struct shape some_time = {.kind = SHAPE_DURATION, .min = 1, .max = 86400000};

static const struct shape health_check = {
    .kind = SHAPE_MAP,
    .keys = (const struct key[]){
        {"path", &probe_path, "/", "The path that is asked for.", KEY_OPTIONAL},
        {"interval", &some_time, "5s", "Between two checks.", KEY_OPTIONAL},
        {"timeout", &some_time, "1s", "For one check.", KEY_OPTIONAL},
        {"healthy", &positive, "2", "Good answers in a row until it is used again.", KEY_OPTIONAL},
        {"unhealthy", &positive, "3", "Bad ones in a row until it is left out.", KEY_OPTIONAL},
        {"expect", &status_ranges, NULL, "Statuses that count as good.", KEY_OPTIONAL},
        {"tcp", &type_switch, "off", "Only connect.", KEY_OPTIONAL},
        {"grpc", &type_switch, "off", "Ask grpc.health.v1.Health; needs protocol http2 or auto.",
         KEY_OPTIONAL},
        {0},
    }};

static const struct shape outlier = {
    .kind = SHAPE_MAP,
    .keys = (const struct key[]){
        {"failures", &positive, "5", "Failures in a row until it is left out.", KEY_OPTIONAL},
        {"window", &type_duration, "10s", "The time they must fall in.", KEY_OPTIONAL},
        {"eject", &type_duration, "30s", "How long it is left out.", KEY_OPTIONAL},
        {"max_ejected", &type_percent, "50%", "Of the endpoints at once.", KEY_OPTIONAL},
        {0},
    }};

static const char *const endpoint_sources[] = {"endpoints", "discover", NULL};

const struct shape schema_upstream = {
    .kind = SHAPE_MAP,
    .choices = (const struct choice[]){{CHOICE_AT_LEAST_ONE, endpoint_sources}, {0, NULL}},
    .keys = (const struct key[]){
        {"endpoints", &endpoints, NULL, "Addresses, or maps of address and weight.", KEY_OPTIONAL},
        {"discover", &discover, NULL, "Find the endpoints by name.", KEY_OPTIONAL},
        {"protocol", &protocol, "http1", "What is spoken to the endpoints.", KEY_OPTIONAL},
        {"tls", &tls, NULL, "Speak TLS to the endpoints.", KEY_OPTIONAL},
        {"balance", &balance, "round_robin", "Which endpoint takes the next request.", KEY_OPTIONAL},
        {"hash_on", &hash_on, "client_ip", "What ring_hash and maglev look at.", KEY_OPTIONAL},
        {"sticky", &sticky, NULL, "Keep a client on its endpoint, by a cookie.", KEY_OPTIONAL},
        {"pool", &pool, NULL, "Kept connections and the queue for them.", KEY_OPTIONAL},
        {"health_check", &health_check, NULL, "Ask endpoints whether they are well.", KEY_OPTIONAL},
        {"outlier", &outlier, NULL, "Leave out endpoints that fail.", KEY_OPTIONAL},
        {"slow_start", &type_duration, "0", "How long the share of an endpoint that came back grows.",
         KEY_OPTIONAL},
        {"max_requests", &type_count, "0", "At once, over all workers; beyond it 503. 0: no limit.",
         KEY_OPTIONAL},
        {"send_proxy", &send_proxy, "off", "Begin connections with a PROXY header.", KEY_LATER},
        {0},
    }};
