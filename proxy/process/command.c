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
#include "process/explain.h"
#include "process/reload.h"
#include "process/supervisor.h"

/* What follows a command's name. */
struct arguments {
    const char *path;  /* of the config, for commands that take one */
    const char *admin; /* as -a says; NULL: it doesn't */
    char **words;      /* the others, for commands that take any */
    int count;
};

struct command {
    const char *name;
    int (*run)(const struct arguments *arguments); /* NULL: not in this build yet */
    const char *arguments;
    const char *summary;
};

static int run(const struct arguments *arguments)
{
    const char *path = arguments->path;
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

static int check(const struct arguments *arguments)
{
    const char *path = arguments->path;
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

static int explain(const struct arguments *arguments)
{
    return explain_run(arguments->path, arguments->count, arguments->words);
}

static int reload(const struct arguments *arguments)
{
    return reload_run(arguments->admin);
}

static int schema(const struct arguments *arguments)
{
    (void)arguments;
    config_print_schema(stdout);
    if (fflush(stdout) == 0 && ferror(stdout) == 0)
        return 0;
    fprintf(stderr, "weir schema: it could not be written\n");
    return 1;
}

static int demo(const struct arguments *arguments)
{
    (void)arguments;
    return demo_run();
}

static int version(const struct arguments *arguments)
{
    (void)arguments;
    puts("weir " WEIR_VERSION);
    return 0;
}

static const struct command commands[] = {
    {"run", run, "[-c FILE]", "run in the foreground"},
    {"check", check, "[-c FILE]", "parse and validate, print every problem as FILE:LINE:COLUMN: message"},
    {"explain", explain, "[-c FILE] METHOD URL [-H 'Name: value']...",
     "which listener, route and upstream a request would meet, and why not the others"},
    {"schema", schema, "", "print the JSON Schema of the configuration"},
    {"reload", reload, "[-a ADMIN]", "ask a running weir to reload"},
    {"demo", demo, "", "start demo backends in this process and proxy to them"},
    {"top", NULL, "[-a ADMIN]", "live terminal view"},
    {"doctor", NULL, "[-c FILE]", "look at this host's kernel and limits"},
    {"version", version, "", "print the version"},
};

enum { COMMANDS = sizeof commands / sizeof commands[0] };

/* Behind arguments that are too long for their column. */
#define INDENT "                                     "

static void print_usage(FILE *out)
{
    fprintf(out, "usage: weir COMMAND [ARGUMENTS]\n\n");
    for (int i = 0; i < COMMANDS; i++)
        fprintf(out, "  weir %-8s %-20s%s%s%s\n", commands[i].name, commands[i].arguments,
                strlen(commands[i].arguments) > 20 ? "\n" INDENT : " ", commands[i].summary,
                commands[i].run == NULL ? " (not in this build yet)" : "");
    fprintf(out, "\nFILE is ./weir.yaml, then /etc/weir/weir.yaml, unless -c names one.\n"
                 "Exit codes: 0 fine, 1 the config or the operation failed, 2 wrong usage.\n");
}

static bool takes_admin(const struct command *command)
{
    return strstr(command->arguments, "[-a ADMIN]") != NULL;
}

static bool takes_words(const struct command *command)
{
    return command->run == explain;
}

static int print_help(const struct command *command)
{
    printf("usage: weir %s%s%s\n\n%s%s\n", command->name, command->arguments[0] != '\0' ? " " : "",
           command->arguments, command->summary, command->run == NULL ? " (not in this build yet)" : "");
    if (strstr(command->arguments, "-c FILE") != NULL)
        printf("\n  -c FILE   the configuration; without it ./weir.yaml, then /etc/weir/weir.yaml\n");
    if (takes_words(command))
        printf("  -H        a header field of the request, as often as needed\n");
    if (takes_admin(command))
        printf(
            "\n  -a ADMIN  where the admin API listens: host:port, [v6]:port or unix:/path; without it admin.listen of\n"
            "            ./weir.yaml or /etc/weir/weir.yaml. Its token is taken from WEIR_ADMIN_TOKEN;\n"
            "            without that and without -a, it is admin.token of that file.\n");
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

/* Where the value behind an option goes; NULL: the word is no option of this command. */
static const char **option(const struct command *command, const char *word, struct arguments *arguments)
{
    if (takes_file(command) && strcmp(word, "-c") == 0)
        return &arguments->path;
    return takes_admin(command) && strcmp(word, "-a") == 0 ? &arguments->admin : NULL;
}

/* 0, or the exit code of wrong usage. Words of the command's own are moved to the front. */
static int read_arguments(const struct command *command, int count, struct arguments *arguments)
{
    char **words = arguments->words;
    for (int i = 0; i < count; i++) {
        const char **value = option(command, words[i], arguments);
        if (value == NULL && !takes_words(command))
            return wrong_usage(command, "unknown argument ", words[i]);
        if (value == NULL)
            words[arguments->count++] = words[i];
        else if (++i == count)
            return wrong_usage(
                command, value == &arguments->path ? "-c needs the path of a file" : "-a needs an address",
                "");
        else if (*value != NULL)
            return wrong_usage(command, "given twice: ", words[i - 1]);
        else
            *value = words[i];
    }
    return 0;
}

static int run_command(const struct command *command, int count, char **words)
{
    struct arguments arguments = {.words = words};
    for (int i = 0; i < count; i++)
        if (asks_for_help(words[i]))
            return print_help(command);
    if (command->run == NULL) {
        fprintf(stderr, "weir %s: not in this build yet\n", command->name);
        return 1;
    }
    int wrong = read_arguments(command, count, &arguments);
    if (wrong != 0)
        return wrong;
    if (takes_words(command) && (wrong = explain_usage(arguments.count, arguments.words)) != 0)
        return wrong;
    if (arguments.path == NULL && takes_file(command) && (arguments.path = default_path()) == NULL)
        return no_file(command);
    return command->run(&arguments);
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
