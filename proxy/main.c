/* SPDX-License-Identifier: Apache-2.0 */
#include "process/command.h"

int main(int count, char **words)
{
    return command_main(count - 1, words + 1);
}
