/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weir explain: what would answer a request, and why not the other routes. Nothing is opened but the config: the request
 * is put to a snapshot with the functions that serving uses, so that what is told is what would happen.
 */
#ifndef PROCESS_EXPLAIN_H
#define PROCESS_EXPLAIN_H

/* The words are METHOD URL [-H 'Name: value']...: 0, or 2 after having said what is wrong with them. */
int explain_usage(int count, char **words);

/* The same words, path is the config's. Answers the exit code: 0 a route takes the request, 1 none does or the config has
 * problems. */
int explain_run(const char *path, int count, char **words);

#endif
