/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/forms.h"
#include "conf/schema.h"

#define NAME_PATTERN "^[A-Za-z0-9._:/@-]{1,128}$"

static const char *const auto_word[] = {"auto", NULL};
static const char *const off_word[] = {"off", NULL};
static const char *const levels[] = {"debug", "info", "warn", "error", NULL};
static const char *const log_formats[] = {"text", "json", NULL};
static const char *const access_formats[] = {"json", "combined", "common", NULL};
static const char *const failure_words[] = {"local", "deny", NULL};

static const struct shape workers = {.kind = SHAPE_INTEGER, .min = 1, .max = 1024, .words = auto_word};
static const struct shape level = {.kind = SHAPE_WORD, .words = levels};
static const struct shape log_format = {.kind = SHAPE_WORD, .words = log_formats};
static const struct shape access_format = {.kind = SHAPE_WORD, .words = access_formats};
static const struct shape on_failure = {.kind = SHAPE_WORD, .words = failure_words};
static const struct shape admin_listen = {.kind = SHAPE_STRING,
                                          .form = form_listen,
                                          .words = off_word,
                                          .pattern = "^(off|unix:/.+|.+:[0-9]{1,5})$"};
static const struct shape probes_listen = {
    .kind = SHAPE_STRING, .form = form_listen, .pattern = "^(unix:/.+|.+:[0-9]{1,5})$"};
static const struct shape admin_host = {
    .kind = SHAPE_STRING, .form = form_host_name, .pattern = "^[^/*: ]+$|^\\[.*\\]$"};
static const struct shape admin_hosts = {.kind = SHAPE_LIST, .one = true, .item = &admin_host};
static const struct shape redis_url = {.kind = SHAPE_STRING,
                                       .secret = true,
                                       .form = form_redis_url,
                                       .pattern =
                                           "^(redis|rediss|unix|redis\\+sentinel|redis\\+cluster)://.+"};

static const struct shape log_shape = {
    .kind = SHAPE_MAP,
    .keys = (const struct key[]){
        {"level", &level, "info", "The least important lines that are written.", KEY_OPTIONAL},
        {"format", &log_format, "text", "Lines for people or for programs.", KEY_OPTIONAL},
        {"path", &type_file, "stderr", "stderr, stdout or a file.", KEY_OPTIONAL},
        {0},
    }};

static const struct shape access_log_shape = {
    .kind = SHAPE_MAP,
    .off = "{path: off}",
    .keys = (const struct key[]){
        {"path", &type_file, "stdout", "stdout, stderr, a file, or off.", KEY_OPTIONAL},
        {"format", &access_format, "json", "json, or the combined or common format of web servers.",
         KEY_OPTIONAL},
        {0},
    }};

static const struct shape admin_shape = {
    .kind = SHAPE_MAP,
    .off = "{listen: off}",
    .keys = (const struct key[]){
        {"listen", &admin_listen, "127.0.0.1:9900", "Address of the admin API and dashboard, or off.",
         KEY_OPTIONAL},
        {"token", &type_secret, "", "Bearer token; needed when listen is neither loopback nor a Unix socket.",
         KEY_OPTIONAL},
        {"hosts", &admin_hosts, "[]",
         "Further host names that it may be asked by, beside its IP addresses and localhost.", KEY_OPTIONAL},
        {"probes", &probes_listen, NULL, "A second listener for /livez, /readyz and /metrics only.",
         KEY_OPTIONAL},
        {0},
    }};

static const struct shape redis_shape = {
    .kind = SHAPE_MAP,
    .keys = (const struct key[]){
        {"url", &redis_url, NULL, "Where the Redis servers are.", KEY_REQUIRED},
        {"timeout", &type_duration, "50ms", "For one command.", KEY_OPTIONAL},
        {"on_failure", &on_failure, "local", "Without Redis: count locally, or deny.", KEY_OPTIONAL},
        {0},
    }};

static const struct shape state_shape = {
    .kind = SHAPE_MAP,
    .keys = (const struct key[]){
        {"redis", &redis_shape, NULL, "Share state between replicas through Redis.", KEY_LATER},
        {0},
    }};

