package dev.torchffm.examples.service;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

final class BlocksTest {

    @Test
    void aBlockIsOfTheNextPowerOfTwoAndUsedAgain() {
        try (var blocks = new Blocks(1 << 20)) {
            assertEquals(4096, blocks.take(1).memory().byteSize());
            assertEquals(8192, blocks.take(8192).memory().byteSize());
            Blocks.Block block = blocks.take(8193);
            assertEquals(16384, block.memory().byteSize());
            blocks.giveBack(block);
            assertSame(block, blocks.take(16384));
        }
    }

    @Test
    void togetherTheyStayWithinTheBound() {
        try (var blocks = new Blocks(16384)) {
            Blocks.Block small = blocks.take(4096);
            blocks.take(8192);
            Refusal refusal = assertThrows(Refusal.class, () -> blocks.take(8192));
            assertEquals(503, refusal.status());
            blocks.giveBack(small);
            assertEquals(8192, blocks.take(8192).memory().byteSize()); // the idle one has made room
            assertEquals(16384, blocks.allocated());
        }
    }
}
