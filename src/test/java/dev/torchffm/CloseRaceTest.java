package dev.torchffm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.torchffm.internal.Handles;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A shared arena is closed while an operator runs on its tensors: one of the two throws, and the JVM lives. */
@Tag("repeated")
final class CloseRaceTest {

    private static final int ROUNDS = Integer.getInteger("race.rounds", 100);

    /** What runs while the arena is closed; the first arena is the one that is closed. */
    enum Race {
        IN_PLACE {
            @Override
            Runnable prepare(Arena closed, Arena open) {
                Tensor x = filled(closed);
                return () -> x.clamp_(0, 1);
            }
        },
        NEW_RESULT {
            @Override
            Runnable prepare(Arena closed, Arena open) {
                Tensor x = filled(closed);
                return () -> x.clamp(0, 1);
            }
        },
        MEMORY_AND_HANDLE_APART {
            @Override
            Runnable prepare(Arena closed, Arena open) {
                var memory = closed.allocate(4L * SIZE, 64);
                Tensor x = Tensor.fromSegment(open, memory, DType.FLOAT32, new long[] {SIZE}, new long[] {1}, 0);
                return () -> x.clamp_(0, 1);
            }
        },
        HANDLE_CLOSED_BEFORE_MEMORY {
            @Override
            Runnable prepare(Arena closed, Arena open) {
                var memory = open.allocate(4L * SIZE, 64);
                Tensor x = Tensor.fromSegment(closed, memory, DType.FLOAT32, new long[] {SIZE}, new long[] {1}, 0);
                return () -> x.in(open).clamp(0, 1);
            }
        },
        VIEW {
            @Override
            Runnable prepare(Arena closed, Arena open) {
                Tensor x = filled(closed);
                var view = (Tensor) Torch.call(open, "aten::view", x, new long[] {2, SIZE / 2})
                        .getFirst();
                return view::relu_;
            }
        },
        OUT {
            @Override
            Runnable prepare(Arena closed, Arena open) {
                Tensor x = filled(open);
                Tensor out = filled(closed);
                return () -> x.clamp(0, 1, out);
            }
        },
        GENERAL_CALL {
            @Override
            Runnable prepare(Arena closed, Arena open) {
                Tensor x = filled(open);
                Tensor y = filled(closed);
                return () -> Torch.call(open, "aten::maximum", x, y);
            }
        },
        READERS {
            @Override
            Runnable prepare(Arena closed, Arena open) {
                Tensor x = filled(closed).requiresGrad_(true);
                x.in(open).clamp(0, 1).backward(Torch.ones(open, SIZE));
                Tensor part = Tensor.of(closed, 1f, 2f);
                return () -> {
                    x.requiresGrad();
                    Objects.requireNonNull(x.in(open).grad()).toFloatArray();
                    part.requiresGrad_(true).toString();
                    part.in(open).clone().copyTo(MemorySegment.ofArray(new float[2]));
                    part.copyTo(MemorySegment.ofArray(new float[2]));
                };
            }
        },
        BACKWARD {
            @Override
            Runnable prepare(Arena closed, Arena open) {
                Tensor x = filled(closed).requiresGrad_(true);
                Tensor y = x.in(open).clamp(0, 1);
                Tensor gradient = Torch.ones(open, SIZE);
                return () -> y.backward(gradient);
            }
        };

        static final int SIZE = 1 << 12;

        /** Makes the operator that is to run. */
        abstract Runnable prepare(Arena closed, Arena open);

        /** Over Java's memory: libtorch would keep its own alive as long as anything needs it. */
        private static Tensor filled(Arena arena) {
            MemorySegment memory = arena.allocate(4L * SIZE, 64);
            return Tensor.fromSegment(arena, memory, DType.FLOAT32, new long[] {SIZE}, new long[] {1}, 0);
        }
    }

    @ParameterizedTest
    @EnumSource(Race.class)
    void closeOrOperatorThrowsAndTheJvmLives(Race race, @TempDir Path folder) throws Exception {
        var result = new ChildJvm(folder).run(Racer.class, race.name(), Integer.toString(ROUNDS));
        assertEquals(0, result.exitCode(), result.output());
        assertTrue(result.output().startsWith(ROUNDS + " rounds"), result.output());
    }

    /** Runs the rounds in a process of its own. */
    static final class Racer {
        static void main(String[] arguments) throws Exception {
            Race race = Race.valueOf(arguments[0]);
            int rounds = Integer.parseInt(arguments[1]);
            var refusedCloses = new AtomicLong();
            var refusedCalls = new AtomicLong();
            long handles = Handles.live();
            try (ExecutorService closer = Executors.newSingleThreadExecutor()) {
                for (int round = 0; round < rounds; round++) {
                    run(race, closer, round % 2 == 0, refusedCloses, refusedCalls);
                }
            }
            if (Handles.live() != handles) {
                throw new AssertionError((Handles.live() - handles) + " handles are left");
            }
            if (refusedCalls.get() + refusedCloses.get() < rounds) {
                throw new AssertionError("in some round neither the close nor a call was refused");
            }
            System.out.println(
                    rounds + " rounds, " + refusedCalls + " calls refused, " + refusedCloses + " closes refused");
        }

