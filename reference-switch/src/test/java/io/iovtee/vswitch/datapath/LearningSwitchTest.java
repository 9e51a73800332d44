// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import static io.iovtee.vswitch.datapath.TestFrames.BROADCAST;
import static io.iovtee.vswitch.datapath.TestFrames.frame;
import static io.iovtee.vswitch.datapath.TestFrames.mac;
import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.api.Outcome;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The actions flood and normal, and several outputs of one rule: who gets a frame, and how often.
 */
final class LearningSwitchTest {
  private TurnedLoops loops = new TurnedLoops(1, "actions=normal");
  private final List<TestGuest> guests = new ArrayList<>();

  @BeforeEach
  void connect() {
    connect("actions=normal");
  }

  private void connect(String... rules) {
    loops.close();
    loops = new TurnedLoops(1, rules);
    guests.clear();
    for (int port = 1; port <= 4; port++) {
      guests.add(loops.guest(port));
    }
  }

  @AfterEach
  void close() {
    for (TestGuest guest : guests) {
      TurnedLoops.assertSums(guest.input());
    }
    assertThat(loops.chunks.getFirst().available()).as("chunks").isEqualTo(TurnedLoops.CHUNKS);
    loops.close();
  }

  private TestGuest port(int number) {
    return guests.get(number - 1);
  }

  /** Sends one frame and asserts that exactly these ports get it, once each and whole. */
  private void assertReaches(int from, byte[] frame, int... to) {
    long before = port(from).input().frames();
    port(from).send(frame);
    assertThat(port(from).input().frames()).as("counted once").isEqualTo(before + 1);
    for (int number = 1; number <= 4; number++) {
      int one = number;
      boolean wanted = Arrays.stream(to).anyMatch(port -> port == one);
      List<byte[]> got = port(number).frames();
      if (wanted) {
        assertThat(got).as("port %d", number).hasSize(1);
        assertThat(got.getFirst()).isEqualTo(frame);
        port(number).post(1);
      } else {
        assertThat(got).as("port %d", number).isEmpty();
      }
    }
  }

  @Test
  void floodReachesAllButTheSender() {
    connect("actions=flood");
    assertReaches(1, frame(2, 1, 1), 2, 3, 4);
    assertReaches(4, frame(2, 4, 2), 1, 2, 3);
    assertThat(port(1).input().outcome(Outcome.COPIED)).isEqualTo(1);
  }

  @Test
  void floodGoesOnWithoutThosePortsThatCanNot() {
    connect("actions=flood");
    loops.run(() -> port(2).binding.enableRing(0, false).join());
    assertReaches(1, frame(2, 1, 1), 3, 4);
    TestGuest deaf = loops.guest(loops.loop(), 5, 0); // has no buffer
    assertReaches(1, frame(2, 1, 2), 3, 4);
    assertThat(deaf.frames()).isEmpty();
    assertThat(port(1).input().outcome(Outcome.COPIED)).isEqualTo(2);
  }

  @Test
  void floodThatReachesNobodyIsADrop() {
    connect("actions=flood");
    for (int port = 2; port <= 4; port++) {
      TestGuest guest = port(port);
      loops.run(() -> guest.binding.enableRing(0, false).join());
    }
    assertReaches(1, frame(2, 1, 1));
    assertThat(port(1).input().outcome(Outcome.DROPPED)).isEqualTo(1);
  }

  @Test
  void stationIsLearnedWithItsFirstFrame() {
    assertReaches(1, frame(2, 1, 1), 2, 3, 4); // nobody knows station 2
    assertReaches(2, frame(1, 2, 2), 1); // station 1 was learned
    assertReaches(1, frame(2, 1, 3), 2); // and so was station 2
    assertReaches(3, frame(2, 3, 4), 2);
    assertReaches(3, frame(9, 3, 5), 1, 2, 4);
  }

  @Test
  void groupAddressesAreFloodedAlways() {
    long multicast = 0x0100_5e00_0001L;
    assertReaches(1, frame(BROADCAST, mac(1), 60, 1), 2, 3, 4);
    assertReaches(2, frame(multicast, mac(2), 60, 2), 1, 3, 4);
    // A frame that claims to come from a group address teaches nothing.
    assertReaches(3, frame(mac(1), multicast, 60, 3), 1);
    assertReaches(2, frame(multicast, mac(2), 60, 4), 1, 3, 4);
    assertReaches(4, frame(BROADCAST, BROADCAST, 60, 5), 1, 2, 3);
    assertReaches(1, frame(BROADCAST, mac(1), 60, 6), 2, 3, 4);
  }

  @Test
  void stationThatMovesIsFoundAtItsNewPort() {
    assertReaches(2, frame(1, 2, 1), 1, 3, 4);
    assertReaches(1, frame(2, 1, 2), 2);
    assertReaches(3, frame(1, 2, 3), 1); // station 2 speaks on port 3 now
    assertReaches(1, frame(2, 1, 4), 3);
  }

  /** A switch never sends a frame back where it came from. */
  @Test
  void stationOnTheSamePortIsNotSentTo() {
    assertReaches(1, frame(8, 9, 1), 2, 3, 4); // station 9 is behind port 1
    assertReaches(1, frame(9, 1, 2)); // so is the sender
    assertThat(port(1).input().dropReasons()).isEqualTo(Map.of("output_is_input", 1L));
  }

  @Test
  void stationsOfAPortThatWentAwayAreFlooded() {
    assertReaches(2, frame(1, 2, 1), 1, 3, 4);
    loops.macs.forget(2);
    assertReaches(1, frame(2, 1, 2), 2, 3, 4);
  }

  @Test
  void severalOutputsGetACopyEach() {
    connect("in_port=p1,actions=output:p2,output:p4", "actions=output:p1,in_port");
    assertReaches(1, frame(2, 1, 1), 2, 4);
    assertReaches(3, frame(2, 3, 2), 1, 3); // in_port sends it back, when a rule says so
  }

  @Test
  void manyFramesOfDifferentStationsInOneBatch() {
    for (int station = 1; station <= 4; station++) {
      port(station).send(frame(BROADCAST, mac(station), 60, 0));
    }
    guests.forEach(guest -> guest.post(guest.frames().size()));
    byte[][] frames = new byte[60][];
    for (int i = 0; i < frames.length; i++) {
      frames[i] = frame(1 + i % 4, 1, i);
    }
    port(1).send(frames);
    for (int to = 2; to <= 4; to++) {
      List<Integer> expected = new ArrayList<>();
      for (int i = to - 1; i < frames.length; i += 4) {
        expected.add(i);
      }
      assertThat(port(to).frames().stream().map(TestFrames::payload))
          .as("port %d, in order", to)
          .containsExactlyElementsOf(expected);
    }
    assertThat(port(1).input().dropReasons()).isEqualTo(Map.of("output_is_input", 15L));
  }
}
