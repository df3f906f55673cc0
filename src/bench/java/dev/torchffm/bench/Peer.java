package dev.torchffm.bench;

import java.util.Set;

/**
 * Somebody who can do some of the operations: torch-ffm in one of its ways, or one with whom it is compared.
 *
 * @param column what heads its ratios in a table; its ways share it
 * @param ways of torch-ffm its own way, of another those beside which it stands
 * @param libtorch of torch-ffm the one it runs on, of another that of the torch-ffm beside which it stands
 * @param meter what measures it
 */
record Peer(String column, Kind kind, Set<Way> ways, Libtorch libtorch, Set<Operation> operations, Meter meter) {

    /** Who it is. */
    enum Kind {
        /** torch-ffm, in one of its ways. */
        OURS,
        /** Another library. */
        PEER,
        /** A limit, by which ours is divided. */
        FLOOR
    }

    /** Whose libtorch torch-ffm runs on. */
    enum Libtorch {
        MAVEN("ours"),
        PYTHON("ours, Python's libtorch");

        /** What heads torch-ffm's times on it. */
        final String column;

        Libtorch(String column) {
            this.column = column;
        }
    }

    /** {@return a name that no other peer has} */
    String name() {
        return switch (kind) {
            case OURS -> column + ", " + way().title + (libtorch == Libtorch.PYTHON ? ", Python's libtorch" : "");
            case PEER -> column + ", " + way().title;
            case FLOOR -> column;
        };
    }

    /** {@return the way that names it} */
    Way way() {
        return ways.stream().min(Way::compareTo).orElseThrow();
    }

    boolean isOurs() {
        return kind == Kind.OURS;
    }

    boolean standsBeside(Peer ours) {
        return ways.contains(ours.way()) && libtorch == ours.libtorch;
    }
}
