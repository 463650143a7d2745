/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/forms.h"
#include "conf/schema.h"

#define TOKEN_PATTERN "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"

static const char *const retry_words[] = {"connect", "reset", "502", "503", "504", "unavailable", NULL};
static const char *const redirect_statuses[] = {"301", "302", "303", "307", "308", NULL};
static const char *const scope_words[] = {"shared", "local", NULL};
static const char *const algorithm_words[] = {"zstd", "br", "gzip", NULL};

static const struct shape host = {
    .kind = SHAPE_STRING, .form = form_host, .pattern = "^(\\*\\.)?[^/*: ]+$|^\\[.*\\]$"};
static const struct shape hosts = {.kind = SHAPE_LIST, .one = true, .min = 1, .item = &host};
static const struct shape path = {.kind = SHAPE_STRING, .form = form_path, .pattern = "^/[^?# ]*$"};
static const struct shape regex = {.kind = SHAPE_STRING, .form = form_not_empty, .pattern = "."};
static const struct shape token = {.kind = SHAPE_STRING, .form = form_field_name, .pattern = TOKEN_PATTERN};
static const struct shape methods = {.kind = SHAPE_LIST, .one = true, .min = 1, .item = &token};
static const struct shape conditions = {
    .kind = SHAPE_NAMED, .name_form = form_field_name, .item = &type_field_value, .pattern = TOKEN_PATTERN};
static const struct shape queries = {.kind = SHAPE_NAMED, .name_form = form_not_empty, .item = &type_string};
static const struct shape field_template = {
    .kind = SHAPE_STRING, .form = form_field_template, .pattern = "^[^\\r\\n]*$"};
static const struct shape request_fields = {
    .kind = SHAPE_NAMED, .name_form = form_request_field, .item = &field_template, .pattern = TOKEN_PATTERN};
static const struct shape response_fields = {
    .kind = SHAPE_NAMED, .name_form = form_respond_field, .item = &field_template, .pattern = TOKEN_PATTERN};
static const struct shape respond_fields = {.kind = SHAPE_NAMED,
                                            .name_form = form_respond_field,
                                            .item = &type_field_value,
                                            .pattern = TOKEN_PATTERN};
static const struct shape request_field = {
    .kind = SHAPE_STRING, .form = form_request_field, .pattern = TOKEN_PATTERN};
static const struct shape response_field = {
    .kind = SHAPE_STRING, .form = form_respond_field, .pattern = TOKEN_PATTERN};
static const struct shape request_names = {.kind = SHAPE_LIST, .one = true, .item = &request_field};
static const struct shape response_names = {.kind = SHAPE_LIST, .one = true, .item = &response_field};
static const struct shape split_share = {.kind = SHAPE_INTEGER, .min = 0, .max = 1000000};
static const struct shape split = {
    .kind = SHAPE_NAMED, .min = 1, .item = &split_share, .names_refer = REFERENCE_UPSTREAM};
static const struct shape redirect_to = {
    .kind = SHAPE_STRING, .form = form_redirect, .pattern = "^(/|.+://)[^ ]*$"};
static const struct shape redirect_status = {.kind = SHAPE_WORD, .words = redirect_statuses};
static const struct shape hops = {.kind = SHAPE_INTEGER, .min = 0, .max = 10};
static const struct shape attempts = {.kind = SHAPE_INTEGER, .min = 0, .max = 10};
static const struct shape retry_word = {.kind = SHAPE_WORD, .words = retry_words};
static const struct shape retry_on = {.kind = SHAPE_LIST, .one = true, .item = &retry_word};
static const struct shape cache_key = {.kind = SHAPE_STRING,
                                       .form = form_cache_key,
                                       .pattern = "^(scheme|host|path|query|method|(header|cookie):.+)$"};
static const struct shape cache_keys = {.kind = SHAPE_LIST, .one = true, .min = 1, .item = &cache_key};
static const struct shape algorithm = {.kind = SHAPE_WORD, .words = algorithm_words};
static const struct shape algorithms = {.kind = SHAPE_LIST, .one = true, .min = 1, .item = &algorithm};
static const struct shape media_range = {.kind = SHAPE_STRING,
                                         .form = form_media_range,
                                         .pattern =
                                             "^[!#$%&'+.^_`|~0-9A-Za-z-]+/([*]|[!#$%&'+.^_`|~0-9A-Za-z-]+)$"};
