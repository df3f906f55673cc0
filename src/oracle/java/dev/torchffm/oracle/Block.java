package dev.torchffm.oracle;

import dev.torchffm.DType;
import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import dev.torchffm.nn.AbstractModule;
import dev.torchffm.nn.Module;

/** A module with a parameter, a buffer and two modules of its own. */
final class Block extends AbstractModule {

    private final Tensor scale = registerParameter("scale", Torch.parameter(Torch.ones(DType.FLOAT64)));
    private final Tensor calls = registerBuffer("calls", Torch.zeros(DType.INT64));
    private final Module body;
    private final Module tail;

    Block(Module body, Module tail) {
        this.body = registerModule("body", body);
        this.tail = registerModule("tail", tail);
    }

    @Override
    public Tensor forward(Tensor input) {
        Torch.call("aten::add_.Tensor", calls, 1);
        return tail.forward(body.forward(input).add(input)).mul(scale);
    }

    @Override
    protected String extraRepr() {
        return "body and tail,\nscaled";
    }
}
