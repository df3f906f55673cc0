package dev.torchffm.nn;

import dev.torchffm.Tensor;
import java.util.List;

/**
 * Modules one after the other, each on the output of the one before.
 *
 * {@snippet class="dev.torchffm.examples.NnSnippets" region="train"}
 *
 * <p>A parameter's name is its module's number, a dot and its name in the module: {@code 0.weight}.
 *
 * <p>Source: the PyTorch page "torch.nn.Sequential".
 */
public final class Sequential extends AbstractModule {

    private final List<Module> modules;

    /**
     * Modules in order.
     *
     * @param modules without any, the input is the output
     */
    public Sequential(Module... modules) {
        this.modules = List.of(modules);
        for (int i = 0; i < modules.length; i++) {
            registerModule(String.valueOf(i), modules[i]);
        }
    }

    /**
     * {@return a module}
     *
     * @param index from 0
     * @throws IndexOutOfBoundsException when there is none
     */
    public Module get(int index) {
        return modules.get(index);
    }

    /** {@return the number of modules} */
    public int size() {
        return modules.size();
    }

    /**
     * Computes the last module's output.
     *
     * @param input given to the first module, which may write it in place
     * @return the last module's output
     */
    @Override
    public Tensor forward(Tensor input) {
        Tensor output = Inputs.require(input);
        for (Module module : modules) {
            output = module.forward(output);
        }
        return output;
    }
}
