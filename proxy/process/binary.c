/* SPDX-License-Identifier: Apache-2.0 */
#include "process/binary.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text.h"

#define SELF "/proc/self/exe"

/* argv[0] can be anything: only what is the same file is believed. */
static bool is_self(const char *path)
{
    struct stat found, running;
    return stat(path, &found) == 0 && stat(SELF, &running) == 0 && found.st_dev == running.st_dev &&
           found.st_ino == running.st_ino;
}

static bool try_path(char path[PATH_MAX], struct text folder, const char *word)
{
    int len = snprintf(path, PATH_MAX, "%.*s/%s", TEXT_ARGS(folder), word);
    return len > 0 && len < PATH_MAX && is_self(path);
}

/* An empty folder of PATH is the current one, as a relative one is below it. */
static bool try_below(char path[PATH_MAX], struct text folder, const char *word)
{
    char here[PATH_MAX], joined[PATH_MAX];
    if (text_starts(folder, TEXT("/")))
        return try_path(path, folder, word);
    if (getcwd(here, sizeof here) == NULL)
        return false;
    if (folder.len == 0)
        return try_path(path, text_of(here), word);
    int len = snprintf(joined, sizeof joined, "%s/%.*s", here, TEXT_ARGS(folder));
    return len > 0 && len < PATH_MAX && try_path(path, text_of(joined), word);
}

static bool search(char path[PATH_MAX], const char *word)
{
    struct text rest = text_of(getenv("PATH")), folder;
    while (text_split(&rest, ':', &folder))
        if (try_below(path, folder, word))
            return true;
    return false;
}

static bool is_found(const char *word, char path[PATH_MAX])
{
    if (word == NULL || word[0] == '\0' || strlen(word) >= PATH_MAX)
        return false;
    if (word[0] == '/')
        return is_self(strcpy(path, word));
    return strchr(word, '/') != NULL ? try_below(path, TEXT(""), word) : search(path, word);
}

bool binary_path(const char *word, char path[PATH_MAX])
{
    if (is_found(word, path))
        return true;
    ssize_t len = readlink(SELF, path, PATH_MAX - 1);
    path[len < 0 ? 0 : len] = '\0';
    return len > 0;
}
