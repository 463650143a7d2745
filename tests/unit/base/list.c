/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/list.h"

struct item {
    int number;
    struct list_node node;
};

/* Empties the list into one decimal number: items 1, 2 and 3 make 123. */
static int drain(struct list *list)
{
    int digits = 0;
    for (struct list_node *node; (node = list_pop(list)) != NULL;)
        digits = digits * 10 + CONTAINER(node, struct item, node)->number;
    return digits;
}

static void a_list_gives_back_in_the_order_of_pushes(void **state)
{
    (void)state;
    struct item items[3] = {{.number = 1}, {.number = 2}, {.number = 3}};
    struct list list;
    list_init(&list);
    assert_true(list_is_empty(&list));
    for (int i = 0; i < 3; i++)
        list_push(&list, &items[i].node);
    assert_false(list_is_empty(&list));
    assert_ptr_equal(list_front(&list), &items[0].node);
    assert_ptr_equal(list_back(&list), &items[2].node);
    assert_int_equal(drain(&list), 123);
    assert_true(list_is_empty(&list));
    assert_null(list_pop(&list));
}

static void a_removed_node_is_unlinked_and_may_be_removed_again(void **state)
{
    (void)state;
    struct item items[3] = {{.number = 1}, {.number = 2}, {.number = 3}};
    struct list list;
    list_init(&list);
    for (int i = 0; i < 3; i++)
        list_push(&list, &items[i].node);
    assert_true(list_is_linked(&items[1].node));
    list_remove(&items[1].node);
    list_remove(&items[1].node);
    assert_false(list_is_linked(&items[1].node));
    list_push_front(&list, &items[1].node);
    assert_int_equal(drain(&list), 213);
}

static void splicing_moves_every_node_behind_the_others(void **state)
{
    (void)state;
    struct item items[4] = {{.number = 1}, {.number = 2}, {.number = 3}, {.number = 4}};
    struct list to, from;
    list_init(&to);
    list_init(&from);
    list_splice(&to, &from);
    assert_true(list_is_empty(&to));
    for (int i = 0; i < 4; i++)
        list_push(i < 2 ? &to : &from, &items[i].node);
    list_splice(&to, &from);
    assert_true(list_is_empty(&from));
    assert_int_equal(drain(&to), 1234);
}

static void nodes_can_be_removed_while_walking(void **state)
{
    (void)state;
    struct item items[4] = {{.number = 1}, {.number = 2}, {.number = 3}, {.number = 4}};
    struct list list;
    list_init(&list);
    for (int i = 0; i < 4; i++)
        list_push(&list, &items[i].node);
    LIST_EACH_SAFE(&list, node)
    {
        if (CONTAINER(node, struct item, node)->number % 2 == 0)
            list_remove(node);
    }
    int sum = 0;
    LIST_EACH(&list, node)
    sum += CONTAINER(node, struct item, node)->number;
    assert_int_equal(sum, 4);
    assert_int_equal(drain(&list), 13);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_gives_back_in_the_order_of_pushes),
        cmocka_unit_test(a_removed_node_is_unlinked_and_may_be_removed_again),
        cmocka_unit_test(splicing_moves_every_node_behind_the_others),
        cmocka_unit_test(nodes_can_be_removed_while_walking),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
