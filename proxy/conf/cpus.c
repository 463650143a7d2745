/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/cpus.h"

#include <limits.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CPUS_MAX 1024

static unsigned least(unsigned a, unsigned b)
{
    if (a == 0 || b == 0)
        return a + b;
    return a < b ? a : b;
}

static unsigned whole_cpus(long long quota, long long period)
{
    if (quota <= 0 || period <= 0)
        return 0;
    long long cpus = quota / period + (quota % period != 0);
    return cpus > CPUS_MAX ? CPUS_MAX : (unsigned)cpus;
}

static bool read_line(const char *path, char *line, int size)
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return false;
    bool got = fgets(line, size, file) != NULL;
    fclose(file);
    return got;
}

/* Takes a number off the front; 0 when there is none. */
static long long take_number(char **at)
{
    return strtoll(*at, at, 10);
}

/* Version 2: "max 100000" or "150000 100000". */
static unsigned quota_v2(const char *folder)
{
    char path[PATH_MAX], line[64], *at = line;
    snprintf(path, sizeof path, "%s/cpu.max", folder);
    if (!read_line(path, line, sizeof line))
        return 0;
    long long quota = take_number(&at);
    return whole_cpus(quota, take_number(&at));
}

static long long read_number(const char *folder, const char *name)
{
    char path[PATH_MAX], line[64], *at = line;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return read_line(path, line, sizeof line) ? take_number(&at) : 0;
}

/* Version 1; -1 is no limit. */
static unsigned quota_v1(const char *folder)
{
    return whole_cpus(read_number(folder, "cpu.cfs_quota_us"), read_number(folder, "cpu.cfs_period_us"));
}

/* The least quota on the way from the group up to the mount: every level binds. A group that isn't below
 * the mount (a container sees the host's name of it) is found at the mount itself. */
static unsigned quota_upwards(const char *root, const char *group, unsigned (*quota_of)(const char *folder))
{
    char folder[PATH_MAX];
    size_t root_len = strlen(root);
    unsigned cpus = quota_of(root);
    if (snprintf(folder, sizeof folder, "%s%s", root, group) >= (int)sizeof folder)
        return cpus;
    while (strlen(folder) > root_len) {
        cpus = least(cpus, quota_of(folder));
        *strrchr(folder, '/') = '\0';
    }
    return cpus;
}

static bool has_cpu_controller(const char *controllers)
{
    char list[256];
    snprintf(list, sizeof list, ",%s,", controllers);
    return strstr(list, ",cpu,") != NULL;
}

/* A line of the membership: "0::/group" for version 2, "4:cpu,cpuacct:/group" for version 1. */
static unsigned quota_of_line(char *line, const char *mount)
{
    char root[PATH_MAX];
    char *controllers = strchr(line, ':');
    char *group = controllers == NULL ? NULL : strchr(controllers + 1, ':');
    if (group == NULL)
        return 0;
    *group++ = '\0';
    controllers++;
    group[strcspn(group, "\n")] = '\0';
    if (controllers[0] == '\0')
        return quota_upwards(mount, group, quota_v2);
    if (!has_cpu_controller(controllers))
        return 0;
    snprintf(root, sizeof root, "%s/%s", mount, controllers);
    unsigned cpus = quota_upwards(root, group, quota_v1);
    snprintf(root, sizeof root, "%s/cpu", mount);
    return least(cpus, quota_upwards(root, group, quota_v1));
}

unsigned cpus_quota(const char *membership, const char *mount)
{
    char line[PATH_MAX];
    unsigned cpus = 0;
    FILE *file = fopen(membership, "re");
    if (file == NULL)
        return 0;
    while (fgets(line, sizeof line, file) != NULL)
        cpus = least(cpus, quota_of_line(line, mount));
    fclose(file);
    return cpus;
}

unsigned cpus_usable(void)
{
    cpu_set_t set;
    unsigned cpus = 1;
    if (sched_getaffinity(0, sizeof set, &set) == 0)
        cpus = (unsigned)CPU_COUNT(&set);
    return least(cpus == 0 ? 1 : cpus, cpus_quota("/proc/self/cgroup", "/sys/fs/cgroup"));
}
