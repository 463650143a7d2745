/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/file_list.h"

#include <sys/stat.h>

/* 4096 paths of a usual length many times over. */
#define ARENA_MAX ((size_t)16 << 20)

void file_list_init(struct file_list *list)
{
    *list = (struct file_list){0};
    arena_init(&list->arena, ARENA_MAX);
    map_init(&list->paths);
}

void file_list_clear(struct file_list *list)
{
    map_clear(&list->paths);
    arena_clear(&list->arena);
    file_list_init(list);
}

void file_list_add(struct file_list *list, struct text path)
{
    if (list == NULL || list->count >= FILE_LIST_MAX || map_find(&list->paths, path) != NULL)
        return;
    struct file_seen *seen = arena_take(&list->arena, sizeof *seen);
    struct text kept = arena_copy(&list->arena, path);
    if (seen == NULL || kept.at == NULL || !map_insert(&list->paths, kept, seen, NULL))
        return;
    *seen = (struct file_seen){list->first, kept, file_mark(kept.at)};
    list->first = seen;
    list->count++;
}

uint64_t file_mark(const char *path)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return 0;
    const uint64_t said[] = {status.st_dev,
                             status.st_ino,
                             status.st_mode,
                             (uint64_t)status.st_size,
                             (uint64_t)status.st_mtim.tv_sec,
                             (uint64_t)status.st_mtim.tv_nsec,
                             (uint64_t)status.st_ctim.tv_sec,
                             (uint64_t)status.st_ctim.tv_nsec};
    return text_hash((struct text){(const char *)said, sizeof said}, 0) | 1;
}
