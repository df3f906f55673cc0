package dev.torchffm.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The page with everything, and its pictures. */
final class Page {

    static final Path PAGE = Path.of("docs", "performance.md");

    /** Where that begins which is written by hand, up to the page's end. */
    private static final String BY_HAND = "\n## In your own program\n";

    private final Results results;
    private final String callers;
    private final String startup;
    private final StringBuilder text = new StringBuilder();

    private Page(Results results, String callers, String startup) {
        this.results = results;
        this.callers = callers;
        this.startup = startup;
    }

    /**
     * Writes the page into a folder, which may be the project's own.
     *
     * @param callers the table of a model's callers; empty for none
     * @param startup the tables of the start; empty for none
     */
    static void write(Path folder, Results results, String callers, String startup)
            throws IOException, InterruptedException {
        Path docs = Files.createDirectories(folder.resolve(PAGE).getParent());
        Files.writeString(folder.resolve(PAGE), new Page(results, callers, startup).markdown(docs));
    }

    private String markdown(Path docs) throws IOException, InterruptedException {
        text.append("""
                # Performance

                For those who want to know what an operator, a network or the start costs, here and elsewhere. `make bench` \
                writes this page but for its last part, [what your own program does](#in-your-own-program).

                A ratio is the median (least–greatest) of %d rounds; in each all take turns, every time in a process of \
                its own. Peer ÷ ours above 1: torch-ffm is the faster one. Ours ÷ a floor near 1: nothing is left to gain.

                Like stands beside like: in the same mode, and on the same libtorch where the other's can be had. That is \
                Maven's beside JavaCPP, and PyTorch's own `torch/lib` beside Python and C++. DJL has a libtorch of its own \
                and no inference mode.
                """.formatted(results.effort().rounds()));
        appendClamps(docs);
        appendSmall(
                Group.OPERATORS,
                "Operators",
                "Of " + Group.SIDE + "×" + Group.SIDE + " floats, with one thread. Each result is freed at once.");
        appendSmall(
                Group.NETWORK,
                "A network",
                "`Linear(2, 8)`, `MyReLU()`, `Linear(8, 1)` on " + Group.SAMPLES
                        + " samples, with one thread: its forward"
                        + " in inference mode, and a training step by `SGD` of the mean squared error, without a mode.");
        appendSmall(
                Group.MODELS,
                "Compiled models",
                "Packages of AOTInductor, run with one thread: by `CompiledModel`, by `torch._inductor.aoti_load_package`, and"
                        + " by the package's own C function in a loop, all with new handles on the same input. With"
                        + " torch-ffm and in the loop the package checks its inputs.");
        text.append(callers);
        if (!startup.isEmpty()) {
            text.append("\n## The start\n\n").append(startup);
        }
        text.append("\n## What was measured\n\n`")
                .append(results.effort().command())
                .append("` on ");
        text.append(Machine.about())
                .append(".\n\n- Threads: ")
                .append(Machine.threads())
                .append(".\n");
        for (Peer peer : results.peers()) {
            Optional<Operation> first = results.operations().stream()
                    .filter(peer.operations()::contains)
                    .findFirst();
            if (first.isPresent()) {
                String about = peer.meter().about(first.get().group);
                text.append("- ").append(peer.name()).append(": ").append(about).append(".\n");
            }
        }
        String present = Files.readString(PAGE);
        int start = present.indexOf(BY_HAND);
        if (start < 0) {
            throw new IOException(PAGE + " has no heading" + BY_HAND.stripTrailing());
        }
        return text.append(present, start, present.length()).toString();
    }

    private List<Operation> operations(Group group) {
        return results.operations().stream()
                .filter(operation -> operation.group == group)
                .toList();
    }

    private void appendClamps(Path docs) throws IOException {
        List<Operation> operations = operations(Group.CLAMPS);
        if (operations.isEmpty()) {
            return;
        }
        text.append("\n## Clamp\n");
        for (Operation operation : operations) {
            text.append("\n**").append(operation.title).append("**\n\n");
            text.append(new Table(results, List.of(operation)).bySize());
        }
        for (Plot plot : Plot.of(results)) {
            plot.write(docs);
            text.append("\n![")
                    .append(plot.title())
                    .append("](")
                    .append(plot.file())
                    .append(")\n");
        }
    }

    private void appendSmall(Group group, String title, String what) {
        List<Operation> operations = operations(group);
        if (!operations.isEmpty()) {
            text.append("\n## ").append(title).append("\n\n").append(what).append("\n\n");
            text.append(new Table(results, operations).byOperation());
        }
    }
}