static const struct shape media_ranges = {.kind = SHAPE_LIST, .one = true, .min = 1, .item = &media_range};
static const struct shape limit_key = {
    .kind = SHAPE_STRING, .form = form_request_key, .pattern = "^(client_ip|host|path|(header|cookie):.+)$"};
static const struct shape scope = {.kind = SHAPE_WORD, .words = scope_words};
static const struct shape share = {.kind = SHAPE_INTEGER, .min = 0, .max = 100};
static const struct shape plugin = {.kind = SHAPE_NAMED, .min = 1, .name_form = form_name, .item = &type_any};
static const struct shape plugins = {.kind = SHAPE_LIST, .item = &plugin};

static const char *const path_kinds[] = {"path", "path_exact", "path_regex", NULL};
static const struct shape match = {
    .kind = SHAPE_MAP,
    .choices = (const struct choice[]){{CHOICE_AT_MOST_ONE, path_kinds}, {0, NULL}},
    .keys = (const struct key[]){
        {"host", &hosts, NULL, "Exact or *.example.com, or a list.", KEY_OPTIONAL},
        {"path", &path, NULL, "A prefix by whole segments; / is any path.", KEY_OPTIONAL},
        {"path_exact", &path, NULL, "The whole path.", KEY_OPTIONAL},
        {"path_regex", &regex, NULL,
         "A regular expression (PCRE2) for the normalised path, anywhere in it but for ^ and $; behind path, but before "
         "path: /.",
         KEY_OPTIONAL},
        {"method", &methods, NULL, "A method or a list, exactly as sent: GET doesn't include HEAD.",
         KEY_OPTIONAL},
        {"headers", &conditions, NULL,
         "Header fields with their exact values, all of them; one of a field's lines is enough.",
         KEY_OPTIONAL},
        {"query", &queries, NULL,
         "Query parameters with their exact values, percent-decoded; one of those of a name is enough.",
         KEY_OPTIONAL},
        {0},
    }};

static const struct shape redirect = {
    .kind = SHAPE_MAP,
    .keys = (const struct key[]){
        {"to", &redirect_to, NULL, "A URL with {scheme} {host} {path} {query} and other placeholders.",
         KEY_REQUIRED},
        {"status", &redirect_status, "308", "308 and 307 keep the method.", KEY_OPTIONAL},
        {0},
    }};

static const struct shape respond = {
    .kind = SHAPE_MAP,
    .keys = (const struct key[]){
        {"status", &type_status, "200", "The status of the answer.", KEY_OPTIONAL},
        {"body", &type_string, "", "Its body.", KEY_OPTIONAL},
        {"headers", &respond_fields, NULL, "Its header fields.", KEY_OPTIONAL},
        {0},
    }};

static const struct shape rewrite_host = {
    .kind = SHAPE_STRING, .form = form_rewrite_host, .pattern = "^([A-Za-z0-9._-]+|\\[.*\\])(:[0-9]{1,5})?$"};
static const struct shape rewrite = {
    .kind = SHAPE_MAP,
    .keys = (const struct key[]){
        {"strip_prefix", &path, NULL, "Taken off the path's front, by whole segments.", KEY_OPTIONAL},
        {"add_prefix", &path, NULL, "Put before the path.", KEY_OPTIONAL},
        {"host", &rewrite_host, "preserve", "preserve, upstream, or a name.", KEY_OPTIONAL},
        {0},
    }};

static const struct shape own_name = {
    .kind = SHAPE_STRING, .form = form_host_name, .pattern = "^[^/*: ]+$|^\\[.*\\]$"};
static const struct shape own_names = {.kind = SHAPE_LIST, .one = true, .item = &own_name};

static const struct shape redirects = {
    .kind = SHAPE_MAP,
    .keys = (const struct key[]){
        {"rewrite", &type_switch, "on",
         "Put the backend's address in Location, Content-Location, Refresh, Link and Set-Cookie back to the public one.",
         KEY_OPTIONAL},
        {"follow", &hops, "0",
         "Follow redirects of the backend to itself inside the proxy, up to so many: of GET and HEAD.",
         KEY_OPTIONAL},
        {"hosts", &own_names, "[]",
         "Other names of the backend, by http or https at the usual port: what it says of them is put back and followed as "
         "its own.",
         KEY_OPTIONAL},
        {0},
    }};

