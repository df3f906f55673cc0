package dev.torchffm.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Lines as PyTorch 2.13 to 2.15 write them: what the model writes is never taken for something that it only reads. */
final class ModelSourceTest {

    private static final String START = "void AOTInductorModel::run_impl(\n) {\n";
    private static final String END = "\n} // AOTInductorModel::run_impl\n";

    private static boolean mayWrite(String lines) {
        return new ModelSource(START + lines + END).mayWrite("w");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "    [[maybe_unused]] auto& w = constants_->at(0);",
                "    auto w = std::move(inputs[0]);",
                "    auto w_size = w.sizes();",
                "    auto w_stride = w.strides();",
                "    w.reset();",
                "    // Topologically Sorted Source Nodes: [add_, w], Original ATen: [aten.add]",
                "    if (_check_aoti_runtime_check_inputs_env()) { assert_size_stride(w, {s77, 16L}, {16L, 1L}, \"input\"); }",
                "    cpp_fused_0((const float*)(w.data_ptr()), (float*)(buf0.data_ptr()));",
                "    cpp_fused_0((const at::BFloat16*)(w.data_ptr()), (const int64_t*)(w.data_ptr()));",
                "    AOTI_TORCH_ERROR_CODE_CHECK(aoti_torch_cpu_addmm_out(buf0, w, arg4_1, w, 1L, 1L));",
                "    AOTI_TORCH_ERROR_CODE_CHECK(aoti_torch_cpu_addmm_out(buf0, a_bias, arg4_1,"
                        + " wrap_with_raii_handle_if_needed(reinterpret_tensor_wrapper(w, 2, int_array_2, int_array_3, 0L))));",
                "    AOTI_TORCH_ERROR_CODE_CHECK(aoti_torch_cpu_convolution(arg0_1, w, &var_0, 0L, &buf0_handle));",
                "    AOTI_TORCH_ERROR_CODE_CHECK(aoti_torch_cpu__scaled_dot_product_flash_attention_for_cpu(w, buf1, buf2,"
                        + " 0.0, 0, nullptr, 0, &buf5_handle, &buf6_handle));",
                "    AOTI_TORCH_ERROR_CODE_CHECK(aoti_torch_cpu_mkldnn__convolution_pointwise(arg0_1, w, &buf0_handle));",
                "    AOTI_TORCH_ERROR_CODE_CHECK(aoti_torch_cpu__fft_r2c(w, std::array<int64_t, 1>{1L}.cbegin(), 1,"
                        + " 0L, 0, &buf7_handle));",
                "    AOTI_TORCH_ERROR_CODE_CHECK(aoti_torch_cpu_cumsum(w, 1L, 0, &buf0_handle));",
                "    aoti_torch_clone(w, &output_handles[0]);",
                "    output_handles[1] = w.release();",
                "    auto var_0 = wrap_with_raii_handle_if_needed(reinterpret_tensor_wrapper(w, 1, a, b, 0L));\n"
                        + "    output_handles[2] = var_0.release();",
                "    auto var_1 = wrap_with_raii_handle_if_needed(reinterpret_tensor_wrapper(w, 2, a, b, 0L));\n"
                        + "    aoti_torch_clone(var_1, &output_handles[5]);",
                "    auto buf1 = std::move(w);  // reuse\n    cpp_fused_0((const float*)(buf1.data_ptr()));",
                "    cpp_fused_0((float*)(w2.data_ptr()), (float*)(a_w.data_ptr()));",
            })
    void whatIsOnlyReadIsSeen(String lines) {
        assertFalse(mayWrite(lines));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                // kernels
                "    cpp_fused_0((float*)(w.data_ptr()));",
                "    cpp_fused_0((const float*)(w.data_ptr()), (const float*)(b.data_ptr()), (float*)(w.data_ptr()));",
                "    cpp_fused_0((const float*)(a.data_ptr()), (float*)(w.data_ptr()), (const float*)(b.data_ptr()));",
                "    cpp_fused_0(w.data_ptr());",
                "    cpp_fused_0((const float* const*)(w.data_ptr()));",
                "    call_cpp_fused_0(w, buf0);",
                // in place, with an overload or without
                "    AOTI_TORCH_ERROR_CODE_CHECK(aoti_torch_cpu_index_put_(w, var_array_0, 1, arg2_1, 0));",
                "    AOTI_TORCH_ERROR_CODE_CHECK(aoti_torch_cpu_fill__Scalar(w, 0));",
                "    AOTI_TORCH_ERROR_CODE_CHECK(aoti_torch_aten_fill__Scalar(w, 0));",
                "    AOTI_TORCH_ERROR_CODE_CHECK(aoti_torch_cpu_bernoulli__float(w, 0.5, nullptr));",
                "    AOTI_TORCH_ERROR_CODE_CHECK(aoti_torch_cpu_set__source_Tensor(w, buf0));",
                "    aoti_torch_copy_(w, buf0, 0);",
                "    aoti_torch_zero_(w);",
                "    AOTI_TORCH_ERROR_CODE_CHECK(aoti_torch_cpu_scatter_reduce_two_out(w, w, 0L, arg2_1, arg1_1, \"sum\", 1));",
                "    AOTI_TORCH_ERROR_CODE_CHECK(aoti_torch_index_put_out("
                        + "wrap_with_raii_handle_if_needed(reinterpret_tensor_wrapper(w, 1, a, b, 0L)), buf0, 1L));",
                // arguments other than the first
                "    AOTI_TORCH_ERROR_CODE_CHECK(aoti_torch_cpu_mkldnn__convolution_pointwise_binary_(buf0, w, buf2));",
                "    AOTI_TORCH_ERROR_CODE_CHECK(aoti_torch_cpu__fused_moving_avg_obs_fq_helper(arg0_1, on, fake, w, max));",
                "    AOTI_TORCH_ERROR_CODE_CHECK(aoti_torch_cpu__qlinear_pointwise_binary_tensor(buf0, s, z, p, w, &buf3_handle));",
                "    aoti_torch_call_dispatcher(\"my::write_\", \"\", std::array<StableIValue, 1>{w}.data());",
                "    AOTI_TORCH_ERROR_CODE_CHECK(aoti_torch_proxy_executor_call_function(proxy_executor, 0, 0,"
                        + " std::array<int64_t, 0>{}.data(), 3, std::array<AtenTensorHandle, 3>{w, buf1, buf2}.data()));",
                // other names for it
                "    auto buf1 = std::move(w);  // reuse\n    cpp_fused_0((float*)(buf1.data_ptr()));",
                "    auto& buf1 = w;\n    auto buf2 = std::move(buf1);\n    aoti_torch_zero_(buf2);",
                "    auto var_0 = wrap_with_raii_handle_if_needed(reinterpret_tensor_wrapper(w, 1, a, b, 0L));\n"
                        + "    AOTI_TORCH_ERROR_CODE_CHECK(aoti_torch_cpu_index_put_(var_0, array, 1, arg2_1, 0));",
                "    AOTI_TORCH_ERROR_CODE_CHECK(aoti_torch_cpu_view_dtype(w, cached_torch_dtype_int32, &buf0_handle));",
                "    AOTI_TORCH_ERROR_CODE_CHECK(aoti_torch_cpu_view_as_real(w, &buf0_handle));",
                "    AOTI_TORCH_ERROR_CODE_CHECK(aoti_torch_as_strided(w, a, b, &buf0_handle));",
                "    AOTI_TORCH_ERROR_CODE_CHECK(aoti_torch_cpu_slice_Tensor(w, 0L, nullptr, nullptr, 1L, &buf0_handle));",
                "    AOTI_TORCH_ERROR_CODE_CHECK(aoti_torch_cpu_reshape(w, a, 2, &buf0_handle));",
                "    AOTI_TORCH_ERROR_CODE_CHECK(aoti_torch_new_tensor_handle(w, &tmp_w_0));",
                "    AOTI_TORCH_ERROR_CODE_CHECK(aoti_torch_assign_tensors_out(w, &true_graph_0_arg0_1_handle));",
                "    AOTI_TORCH_ERROR_CODE_CHECK(aoti_torch_assign_tensors(w, buf0));",
                "    AOTI_TORCH_ERROR_CODE_CHECK(aoti_torch_get_data_ptr(w, &pointer));",
                "    RAIIAtenTensorHandle buf0(w.release());",
                "    AtenTensorHandle buf0 = w.get();",
                "    buf0 = std::move(w);",
                "    true_graph_0(w);",
                // a comment behind, and one that is none
                "    aoti_torch_zero_(w); // w",
                "    const char* text = \"// \"; aoti_torch_zero_(w);",
                // arguments on lines of their own
                "    AOTI_TORCH_ERROR_CODE_CHECK(aoti_torch_cpu_index_put_(\n        w, array, 1, arg2_1, 0));",
                "    std::vector<AtenTensorHandle> all = {\n        w,\n    };",
            })
    void whatMayBeWrittenIsSeen(String lines) {
        assertTrue(mayWrite(lines));
    }

    @Test
    void aModelWithoutItsSourceMayWriteAll() {
        for (String text : new String[] {"", "x", START, END, END + START, START.repeat(2)}) {
            assertTrue(new ModelSource(text).mayWrite("w"));
        }
        assertFalse(new ModelSource(START + END).mayWrite("w"));
        assertFalse(new ModelSource(START + "w.reset();" + END.strip()).mayWrite("w"));
    }

    @Test
    void namesAreNoPatterns() {
        assertFalse(new ModelSource(START + "    aoti_torch_zero_(w);" + END).mayWrite("."));
        assertTrue(new ModelSource(START + "    aoti_torch_zero_(w);" + END).mayWrite("w"));
    }

    /** Each name is followed once. */
    @Test
    @Timeout(20)
    void circlesAndBranchesOfNamesEnd() {
        var lines = new StringBuilder("    auto a0 = f(w);\n    auto w = w;\n");
        for (int i = 0; i < 500; i++) {
            lines.append("    auto a%d = f(a%d, a%d, a0);%n".formatted(i + 1, i, i));
        }
        assertFalse(mayWrite(lines.toString()));
        assertTrue(mayWrite(lines + "    aoti_torch_zero_(a500);"));
    }

    @Test
    void readsLayouts() {
        var source = new ModelSource("""
                constants_info_[0].shape = {64, 16};
                constants_info_[0].stride = {16, 1};
                constants_info_[1].shape = {};
                constants_info_[12].stride = {1L, };
                constants_info_[2].shape = {99999999999999999999};
                constants_info_[99999999999].shape = {1};
                constants_info_[3].shape = {s0};
                """);
        assertArrayEquals(new long[] {64, 16}, source.sizes(0).orElseThrow());
        assertArrayEquals(new long[] {16, 1}, source.strides(0).orElseThrow());
        assertArrayEquals(new long[0], source.sizes(1).orElseThrow());
        assertArrayEquals(new long[] {1}, source.strides(12).orElseThrow());
        assertArrayEquals(new long[] {Long.MAX_VALUE}, source.sizes(2).orElseThrow());
        assertEquals(Optional.empty(), source.sizes(3));
        assertEquals(Optional.empty(), source.strides(1));
    }

    @Test
    void theSmallPackageOnlyReads() {
        var source = new ModelSource(TestPackage.mlp().text(".wrapper.cpp"));
        for (String variable : new String[] {"hidden_weight", "hidden_bias", "output_weight"}) {
            assertFalse(source.mayWrite(variable), variable);
        }
        assertArrayEquals(new long[] {64, 16}, source.sizes(0).orElseThrow());
    }

    @Test
    void countsWhatIsReadOfAnInput() {
        var source = new ModelSource("""
                    if (arg0_1_size[0] > 4096) {
                    if (1 != arg0_1_stride[0]) {
                    int64_t s27 = arg0_1_size[1];
                    if (16 != arg10_1_size[11]) {
                    if (16 != arg1_1_size[123]) {
                """);
        assertEquals(2, source.dimsRead("arg0_1"));
        assertEquals(12, source.dimsRead("arg10_1"));
        assertEquals(0, source.dimsRead("arg1_1"));
        assertEquals(0, source.dimsRead("arg2_1"));
    }

    @Test
    void loopsAreAsWideAsTheirArrays() {
        String loop = "    #pragma omp parallel\n";
        assertEquals(0, new ModelSource(loop + "    float tmp_arr2[2];").mostThreads());
        assertEquals(
                2, new ModelSource(loop + "    float tmp_acc0_arr[16];\n    float tmp_acc1_arr[2];").mostThreads());
        assertEquals(1, new ModelSource("").mostThreads());
    }

    @Test
    void findsConstantsThatAreNeverRead() {
        var source = new ModelSource("""
                void AOTInductorModel::run_impl(
                    [[maybe_unused]] auto& weight = constants_->at(0);
                    [[maybe_unused]] auto& weight_packed = constants_->at(1);
                    aoti_torch_cpu_mm_out(buf0, arg0_1, weight_packed);
                } // AOTInductorModel::run_impl
                """);
        assertTrue(source.neverReads("weight"));
        assertFalse(source.neverReads("weight_packed"));
        assertFalse(source.neverReads("other"));
        assertFalse(new ModelSource("").neverReads("weight"));
    }
}
