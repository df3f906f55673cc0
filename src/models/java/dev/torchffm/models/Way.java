package dev.torchffm.models;

import dev.torchffm.Tensor;
import dev.torchffm.Torch;
import dev.torchffm.model.CompiledModel;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** How a call is made. */
enum Way {
    /** By position, into new tensors. */
    RUN {
        @Override
        Map<Integer, Tensor> make(Call call, CompiledModel model) {
            return numbered(call, model.run(List.copyOf(call.inputs().values())));
        }
    },
    /** By position, into the caller's tensors. */
    INTO {
        @Override
        Map<Integer, Tensor> make(Call call, CompiledModel model) {
            List<Tensor> outputs = call.loaded().values().stream()
                    .map(output -> Torch.empty(output.dtype(), output.sizes()))
                    .toList();
            model.run(List.copyOf(call.inputs().values()), outputs);
            return numbered(call, outputs);
        }
    },
    /** In the structure of Python's call. */
    CALL {
        @Override
        Map<Integer, Tensor> make(Call call, CompiledModel model) {
            Object result =
                    model.call(Structure.list(call.args(), call.inputs()), Structure.map(call.kwargs(), call.inputs()));
            return Structure.tensors(call.result(), result);
        }
    };

    /** The outputs by their numbers. */
    abstract Map<Integer, Tensor> make(Call call, CompiledModel model);

    private static Map<Integer, Tensor> numbered(Call call, List<Tensor> outputs) {
        if (outputs.size() != call.loaded().size()) {
            throw new IllegalStateException("There are " + outputs.size() + " outputs, and the loader gave "
                    + call.loaded().size());
        }
        var numbered = new TreeMap<Integer, Tensor>();
        Iterator<Integer> numbers = call.loaded().keySet().iterator();
        outputs.forEach(output -> numbered.put(numbers.next(), output));
        return numbered;
    }
}
