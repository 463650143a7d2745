/* SPDX-License-Identifier: Apache-2.0 */
#include "process/explain_route.h"

#include "exchange/caching/key.h"
#include "http/grpc.h"
#include "http/grpc_web.h"
#include "upstream/balance/balancer.h"

static void print_list(FILE *out, const char *before, const struct text *texts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        fprintf(out, "%s%.*s", i == 0 ? before : ", ", TEXT_ARGS(texts[i]));
}

static const char *separator(bool *said)
{
    const char *between = *said ? "; " : "";
    *said = true;
    return between;
}

static void print_conditions(FILE *out, const struct match_settings *match, bool *said)
{
    if (match->method_count > 0)
        fprintf(out, "%smethod ", separator(said));
    print_list(out, "", match->methods, match->method_count);
    for (size_t i = 0; i < match->header_count; i++)
        fprintf(out, "%sheader %.*s: %.*s", separator(said), TEXT_ARGS(match->headers[i].name),
                TEXT_ARGS(match->headers[i].value));
    for (size_t i = 0; i < match->query_count; i++)
        fprintf(out, "%squery %.*s=%.*s", separator(said), TEXT_ARGS(match->queries[i].name),
                TEXT_ARGS(match->queries[i].value));
}

static void print_match(FILE *out, const struct route_settings *route)
{
    static const char *const kinds[] = {
        [PATH_EXACT] = "path_exact", [PATH_PREFIX] = "path", [PATH_REGEX] = "path_regex"};
    bool said = route->host_count > 0;
    fputs("  match      ", out);
    print_list(out, "host ", route->hosts, route->host_count);
    if (route->path_match != PATH_ANY)
        fprintf(out, "%s%s %.*s", separator(&said), kinds[route->path_match], TEXT_ARGS(route->path));
    print_conditions(out, &route->match, &said);
    fputs(said ? "\n" : "everything\n", out);
}

static void print_time(FILE *out, const char *name, uint64_t ms)
{
    if (ms > 0 && ms % 1000 == 0)
        fprintf(out, "%s %llus", name, (unsigned long long)(ms / 1000));
    else if (ms > 0)
        fprintf(out, "%s %llums", name, (unsigned long long)ms);
    else
        fprintf(out, "%s no limit", name);
}

static void print_sticky(FILE *out, const struct sticky_settings *sticky)
{
    if (sticky->cookie.len == 0)
        return;
    fprintf(out, "  sticky     cookie %.*s", TEXT_ARGS(sticky->cookie));
    print_time(out, ", for", sticky->ttl);
    fputc('\n', out);
}

static void print_endpoints(FILE *out, const struct cluster_settings *cluster)
{
    for (size_t i = 0; i < cluster->endpoint_count; i++) {
        const struct endpoint_settings *endpoint = &cluster->endpoints[i];
        fprintf(out, "  endpoint   %.*s, weight %u%s%s\n", TEXT_ARGS(endpoint->name), endpoint->weight,
                endpoint->weight == 0 ? ": gets nothing" : "", endpoint->backup ? ", backup" : "");
    }
}

static void print_cluster(FILE *out, const struct cluster_settings *cluster)
{
    fprintf(out, "  upstream   %.*s, %s\n", TEXT_ARGS(cluster->name), balancer_of(cluster->balance)->name);
    print_sticky(out, &cluster->sticky);
    print_endpoints(out, cluster);
    if (cluster->discovery.name.len > 0)
        fprintf(out, "  endpoints  those that DNS has for %.*s\n", TEXT_ARGS(cluster->discovery.name));
}

static void print_clusters(FILE *out, const struct snapshot *snapshot, const struct route_settings *route)
{
    const struct cluster_settings *clusters = snapshot->settings->clusters;
    if (route->target == TARGET_UPSTREAM)
        print_cluster(out, &clusters[route->cluster]);
    for (size_t i = 0; route->target == TARGET_SPLIT && i < route->split.count; i++) {
        const struct split_share *share = &route->split.shares[i];
        fprintf(out, "  split      %.1f %% to the next\n", 100.0 * share->weight / (double)route->split.sum);
        print_cluster(out, &clusters[share->cluster]);
    }
}

static void print_host_rewrite(FILE *out, const struct rewrite_settings *rewrite, bool *said)
{
    if (rewrite->host == HOST_UPSTREAM)
        fprintf(out, "%sHost is the endpoint's", separator(said));
    if (rewrite->host == HOST_NAME)
        fprintf(out, "%sHost is %.*s", separator(said), TEXT_ARGS(rewrite->host_name));
}