        private static void run(
                Race race, ExecutorService closer, boolean callFirst, AtomicLong refusedCloses, AtomicLong refusedCalls)
                throws Exception {
            Arena closed = Arena.ofShared();
            try (Arena open = Arena.ofShared()) {
                Runnable call = race.prepare(closed, open);
                var start = new CyclicBarrier(2);
                Future<Boolean> close = closer.submit(() -> {
                    start.await();
                    pause(callFirst);
                    try {
                        closed.close();
                        return true;
                    } catch (IllegalStateException e) {
                        refusedCloses.incrementAndGet();
                        return false;
                    }
                });
                start.await();
                pause(!callFirst);
                boolean refused = false;
                while (!close.isDone() || close.get()) {
                    boolean closedBefore = close.isDone();
                    try {
                        call.run();
                    } catch (IllegalStateException e) {
                        Thread.interrupted(); // set by a JVM whose close met Java's own access to the memory
                        refused = true;
                        break;
                    } catch (TorchException e) {
                        // A second backward through a freed graph is libtorch's own refusal.
                        if (race != Race.BACKWARD) {
                            throw e;
                        }
                        if (closedBefore) {
                            refused = true;
                            break;
                        }
                    }
                    if (closedBefore && close.get()) {
                        throw new AssertionError("a call after the close was not refused");
                    }
                }
                if (refused) {
                    refusedCalls.incrementAndGet();
                }
                if (!close.get()) {
                    closed.close();
                }
            }
        }

        /** A few nanoseconds to microseconds, so that the two meet in every order. */
        private static void pause(boolean longer) {
            int spins = longer ? ThreadLocalRandom.current().nextInt(2_000) : 0;
            for (int i = 0; i < spins; i++) {
                Thread.onSpinWait();
            }
        }
    }

    /** Threads that work at once, on tensors of their own and on shared ones. */
    @ParameterizedTest
    @EnumSource(Workers.class)
    void operatorsRunOnManyThreads(Workers workers, @TempDir Path folder) throws Exception {
        var result = new ChildJvm(folder).run(Crowd.class, workers.name());
        assertEquals(new ChildJvm.Result(0, "right\n"), result);
    }

    enum Workers {
        PLATFORM,
        VIRTUAL
    }

    /** The crowd, in a process of its own. */
    static final class Crowd {
        static void main(String[] arguments) throws Exception {
            boolean virtual = Workers.valueOf(arguments[0]) == Workers.VIRTUAL;
            int threads = virtual ? 1_000 : 8;
            int calls = virtual ? 20 : 2_000;
            long handles = Handles.live();
            try (Arena shared = Arena.ofShared()) {
                Tensor input = Torch.arange(shared, -500, 500);
                List<Future<Boolean>> results = new ArrayList<>();
                try (ExecutorService executor =
                        virtual ? Executors.newVirtualThreadPerTaskExecutor() : Executors.newFixedThreadPool(threads)) {
                    for (int thread = 0; thread < threads; thread++) {
                        int number = thread;
                        results.add(executor.submit(() -> work(input, number, calls)));
                    }
                }
                for (Future<Boolean> result : results) {
                    if (!result.get()) {
                        throw new AssertionError("a wrong result");
                    }
                }
            }
            if (Handles.live() != handles) {
                throw new AssertionError((Handles.live() - handles) + " handles are left");
            }
            System.out.println("right");
        }

        private static boolean work(Tensor shared, int number, int calls) {
            boolean right = true;
            for (int call = 0; call < calls; call++) {
                try (Arena arena = Arena.ofConfined()) {
                    Tensor own = Tensor.of(arena, number, -number, call);
                    own.clamp_(0, null);
                    right &= own.toIntArray()[0] == number && own.toIntArray()[2] == call;
                    long[] clamped = shared.in(arena).clamp(number, number + 1).toLongArray();
                    right &= clamped[0] == Math.min(number + 1, Math.max(number, -500))
                            && clamped[999] == Math.min(number + 1, Math.max(number, 499));
                    try {
                        own.clamp((Number) null, null);
                        right = false;
                    } catch (TorchException e) {
                        right &= String.valueOf(e.getMessage()).startsWith("torch.clamp: At least one");
                    }
                }
            }
            return right;
        }
    }
}
