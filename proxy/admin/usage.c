/* SPDX-License-Identifier: Apache-2.0 */
#include "admin/usage.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* statm: total and resident pages, see proc(5). */
int64_t usage_resident(void)
{
    char statm[128];
    int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    ssize_t len = fd < 0 ? -1 : read(fd, statm, sizeof statm - 1);
    if (fd >= 0)
        close(fd);
    if (len <= 0)
        return -1;
    statm[len] = '\0';
    char *rest;
    strtoull(statm, &rest, 10);
    return (int64_t)strtoull(rest, NULL, 10) * sysconf(_SC_PAGESIZE);
}

/* The folder's own descriptor is not counted. */
static int64_t count_entries(DIR *folder)
{
    int64_t count = -1;
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;)
        count += entry->d_name[0] != '.';
    return count;
}

int64_t usage_descriptors(void)
{
    struct stat about;
    if (stat("/proc/self/fd", &about) == 0 && about.st_size > 0)
        return about.st_size; /* the number of them, since Linux 6.2 */
    DIR *folder = opendir("/proc/self/fd");
    if (folder == NULL)
        return -1;
    int64_t count = count_entries(folder);
    closedir(folder);
    return count;
}
