/* SPDX-License-Identifier: Apache-2.0 */
#include "process/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/config.h"
#include "conf/json_schema.h"
#include "conf/problems.h"
#include "process/demo.h"
#include "process/reload.h"
#include "process/supervisor.h"

struct command {
    const char *name;
    int (*run)(const char *path); /* or the ADMIN; NULL: not in this build yet */
    const char *arguments;
    const char *summary;
};

static int run(const char *path)
{
    struct problems problems;
    struct file_list seen;
    problems_init(&problems);
    file_list_init(&seen);
    struct config *config = config_load(path, &problems, &seen);
    problems_print(&problems, stderr);
    problems_clear(&problems);
    if (config == NULL) {
        file_list_clear(&seen);
        fprintf(stderr, "weir: not started: %s has the problems above\n", path);
        return 1;
    }
    return supervise(config, path, &seen, NULL);
}

static int check(const char *path)
{
    struct problems problems;
    problems_init(&problems);
    struct config *config = config_load(path, &problems, NULL);
    problems_print(&problems, stdout);
    problems_clear(&problems);
    if (config == NULL)
        return 1;
    printf("%s: fine\n", path);
    config_free(config);
    return 0;
}

static int schema(const char *path)
{
    (void)path;
    config_print_schema(stdout);
    return fflush(stdout) == 0 ? 0 : 1;
}

static int demo(const char *path)
{
    (void)path;
    return demo_run();
}

static int version(const char *path)
{
    (void)path;
    puts("weir " WEIR_VERSION);
    return 0;
}

static const struct command commands[] = {
    {"run", run, "[-c FILE]", "run in the foreground"},
    {"check", check, "[-c FILE]", "parse and validate, print every problem as FILE:LINE:COLUMN: message"},
    {"explain", NULL, "-c FILE METHOD URL", "which listener, route and upstream a request would meet"},
    {"schema", schema, "", "print the JSON Schema of the configuration"},
    {"reload", reload_run, "[-a ADMIN]", "ask a running weir to reload"},
    {"demo", demo, "", "start demo backends in this process and proxy to them"},
    {"top", NULL, "[-a ADMIN]", "live terminal view"},
    {"doctor", NULL, "[-c FILE]", "look at this host's kernel and limits"},
    {"version", version, "", "print the version"},
};

enum { COMMANDS = sizeof commands / sizeof commands[0] };

static void print_usage(FILE *out)
{
    fprintf(out, "usage: weir COMMAND [ARGUMENTS]\n\n");
    for (int i = 0; i < COMMANDS; i++)
        fprintf(out, "  weir %-8s %-20s %s%s\n", commands[i].name, commands[i].arguments, commands[i].summary,
                commands[i].run == NULL ? " (not in this build yet)" : "");
    fprintf(out, "\nFILE is ./weir.yaml, then /etc/weir/weir.yaml, unless -c names one.\n"
                 "Exit codes: 0 fine, 1 the config or the operation failed, 2 wrong usage.\n");
}

static bool takes_admin(const struct command *command)
{
    return strstr(command->arguments, "[-a ADMIN]") != NULL;
}

static int print_help(const struct command *command)
{
    printf("usage: weir %s%s%s\n\n%s%s\n", command->name, command->arguments[0] != '\0' ? " " : "",
           command->arguments, command->summary, command->run == NULL ? " (not in this build yet)" : "");
    if (strstr(command->arguments, "-c FILE") != NULL)
        printf("\n  -c FILE   the configuration; without it ./weir.yaml, then /etc/weir/weir.yaml\n");
    if (takes_admin(command))
        printf(
            "\n  -a ADMIN  where the admin API listens: host:port, [v6]:port or unix:/path; without it admin.listen of\n"
            "            ./weir.yaml or /etc/weir/weir.yaml. Its token is taken from WEIR_ADMIN_TOKEN.\n");
    return 0;
}

static bool takes_file(const struct command *command)
{
    return strstr(command->arguments, "[-c FILE]") != NULL;
}

static int wrong_usage(const struct command *command, const char *what, const char *word)
{
    fprintf(stderr, "weir %s: %s%s; try: weir %s --help\n", command->name, what, word, command->name);
    return 2;
}

/* NULL: neither is there. */
static const char *default_path(void)
{
    static const char *const paths[] = {"weir.yaml", "/etc/weir/weir.yaml"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        if (access(paths[i], F_OK) == 0)
            return paths[i];
    return NULL;
}

static int no_file(const struct command *command)
{
    fprintf(
        stderr,
        "weir %s: neither ./weir.yaml nor /etc/weir/weir.yaml is there; name a file with -c, or try: weir demo\n",
        command->name);
    return 1;
}

static bool asks_for_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

static int run_command(const struct command *command, int count, char **words)
{
    const char *path = NULL;
    for (int i = 0; i < count; i++)
        if (asks_for_help(words[i]))
            return print_help(command);
    if (command->run == NULL) {
        fprintf(stderr, "weir %s: not in this build yet\n", command->name);
        return 1;
    }
    for (int i = 0; i < count; i++) {
        bool is_admin = takes_admin(command) && strcmp(words[i], "-a") == 0;
        if (!is_admin && (!takes_file(command) || strcmp(words[i], "-c") != 0))
            return wrong_usage(command, "unknown argument ", words[i]);
        if (++i == count)
            return wrong_usage(command, is_admin ? "-a needs an address" : "-c needs the path of a file", "");
        path = words[i];
    }
    if (path == NULL && takes_file(command) && (path = default_path()) == NULL)
        return no_file(command);
    return command->run(path);
}

static int unknown_command(const char *word)
{
    fprintf(stderr, "weir: unknown command %s; these are known:\n\n", word);
    print_usage(stderr);
    return 2;
}

int command_main(int count, char **words)
{
    if (count < 1) {
        print_usage(stderr);
        return 2;
    }
    if (asks_for_help(words[0]) || strcmp(words[0], "help") == 0) {
        print_usage(stdout);
        return 0;
    }
    if (strcmp(words[0], "--version") == 0)
        return version(NULL);
    for (int i = 0; i < COMMANDS; i++)
        if (strcmp(words[0], commands[i].name) == 0)
            return run_command(&commands[i], count - 1, words + 1);
    return unknown_command(words[0]);
}
