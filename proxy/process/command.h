/* SPDX-License-Identifier: Apache-2.0 */
/* The subcommands of weir. Each gets what follows its name and answers the exit code: 0 fine, 1 the config or the
 * operation failed, 2 wrong usage. */
#ifndef PROCESS_COMMAND_H
#define PROCESS_COMMAND_H

int command_main(int count, char **words);

#endif
