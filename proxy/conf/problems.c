/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/problems.h"

#include <stdarg.h>
#include <stdlib.h>

/* A message longer than this is cut: it comes from names in the file, which may be of any length. */
#define MESSAGE_MAX 600
/* The whole list's memory: PROBLEMS_MAX messages, their file names and the list itself. */
#define ARENA_MAX (16u << 20)

void problems_init(struct problems *problems)
{
    memset(problems, 0, sizeof *problems);
    arena_init(&problems->arena, ARENA_MAX);
}

void problems_clear(struct problems *problems)
{
    arena_clear(&problems->arena);
    problems_init(problems);
}

static bool make_room(struct problems *problems)
{
    if (problems->count == PROBLEMS_MAX)
        return false;
    if (problems->count < problems->room)
        return true;
    size_t room = problems->room == 0 ? 16 : problems->room * 2;
    struct problem *list = arena_take(&problems->arena, room * sizeof *list);
    if (list == NULL)
        return false;
    if (problems->count > 0)
        memcpy(list, problems->list, problems->count * sizeof *list);
    problems->list = list;
    problems->room = room;
    return true;
}

/* A name from the file must not move the operator's cursor or break the line. */
static void make_printable(char *message)
{
    for (char *c = message; *c != '\0'; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = '?';
}

/* Problems of one file come in a row: they share one copy of its name. */
static const char *keep_file(struct problems *problems, const char *file)
{
    if (problems->count > 0 && strcmp(problems->list[problems->count - 1].place.file, file) == 0)
        return problems->list[problems->count - 1].place.file;
    return arena_copy(&problems->arena, text_of(file)).at;
}

static void add(struct problems *problems, struct place place, enum severity severity, const char *message)
{
    if (severity == SEVERITY_ERROR)
        problems->errors++;
    if (!make_room(problems)) {
        problems->dropped++;
        return;
    }
    struct problem *problem = &problems->list[problems->count];
    problem->place = place;
    problem->place.file = keep_file(problems, place.file);
    problem->severity = severity;
    problem->message = arena_copy(&problems->arena, text_of(message));
    if (problem->place.file == NULL || problem->message.at == NULL)
        problems->dropped++;
    else
        problems->count++;
}

static __attribute__((format(printf, 2, 0))) void format_message(char *message, const char *format,
                                                                 va_list arguments)
{
    vsnprintf(message, MESSAGE_MAX, format, arguments);
    make_printable(message);
}

void problem_add(struct problems *problems, struct place place, const char *format, ...)
{
    char message[MESSAGE_MAX];
    va_list arguments;
    va_start(arguments, format);
    format_message(message, format, arguments);
    va_end(arguments);
    add(problems, place, SEVERITY_ERROR, message);
}

void problem_warn(struct problems *problems, struct place place, const char *format, ...)
{
    char message[MESSAGE_MAX];
    va_list arguments;
    va_start(arguments, format);
    format_message(message, format, arguments);
    va_end(arguments);
    add(problems, place, SEVERITY_WARNING, message);
}

static int compare(const void *left, const void *right)
{
    const struct problem *a = left, *b = right;
    int files = strcmp(a->place.file, b->place.file);
    if (files != 0)
        return files;
    if (a->place.line != b->place.line)
        return a->place.line < b->place.line ? -1 : 1;
    if (a->place.column != b->place.column)
        return a->place.column < b->place.column ? -1 : 1;
    return strcmp(a->message.at, b->message.at);
}

void problems_sort(struct problems *problems)
{
    if (problems->count < 2)
        return;
    qsort(problems->list, problems->count, sizeof *problems->list, compare);
    size_t kept = 1;
    for (size_t i = 1; i < problems->count; i++)
        if (compare(&problems->list[i], &problems->list[kept - 1]) != 0)
            problems->list[kept++] = problems->list[i];
    problems->count = kept;
}

void problems_print(const struct problems *problems, FILE *out)
{
    for (size_t i = 0; i < problems->count; i++) {
        const struct problem *problem = &problems->list[i];
        fprintf(out, "%s:%u:%u: %s%s\n", problem->place.file, problem->place.line, problem->place.column,
                problem->severity == SEVERITY_WARNING ? "warning: " : "", problem->message.at);
    }
    if (problems->dropped > 0)
        fprintf(out, "and %zu more\n", problems->dropped);
}