static void print_rules(FILE *out, const char *verb, const struct field_rule *rules, size_t count)
{
    for (size_t i = 0; i < count; i++)
        fprintf(out, "%s%.*s", i == 0 ? verb : ", ", TEXT_ARGS(rules[i].name));
    if (count > 0)
        fputc(')', out);
}

/* Names alone: a value may be a secret. */
static void print_fields(FILE *out, const char *of, const struct field_rules *rules, bool *said)
{
    if (rules == NULL)
        return;
    fprintf(out, "%sfields of the %s", separator(said), of);
    print_rules(out, " (remove ", rules->remove, rules->remove_count);
    print_rules(out, " (set ", rules->set, rules->set_count);
    print_rules(out, " (add ", rules->add, rules->add_count);
}

static void print_filters(FILE *out, const struct snapshot *snapshot, const struct route_settings *route)
{
    const struct rewrite_settings *rewrite = &route->rewrite;
    bool said = false;
    fputs("  filters    ", out);
    if (rewrite->strip_prefix.len > 0)
        fprintf(out, "%s%.*s is taken off the path", separator(&said), TEXT_ARGS(rewrite->strip_prefix));
    if (rewrite->add_prefix.len > 0)
        fprintf(out, "%s%.*s is put before the path", separator(&said), TEXT_ARGS(rewrite->add_prefix));
    print_host_rewrite(out, rewrite, &said);
    if (!route->redirects.rewrite && (route->target == TARGET_UPSTREAM || route->target == TARGET_SPLIT))
        fprintf(out, "%splaces that the backend names stay as they are", separator(&said));
    if (route->redirects.follow > 0)
        fprintf(out, "%sup to %u redirects are followed", separator(&said), route->redirects.follow);
    if (route->compress != NULL)
        fprintf(out, "%sanswers are compressed", separator(&said));
    print_fields(out, "request", route->request_fields, &said);
    print_fields(out, "answer", route->response_fields, &said);
    if (route->mirror.percent > 0)
        fprintf(out, "%s%u %% are copied to %.*s", separator(&said), route->mirror.percent,
                TEXT_ARGS(snapshot->settings->clusters[route->mirror.cluster].name));
    fputs(said ? "\n" : "none\n", out);
}

/* A request that is not idempotent is sent again only where it can't have been seen, or was refused. */
static void print_retries(FILE *out, const struct route_settings *route, const struct head *head)
{
    static const char *const reasons[] = {"connect", "reset", "502", "503", "504", "unavailable"};
    bool grpc = grpc_is(head) || grpc_web_answer_kind(head) != GRPC_WEB_NONE;
    unsigned refused = RETRY_CONNECT | RETRY_UNAVAILABLE;
    unsigned all = grpc ? route->retries.on : route->retries.on & ~(unsigned)RETRY_UNAVAILABLE;
    unsigned on = method_is_idempotent(head->method) ? all : all & refused;
    fprintf(out, "\n  retries    %u", on != 0 ? route->retries.attempts : 0);
    for (size_t i = 0, said = 0; i < sizeof reasons / sizeof *reasons && route->retries.attempts > 0; i++)
        if ((on & 1u << i) != 0)
            fprintf(out, "%s%s", said++ == 0 ? ", on " : ", ", reasons[i]);
    if (route->retries.attempts > 0 && on != all)
        fputs(", not on the others: the method is not idempotent", out);
    if (route->retries.attempts > 0 && on != 0)
        fprintf(out, ", budget %u %%", route->retries.budget);
    if (route->retries.per_try > 0)
        print_time(out, ", per_try", route->retries.per_try);
    fputc('\n', out);
}

static void print_upstream(FILE *out, const struct snapshot *snapshot, const struct route_settings *route,
                           const struct head *head)
{
    print_clusters(out, snapshot, route);
    print_time(out, "  timeouts   connect", route->timeouts.connect);
    print_time(out, ", first_byte", route->timeouts.first_byte);
    print_time(out, ", idle", route->timeouts.idle);
    print_time(out, ", request", route->timeouts.request);
    print_retries(out, route, head);
}

/* The key's parts as they are put together. */
static void print_cache(FILE *out, const struct snapshot *snapshot, const struct route_settings *route,
                        const struct explain_asked *asked)
{
    const struct caching_ask ask = {route, asked->scheme, asked->head, asked->head->path};
    struct arena arena;
    arena_init(&arena, 0);
    struct text part, key = caching_key(&ask, &arena);
    fprintf(out, "  cache      %.*s", TEXT_ARGS(snapshot->settings->zones[route->cache.zone].name));
    if (caching_looks_at(asked->head)) {
        fputs(", key", out);
        for (const char *apart = " "; text_split(&key, CACHING_KEY_APART, &part); apart = " | ")
            fprintf(out, "%s%.*s", apart, TEXT_ARGS(part));
        fputc('\n', out);
    } else {
        fputs(", not asked: no stored answer serves such a request\n", out);
    }
    arena_clear(&arena);
}

