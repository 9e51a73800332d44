// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.vswitch.frames.TestFrame;
import java.lang.foreign.Arena;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Flows that differ in one number, as a generator's do, spread over queue pairs. */
final class FlowHashTest {
  private static final int FLOWS = 256;

  private static TestFrame frame(String field, int flow) {
    return switch (field) {
      case "source-port" -> new TestFrame(1, 2, 0xc6120001, 0xc6120002, 4096 + flow, 9);
      case "destination-port" -> new TestFrame(1, 2, 0xc6120001, 0xc6120002, 4096, 9 + flow);
      case "source-ip" -> new TestFrame(1, 2, 0xc6120001 + flow, 0xc6120002, 4096, 9);
      case "destination-ip" -> new TestFrame(1, 2, 0xc6120001, 0xc6120002 + flow, 4096, 9);
      case "destination-mac" -> new TestFrame(1 + flow, 2, 0xc6120001, 0xc6120002, 4096, 9);
      default -> throw new IllegalArgumentException(field);
    };
  }

  @ParameterizedTest
  @CsvSource({
    "source-port, 2", "source-port, 3", "source-port, 4", "source-port, 8",
    "destination-port, 2", "destination-port, 8", "source-ip, 2", "source-ip, 8",
    "destination-ip, 2", "destination-ip, 8", "destination-mac, 2", "destination-mac, 8"
  })
  void everyPairGetsAboutItsShare(String field, int pairs) {
    int[] count = new int[pairs];
    try (Arena arena = Arena.ofConfined()) {
      long address = arena.allocate(TestFrame.LENGTH_MAX).address();
      FrameBatch batch = new FrameBatch();
      for (int flow = 0; flow < FLOWS; flow++) {
        frame(field, flow).writeTo(address, 60, 0, 0, 0);
        batch.clear();
        batch.add(address, 60, 0, 0, (byte) 0);
        batch.capture(0, FrameBatch.FIRST_CAPTURE);
        count[Integer.remainderUnsigned(batch.flowHash(0), pairs)]++;
      }
    }
    for (int frames : count) {
      assertThat(frames).isBetween(FLOWS / pairs / 2, FLOWS / pairs * 2);
    }
  }
}
