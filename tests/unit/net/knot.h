/* SPDX-License-Identifier: Apache-2.0 */
/* A real name server (knotd) on loopback for tests in C, with the zone "test" and the zone "broken", which has no
 * file. It ends with the test that started it. */
#ifndef KNOT_H
#define KNOT_H

#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net/address.h"

struct knot {
    char folder[40];
    struct address address;
    pid_t pid;
    unsigned serial;
};

static inline void knot_zone(struct knot *knot, const char *records)
{
    char path[80], fresh[80];
    snprintf(path, sizeof path, "%s/test.zone", knot->folder);
    snprintf(fresh, sizeof fresh, "%s/fresh", knot->folder);
    FILE *file = fopen(fresh, "w");
    assert_non_null(file);
    fprintf(file,
            "$ORIGIN test.\n$TTL 1\n@ SOA ns hostmaster %u 3600 600 86400 1\n@ NS ns\nns A 127.0.0.1\n%s",
            ++knot->serial, records);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(rename(fresh, path), 0);
    if (knot->pid > 0)
        kill(knot->pid, SIGHUP);
}

static inline void knot_pick_port(struct knot *knot)
{
    socklen_t len = sizeof knot->address.v4;
    int probe = socket(AF_INET, SOCK_STREAM, 0);
    assert_null(address_read(TEXT("127.0.0.1:0"), &knot->address));
    assert_int_equal(bind(probe, &knot->address.any, knot->address.len), 0);
    assert_int_equal(getsockname(probe, &knot->address.any, &len), 0);
    close(probe);
}

static inline void knot_configure(struct knot *knot)
{
    static const char config[] =
        "server:\n    rundir: \"%1$s\"\n    listen: 127.0.0.1@%2$u\n    udp-workers: 1\n"
        "    tcp-workers: 1\n    background-workers: 1\n"
        "control:\n    listen: \"%1$s/control\"\ndatabase:\n    storage: \"%1$s\"\n"
        "log:\n  - target: \"%1$s/log\"\n    any: info\n"
        "template:\n  - id: default\n    storage: \"%1$s\"\n    file: \"%%s.zone\"\n    zonefile-sync: -1\n"
        "    zonefile-load: whole\n    journal-content: none\n"
        "zone:\n  - domain: test\n  - domain: broken\n";
    char path[80];
    snprintf(path, sizeof path, "%s/knot.conf", knot->folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, config, knot->folder, address_port(&knot->address));
    assert_int_equal(fclose(file), 0);
}

static inline void knot_run(struct knot *knot)
{
    char path[80], output[80];
    snprintf(path, sizeof path, "%s/knot.conf", knot->folder);
    snprintf(output, sizeof output, "%s/output", knot->folder);
    knot->pid = fork();
    assert_true(knot->pid >= 0);
    if (knot->pid > 0)
        return;
    int file = open(output, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(file, STDOUT_FILENO);
    dup2(file, STDERR_FILENO);
    execlp("knotd", "knotd", "-c", path, (char *)NULL);
    execl("/usr/sbin/knotd", "knotd", "-c", path, (char *)NULL);
    _exit(127); /* the package knot is missing */
}

static inline void knot_start(struct knot *knot, const char *records)
{
    *knot = (struct knot){.folder = "/tmp/weir-knot-XXXXXX"};
    assert_non_null(mkdtemp(knot->folder));
    knot_pick_port(knot);
    knot_configure(knot);
    knot_zone(knot, records);
    knot_run(knot);
}

/* Nobody is at the port any more. */
static inline void knot_end(struct knot *knot)
{
    if (knot->pid <= 0)
        return;
    kill(knot->pid, SIGKILL);
    waitpid(knot->pid, NULL, 0);
    knot->pid = 0;
}

/* Takes questions and answers none. */
static inline void knot_pause(struct knot *knot)
{
    int status;
    kill(knot->pid, SIGSTOP);
    assert_int_equal(waitpid(knot->pid, &status, WUNTRACED), knot->pid);
    assert_true(WIFSTOPPED(status));
}

static inline void knot_resume(struct knot *knot)
{
    kill(knot->pid, SIGCONT);
}

static inline int knot_remove(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status;
    (void)kind;
    (void)walk;
    return remove(path);
}

static inline void knot_clear(struct knot *knot)
{
    knot_end(knot);
    nftw(knot->folder, knot_remove, 8, FTW_DEPTH | FTW_PHYS);
}

#endif
