/* A plugin for QEMU that counts executed instructions, and those of the longest section with interrupts masked.
 *
 *     gcc -shared -fPIC -O2 -o instructions.so instructions.c
 *     qemu-system-arm ... -plugin instructions.so,out=FILE[,executed=FILE]
 *
 * FILE gets the line "instructions N" (of all cores), a line "section N ADDRESS" for each instruction that began a section
 * (its address, and the longest it began), and at last "masked N", the longest of all.
 *
 * The second FILE gets the address of each instruction that was executed, a line each.
 *
 * A section begins with the instruction that masks interrupts, `cpsid i` on Arm and `csrrci _, mstatus, 8` on RISC-V, and
 * ends with the one that lets them through again, `cpsie i`, `msr primask, _` or `csrrsi _, mstatus, 8`; all of it counts,
 * both ends too. What a handler does is no section by itself. On RISC-V it runs with interrupts masked until `mret`, so
 * what begins there ends with it, uncounted.
 *
 * Debian's QEMU comes without the header, hence the declarations: version 1 of the interface, as of QEMU 7.2
 * (include/qemu/qemu-plugin.h).
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t qemu_plugin_id_t;
typedef struct qemu_info_t qemu_info_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
enum qemu_plugin_cb_flags { QEMU_PLUGIN_CB_NO_REGS };

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t, void (*)(qemu_plugin_id_t, struct qemu_plugin_tb *));
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *, void (*)(unsigned, void *),
                                            enum qemu_plugin_cb_flags, void *);
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t, void (*)(qemu_plugin_id_t, void *), void *);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *, size_t);
const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *);

__attribute__((visibility("default"))) int qemu_plugin_version = 1;

enum { CORES = 8 };
static struct core {
    uint64_t instructions;
    bool masked;
    uint64_t since, from;
} cores[CORES];

/* Sections by the instruction that began them. Two cores may come to the same place at once and lose a count of each
 * other; programs for two cores are not held to a number. */
enum { PLACES = 1024 };
static struct place {
    uint64_t address, longest;
} places[PLACES];
static const char *out, *executed;

/* All code lies in one megabyte. */
enum { WINDOW = 1 << 20 };
static bool was_executed[WINDOW / 2];
static uint64_t window;

static void any(unsigned core, void *address)
{
    cores[core % CORES].instructions++;
    was_executed[((uintptr_t)address & (WINDOW - 1)) / 2] = true;
}

static void mask(unsigned number, void *address)
{
    struct core *core = &cores[number % CORES];
    any(number, address);
    if (!core->masked) {
        core->masked = true;
        core->since = core->instructions;
        core->from = (uintptr_t)address;
    }
}

static void unmask(unsigned number, void *address)
{
    struct core *core = &cores[number % CORES];
    any(number, address);
    uint64_t length = core->instructions - core->since + 1;
    if (!core->masked)
        return;
    core->masked = false;
    struct place *place = places;
    while (place < places + PLACES - 1 && place->longest && place->address != core->from)
        place++;
    place->address = core->from;
    if (length > place->longest)
        place->longest = length;
}

static void leave_handler(unsigned number, void *address)
{
    any(number, address);
    cores[number % CORES].masked = false;
}

static void (*callback_for(const uint8_t *bytes, size_t size))(unsigned, void *)
{
    uint32_t word = 0;
    memcpy(&word, bytes, size < 4 ? size : 4);
    if (size == 2)
        return word == 0xb672 ? mask /* cpsid i */ : word == 0xb662 ? unmask /* cpsie i */ : any;
    if ((word & 0xfffffff0) == 0x8810f380) /* msr primask, rN */
        return unmask;
    if ((word & 0xfffff07f) == 0x30047073) /* csrrci rd, mstatus, 8 */
        return mask;
    if ((word & 0xfffff07f) == 0x30046073) /* csrrsi rd, mstatus, 8 */
        return unmask;
    return word == 0x30200073 /* mret */ ? leave_handler : any;
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *block)
{
    (void)id;
    for (size_t i = 0; i < qemu_plugin_tb_n_insns(block); i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(block, i);
        window = qemu_plugin_insn_vaddr(insn) & ~(uint64_t)(WINDOW - 1);
        qemu_plugin_register_vcpu_insn_exec_cb(
            insn, callback_for(qemu_plugin_insn_data(insn), qemu_plugin_insn_size(insn)), QEMU_PLUGIN_CB_NO_REGS,
            (void *)(uintptr_t)qemu_plugin_insn_vaddr(insn));
    }
}

static void report(qemu_plugin_id_t id, void *unused)
{
    (void)id, (void)unused;
    FILE *file = fopen(out, "w");
    if (!file) {
        perror(out);
        return;
    }
    uint64_t instructions = 0;
    for (int i = 0; i < CORES; i++)
        instructions += cores[i].instructions;
    fprintf(file, "instructions %llu\n", (unsigned long long)instructions);
    uint64_t longest = 0;
    for (const struct place *place = places; place < places + PLACES && place->longest; place++) {
        fprintf(file, "section %llu %llx\n", (unsigned long long)place->longest, (unsigned long long)place->address);
        if (place->longest > longest)
            longest = place->longest;
    }
    fprintf(file, "masked %llu\n", (unsigned long long)longest);
    fclose(file);
    if (!executed)
        return;
    file = fopen(executed, "w");
    if (!file) {
        perror(executed);
        return;
    }
    for (uint64_t i = 0; i < WINDOW; i += 2)
        if (was_executed[i / 2])
            fprintf(file, "%llx\n", (unsigned long long)(window + i));
    fclose(file);
}

__attribute__((visibility("default"))) int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc,
                                                               char **argv)
{
    (void)info;
    for (int i = 0; i < argc; i++)
        if (!strncmp(argv[i], "out=", 4))
            out = strdup(argv[i] + 4);
        else if (!strncmp(argv[i], "executed=", 9))
            executed = strdup(argv[i] + 9);
    if (!out) {
        fprintf(stderr, "instructions: out=FILE is missing\n");
        return 1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
    qemu_plugin_register_atexit_cb(id, report, NULL);
    return 0;
}
