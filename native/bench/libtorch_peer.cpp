/* The same in C++, by libtorch's own headers: the floor of an operator and of a network. */
#include <torch/torch.h>

#include "timing.h"

namespace {

struct Network : torch::nn::Module {
    torch::nn::Linear first = register_module("first", torch::nn::Linear(2, 8));
    torch::nn::Linear second = register_module("second", torch::nn::Linear(8, 1));

    torch::Tensor forward(const torch::Tensor &x) { return second(torch::clamp(first(x), 0)); }
};

torch::Tensor x, y;
Network network;
torch::optim::SGD optimizer(network.parameters(), 0.1);

void step() {
    optimizer.zero_grad();
    const torch::Tensor loss = torch::mse_loss(network.forward(x), y);
    loss.backward();
    optimizer.step();
}

const struct {
    const char *name;
    void (*run)();
} operations[] = {
    {"add", [] { x.add(y); }},
    {"mul", [] { x.mul(y); }},
    {"tanh", [] { x.tanh(); }},
    {"matmul", [] { x.matmul(y); }},
    {"sum", [] { x.sum(); }},
    {"softmax", [] { x.softmax(1); }},
    {"forward", [] { network.forward(x); }},
    {"step", step},
};

} // namespace

int main(int count, char **arguments) {
    if (count == 2) {
        printf("libtorch %s, threads: %d\n", TORCH_VERSION, at::get_num_threads());
        return 0;
    }
    if (count != 5) return 2;
    const std::string name = arguments[1];
    const int64_t size = atoll(arguments[2]);
    const bool learns = name == "forward" || name == "step";
    const int64_t side = std::llround(std::sqrt(size));
    /* The parameters were made outside the mode. */
    const c10::InferenceMode mode(name == "forward");
    x = learns ? torch::randn({size, 2}) : torch::randn({side, side});
    y = learns ? torch::randn({size, 1}) : torch::randn({side, side});
    for (const auto &operation : operations) {
        if (name == operation.name) {
            print_iterations(operation.run, arguments);
            return 0;
        }
    }
    return 2;
}
