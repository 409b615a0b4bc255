// Command forebay-dpdk does a piece of work again and again with what DPDK has for it, and prints how many nanoseconds
// that took: forebay-dpdk WORK TIMES. It needs neither privileges, huge pages nor devices.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_mempool.h>
#include <rte_pause.h>
#include <rte_ring.h>

#define OBJECTS 256
#define OBJECT_SIZE 64
// Two lcores keep up to 1.5 times as many each, which leaves some for both.
#define CACHED 64
#define BURST 16

static void must(int is_so, const char *what) {
    if (!is_so) {
        fprintf(stderr, "%s: %s\n", what, rte_strerror(rte_errno));
        exit(1);
    }
}

static int64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

// Hides from the compiler what `value` is.
static inline void *hidden(void *value) {
    __asm__ volatile("" : "+r"(value) : : "memory");
    return value;
}

static inline void touch(void *object) {
    uint64_t *word = object;
    *word = (uint64_t)hidden((void *)(*word + 1));
}

struct task {
    struct rte_mempool *pool;
    struct rte_ring *ring;
    int64_t times;
    int64_t ended;
};

static int get_put(void *arg) {
    struct task *task = arg;
    for (int64_t i = 0; i < task->times; i++) {
        void *object;
        while (rte_mempool_get(task->pool, &object) != 0)
            rte_pause();
        touch(object);
        rte_mempool_put(task->pool, object);
    }
    return 0;
}

static int burst(void *arg) {
    struct task *task = arg;
    for (int64_t i = 0; i < task->times; i++) {
        void *objects[BURST];
        while (rte_mempool_get_bulk(task->pool, objects, BURST) != 0)
            rte_pause();
        for (int j = 0; j < BURST; j++)
            touch(objects[j]);
        rte_mempool_put_bulk(task->pool, objects, BURST);
    }
    return 0;
}

static int enqueue(void *arg) {
    struct task *task = arg;
    for (int64_t i = 0; i < task->times; i++)
        while (rte_ring_sp_enqueue(task->ring, hidden((void *)i)) != 0)
            rte_pause();
    return 0;
}

static int dequeue(void *arg) {
    struct task *task = arg;
    for (int64_t i = 0; i < task->times; i++) {
        void *item;
        while (rte_ring_sc_dequeue(task->ring, &item) != 0)
            rte_pause();
        hidden(item);
    }
    return 0;
}

static lcore_function_t *other;
static unsigned ready;

static void meet(void) {
    __atomic_fetch_add(&ready, 1, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(&ready, __ATOMIC_SEQ_CST) < 2)
        rte_pause();
}

static int there(void *arg) {
    struct task *task = arg;
    meet();
    other(task);
    task->ended = now();
    return 0;
}

// Both at once, each on an lcore of its own: from when both are there until both are done.
static int64_t together(lcore_function_t *on_main, lcore_function_t *on_other, struct task task) {
    struct task other_task = task;
    other = on_other;
    must(rte_eal_remote_launch(there, &other_task, 1) == 0, "launch");
    meet();
    int64_t from = now();
    on_main(&task);
    int64_t ended = now();
    rte_eal_wait_lcore(1);
    return (ended > other_task.ended ? ended : other_task.ended) - from;
}

static int64_t alone(lcore_function_t *work, struct task task) {
    int64_t from = now();
    work(&task);
    return now() - from;
}

// Gives different objects, no more than it has, and the same again.
static struct rte_mempool *pool(unsigned cached) {
    struct rte_mempool *pool = rte_mempool_create("pool", OBJECTS, OBJECT_SIZE, cached, 0, NULL, NULL, NULL, NULL,
                                                  SOCKET_ID_ANY, 0);
    must(pool != NULL, "a mempool");
    for (uint64_t round = 0; round < 3; round++) {
        void *objects[OBJECTS], *none;
        for (uint64_t i = 0; i < OBJECTS; i++) {
            must(rte_mempool_get(pool, &objects[i]) == 0, "an object");
            *(uint64_t *)objects[i] = i + round;
        }
        must(rte_mempool_get(pool, &none) != 0, "no object more than there are");
        for (uint64_t i = 0; i < OBJECTS; i++) {
            must(*(uint64_t *)objects[i] == i + round, "different objects");
            rte_mempool_put(pool, objects[i]);
        }
    }
    return pool;
}

// Holds so many items, no more, and gives them in order.
static struct rte_ring *ring(uint64_t places) {
    struct rte_ring *ring = rte_ring_create("ring", places, SOCKET_ID_ANY,
                                            RING_F_SP_ENQ | RING_F_SC_DEQ | RING_F_EXACT_SZ);
    must(ring != NULL, "a ring");
    for (uint64_t i = 0; i < places; i++)
        must(rte_ring_sp_enqueue(ring, (void *)i) == 0, "a place");
    must(rte_ring_sp_enqueue(ring, NULL) != 0, "no place more than there are");
    for (uint64_t i = 0; i < places; i++) {
        void *item = NULL;
        must(rte_ring_sc_dequeue(ring, &item) == 0 && item == (void *)i, "items in order");
    }
    return ring;
}

int main(int argc, char **argv) {
    char *eal[] = {argv[0], "--no-huge",   "--no-pci", "--no-telemetry", "--no-shconf",      "-m",
                   "64",    "-l", "0,1",      "--log-level=error"};
    must(argc == 3, "usage: forebay-dpdk WORK TIMES");
    must(rte_eal_init(sizeof eal / sizeof *eal, eal) >= 0, "EAL");
    const char *work = argv[1];
    struct task task = {.times = atoll(argv[2])};
    int64_t took;
    if (strncmp(work, "ring-", 5) == 0) {
        task.ring = ring(atoi(work + 5));
        took = together(enqueue, dequeue, task);
    } else {
        task.pool = pool(strstr(work, "-cached") ? CACHED : 0);
        if (strncmp(work, "pool-both", 9) == 0)
            took = together(get_put, get_put, task);
        else if (strncmp(work, "pool-burst", 10) == 0)
            took = alone(burst, task);
        else
            took = alone(get_put, task);
    }
    printf("%lld\n", (long long)took);
    // Leaves the other lcore as it is: nothing of this process outlives it.
    fflush(stdout);
    _Exit(0);
}
