package dev.torchffm;

import dev.torchffm.internal.Native;

/** A tensor as text: its elements, and what is known of it without them. */
final class TensorText {

    private TensorText() {}

    static String of(Tensor tensor) {
        try {
            String text = Printer.print(tensor.elements(), autograd(tensor));
            return tensor.handle.parameter() ? "Parameter containing:\n" + text : text;
        } catch (IllegalStateException | WrongThreadException | TorchException | InternalError e) {
            return Printer.withoutElements(tensor.dtype(), tensor.layout(), e);
        }
    }

    private static String autograd(Tensor tensor) {
        if (!tensor.requiresGrad()) {
            return "";
        }
        String name = Native.gradFn(tensor.handle());
        return name.isEmpty() ? "requires_grad=True" : "grad_fn=<" + name + ">";
    }
}
