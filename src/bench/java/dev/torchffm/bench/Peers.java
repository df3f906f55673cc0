package dev.torchffm.bench;

import dev.torchffm.bench.Peer.Kind;
import dev.torchffm.bench.Peer.Libtorch;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** Makes the list of torch-ffm in its ways and of those with whom it is compared. */
final class Peers {

    /** The columns of those that a short table or a picture shows: each library once. */
    static final List<String> SHOWN = List.of("JavaCPP", "DJL relu", "Python");

    private static final Set<Operation> CLAMPS = EnumSet.range(Operation.clamp_, Operation.clampOut);
    private static final Set<Operation> CLAMP = EnumSet.of(Operation.clamp);

    private static final Set<Operation> UP_TO_OPERATORS = EnumSet.range(Operation.clamp_, Operation.softmax);

    private static final Set<Operation> BY_NAME = EnumSet.range(Operation.add, Operation.softmax);

    private static final Set<Operation> IN_NO_MODE = with(UP_TO_OPERATORS, Set.of(Operation.step));
    private static final Set<Operation> IN_INFERENCE =
            EnumSet.of(Operation.clamp_, Operation.clampMin_, Operation.clamp, Operation.clampOut, Operation.forward);

    /** Where others stand that have no mode: beside torch-ffm's calls by name too. */
    private static final Set<Way> NO_MODE = EnumSet.of(Way.NO_MODE, Way.CALL);

    private static final Set<Way> INFERENCE = EnumSet.of(Way.INFERENCE);

    private static final List<Class<? extends PeerState>> BY_METHOD = List.of(
            TorchFfmClamp.class,
            TorchFfmOperators.class,
            TorchFfmNetwork.class,
            TorchFfmMlp.class,
            TorchFfmImages.class);
    private static final List<Class<? extends PeerState>> JAVACPP = List.of(JavaCppClamp.class, JavaCppOperators.class);

    private final Path folder;
    private final Set<Operation> models = Models.present();
    private final List<Peer> peers = new ArrayList<>();

    /**
     * An empty list.
     *
     * @param folder where forks write what they are
     */
    Peers(Path folder) {
        this.folder = folder;
    }

    List<Peer> list() {
        return List.copyOf(peers);
    }

    /** {@return whether somebody can do the operation} */
    boolean have(Operation operation) {
        return peers.stream().anyMatch(peer -> peer.operations().contains(operation));
    }

    private static Set<Operation> with(Set<Operation> operations, Set<Operation> more) {
        Set<Operation> all = EnumSet.copyOf(operations);
        all.addAll(more);
        return all;
    }

    /**
     * Those that need no Python.
     *
     * @param isAlone whether what has only peers on Python's libtorch is measured here
     */
    Peers addAllOnMavensLibtorch(boolean isAlone) {
        addOurs(Libtorch.MAVEN, List.of(), isAlone);
        addForks("torch-ffm", Kind.OURS, EnumSet.of(Way.SHIM), Libtorch.MAVEN, CLAMPS, List.of(), BY_METHOD);
        // SLF4J's logger here is silent: JavaCPP else warns at each start of an OpenBLAS of another release of it.
        var javaCpp =
                List.of("-Dorg.bytedeco.javacpp.cachedir=target/bench/javacpp", "-Dorg.bytedeco.javacpp.logger=slf4j");
        addPeer("JavaCPP", NO_MODE, UP_TO_OPERATORS, javaCpp, JAVACPP);
        addPeer("JavaCPP", INFERENCE, CLAMPS, javaCpp, JAVACPP);
        var noGc = new ArrayList<>(javaCpp);
        noGc.addAll(List.of(
                "-Dorg.bytedeco.javacpp.nopointergc=true",
                "-Dorg.bytedeco.javacpp.maxBytes=0",
                "-Dorg.bytedeco.javacpp.maxPhysicalBytes=0"));
        addPeer("JavaCPP, no GC", NO_MODE, CLAMP, noGc, JAVACPP);
        addPeer("JavaCPP, no GC", INFERENCE, CLAMP, noGc, JAVACPP);
        var djl = List.of("-DDJL_CACHE_DIR=target/bench/djl", "-Dai.djl.offline=true", "-DOPT_OUT_TRACKING=true");
        addPeer("DJL clip", NO_MODE, CLAMP, djl, List.of(DjlClip.class));
        addPeer("DJL relu", NO_MODE, CLAMP, djl, List.of(DjlRelu.class));
        add("C loop over the shim", Kind.FLOOR, INFERENCE, Libtorch.MAVEN, CLAMPS, "target/native/bench-shim");
        Set<Way> noMode = EnumSet.of(Way.NO_MODE);
        add("C loop over the model", Kind.FLOOR, noMode, Libtorch.MAVEN, models, "target/native/bench-model");
        Set<Way> ways = EnumSet.of(Way.NO_MODE, Way.INFERENCE, Way.SHIM);
        Set<Operation> inPlace = EnumSet.of(Operation.clamp_);
        add("memory", Kind.FLOOR, ways, Libtorch.MAVEN, inPlace, "target/native/bench-memory");
        return this;
    }

