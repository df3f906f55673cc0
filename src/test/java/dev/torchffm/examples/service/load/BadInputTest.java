package dev.torchffm.examples.service.load;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.torchffm.examples.service.Limits;
import dev.torchffm.examples.service.Service;
import dev.torchffm.model.CompiledModel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class BadInputTest {

    @Test
    void eachIsAnsweredByItsStatus() throws IOException {
        var any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        try (CompiledModel model = CompiledModel.load(Path.of("src/test/resources/dev/torchffm/model/mlp.pt2"));
                Service service =
                        new Service(any, rows -> model.run(rows).getFirst(), new long[] {16}, Limits.DEFAULT)) {
            for (BadInput input : BadInput.all()) {
                assertEquals(input.status(), input.send(service.address()), input.name());
            }
        }
    }
}
