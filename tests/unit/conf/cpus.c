/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/cpus.h"

#include "load.h"

#include <sched.h>
#include <sys/stat.h>

static unsigned quota_of(void **state, const char *membership)
{
    char path[200];
    struct loading *loading = *state;
    write_file(state, "membership", membership);
    snprintf(path, sizeof path, "%s/membership", loading->folder);
    return cpus_quota(path, loading->folder);
}

static void make_folder(void **state, const char *name)
{
    char path[200];
    snprintf(path, sizeof path, "%s/%s", ((struct loading *)*state)->folder, name);
    assert_int_equal(mkdir(path, 0700), 0);
}

static void the_quota_of_version_2_is_rounded_up(void **state)
{
    make_folder(state, "a");
    write_file(state, "a/cpu.max", "150000 100000\n");
    assert_int_equal(quota_of(state, "0::/a\n"), 2);
    write_file(state, "a/cpu.max", "max 100000\n");
    assert_int_equal(quota_of(state, "0::/a\n"), 0);
    write_file(state, "a/cpu.max", "1000 100000\n");
    assert_int_equal(quota_of(state, "0::/a\n"), 1);
}

static void the_least_quota_of_all_levels_binds(void **state)
{
    make_folder(state, "a");
    make_folder(state, "a/b");
    write_file(state, "a/cpu.max", "300000 100000\n");
    write_file(state, "a/b/cpu.max", "800000 100000\n");
    assert_int_equal(quota_of(state, "0::/a/b\n"), 3);
}

static void a_group_that_only_the_host_sees_is_found_at_the_mount(void **state)
{
    write_file(state, "cpu.max", "400000 100000\n");
    assert_int_equal(quota_of(state, "0::/docker/0123abc\n"), 4);
    assert_int_equal(quota_of(state, "0::/\n"), 4);
}

static void the_quota_of_version_1_is_read_too(void **state)
{
    make_folder(state, "cpu,cpuacct");
    make_folder(state, "cpu,cpuacct/x");
    write_file(state, "cpu,cpuacct/x/cpu.cfs_quota_us", "250000\n");
    write_file(state, "cpu,cpuacct/x/cpu.cfs_period_us", "100000\n");
    assert_int_equal(quota_of(state, "5:memory:/x\n4:cpu,cpuacct:/x\n"), 3);
    write_file(state, "cpu,cpuacct/x/cpu.cfs_quota_us", "-1\n");
    assert_int_equal(quota_of(state, "4:cpu,cpuacct:/x\n"), 0);
}

static void nonsense_is_no_quota(void **state)
{
    assert_int_equal(quota_of(state, ""), 0);
    assert_int_equal(quota_of(state, "\n::\nx\n0:\n1:cpu\n"), 0);
    assert_int_equal(cpus_quota("/nowhere", "/nowhere"), 0);
}

static void affinity_is_respected(void **state)
{
    cpu_set_t before, one;
    (void)state;
    assert_int_equal(sched_getaffinity(0, sizeof before, &before), 0);
    int cpu = 0;
    while (!CPU_ISSET(cpu, &before))
        cpu++;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    assert_int_equal(sched_setaffinity(0, sizeof one, &one), 0);
    assert_int_equal(cpus_usable(), 1);
    assert_int_equal(sched_setaffinity(0, sizeof before, &before), 0);
    assert_true(cpus_usable() <= (unsigned)CPU_COUNT(&before));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        loading_test(the_quota_of_version_2_is_rounded_up),
        loading_test(the_least_quota_of_all_levels_binds),
        loading_test(a_group_that_only_the_host_sees_is_found_at_the_mount),
        loading_test(the_quota_of_version_1_is_read_too),
        loading_test(nonsense_is_no_quota),
        loading_test(affinity_is_respected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