    /** Python, C++ and torch-ffm on the libtorch that Python has. */
    Peers addAllOnLibtorchOf(Python python) {
        addOurs(Libtorch.PYTHON, List.of("-Ddev.torchffm.libtorch=" + python.libtorch()), true);
        String script = "src/bench/python/peer.py";
        String command = python.command();
        add(
                "Python",
                Kind.PEER,
                NO_MODE,
                Libtorch.PYTHON,
                with(IN_NO_MODE, models),
                command,
                script,
                Way.NO_MODE.name());
        add("Python", Kind.PEER, INFERENCE, Libtorch.PYTHON, IN_INFERENCE, command, script, Way.INFERENCE.name());
        Set<Way> ways = EnumSet.of(Way.NO_MODE, Way.CALL, Way.INFERENCE);
        Set<Operation> small = EnumSet.range(Operation.add, Operation.step);
        add("C++", Kind.FLOOR, ways, Libtorch.PYTHON, small, "target/native/bench-libtorch");
        return this;
    }

    private void addOurs(Libtorch libtorch, List<String> options, boolean isAll) {
        Set<Operation> inNoMode = with(isAll ? IN_NO_MODE : UP_TO_OPERATORS, models);
        addForks("torch-ffm", Kind.OURS, EnumSet.of(Way.NO_MODE), libtorch, inNoMode, options, BY_METHOD);
        addForks("torch-ffm", Kind.OURS, INFERENCE, libtorch, isAll ? IN_INFERENCE : CLAMPS, options, BY_METHOD);
        if (isAll) {
            var byName = List.<Class<? extends PeerState>>of(TorchFfmCalls.class);
            addForks("torch-ffm", Kind.OURS, EnumSet.of(Way.CALL), libtorch, BY_NAME, options, byName);
        }
    }

    private void addPeer(
            String column,
            Set<Way> ways,
            Set<Operation> operations,
            List<String> options,
            List<Class<? extends PeerState>> states) {
        addForks(column, Kind.PEER, ways, Libtorch.MAVEN, operations, options, states);
    }

    private void addForks(
            String column,
            Kind kind,
            Set<Way> ways,
            Libtorch libtorch,
            Set<Operation> operations,
            List<String> options,
            List<Class<? extends PeerState>> states) {
        Way way = ways.stream().min(Way::compareTo).orElseThrow();
        Path about = folder.resolve("about-" + peers.size() + ".txt");
        peers.add(new Peer(column, kind, ways, libtorch, operations, new Jmh(way, about, options, states)));
    }

    private void add(
            String column, Kind kind, Set<Way> ways, Libtorch libtorch, Set<Operation> operations, String... command) {
        peers.add(new Peer(column, kind, ways, libtorch, operations, new Program(List.of(command))));
    }
}