static const struct shape dns_server = {
    .kind = SHAPE_STRING, .form = form_dns_server, .pattern = "^[0-9A-Fa-f.:\\[\\]]+$|^localhost:[0-9]+$"};
static const struct shape dns_servers = {.kind = SHAPE_LIST, .one = true, .min = 1, .item = &dns_server};
static const struct shape dns_timeout = {.kind = SHAPE_DURATION, .min = 100, .max = 60000};
static const struct shape dns_attempts = {.kind = SHAPE_INTEGER, .min = 1, .max = 10};

static const struct shape resolver_shape = {
    .kind = SHAPE_MAP,
    .keys = (const struct key[]){
        {"servers", &dns_servers, NULL, "DNS servers to ask; without: those of /etc/resolv.conf.",
         KEY_OPTIONAL},
        {"timeout", &dns_timeout, "2s", "For one try.", KEY_OPTIONAL},
        {"attempts", &dns_attempts, "2", "Tries at each server.", KEY_OPTIONAL},
        {0},
    }};

static const struct shape plugin_file = {.kind = SHAPE_STRING, .form = form_file, .pattern = "."};
static const struct shape plugins_shape = {
    .kind = SHAPE_NAMED, .name_form = form_name, .item = &plugin_file, .pattern = NAME_PATTERN};
static const struct shape listeners_shape = {.kind = SHAPE_LIST, .item = &schema_listener};
static const struct shape routes_shape = {.kind = SHAPE_LIST, .item = &schema_route};
static const struct shape upstreams_shape = {
    .kind = SHAPE_NAMED, .name_form = form_name, .item = &schema_upstream, .pattern = NAME_PATTERN};
static const struct shape caches_shape = {
    .kind = SHAPE_NAMED, .name_form = form_name, .item = &schema_cache, .pattern = NAME_PATTERN};
static const struct shape include_file = {.kind = SHAPE_STRING, .form = form_file, .pattern = "."};
static const struct shape includes_shape = {.kind = SHAPE_LIST, .one = true, .item = &include_file};

const struct shape schema_cache = {
    .kind = SHAPE_MAP,
    .keys = (const struct key[]){
        {"memory", &type_size, "256m", "Memory for stored answers.", KEY_OPTIONAL},
        {"max_object", &type_size, "8m", "Larger answers are not stored.", KEY_OPTIONAL},
        {"shared", &type_switch, "off", "Use state's Redis as a second level.", KEY_LATER},
        {0},
    }};

const struct shape schema_root = {
    .kind = SHAPE_MAP,
    .keys = (const struct key[]){
        {"include", &includes_shape, NULL, "Further files, merged in sorted order; relative to this one.",
         KEY_OPTIONAL},
        {"workers", &workers, "auto", "Worker threads; auto: the CPUs that this process may use.",
         KEY_OPTIONAL},
        {"user", &type_name, NULL, "The user to become after binding, when started as root.", KEY_OPTIONAL},
        {"log", &log_shape, NULL, "The error log.", KEY_OPTIONAL},
        {"access_log", &access_log_shape, NULL, "A line for each request.", KEY_OPTIONAL},
        {"admin", &admin_shape, NULL, "The admin API.", KEY_OPTIONAL},
        {"state", &state_shape, NULL, "What replicas share.", KEY_OPTIONAL},
        {"resolver", &resolver_shape, NULL, "How the names of upstreams' discover are looked up.",
         KEY_OPTIONAL},
        {"plugins", &plugins_shape, "{}", "Shared objects by name.", KEY_LATER},
        {"listeners", &listeners_shape, NULL, "Where clients connect.", KEY_OPTIONAL},
        {"routes", &routes_shape, NULL, "Which request goes where; the most specific match wins.",
         KEY_OPTIONAL},
        {"upstreams", &upstreams_shape, NULL, "Groups of backends, by name.", KEY_OPTIONAL},
        {"caches", &caches_shape, "{}", "Cache zones, by name.", KEY_OPTIONAL},
        {0},
    }};
