package dev.torchffm.bench;

/** What is timed; the constant's name is the benchmark method's and the C and Python programs' argument. */
enum Operation {
    clamp_("in place: `clamp_`"),
    clampMin_("in place: `clamp_min_`"),
    clamp("out of place: `clamp`, result freed"),
    clampOut("into a given tensor: `clamp` with `out`");

    final String title;

    Operation(String title) {
        this.title = title;
    }
}
