/*
 * Calls every operator of libtorch that Java may name, in child processes, and prints those that kill them.
 *
 *   sweep CHECKED EVERY FIRST [NAME]   each EVERYth operator from FIRST on, or those of that name, by values that obey
 *                                      the file CHECKED
 *
 * A line on standard output is an operator, what it does and by which arguments, separated by tabs. What is done on
 * the way goes to standard error; SWEEP_LIST names the operators only, and SWEEP_TRACE tells each call.
 * SWEEP_CALLS adds so many random calls of each operator; SWEEP_SEED makes all of them others.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "calls.h"
#include "libtorch_registry.h"
#include "rules.h"

enum {
    GOOD = 20000,    /* calls with good values, until BASES have succeeded, which are spoiled then */
    BASES = 12,
    ROUNDS = 1,      /* of all pairs of bad values, each with other good ones */
    SEVERAL = 400,   /* calls with two or three random bad values */
    DEATHS = 12,     /* of an operator, behind which it is left alone */
    CPU_SECONDS = 1, /* of a call, before it is taken for one that hangs */
    AGAIN_SECONDS = 20,
    OPERATOR_SECONDS = 3,
    RARE = 20,       /* successes, below which little is known of an operator */
    KINDS = 8,
};

enum kind { SURVIVED, HANGS, OVERRUNS, WRITES, CRASHES, DIVIDES, ABORTS, DIFFERS };
static const char *const reasons[KINDS] = {
    "survives", "does not return by some values", "reads or writes beyond its tensors by some values", "writes an input",
    "crashes by some values", "crashes by some values, dividing integers", "aborts the process by some values",
    "depends on strides"};

/* What a child says to its parent. */
static struct shared {
    int64_t at; /* the case that runs */
    struct recipe recipe, bases[BASES];
    int32_t base_count;
    enum place place; /* of the fault */
    bool differs, out_of_time;
    int64_t calls, successes;
    char text[2048];
} *shared;

static bool traced; /* SWEEP_TRACE is set */
static int64_t every = 1, first, seen, swept, found, total_calls, total_successes, silent, rare, cut, extra_calls;
static const char *only;
static uint64_t salt;

/* ---- in the child ---- */

static void on_fault(int signal_number, siginfo_t *info, void *context) {
    (void)context;
    shared->place = place_of(info->si_addr);
    signal(signal_number, SIG_DFL);
}

static void limit(int64_t megabytes) {
    static char stack[1 << 16];
    sigaltstack(&(stack_t){.ss_sp = stack, .ss_size = sizeof stack}, NULL);
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
    long pages = 0;
    FILE *sizes = fopen("/proc/self/statm", "r");
    if (sizes != NULL) {
        if (fscanf(sizes, "%ld", &pages) != 1) pages = 0;
        fclose(sizes);
    }
    rlim_t most = (rlim_t)pages * 4096 + ((rlim_t)megabytes << 20);
    setrlimit(RLIMIT_AS, &(struct rlimit){most, most});
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
}

static void start_clock(int64_t seconds) {
    setitimer(ITIMER_PROF, &(struct itimerval){.it_value = {.tv_sec = seconds}}, NULL);
    alarm((unsigned)(30 * seconds));
}

static const char *last_error(void) {
    const char *text = "";
    tffm_last_error(&text);
    return text;
}

static bool run(const tffm_operator *operator, enum layout layout, bool flat, uint64_t seed, struct outcome *outcome) {
    shared->calls++;
    *shared->text = '\0';
    bool success = make_call(operator, &shared->recipe, layout, flat, seed, shared->text, sizeof shared->text, outcome);
    shared->successes += success;
    if (traced) fprintf(stderr, "%s: %s\n", shared->text, success ? "succeeds" : last_error());
    return success;
}

/* Whether a call gives the same whatever the strides; one that draws random numbers is not asked. */
static bool agrees(const tffm_operator *operator, enum layout layout) {
    static struct outcome dense, again, strided;
    bool flat = layout == STANDING;
    if (!run(operator, DENSE, flat, 1, &dense) || !run(operator, DENSE, flat, 2, &again) || !same(&dense, &again))
        return true;
    return !run(operator, layout, flat, 1, &strided) || same(&dense, &strided);
}

static int64_t spoiled_count(const tffm_operator *operator) {
    int64_t count = 0;
    for (int64_t i = 0; i < operator->argument_count; i++) count += hostile_count(&operator->slots[i]);
    return count;
}

/* Sets half of the truth values. */
static void flip_some(const tffm_operator *operator, struct recipe *recipe, uint64_t *seed) {
    for (int64_t i = 0; i < operator->argument_count; i++)
        if (operator->slots[i].base == TFFM_OF_BOOL && !operator->slots[i].list && next_random(seed) % 2 == 0)
            recipe->choices[i].hostile = (int32_t)(next_random(seed) % 2);
}