void explain_chosen(FILE *out, const struct snapshot *snapshot, const struct route_settings *route,
                    const struct explain_asked *asked)
{
    fprintf(out, "  route      %.*s\n", TEXT_ARGS(route->name));
    print_match(out, route);
    print_filters(out, snapshot, route);
    if (route->cache.on)
        print_cache(out, snapshot, route, asked);
    if (route->target == TARGET_UPSTREAM || route->target == TARGET_SPLIT)
        print_upstream(out, snapshot, route, asked->head);
    else if (route->target == TARGET_REDIRECT)
        fprintf(out, "  redirect   %u to %.*s\n", route->redirect.status,
                TEXT_ARGS(route->redirect.to.written));
    else
        fprintf(out, "  respond    %u, %zu bytes\n", route->respond.status, route->respond.body.len);
}

/* How much of a route's match is looked at. */
enum part { PART_HOST, PART_PATH, PART_ALL };

static struct route_settings part_of(const struct route_settings *route, enum part part)
{
    struct route_settings less = *route;
    if (part < PART_ALL)
        less.match = (struct match_settings){0};
    if (part < PART_PATH)
        less.path_match = PATH_ANY;
    return less;
}

/* Which of both takes the request when there are no others and first stands first; NULL: neither. second may be NULL. */
static const struct route_settings *choose(const struct route_settings *first,
                                           const struct route_settings *second, enum part part,
                                           const struct route_ask *ask)
{
    struct route_settings settings[2] = {part_of(first, part),
                                         part_of(second != NULL ? second : first, part)};
    struct route routes[2] = {{.settings = &settings[0]}, {.settings = &settings[1]}};
    const struct route *found = NULL;
    struct route_table *table = route_table_new();
    if (table != NULL && route_table_add(table, &routes[0]) &&
        (second == NULL || route_table_add(table, &routes[1])))
        (void)route_table_find(table, ask, &found);
    route_table_free(table);
    return found == NULL ? NULL : found == &routes[0] ? first : second;
}

static void print_unmet(FILE *out, const struct match_settings *match, const struct route_ask *ask)
{
    const struct header_setting *which = NULL;
    switch (match_unmet(match, ask, &which)) {
    case MATCH_METHOD:
        print_list(out, "method differs: it is for ", match->methods, match->method_count);
        break;
    case MATCH_HEADER:
        fprintf(out, "header %.*s differs: it is for '%.*s'", TEXT_ARGS(which->name),
                TEXT_ARGS(which->value));
        break;
    case MATCH_QUERY:
        fprintf(out, "query %.*s differs: it is for '%.*s'", TEXT_ARGS(which->name), TEXT_ARGS(which->value));
        break;
    case MATCH_ALL:
        break;
    }
}

/* Both take the request: what makes chosen the one. With other in front, the order of the file is no reason. */
static void print_rank(FILE *out, const struct route_settings *other, const struct route_settings *chosen,
                       const struct route_ask *ask)
{
    if (choose(other, chosen, PART_ALL, ask) == other)
        fprintf(out, "comes behind %.*s in the file", TEXT_ARGS(chosen->name));
    else if (choose(other, chosen, PART_PATH, ask) == other)
        fprintf(out, "less specific than %.*s: fewer conditions", TEXT_ARGS(chosen->name));
    else if (choose(other, chosen, PART_HOST, ask) == other)
        fprintf(out, "less specific than %.*s: its path", TEXT_ARGS(chosen->name));
    else
        fprintf(out, "less specific than %.*s: its host", TEXT_ARGS(chosen->name));
}

void explain_other(FILE *out, const struct route_settings *other, const struct route_settings *chosen,
                   const struct route_ask *ask)
{
    static const char *const only[] = {
        [PATH_EXACT] = "exactly ", [PATH_PREFIX] = "", [PATH_REGEX] = "path_regex "};
    if (choose(other, NULL, PART_HOST, ask) == NULL)
        print_list(out, "host differs: it is for ", other->hosts, other->host_count);
    else if (choose(other, NULL, PART_PATH, ask) == NULL)
        fprintf(out, "path differs: it is for %s%.*s", only[other->path_match], TEXT_ARGS(other->path));
    else if (choose(other, NULL, PART_ALL, ask) == NULL)
        print_unmet(out, &other->match, ask);
    else if (chosen != NULL)
        print_rank(out, other, chosen, ask);
}
