/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/forms.h"
#include "conf/schema.h"

static const char *const http_word[] = {"http", NULL};
static const char *const later_protocols[] = {"tcp", "udp", NULL};
static const char *const tls_versions[] = {"1.2", "1.3", NULL};
static const char *const client_auth_words[] = {"require", "request", NULL};
static const char *const ticket_words[] = {"local", "off", NULL};
static const char *const later_tickets[] = {"shared", NULL};
static const char *const alpn_words[] = {"h2", "http/1.1", NULL};
static const char *const proxy_words[] = {"off", "accept", NULL};
static const char *const forwarding_words[] = {"nat", "dsr", NULL};
static const char *const fast_modes[] = {"auto", "native", "copy", "generic", "off", NULL};

static const struct shape address = {
    .kind = SHAPE_STRING, .form = form_listen, .pattern = "^(unix:/.+|.+:[0-9]{1,5})$"};
static const struct shape addresses = {.kind = SHAPE_LIST, .one = true, .min = 1, .item = &address};
static const struct shape protocol = {.kind = SHAPE_WORD, .words = http_word, .later = later_protocols};
static const struct shape tls_version = {.kind = SHAPE_WORD, .words = tls_versions};
static const struct shape client_auth = {.kind = SHAPE_WORD, .words = client_auth_words};
static const struct shape tickets = {.kind = SHAPE_WORD, .words = ticket_words, .later = later_tickets};
static const struct shape alpn_protocol = {.kind = SHAPE_WORD, .words = alpn_words};
static const struct shape alpn = {.kind = SHAPE_LIST, .one = true, .min = 1, .item = &alpn_protocol};
static const struct shape proxy_protocol = {.kind = SHAPE_WORD, .words = proxy_words};
static const struct shape forwarding = {.kind = SHAPE_WORD, .words = forwarding_words};
static const struct shape fast_mode = {.kind = SHAPE_WORD, .words = fast_modes};
static const struct shape header_size = {.kind = SHAPE_SIZE, .min = 512, .max = 16u << 20};
static const struct shape header_count = {.kind = SHAPE_INTEGER, .min = 1, .max = 10000};
static const struct shape keepalive_count = {.kind = SHAPE_INTEGER, .min = 1, .max = 127};
/* The kernel takes whole seconds up to 32767 (TCP_KEEPIDLE). */
static const struct shape keepalive_idle = {.kind = SHAPE_DURATION, .min = 0, .max = 32767000};
static const struct shape keepalive_interval = {.kind = SHAPE_DURATION, .min = 1, .max = 32767000};

static const struct shape certificate = {
    .kind = SHAPE_MAP,
    .keys = (const struct key[]){
        {"cert", &type_file, NULL, "PEM file of the certificate and its chain.", KEY_REQUIRED},
        {"key", &type_file, NULL, "PEM file of the private key.", KEY_REQUIRED},
        {"ocsp", &type_file, NULL, "DER file of an OCSP response to staple.", KEY_OPTIONAL},
        {0},
    }};
static const struct shape certificates = {.kind = SHAPE_LIST, .min = 1, .item = &certificate};

static const struct shape tls = {
    .kind = SHAPE_MAP,
    .keys = (const struct key[]){
        {"certificates", &certificates, NULL, "Chosen by SNI; the first is the default.", KEY_REQUIRED},
        {"min_version", &tls_version, "1.2", "The oldest TLS version that is spoken.", KEY_OPTIONAL},
        {"alpn", &alpn, NULL, "Protocols offered, the preferred first.", KEY_OPTIONAL},
        {"client_ca", &type_file, NULL, "PEM file of the authorities that sign client certificates.",
         KEY_OPTIONAL},
        {"client_auth", &client_auth, NULL,
         "Whether clients must have a certificate; with client_ca: require if it isn't said.", KEY_OPTIONAL},
        {"session_tickets", &tickets, "local",
         "Who can resume a session: all replicas, this process, nobody.", KEY_OPTIONAL},
        {"early_data", &type_switch, "off",
         "Take requests of safe methods before the handshake ends (0-RTT); they could be replays.",
         KEY_OPTIONAL},
        {0},
    }};

static const struct shape limits = {
    .kind = SHAPE_MAP,
    .keys = (const struct key[]){
        {"header_size", &header_size, "64k", "Bytes of a request's line and header fields together.",
         KEY_OPTIONAL},
        {"headers", &header_count, "100", "Header fields of a request.", KEY_OPTIONAL},
        {"body", &type_size, "0", "Bytes of a request's body; 0: no limit.", KEY_OPTIONAL},
        {"connections", &type_count, "0", "Open connections; 0: no limit.", KEY_OPTIONAL},
        {"requests_per_connection", &type_count, "0", "Then the connection is closed; 0: no limit.",
         KEY_OPTIONAL},
        {0},
    }};

static const struct shape timeouts = {
    .kind = SHAPE_MAP,
    .keys = (const struct key[]){
        {"header", &type_duration, "10s", "For a whole request head; 0: no limit.", KEY_OPTIONAL},
        {"body", &type_duration, "30s", "Between two pieces of a request's body; 0: no limit.", KEY_OPTIONAL},
        {"idle", &type_duration, "75s", "Between two requests on a connection; 0: no limit.", KEY_OPTIONAL},
        {"tls_handshake", &type_duration, "10s", "For the TLS handshake; 0: no limit.", KEY_OPTIONAL},
        {0},
    }};

static const struct shape keepalive = {
    .kind = SHAPE_MAP,
    .keys = (const struct key[]){
        {"idle", &keepalive_idle, "60s", "Silence before TCP asks whether the peer is there; 0: never.",
         KEY_OPTIONAL},
        {"interval", &keepalive_interval, "10s", "Between two such questions.", KEY_OPTIONAL},
        {"count", &keepalive_count, "6", "Questions without answer before the connection is dropped.",
         KEY_OPTIONAL},
        {0},
    }};

static const struct shape fast_path = {
    .kind = SHAPE_MAP,
    .keys = (const struct key[]){
        {"interface", &type_name, NULL, "The network interface.", KEY_REQUIRED},
        {"forwarding", &forwarding, "nat", "nat, or direct server return.", KEY_OPTIONAL},
        {"mode", &fast_mode, "auto", "How packets are taken from the interface.", KEY_OPTIONAL},
        {0},
    }};

const struct shape schema_listener = {
    .kind = SHAPE_MAP,
    .keys = (const struct key[]){
        {"name", &type_name, NULL, "The name in routes, logs and metrics.", KEY_OPTIONAL},
        {"listen", &addresses, NULL, "host:port, [v6]:port, unix:/path, or a list of them.", KEY_REQUIRED},
        {"protocol", &protocol, "http", "What is spoken.", KEY_OPTIONAL},
        {"upstream", &type_upstream_name, NULL, "Where tcp and udp go.", KEY_LATER},
        {"tls", &tls, NULL, "Certificates and versions.", KEY_OPTIONAL},
        {"http3", &type_switch, "off", "HTTP/3 on the same UDP port.", KEY_LATER},
        {"proxy_protocol", &proxy_protocol, "off", "Whether clients begin with a PROXY header.", KEY_LATER},
        {"limits", &limits, NULL, "What a client may ask for.", KEY_OPTIONAL},
        {"timeouts", &timeouts, NULL, "How long a client may take.", KEY_OPTIONAL},
        {"keepalive", &keepalive, NULL, "TCP keepalive.", KEY_OPTIONAL},
        {"fast_path", &fast_path, NULL, "Forward packets by AF_XDP.", KEY_LATER},
        {0},
    }};