static const struct shape request_rules = {
    .kind = SHAPE_MAP,
    .keys = (const struct key[]){
        {"set", &request_fields, "{}", "Fields that replace those of the same name.", KEY_OPTIONAL},
        {"add", &request_fields, "{}", "Fields that come in addition.", KEY_OPTIONAL},
        {"remove", &request_names, "[]", "Names of fields to take out, before the others come.",
         KEY_OPTIONAL},
        {0},
    }};

static const struct shape response_rules = {
    .kind = SHAPE_MAP,
    .keys = (const struct key[]){
        {"set", &response_fields, "{}", "Fields that replace those of the same name.", KEY_OPTIONAL},
        {"add", &response_fields, "{}", "Fields that come in addition.", KEY_OPTIONAL},
        {"remove", &response_names, "[]", "Names of fields to take out, before the others come.",
         KEY_OPTIONAL},
        {0},
    }};

static const struct shape headers = {
    .kind = SHAPE_MAP,
    .keys = (const struct key[]){
        {"request", &request_rules, NULL, "On the way to the backend.", KEY_OPTIONAL},
        {"response", &response_rules, NULL, "Of every answer, also weir's own.", KEY_OPTIONAL},
        {0},
    }};

static const struct shape timeouts = {
    .kind = SHAPE_MAP,
    .keys = (const struct key[]){
        {"connect", &type_duration, "2s", "For a connection to an endpoint; 0: no limit.", KEY_OPTIONAL},
        {"first_byte", &type_duration, "30s", "From the request to the answer's head; 0: no limit.",
         KEY_OPTIONAL},
        {"idle", &type_duration, "60s", "Without a byte either way; 0: no limit.", KEY_OPTIONAL},
        {"request", &type_duration, "0", "For everything together; 0: no limit.", KEY_OPTIONAL},
        {0},
    }};

static const struct shape retries = {
    .kind = SHAPE_MAP,
    .keys = (const struct key[]){
        {"attempts", &attempts, "2", "After the first one; 0: none.", KEY_OPTIONAL},
        {"on", &retry_on, NULL,
         "What is tried again; connect, reset and unavailable (of gRPC) if it isn't said.", KEY_OPTIONAL},
        {"per_try", &type_duration, "0", "For one attempt, up to the answer's head; 0: no limit.",
         KEY_OPTIONAL},
        {"budget", &type_percent, "20%", "Retries as a share of the requests.", KEY_OPTIONAL},
        {0},
    }};

static const struct shape cache = {
    .kind = SHAPE_MAP,
    .keys = (const struct key[]){
        {"zone", &type_cache_name, NULL, "One of caches.", KEY_REQUIRED},
        {"ttl", &type_duration, "0",
         "How long answers are fresh that don't say it, whatever they are; 0: a tenth of the time since their Last-Modified, "
         "a day at most.",
         KEY_OPTIONAL},
        {"key", &cache_keys, NULL, "What makes two requests the same.", KEY_OPTIONAL},
        {"status_header", &type_switch, "on", "Answer with Cache-Status.", KEY_OPTIONAL},
        {"stale_if_error", &type_duration, "0",
         "How long after its end an answer that doesn't say may be used when the backend fails; one that never was fresh "
         "may not.",
         KEY_OPTIONAL},
        {"background_update", &type_switch, "on",
         "Give a stale answer that says stale-while-revalidate, and renew it then.", KEY_OPTIONAL},
        {0},
    }};

static const struct shape compress = {
    .kind = SHAPE_MAP,
    .keys = (const struct key[]){
        {"types", &media_ranges, NULL,
         "Media types such as text/html or text/*; if it isn't said: text/*, application/json, application/javascript, "
         "application/xml, image/svg+xml.",
         KEY_OPTIONAL},
        {"algorithms", &algorithms, NULL, "The preferred first; zstd, br and gzip if it isn't said.",
         KEY_OPTIONAL},
        {"min_size", &type_size, "1k", "Bodies that are known to be smaller stay as they are.", KEY_OPTIONAL},
        {0},
    }};

