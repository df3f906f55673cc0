package dev.torchffm.bench;

import java.io.IOException;
import org.openjdk.jmh.annotations.Fork;

/** JavaCPP's presets with neither the garbage collector nor JavaCPP's count of the process's memory looking on. */
@Fork(
        jvmArgsAppend = {
            "-Dorg.bytedeco.javacpp.cachedir=target/bench/javacpp",
            "-Dorg.bytedeco.javacpp.nopointergc=true",
            "-Dorg.bytedeco.javacpp.maxBytes=0",
            "-Dorg.bytedeco.javacpp.maxPhysicalBytes=0"
        })
public class JavaCppNoGc extends JavaCpp {

    @Override
    String about() throws IOException {
        return super.about() + ", nopointergc, no limit of bytes";
    }
}