/* Spoils one value of a recipe: the index counts all hostile values of all arguments. */
static void spoil_one(const tffm_operator *operator, struct recipe *recipe, int64_t index) {
    for (int64_t i = 0; i < operator->argument_count; i++) {
        int32_t count = hostile_count(&operator->slots[i]);
        if (index < count) {
            recipe->choices[i].hostile = (int32_t)index;
            return;
        }
        index -= count;
    }
}

/*
 * Spoils two of the first four arguments that are numbers or tensors, by a pair of values that the index counts.
 * Returns how many pairs there are if the index is beyond them, else 0.
 */
static int64_t spoil_pair(const tffm_operator *operator, struct recipe *recipe, int64_t index) {
    int64_t paired[4], count = 0, all = 0;
    for (int64_t i = 0; i < operator->argument_count && count < 4; i++)
        if (paired_values(&operator->slots[i]).count > 0) paired[count++] = i;
    for (int64_t i = 0; i < count; i++) {
        for (int64_t j = i + 1; j < count; j++) {
            struct range a = paired_values(&operator->slots[paired[i]]), b = paired_values(&operator->slots[paired[j]]);
            int64_t pairs = (int64_t)a.count * b.count;
            if (index - all < pairs) {
                recipe->choices[paired[i]].hostile = a.from + (int32_t)((index - all) / b.count);
                recipe->choices[paired[j]].hostile = b.from + (int32_t)((index - all) % b.count);
                return 0;
            }
            all += pairs;
        }
    }
    return all;
}

/* Spoils the first three numbers by extremes, which the index counts; false where there are fewer or no more. */
static bool spoil_triple(const tffm_operator *operator, struct recipe *recipe, int64_t index) {
    int64_t numbers = 0;
    for (int64_t i = 0; i < operator->argument_count && numbers < 3; i++) {
        const struct tffm_slot *slot = &operator->slots[i];
        bool integer = slot->base == TFFM_OF_INT || slot->base == TFFM_OF_SYMINT || slot->base == TFFM_OF_SCALAR;
        if (slot->list || !integer) continue;
        spoil_number(&recipe->choices[i], index % EXTREMES);
        index /= EXTREMES;
        numbers++;
    }
    return numbers == 3 && index == 0;
}

/* Runs case shared->at; false where there are no more. */
static bool run_case(const tffm_operator *operator) {
    uint64_t seed = (uint64_t)shared->at * 1000003u + salt;
    for (const char *c = operator->name; *c != '\0'; c++) seed = seed * 31 + (unsigned char)*c;
    int64_t at = shared->at, bad = spoiled_count(operator), bases = shared->base_count > 0 ? shared->base_count : 2;
    struct recipe *recipe = &shared->recipe;
    *recipe = random_recipe(operator, &seed);
    if (at < GOOD) {
        if (run(operator, AS_CHOSEN, false, 1, NULL)) shared->bases[shared->base_count++] = *recipe;
        if (shared->base_count == BASES) shared->at = GOOD - 1;
        return true;
    }
    at -= GOOD;
    if (shared->base_count > 0) {
        int32_t flags = recipe->flags;
        *recipe = shared->bases[at < bases * bad ? at / (bad > 0 ? bad : 1) : at % bases];
        recipe->flags = flags;
    }
    if (at < bases * bad) {
        flip_some(operator, recipe, &seed);
        spoil_one(operator, recipe, at % bad);
        run(operator, AS_CHOSEN, false, 1, NULL);
        return true;
    }
    at -= bases * bad;
    if (at < 3 * bases) {
        recipe->flags = 0;
        shared->differs = !agrees(operator, STRIDED + at / bases);
        if (shared->differs) _exit(1);
        return true;
    }
    at -= 3 * bases;
    int64_t pairs = spoil_pair(operator, &(struct recipe){0}, INT64_MAX);
    if (at < ROUNDS * pairs) {
        struct recipe other = shared->base_count > 0 ? shared->bases[(at + at / pairs) % bases] : *recipe;
        other.flags = recipe->flags;
        *recipe = other;
        spoil_pair(operator, recipe, at % pairs);
        run(operator, AS_CHOSEN, false, 1, NULL);
        return true;
    }
    at -= ROUNDS * pairs;
    if (at < EXTREMES * EXTREMES * EXTREMES) {
        if (spoil_triple(operator, recipe, at)) run(operator, AS_CHOSEN, false, 1, NULL);
        return true;
    }
    at -= EXTREMES * EXTREMES * EXTREMES;
    if (bad == 0 || at >= SEVERAL + extra_calls) return false;
    for (int i = 2 + (int)(next_random(&seed) % 2); i > 0; i--) spoil_one(operator, recipe, next_random(&seed) % bad);
    run(operator, AS_CHOSEN, false, 1, NULL);
    return true;
}

static void child(const tffm_operator *operator) {
    limit(256);
    do {
        start_clock(CPU_SECONDS);
        if (clock() > (OPERATOR_SECONDS + extra_calls / 5000) * CLOCKS_PER_SEC) {
            shared->out_of_time = true;
            break;
        }
        if (!run_case(operator)) break;
        shared->at++;
    } while (true);
    _exit(0);
}

/* ---- in the parent ---- */

