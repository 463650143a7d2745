/* SPDX-License-Identifier: Apache-2.0 */
/* How many CPUs this process may use: its affinity and the CPU quota of its control group, whichever is
 * less. */
#ifndef CONF_CPUS_H
#define CONF_CPUS_H

/* At least 1, at most 1024. */
unsigned cpus_usable(void);

/* The quota alone, rounded up to whole CPUs; 0: none. membership is /proc/self/cgroup or a copy of it,
 * mount the folder where control groups are mounted. */
unsigned cpus_quota(const char *membership, const char *mount);

#endif
