import dev.torchffm.*
import dev.torchffm.interop.*
import dev.torchffm.io.*
import dev.torchffm.model.*
import dev.torchffm.nn.*
import dev.torchffm.nn.Module // not java.lang's
import dev.torchffm.optim.*
import java.lang.foreign.*
import java.nio.channels.FileChannel.MapMode
import java.nio.file.Path
import java.util.*

System.out.println("torch-ffm: tensors over libtorch. Try:")
System.out.println("  var x = Torch.randn(2, 3)")
System.out.println("  new MyReLU(true).forward(x) == x")
System.out.println("  Npy.save(Path.of(\"target/x.npy\"), x)")