static enum kind kind_of(int status) {
    if (!WIFSIGNALED(status)) return WEXITSTATUS(status) == 0 ? SURVIVED : shared->differs ? DIFFERS : ABORTS;
    switch (WTERMSIG(status)) {
        case SIGPROF: case SIGALRM: case SIGXCPU: return HANGS;
        case SIGFPE: return DIVIDES;
        case SIGABRT: return ABORTS;
        default: return shared->place == GUARD ? OVERRUNS : shared->place == READ_ONLY_ELEMENTS ? WRITES : CRASHES;
    }
}

static enum kind fork_and_wait(const tffm_operator *operator, bool again) {
    int status;
    shared->place = ELSEWHERE;
    shared->differs = false;
    fflush(NULL);
    pid_t pid = fork();
    if (pid < 0) perror("fork"), exit(2);
    if (pid == 0) {
        if (!traced && (!freopen("/dev/null", "w", stderr) || !freopen("/dev/null", "w", stdout))) _exit(2);
        if (!again) child(operator);
        limit(3072);
        start_clock(AGAIN_SECONDS);
        run(operator, AS_CHOSEN, false, 1, NULL);
        _exit(0);
    }
    while (waitpid(pid, &status, 0) < 0) continue;
    return kind_of(status);
}

/* A death is a finding where it comes again, with more time and memory. */
static void sweep_operator(const tffm_operator *operator) {
    char shortest[KINDS][sizeof shared->text] = {{0}};
    int64_t deaths[KINDS] = {0}, all = 0;
    memset(shared, 0, sizeof *shared);
    for (enum kind kind; all < DEATHS && deaths[HANGS] < 2 && (kind = fork_and_wait(operator, false)) != SURVIVED;
         all++, shared->at++) {
        if (deaths[kind]++ > 0 && (kind == HANGS || strlen(shared->text) >= strlen(shortest[kind]))) continue;
        if (kind != DIFFERS && (kind = fork_and_wait(operator, true)) == SURVIVED) {
            fprintf(stderr, "%s.%s: not again: %s\n", operator->name, operator->overload, shared->text);
            continue;
        }
        deaths[kind] += deaths[kind] == 0;
        strcpy(shortest[kind], shared->text);
    }
    bool survives = shared->successes > 0;
    total_calls += shared->calls;
    total_successes += shared->successes;
    const char *dot = *operator->overload == '\0' ? "" : ".";
    rare += shared->successes > 0 && shared->successes < RARE;
    cut += shared->out_of_time;
    if (shared->successes == 0) {
        silent++;
        printf("%s%s%s\tnever succeeded with the values that were tried\t%s\n", operator->name, dot, operator->overload, shared->text);
    }
    for (int kind = 1; kind < KINDS; kind++) {
        if (*shortest[kind] == '\0') continue;
        survives &= kind == DIFFERS;
        found++;
        printf("%s%s%s\t%s\t%s\n", operator->name, dot, operator->overload, reasons[kind], shortest[kind]);
    }
    if (survives) printf("%s%s%s\t%s\t\n", operator->name, dot, operator->overload, reasons[SURVIVED]);
    fprintf(stderr, "%s%s%s: %lld calls, %lld succeed%s\n", operator->name, dot, operator->overload,
            (long long)shared->calls, (long long)shared->successes, shared->out_of_time ? ", cut short" : "");
    fflush(stdout);
}

static void take(const char *name, const char *overload, void *context) {
    const tffm_operator *operator;
    (void)context;
    if (only != NULL && strcmp(name, only) != 0) return;
    if (!is_public(name) || !is_passable(name, overload, &operator)) return;
    int64_t index = seen++;
    if (index < first || (index - first) % every != 0) return;
    swept++;
    if (getenv("SWEEP_LIST") != NULL) {
        printf("%s%s%s\n", name, *overload == '\0' ? "" : ".", overload);
    } else {
        sweep_operator(operator);
    }
}

int main(int count, char **arguments) {
    if (count < 4 || !read_rules(arguments[1])) return fputs("No file of rules, or an unknown rule.\n", stderr), 2;
    every = atoll(arguments[2]);
    if (every < 1) every = 1;
    first = atoll(arguments[3]);
    if (count > 4) only = arguments[4];
    if (getenv("SWEEP_CALLS") != NULL) extra_calls = atoll(getenv("SWEEP_CALLS"));
    if (getenv("SWEEP_SEED") != NULL) salt = strtoull(getenv("SWEEP_SEED"), NULL, 10) * 0x9e3779b97f4a7c15u;
    traced = getenv("SWEEP_TRACE") != NULL;
    leave_out_backtraces();
    map_values();
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) return perror("mmap"), 2;
    each_operator(take, NULL);
    fprintf(stderr, "%lld operators: %lld never succeed, %lld less than %d times, %lld are cut short; %lld calls, "
                    "%lld of them succeed; %lld findings\n",
            (long long)swept, (long long)silent, (long long)rare, RARE, (long long)cut, (long long)total_calls,
            (long long)total_successes, (long long)found);
    return 0;
}
