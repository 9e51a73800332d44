// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.peers;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.it.peers.TrafficRun.Plan;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import org.junit.jupiter.api.Test;

/** The run against wires whose faults are known. */
final class TrafficRunTest {
  private static final Plan PLAN = Plan.ofAllLengths(4, 32, 42);

  /** Puts the frame of this index on the wire, or not. */
  @FunctionalInterface
  private interface Cable {
    void carry(Deque<byte[]> onTheWire, byte[] frame, long index);
  }

  /** Gives back what its cable carries; holds 20 frames. */
  private static final class Loopback implements FrameWire {
    private final Cable cable;
    private final Deque<byte[]> frames = new ArrayDeque<>();
    private long sent;
    private int mostOnTheWire;

    Loopback(Cable cable) {
      this.cable = cable;
    }

    @Override
    public boolean send(byte[] frame, int length) {
      if (frames.size() >= 20) {
        return false;
      }
      cable.carry(frames, Arrays.copyOf(frame, length), sent++);
      mostOnTheWire = Math.max(mostOnTheWire, frames.size());
      return true;
    }

    @Override
    public int receive(Receiver receiver) {
      byte[] frame = frames.poll();
      if (frame == null) {
        return 0;
      }
      receiver.frame(frame, frame.length);
      return 1;
    }

    @Override
    public void close() {
      frames.clear();
    }
  }

  private static Loopback faultless() {
    return new Loopback((frames, frame, index) -> frames.add(frame));
  }

  @Test
  void faultlessWire() {
    assertThat(new TrafficRun(faultless(), PLAN).send(10_000))
        .isEqualTo(new TrafficResult(10_000, 10_000, 0, 0, 0, 0, 0));
  }

  @Test
  void runsAddUp() {
    TrafficRun run = new TrafficRun(faultless(), PLAN);
    run.send(100);
    assertThat(run.send(100)).isEqualTo(new TrafficResult(200, 200, 0, 0, 0, 0, 0));
  }

  @Test
  void losesDuplicatesAndDamages() {
    Loopback wire =
        new Loopback((frames, frame, index) -> {
          if (index == 200) {
            frame[50] ^= 1;
          }
          if (index != 100) {
            frames.add(frame);
          }
          if (index == 300) {
            frames.add(frame.clone());
          }
        });
    assertThat(new TrafficRun(wire, PLAN).send(1000))
        .isEqualTo(new TrafficResult(1000, 1000, 2, 1, 0, 1, 0));
  }

  @Test
  void windowBoundsWhatIsOnItsWay() {
    Loopback wire = faultless();
    new TrafficRun(wire, Plan.ofAllLengths(1, 5, 1)).send(1000);
    assertThat(wire.mostOnTheWire).isEqualTo(5);
  }

  @Test
  void goesOnWithoutWhatTheNicMissed() {
    long[] missed = {0};
    Loopback wire =
        new Loopback((frames, frame, index) -> {
          if (index % 2 == 0) {
            frames.add(frame);
          } else {
            missed[0]++;
          }
        });
    TrafficRun run = new TrafficRun(wire, PLAN).notWaitingFor(() -> missed[0]);
    assertThat(run.send(10_000)).isEqualTo(new TrafficResult(10_000, 5_000, 5_000, 0, 0, 0, 0));
  }
}
