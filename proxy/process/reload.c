/* SPDX-License-Identifier: Apache-2.0 */
#include "process/reload.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/json_read.h"
#include "base/utf8.h"
#include "conf/glance.h"
#include "process/client.h"

#define ARENA_MAX ((size_t)512 << 20)

enum { REFUSED = 422, LINE_NUMBER_MAX = 1000000000 };

/* What the other side says must not move the operator's cursor. */
static void print_text(struct text t, FILE *out)
{
    while (t.len > 0) {
        size_t len = utf8_length(t);
        if (len == 0 || utf8_is_control(t, len))
            fputc('?', out);
        else
            fwrite(t.at, 1, len, out);
        len = len == 0 ? 1 : len;
        t = text_sub(t, len, t.len - len);
    }
}

/* As weir check has it, FILE:LINE:COLUMN: message; what is about no file is the message alone. */
static void print_problem(const struct json *problem, FILE *out)
{
    uint64_t line = 0, column = 0;
    struct text file = json_text(json_get(problem, "file"));
    (void)json_whole(json_get(problem, "line"), LINE_NUMBER_MAX, &line);
    (void)json_whole(json_get(problem, "column"), LINE_NUMBER_MAX, &column);
    print_text(file, out);
    if (file.len > 0)
        fprintf(out, ":%" PRIu64 ":%" PRIu64 ": ", line, column);
    if (text_equal(json_text(json_get(problem, "severity")), TEXT("warning")))
        fputs("warning: ", out);
    print_text(json_text(json_get(problem, "message")), out);
    fputc('\n', out);
}

static void print_problems(const struct json *list, FILE *out)
{
    for (const struct json *one = list != NULL && list->kind == JSON_LIST ? list->first : NULL; one != NULL;
         one = one->next)
        print_problem(one, out);
}

static int complain(const struct client *client, const char *problem, struct text detail)
{
    fprintf(stderr, "weir reload: %s: %s", client->name, problem);
    print_text(detail, stderr);
    fputc('\n', stderr);
    return 1;
}

static int tell(const struct client *client, const struct client_answer *answer, const struct json *said)
{
    uint64_t generation;
    if (answer->status == REFUSED) {
        print_problems(json_get(said, "problems"), stdout);
        fprintf(stderr, "weir reload: refused: the problems above; the config in force stays\n");
        return 1;
    }
    if (answer->status != 200 || !json_whole(json_get(said, "generation"), UINT64_MAX, &generation)) {
        char problem[40];
        snprintf(problem, sizeof problem, "answers %u: ", answer->status);
        return complain(client, problem, json_text(json_get(said, "error")));
    }
    print_problems(json_get(said, "warnings"), stdout);
    printf("generation %" PRIu64 "\n", generation);
    return 0;
}

static int ask(const struct client *client)
{
    struct arena arena;
    struct client_answer answer;
    const char *problem = client_ask(client, "POST /api/v1/reload", &answer);
    arena_init(&arena, ARENA_MAX);
    const struct json *said = problem == NULL ? json_read(&arena, answer.body, &problem) : NULL;
    if (said == NULL && answer.status != 0)
        problem = "what answers there is not the admin API of weir";
    int code = said != NULL ? tell(client, &answer, said) : complain(client, problem, TEXT(""));
    arena_clear(&arena);
    client_answer_clear(&answer);
    return code;
}

/* The file that weir run would take. */
static bool aim_by_config(struct client *client, struct arena *arena)
{
    static const char *const paths[] = {"weir.yaml", "/etc/weir/weir.yaml"};
    static const char usual[] = "127.0.0.1:9900";
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        if (access(paths[i], R_OK) != 0)
            continue;
        struct glance glance = glance_at(paths[i], arena);
        if (glance.listen.len == 0) {
            fprintf(stderr, "weir reload: admin.listen is off in %s; send SIGHUP instead\n", paths[i]);
            return false;
        }
        client_aim_at(client, &glance.listen);
        client->token = glance.token.at;
        return true;
    }
    bool aimed = client_aim(client, usual) == NULL;
    snprintf(client->name, sizeof client->name,
             "%s (the usual address: there is neither ./%s nor %s; -a names another)", usual, paths[0],
             paths[1]);
    return aimed;
}

int reload_run(const char *admin)
{
    struct arena arena;
    struct client client = {.token = NULL};
    const char *token = getenv("WEIR_ADMIN_TOKEN");
    const char *problem = admin != NULL ? client_aim(&client, admin) : NULL;
    if (problem != NULL) {
        fprintf(stderr, "weir reload: -a %s: %s\n", admin, problem);
        return client.host[0] == '\0' ? 2 : 1; /* an address, but of nobody */
    }
    arena_init(&arena, ARENA_MAX);
    bool aimed = admin != NULL || aim_by_config(&client, &arena);
    if (token != NULL && token[0] != '\0')
        client.token = token;
    int code = aimed ? ask(&client) : 1;
    arena_clear(&arena);
    return code;
}
