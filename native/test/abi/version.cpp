/* Whether the headers, with which the declarations agree, and the libraries are of one version, major and minor: else 3. */
#include <cstdio>

#include <torch/csrc/inductor/aoti_torch/c/shim.h>
#include <torch/headeronly/version.h>

int main() {
    std::printf("the declarations agree with the headers of %s\n", TORCH_VERSION);
    const bool same = aoti_torch_abi_version() >> 48 == TORCH_ABI_VERSION >> 48;
    if (!same) std::printf("the libraries are of another version, so what they hide is not compared\n");
    return same ? 0 : 3;
}
