import dev.torchffm.*
import dev.torchffm.nn.*
import java.lang.foreign.*

System.out.println("torch-ffm: tensors over libtorch. Try:")
System.out.println("  var x = Torch.randn(2, 3)")
System.out.println("  new MyReLU(true).forward(x) == x")
System.out.println("  Torch.call(\"aten::softmax.int\", x, 1)")
