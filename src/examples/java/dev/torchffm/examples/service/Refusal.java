package dev.torchffm.examples.service;

/** Why a request gets no results. */
final class Refusal extends RuntimeException {

    private static final long serialVersionUID = 1;

    private final int status;

    Refusal(int status, String message) {
        super(message, null, false, false); // a stack trace would cost more than the answer
        this.status = status;
    }

    /** HTTP's code. */
    int status() {
        return status;
    }

    static Refusal overload(String what) {
        return new Refusal(503, what + "; try again later");
    }
}
