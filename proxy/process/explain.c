/* SPDX-License-Identifier: Apache-2.0 */
#include "process/explain.h"

#include "conf/config.h"
#include "conf/problems.h"
#include "process/explain_question.h"
#include "process/explain_route.h"

/* How well a listener's address fits the URL. */
enum nearness { NEAR_NOT, NEAR_PORT, NEAR_SCHEME, NEAR_ADDRESS };

static enum nearness nearness_of(const struct front_plan *front, const struct explain_question *question)
{
    bool port = false, address = false;
    for (size_t i = 0; i < front->settings->address_count; i++) {
        const struct address *at = &front->settings->addresses[i];
        port = port || address_port(at) == question->port;
        address = address || (question->address.len > 0 && address_equal(at, &question->address));
    }
    if (!port)
        return NEAR_NOT;
    if (!text_equal(front->scheme, question->scheme))
        return NEAR_PORT;
    return address ? NEAR_ADDRESS : NEAR_SCHEME;
}

static enum nearness nearest(const struct snapshot *snapshot, const struct explain_question *question)
{
    enum nearness best = NEAR_NOT;
    for (size_t i = 0; i < snapshot->settings->front_count; i++) {
        enum nearness nearness = nearness_of(&snapshot->fronts[i], question);
        if (nearness > best)
            best = nearness;
    }
    return best;
}

static void print_listener(const struct front_plan *front)
{
    char room[ADDRESS_TEXT_MAX];
    printf("\nlistener %.*s, %.*s", TEXT_ARGS(front->settings->name), TEXT_ARGS(front->scheme));
    for (size_t i = 0; i < front->settings->address_count; i++) {
        struct text address = address_write(&front->settings->addresses[i], room);
        printf("%s%.*s", i == 0 ? " on " : ", ", TEXT_ARGS(address));
    }
    putchar('\n');
}

static void print_others(const struct snapshot *snapshot, size_t front,
                         const struct explain_question *question, const struct route_settings *chosen)
{
    const char *heading = chosen != NULL ? "  not these:\n" : "  these don't match:\n";
    for (size_t i = 0; i < snapshot->settings->route_count; i++) {
        const struct route_settings *route = &snapshot->settings->routes[i];
        if (route == chosen || (route->front != front && route->front != SIZE_MAX))
            continue;
        printf("%s    %-10.*s ", heading, TEXT_ARGS(route->name));
        explain_other(stdout, route, chosen, &question->ask);
        putchar('\n');
        heading = "";
    }
}

/* NULL, and why. */
static const struct route_settings *find(const struct front_plan *front,
                                         const struct explain_question *question, const struct fault **fault)
{
    const struct route *route;
    *fault = route_table_find(front->routes, &question->ask, &route);
    return route != NULL ? route->settings : NULL;
}

static void explain_front(const struct snapshot *snapshot, size_t index,
                          const struct explain_question *question)
{
    const struct front_plan *front = &snapshot->fronts[index];
    const struct explain_asked asked = {&question->head, front->scheme};
    const struct fault *fault;
    const struct route_settings *chosen = find(front, question, &fault);
    print_listener(front);
    if (chosen != NULL)
        explain_chosen(stdout, snapshot, chosen, &asked);
    else
        printf("  route      none: weir answers %u, %s\n", fault->status, fault->sentence);
    print_others(snapshot, index, question, chosen);
}

static size_t count_found(const struct snapshot *snapshot, const struct explain_question *question,
                          enum nearness nearness)
{
    const struct fault *fault;
    size_t found = 0;
    for (size_t i = 0; i < snapshot->settings->front_count; i++)
        found += nearness_of(&snapshot->fronts[i], question) == nearness &&
                 find(&snapshot->fronts[i], question, &fault) != NULL;
    return found;
}

static void print_request(const struct explain_question *question)
{
    const struct route_ask *ask = &question->ask;
    printf("request %.*s %.*s\n", TEXT_ARGS(question->method), TEXT_ARGS(question->url));
    printf("  host       %.*s\n  path       %.*s\n", TEXT_ARGS(ask->host), TEXT_ARGS(ask->path));
    if (ask->query.len > 0)
        printf("  query      %.*s\n", TEXT_ARGS(ask->query));
}

/* Ports are often mapped on the way, so a URL of another port is looked for at each listener; of these only those are
 * told that have a route for it, if any has. */
static int explain_all(const struct snapshot *snapshot, const struct explain_question *question)
{
    enum nearness nearness = nearest(snapshot, question);
    size_t found = count_found(snapshot, question, nearness);
    const struct fault *fault;
    print_request(question);
    if (nearness == NEAR_NOT)
        printf("\nno listener has port %u; if the request came to another one:\n", question->port);
    if (nearness == NEAR_PORT)
        printf("\nno listener speaks %.*s on port %u; behind something that does:\n",
               TEXT_ARGS(question->scheme), question->port);
    for (size_t i = 0; i < snapshot->settings->front_count; i++) {
        if (nearness_of(&snapshot->fronts[i], question) != nearness)
            continue;
        if (nearness > NEAR_NOT || found == 0 || find(&snapshot->fronts[i], question, &fault) != NULL)
            explain_front(snapshot, i, question);
    }
    return found > 0 ? 0 : 1;
}

static int explain_refused(const struct explain_question *question)
{
    printf("request %.*s %.*s\n", TEXT_ARGS(question->method), TEXT_ARGS(question->url));
    struct text reason = question->reason.len > 0 ? question->reason : text_of(question->fault->sentence);
    printf("  refused    weir answers %u, %s: %.*s\n", question->fault->status, question->fault->name,
           TEXT_ARGS(reason));
    return 1;
}

static int explain(const struct snapshot_settings *settings, const struct explain_question *question)
{
    struct snapshot *snapshot = snapshot_new(settings, NULL, NULL);
    if (snapshot == NULL) {
        fputs("weir explain: out of memory\n", stderr);
        return 1;
    }
    int code = explain_all(snapshot, question);
    snapshot_unref(snapshot);
    return code;
}

static struct config *load(const char *path)
{
    struct problems problems;
    problems_init(&problems);
    struct config *config = config_load(path, &problems, NULL);
    if (config == NULL)
        problems_print(&problems, stderr);
    problems_clear(&problems);
    return config;
}

int explain_usage(int count, char **words)
{
    struct explain_question question;
    const char *wrong = question_read(&question, count, words);
    if (wrong != NULL)
        fprintf(stderr, "weir explain: %s; try: weir explain --help\n", wrong);
    question_clear(&question);
    return wrong != NULL ? 2 : 0;
}

int explain_run(const char *path, int count, char **words)
{
    struct explain_question question;
    struct config *config = load(path);
    int code = 1;
    if (config != NULL && question_read(&question, count, words) == NULL) {
        code = question.fault != NULL ? explain_refused(&question) : explain(&config->serve, &question);
        question_clear(&question);
    }
    config_free(config);
    return code;
}
