/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A loaded configuration: what a file (with its includes and environment) says, checked, as the settings
 * structs of the modules it configures. Made by config_load on the control thread; immutable afterwards; owns
 * all its texts.
 */
#ifndef CONF_CONFIG_H
#define CONF_CONFIG_H

#include "base/arena.h"
#include "base/log.h"
#include "exchange/settings.h"
#include "net/resolver.h"

struct problems;  /* conf/problems.h */
struct file_list; /* conf/file_list.h */

enum access_log_format { ACCESS_JSON, ACCESS_COMBINED, ACCESS_COMMON };

struct config {
    struct arena arena;
    unsigned workers; /* auto is resolved */
    struct text user; /* empty: stay */
    struct {
        enum log_level level;
        enum log_format format;
        struct text path; /* stderr, stdout or a file */
    } log;
    struct {
        struct text path; /* stdout, stderr, a file; empty: off */
        enum access_log_format format;
    } access_log;
    struct {
        struct address listen; /* len 0: off */
        struct text token;     /* empty: none */
        struct address probes; /* len 0: none */
        struct text *hosts;    /* further names of it */
        size_t host_count;
    } admin;
    struct {
        struct text json; /* what the files say with defaults filled in, secrets masked */
        struct text hash; /* 16 hexadecimal digits; secrets count */
    } effective;
    struct resolver_settings resolver; /* of discovery */
    struct snapshot_settings serve;
};

/* Reads, resolves, parses and checks the file. NULL when there is any problem; *problems then holds all of
 * them in file order (warnings may be there on success too). To *seen, which may be NULL, it adds every file that it
 * looked at, also on failure. Control thread only; blocks on files. */
struct config *config_load(const char *path, struct problems *problems, struct file_list *seen);

/* The same from text in memory (weir demo, tests, fuzz); name stands for the file in problems. */
struct config *config_load_text(const char *name, struct text yaml, struct problems *problems);

void config_free(struct config *config);

#endif
