// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import static io.iovtee.vswitch.datapath.TestFrames.frame;
import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.api.Outcome;
import io.iovtee.vswitch.virtio.VirtioFeature;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A guest with IN_ORDER on a queue that is lent to, taken back and re-bound at random, with all
 * that a mapping would not allow: foreign frames, runts, frames of another guest, a guest that
 * posts late. Whatever comes, each buffer goes back once and in its turn, and no frame of the queue
 * overtakes another.
 */
final class InOrderMixtureTest {
  private static final int STEPS = 300;

  /** Added to the numbers of frames that another guest sends. */
  private static final int FROM_OTHER = 1_000_000;

  private final TurnedLoops loops =
      new TurnedLoops(
          1,
          "in_port=p3,dl_dst=02:00:00:00:00:01,actions=output:p1",
          "in_port=p3,dl_dst=02:00:00:00:00:02,actions=output:p2",
          "in_port=p3,dl_dst=02:00:00:00:00:04,actions=output:p2,output:p1",
          "in_port=p3,dl_dst=02:00:00:00:00:05,actions=output:p1,output:p2",
          "in_port=p2,actions=output:p1");
  private final TestGuest mapped =
      loops.guest(loops.loop(), 1, 128, TestGuest.FEATURES | VirtioFeature.IN_ORDER.mask());
  private final TestGuest other = loops.guest(2);
  private final TestNic nic = loops.nic(3);

  private final List<Integer> ofQueue = new ArrayList<>();
  private final List<Integer> ofOther = new ArrayList<>();
  private int empty;
  private int posted = 128;
  private int free = TestGuest.SIZE - 128;
  private int arrived;
  private int next;
  private int nextOfOther = FROM_OTHER;

  @AfterEach
  void sumsHold() {
    TurnedLoops.assertSums(nic.input());
    loops.close();
  }

  private <T> T ask(Function<NicBinding, CompletableFuture<T>> command) {
    List<T> answer = new ArrayList<>();
    loops.run(() -> answer.add(command.apply(nic.binding).join()));
    return answer.getFirst();
  }

  private void lend(Random random) {
    ask(binding ->
        binding.lendFrom(
            0,
            mapped.binding,
            0,
            (ring, constraints) -> {
              LendingSource source = new LendingSource(ring);
              source.reserve = random.nextInt(32);
              return source;
            }));
  }

  private void collect() {
    for (TestGuest.Received received : mapped.received()) {
      assertThat(received.buffer()).as("in order").isEqualTo(arrived % TestGuest.SIZE);
      arrived++;
      free++;
      if (received.frame().length == 0) {
        empty++;
      } else {
        assertThat(received.frame()).hasSize(60);
        int payload = TestFrames.payload(received.frame());
        (payload < FROM_OTHER ? ofQueue : ofOther).add(payload);
      }
    }
    other.recycle();
  }

  private void post(int buffers) {
    int n = Math.min(buffers, free);
    mapped.post(n);
    free -= n;
    posted += n;
  }

  private byte[] frameOfQueue(Random random, boolean disturbed) {
    int kind = random.nextInt(disturbed ? 24 : 20);
    return switch (kind) {
      case 0 -> frame(4, 9, next++);
      case 1 -> frame(5, 9, next++);
      case 20, 21 -> frame(2, 9, 0);
      case 22 -> new byte[10];
      default -> frame(1, 9, next++);
    };
  }

  private void step(Random random, boolean disturbed) {
    for (int i = random.nextInt(60); i > 0; i--) {
      nic.receive(frameOfQueue(random, disturbed));
    }
    if (disturbed && random.nextInt(4) == 0) {
      other.send(frame(1, 2, nextOfOther++));
    }
    switch (random.nextInt(24)) {
      case 0, 1 -> lend(random);
      case 2 -> ask(binding -> binding.stopLending(0));
      case 3 -> loops.run(() -> nic.binding.rebind(0, null));
      default -> loops.turn();
    }
    collect();
    if (random.nextInt(8) != 0) {
      post(random.nextInt(128));
    }
  }

  /** Without what a mapping's checks keep away no buffer goes back empty. */
  @ParameterizedTest
  @CsvSource({"false, false", "true, false", "false, true", "true, true"})
  void eachBufferGoesBackOnceAndInItsTurn(boolean nicKeepsBuffers, boolean disturbed) {
    long seed = 11;
    Random random = new Random(seed);
    nic.keepsBuffers = nicKeepsBuffers;
    for (int i = 0; i < STEPS; i++) {
      step(random, disturbed);
    }
    loops.run(() -> nic.binding.rebind(0, null));
    loops.turn();
    collect();
    assertThat(ofQueue).doesNotHaveDuplicates().isSorted();
    assertThat(ofOther).doesNotHaveDuplicates().isSorted();
    InputCounters input = nic.input();
    assertThat(input.outcome(Outcome.WRITTEN_THROUGH)).isGreaterThan(next / 20);
    assertThat(input.outcome(Outcome.COPIED)).isPositive();
    if (disturbed) {
      assertThat(empty).isPositive();
      assertThat(ofOther).isNotEmpty();
    } else {
      assertThat(empty).isZero();
    }
    assertThat(mapped.binding.receiveRing(0).queue.heldUpBy()).as("nothing waits").isEqualTo(-1);
    assertThat(ofQueue.size() + ofOther.size()).isEqualTo((int) mapped.output().frames());
    List<Integer> base = new ArrayList<>();
    loops.run(() -> base.add(mapped.binding.stopRing(0).join()));
    collect();
    assertThat(base.getFirst()).as("all others are the guest's again").isEqualTo(arrived & 0xffff);
    assertThat(arrived + (TestGuest.SIZE - free)).isEqualTo(posted);
  }
}