static const struct shape rate_limit = {
    .kind = SHAPE_MAP,
    .keys = (const struct key[]){
        {"key", &limit_key, "client_ip", "What is counted apart.", KEY_OPTIONAL},
        {"rate", &type_rate, NULL, "Requests a second, minute or hour.", KEY_REQUIRED},
        {"burst", &type_count, "0", "At once, beyond the rate.", KEY_OPTIONAL},
        {"scope", &scope, "local", "Counted by this process or by all replicas.", KEY_OPTIONAL},
        {0},
    }};

static const char *const bodies[] = {"body", "body_file", NULL};
static const struct shape error = {
    .kind = SHAPE_MAP,
    .choices = (const struct choice[]){{CHOICE_EXACTLY_ONE, bodies}, {0, NULL}},
    .keys = (const struct key[]){
        {"body", &type_string, NULL, "The text itself.", KEY_OPTIONAL},
        {"body_file", &type_file, NULL, "A file of it, relative to this one; read at start and reload.",
         KEY_OPTIONAL},
        {"content_type", &type_field_value, "text/html", "Its media type.", KEY_OPTIONAL},
        {0},
    }};
static const struct shape errors = {
    .kind = SHAPE_NAMED, .name_form = form_error_status, .item = &error, .pattern = "^[45][0-9]{2}$"};

static const struct shape mirror = {
    .kind = SHAPE_MAP,
    .keys = (const struct key[]){
        {"upstream", &type_upstream_name, NULL, "Where copies go.", KEY_REQUIRED},
        {"percent", &share, "100", "Of the requests.", KEY_OPTIONAL},
        {0},
    }};

static const struct shape hint = {
    .kind = SHAPE_STRING, .form = form_link, .pattern = "^<[^>\\r\\n]*>(;.*)?$"};
static const struct shape hints = {.kind = SHAPE_LIST, .one = true, .item = &hint};

static const char *const targets[] = {"upstream", "split", "redirect", "respond", NULL};

const struct shape schema_route = {
    .kind = SHAPE_MAP,
    .choices = (const struct choice[]){{CHOICE_EXACTLY_ONE, targets}, {0, NULL}},
    .keys = (const struct key[]){
        {"name", &type_name, NULL, "The name in logs and metrics.", KEY_OPTIONAL},
        {"listener", &type_listener_name, NULL, "The listener it belongs to; all of them if it isn't said.",
         KEY_OPTIONAL},
        {"match", &match, NULL, "Which requests; all of them if it isn't said.", KEY_OPTIONAL},
        {"upstream", &type_upstream_name, NULL, "The backends that answer.", KEY_OPTIONAL},
        {"split", &split, NULL, "Several upstreams and their shares; 0: nothing.", KEY_OPTIONAL},
        {"redirect", &redirect, NULL, "Send the client elsewhere.", KEY_OPTIONAL},
        {"respond", &respond, NULL, "Answer at once.", KEY_OPTIONAL},
        {"rewrite", &rewrite, NULL, "Change path and host on the way to the backend.", KEY_OPTIONAL},
        {"redirects", &redirects, NULL, "What happens to redirects of the backend.", KEY_OPTIONAL},
        {"headers", &headers, NULL, "Change header fields.", KEY_OPTIONAL},
        {"timeouts", &timeouts, NULL, "How long a backend may take.", KEY_OPTIONAL},
        {"retries", &retries, NULL, "When another try is made; idempotent methods only.", KEY_OPTIONAL},
        {"cache", &cache, NULL, "Store answers.", KEY_OPTIONAL},
        {"compress", &compress, NULL, "Compress answers for clients that accept it.", KEY_OPTIONAL},
        {"rate_limit", &rate_limit, NULL, "Refuse beyond a rate.", KEY_LATER},
        {"plugins", &plugins, "[]", "Plugins in order, each with its settings.", KEY_LATER},
        {"early_hints", &hints, NULL,
         "Values of Link that clients of HTTP/2 get in a 103 answer at once, to load what a page will need.",
         KEY_OPTIONAL},
        {"errors", &errors, NULL, "Bodies for weir's own error answers, by status.", KEY_OPTIONAL},
        {"mirror", &mirror, NULL, "Send copies of requests to another upstream.", KEY_OPTIONAL},
        {0},
    }};
