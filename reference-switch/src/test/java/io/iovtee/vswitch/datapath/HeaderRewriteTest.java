// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.api.Outcome;
import io.iovtee.vswitch.linux.AddressSpace;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A guest rewrites the headers of frames after they were classified: what leaves must be what a
 * rule allowed. The first frame that port 2 sends is the moment of the rewrite.
 */
final class HeaderRewriteTest {
  private static final int HEADER_BYTES = 42; // Ethernet, IPv4, UDP

  private final TurnedLoops loops =
      new TurnedLoops(
          2,
          "in_port=p1,dl_dst=02:00:00:00:00:02,nw_dst=10.0.0.2,udp,tp_dst=53,"
              + "actions=output:p2,output:p3,output:p4",
          "in_port=p5,dl_dst=02:00:00:00:00:02,actions=output:p2,output:p3,output:p4",
          "priority=1,actions=drop");
  private final TestGuest hostile = loops.guest(1);
  private final TestNic wire = loops.nic(2);
  private final TestGuest near = loops.guest(3);
  private final TestGuest far = loops.guest(loops.loops.get(1), 4, 128);

  @AfterEach
  void close() {
    loops.close();
  }

  /** UDP to 10.0.0.2 port 53; the identification tells frames of a run apart. */
  private static byte[] allowed(int id, int length) {
    byte[] frame = TestFrames.frame(TestFrames.mac(2), TestFrames.mac(1), length, id);
    byte[] header = {8, 0, 0x45, 0, 0, 50, 0, (byte) id, 0, 0, 64, 17, 0, 0};
    System.arraycopy(header, 0, frame, 12, header.length);
    frame[16] = (byte) ((length - 14) >> 8);
    frame[17] = (byte) (length - 14);
    byte[] addresses = {10, 0, 0, 1, 10, 0, 0, 2, 0x10, 0, 0, 53, 0, 30, 0, 0};
    System.arraycopy(addresses, 0, frame, 26, addresses.length);
    return frame;
  }

  private static void rewrite(List<Long> frames) {
    for (long address : frames) {
      AddressSpace.fill(address, HEADER_BYTES, (byte) 0xee);
    }
  }

  /** All bytes that a rule could have looked at. */
  private static void assertClassified(List<byte[]> frames, int count, int length) {
    assertThat(frames).hasSize(count);
    for (int i = 0; i < count; i++) {
      byte[] want = allowed(i, length);
      byte[] got = frames.get(i).clone();
      // Identification and checksums decide nothing, and may be the later ones.
      for (int free : new int[] {18, 19, 24, 25, 38, 39, 40, 41}) {
        got[free] = want[free];
      }
      assertThat(got).as("frame %d", i).isEqualTo(want);
    }
  }

  @ParameterizedTest
  @CsvSource({"true, 1, 100", "true, 16, 100", "true, 16, 60", "false, 16, 100"})
  void whatLeavesIsWhatWasClassified(boolean lend, int count, int length) {
    loops.run(() -> hostile.binding.setTransmitLending(lend).join());
    loops.run(() -> far.binding.connectFrom(loops.loops));
    List<Long> addresses = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      addresses.add(hostile.put(allowed(i, length)));
    }
    wire.beforeSending = () -> rewrite(addresses);
    hostile.publish();
    loops.turn();
    assertThat(AddressSpace.getByte(addresses.getFirst())).as("it was").isEqualTo((byte) 0xee);
    assertClassified(wire.sent(), count, length);
    assertClassified(near.frames(), count, length);
    assertClassified(far.frames(), count, length);
    TurnedLoops.assertSums(hostile.input());
  }

  /** The same for frames that a NIC wrote into the guest's memory and that are for others. */
  @ParameterizedTest
  @CsvSource({"1, 100", "16, 100"})
  void misdirectedFramesToo(int count, int length) {
    TestNic nic = loops.nic(5);
    loops.run(() ->
        nic.binding
            .lendFrom(0, hostile.binding, 0, (ring, constraints) -> new LendingSource(ring))
            .join());
    loops.turn();
    List<Long> addresses = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      nic.receive(allowed(i, length));
      addresses.add(nic.lastAddress());
    }
    wire.beforeSending = () -> rewrite(addresses);
    loops.turn();
    assertClassified(wire.sent(), count, length);
    assertClassified(near.frames(), count, length);
    assertThat(nic.input().outcome(Outcome.COPIED_MISDIRECTED)).isEqualTo(count);
  }
}
