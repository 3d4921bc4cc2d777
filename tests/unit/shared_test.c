/* app/shared: memory of all workers, handed on at a reload. */
#include "app/shared/shared.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { SIZE = 100, LAYOUT = 7 };

static int fd;
static char *memory;

static int set_up(void **state)
{
    (void)state;
    fd = -1;
    memory = shared_map("one", SIZE, LAYOUT, &fd);
    return memory == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    return close(fd);
}

static void new_memory_is_zeroed_and_aligned(void **state)
{
    static const char zeros[SIZE];
    (void)state;
    assert_memory_equal(memory, zeros, SIZE);
    assert_int_equal((uintptr_t)memory % 64, 0);
}

static void a_child_and_its_parent_see_the_same(void **state)
{
    (void)state;
    if (fork() == 0) {
        strcpy(memory, "from the child");
        _exit(0);
    }
    wait(NULL);
    assert_string_equal(memory, "from the child");
}

static void the_next_program_finds_what_was_there(void **state)
{
    (void)state;
    int before = fd;
    memory[SIZE - 1] = 'x';
    char *again = shared_map("one", SIZE, LAYOUT, &fd);
    assert_int_equal(fd, before);
    assert_int_equal(again[SIZE - 1], 'x');
}

static void what_differs_is_not_taken_over(void **state)
{
    static const struct {
        const char *name;
        size_t size;
        uint64_t layout;
    } cases[] = {{"two", SIZE, LAYOUT}, {"one", SIZE + 1, LAYOUT}, {"one", SIZE, LAYOUT + 1}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        memory[0] = 'x';
        memory = shared_map(cases[i].name, cases[i].size, cases[i].layout, &fd);
        assert_non_null(memory);
        assert_int_equal(memory[0], 0);
        memory = shared_map("one", SIZE, LAYOUT, &fd);
    }
}

static void a_descriptor_of_something_else_is_not_taken_over(void **state)
{
    int ends[2];
    (void)state;
    close(fd);
    assert_int_equal(pipe(ends), 0);
    fd = ends[0];
    memory = shared_map("one", SIZE, LAYOUT, &fd);
    assert_non_null(memory);
    memory[SIZE - 1] = 'x';
    close(ends[1]);
}

static void a_layouts_hash_hangs_on_each_text_and_where_it_ends(void **state)
{
    uint64_t ab_c = shared_hash(shared_hash(SHARED_LAYOUT, "ab"), "c");
    uint64_t a_bc = shared_hash(shared_hash(SHARED_LAYOUT, "a"), "bc");
    (void)state;
    assert_true(ab_c == shared_hash(shared_hash(SHARED_LAYOUT, "ab"), "c"));
    assert_true(ab_c != a_bc);
    assert_true(shared_hash(SHARED_LAYOUT, "") != SHARED_LAYOUT);
}

static void a_layouts_hash_hangs_on_each_number_and_its_place(void **state)
{
    static const int64_t numbers[][3] = {{1, 2, 3}, {2, 1, 3}, {1, 2, 4}, {0, 2, 3}, {-1, 2, 3}};
    (void)state;
    for (size_t i = 1; i < sizeof numbers / sizeof *numbers; i++)
        assert_true(shared_layout(numbers[0], 3) != shared_layout(numbers[i], 3));
    assert_true(shared_layout(numbers[0], 3) == shared_layout(numbers[0], 3));
    assert_true(shared_layout(numbers[0], 3) != shared_layout(numbers[0], 2));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(new_memory_is_zeroed_and_aligned),
        TEST(a_child_and_its_parent_see_the_same),
        TEST(the_next_program_finds_what_was_there),
        TEST(what_differs_is_not_taken_over),
        TEST(a_descriptor_of_something_else_is_not_taken_over),
        TEST(a_layouts_hash_hangs_on_each_text_and_where_it_ends),
        TEST(a_layouts_hash_hangs_on_each_number_and_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
