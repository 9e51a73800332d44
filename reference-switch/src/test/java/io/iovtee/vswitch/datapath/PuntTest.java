// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import static io.iovtee.vswitch.datapath.TestFrames.frame;
import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.api.DropReason;
import io.iovtee.api.Outcome;
import io.iovtee.flow.FlowRule;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Frames that rules hand over to the API, and frames from there. */
final class PuntTest {
  private static final int NIC = 3;
  private static final byte[] FRAME = frame(1, 9, 1);

  /** One frame that came out of the queue. */
  private record Taken(int port, FlowRule rule, int length, byte[] bytes) {}

  private final List<Taken> taken = new ArrayList<>();
  private TurnedLoops loops = new TurnedLoops(1, "actions=punt");
  private TestNic nic;
  private TestGuest guest;
  private PuntQueue queue;

  private void connect(int framesPerSecond, String... rules) {
    loops.close();
    loops = new TurnedLoops(1, rules);
    guest = loops.guest(1);
    nic = loops.nic(NIC);
    queue = new PuntQueue(framesPerSecond);
    loops.run(() -> loops.loop().execute(() -> loops.loop().setPunts(queue)).join());
    loops.turn();
  }

  @AfterEach
  void sumsHold() {
    TurnedLoops.assertSums(nic.input());
    loops.close();
  }

  private void receive(byte[]... frames) {
    nic.receive(frames);
    loops.turn();
    queue.drain((port, rule, length, bytes) -> taken.add(new Taken(port, rule, length, bytes)));
  }

  @Test
  void aPuntedFrameHasARuleAPortAndItsBytes() {
    connect(1000, "cookie=7,in_port=p3,actions=punt");
    receive(FRAME);

    Taken one = taken.getFirst();
    assertThat(one.bytes()).isEqualTo(FRAME);
    assertThat(one.port()).isEqualTo(NIC);
    assertThat(one.length()).isEqualTo(60);
    assertThat(one.rule().cookie()).isEqualTo(7);
    assertThat(queue.punted()).isEqualTo(1);
    assertThat(nic.input().dropReasons()).isEqualTo(Map.of("punted", 1L));
  }

  @Test
  void itIsHandedOverAsItIsByThenAndGoesOn() {
    connect(1000, "in_port=p3,actions=punt:20,mod_dl_src:02:00:00:00:00:77,punt,output:p1,punt:14");
    receive(FRAME);

    byte[] changed = FRAME.clone();
    changed[11] = 0x77;
    assertThat(taken)
        .extracting(Taken::bytes)
        .containsExactly(Arrays.copyOf(FRAME, 20), changed, Arrays.copyOf(changed, 14));
    assertThat(taken).extracting(Taken::length).containsOnly(60);
    assertThat(guest.frames()).containsExactly(changed);
    assertThat(nic.input().outcome(Outcome.COPIED)).isEqualTo(1);
    assertThat(nic.input().dropReasons()).isEmpty();
  }

  @Test
  void aLongFrameComesWhole() {
    connect(1000, "in_port=p3,actions=punt");
    byte[] frame = frame(TestFrames.mac(1), TestFrames.mac(9), 1514, 3);
    receive(frame);
    assertThat(taken.getFirst().bytes()).isEqualTo(frame);
  }

  @Test
  void aFrameInAGuestsBufferIsStillPublishedThere() {
    connect(1000, "in_port=p3,actions=punt,output:p1");
    loops.run(() ->
        nic.binding
            .lendFrom(0, guest.binding, 0, (ring, constraints) -> new LendingSource(ring))
            .join());
    loops.turn();
    receive(FRAME);
    assertThat(taken.getFirst().bytes()).isEqualTo(FRAME);
    assertThat(nic.input().outcome(Outcome.WRITTEN_THROUGH)).isEqualTo(1);
  }

  /** One frame a second: the burst goes through, what comes then does not. */
  @Test
  void overTheLimitFramesAreCountedAndDropped() {
    connect(1, "in_port=p3,actions=punt", "actions=drop");
    for (int i = 0; i < 6; i++) {
      receive(frame(1, 9, i), frame(2, 9, i));
      byte[][] more = new byte[58][];
      Arrays.setAll(more, n -> frame(1, 9, n));
      receive(more);
    }
    assertThat(taken.size()).isBetween(PuntQueue.SIZE, PuntQueue.SIZE + 60);
    assertThat(queue.punted()).isEqualTo(taken.size());
    assertThat(queue.limited()).isEqualTo(360 - taken.size());
    assertThat(nic.input().dropReasons())
        .isEqualTo(Map.of("punted", queue.punted(), "punt_limit", queue.limited()));
  }

  @Test
  void whenNobodyTakesThemTheRingIsTheLimit() {
    connect(1_000_000_000, "in_port=p3,actions=punt,output:p1");
    for (int i = 0; i < 300; i++) {
      nic.receive(frame(1, 9, i));
      loops.turn();
      guest.post(guest.received().size());
    }
    assertThat(queue.punted()).isEqualTo(PuntQueue.SIZE);
    assertThat(queue.limited()).isEqualTo(300 - PuntQueue.SIZE);
    assertThat(nic.input().outcome(Outcome.COPIED)).isEqualTo(300);
    queue.drain((port, rule, length, bytes) -> taken.add(new Taken(port, rule, length, bytes)));
    assertThat(taken.stream().map(one -> TestFrames.payload(one.bytes())))
        .as("the oldest, in order")
        .hasSize(PuntQueue.SIZE)
        .isSorted()
        .startsWith(0, 1);
  }

  @Test
  void beforeAnybodyListensFramesCountAsLimited() {
    connect(1000, "in_port=p3,actions=punt");
    loops.loop().setPunts(null);
    receive(FRAME);
    assertThat(nic.input().dropReasons()).isEqualTo(Map.of("punt_limit", 1L));
  }

  @Test
  void aFrameFromOutsideLeavesAndIsNoInputs() {
    connect(1000, "actions=drop");
    assertThat(send(1)).isEqualTo(DropReason.NONE);
    assertThat(send(NIC)).isEqualTo(DropReason.NONE);
    assertThat(send(9)).isEqualTo(DropReason.PORT_DOWN);

    assertThat(guest.frames()).containsExactly(FRAME);
    assertThat(nic.sent()).containsExactly(FRAME);
    assertThat(nic.input().frames()).isZero();
    assertThat(guest.input().frames()).isZero();
  }

  @Test
  void aFrameFromOutsideThatTheGuestHasNoRoomForSaysSo() {
    connect(1000, "actions=drop");
    for (int i = 0; i < 128; i++) {
      assertThat(send(1)).isEqualTo(DropReason.NONE);
    }
    assertThat(send(1)).isEqualTo(DropReason.NO_GUEST_BUFFER);
  }

  @Test
  void aFrameFromOutsideIsMirroredAsAnyOther() {
    connect(1000, "actions=drop");
    MirrorTable table =
        new MirrorTable(List.of(new MirrorTable.Mirror(new int[0], new int[] {NIC}, 1)));
    loops.loop().setMirrors(table);
    send(NIC);
    assertThat(guest.frames()).containsExactly(FRAME);
    assertThat(nic.sent()).containsExactly(FRAME);
  }

  private DropReason send(int port) {
    DropReason result = loops.loop().send(FRAME, port);
    loops.turn();
    return result;
  }
}
