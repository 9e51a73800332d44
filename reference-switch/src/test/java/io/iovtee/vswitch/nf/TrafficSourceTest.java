// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iovtee.vswitch.frames.TestFrame;
import io.iovtee.vswitch.frames.TestFrameReader;
import io.iovtee.vswitch.vhost.SocketRole;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

final class TrafficSourceTest {
  private static final long SECOND_NS = 1_000_000_000L;

  private static NfOptions options(int pairs, int flows, long rate, long count) {
    NfTraffic traffic = new NfTraffic(1, 2, 66, 7, flows, rate, count, 0);
    return new NfOptions(
        Path.of("nf.sock"),
        SocketRole.CLIENT,
        NfMode.source,
        pairs,
        64,
        true,
        false,
        false,
        0x020000000011L,
        0xc6120001,
        traffic);
  }

  @Test
  void allPairsTogetherSendEachFlowInOrderAndTheCountExactly() {
    Map<Integer, Long> next = new TreeMap<>();
    long sent = 0;
    NfOptions options = options(3, 5, 0, 1003);
    try (Arena arena = Arena.ofConfined()) {
      long frame = arena.allocate(TestFrame.LENGTH_MAX).address();
      TestFrameReader reader = new TestFrameReader();
      for (int pair = 0; pair < 3; pair++) {
        TrafficSource source = new TrafficSource(options, pair, 3, 0);
        for (int due = source.due(64, 0); due > 0; due = source.due(64, 0)) {
          for (int i = 0; i < due; i++) {
            assertThat(source.next(frame)).isEqualTo(66);
            assertThat(reader.read(frame, 66)).isEqualTo(TestFrameReader.Verdict.GOOD);
            assertThat(reader.tenant()).isEqualTo(7);
            assertThat(reader.flow() % 3).isEqualTo(pair);
            assertThat(reader.sequence()).isEqualTo(next.getOrDefault(reader.flow(), 0L));
            next.merge(reader.flow(), 1L, Long::sum);
            sent++;
          }
        }
      }
    }
    assertThat(sent).isEqualTo(1003);
    assertThat(next.values()).containsExactly(201L, 201L, 201L, 200L, 200L);
  }

  @Test
  void pairWithoutAFlowSendsNothing() {
    TrafficSource source = new TrafficSource(options(2, 1, 0, 0), 1, 2, 0);

    assertThat(source.due(64, 0)).isZero();
  }

  @Test
  void rateIsKept() {
    TrafficSource source = new TrafficSource(options(1, 1, 1000, 0), 0, 1, 0);
    try (Arena arena = Arena.ofConfined()) {
      long frame = arena.allocate(TestFrame.LENGTH_MAX).address();
      for (long nowNs = 0; nowNs <= 3 * SECOND_NS; nowNs += SECOND_NS / 977) {
        for (int due = source.due(64, nowNs); due > 0; due--) {
          source.next(frame);
        }
      }
    }
    assertThat(source.sent()).isBetween(2990L, 3001L);
  }

  @Test
  void pauseIsNotCaughtUpWith() {
    TrafficSource source = new TrafficSource(options(1, 1, 1000, 0), 0, 1, 0);

    assertThat(source.due(64, SECOND_NS / 2)).as("a hundredth of a second").isEqualTo(10);
    assertThat(source.due(64, 100 * SECOND_NS)).isLessThanOrEqualTo(10);
  }

  @Test
  void valuesThatDoNotFit() {
    assertThatThrownBy(() -> options(1, 1025, 0, 0)).hasMessage("flows must be 1 to 1024: 1025");
    assertThatThrownBy(() -> options(9, 1, 0, 0)).hasMessage("queues must be 1 to 8: 9");
    assertThatThrownBy(() -> options(1, 1, -1, 0)).hasMessageContaining("rate must be 0 to");
  }
}
