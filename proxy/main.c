/* SPDX-License-Identifier: Apache-2.0 */
#include "process/command.h"
#include "process/handover.h"

int main(int count, char **words)
{
    handover_begin(words);
    return command_main(count - 1, words + 1);
}
