// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.api.Outcome;
import io.iovtee.vswitch.memory.ChunkStack;
import io.iovtee.vswitch.memory.HostPool;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * Poll loops without threads, turned by the test, so that each step happens when the test says so.
 * Port {@code p7} has number 7.
 */
final class TurnedLoops implements AutoCloseable {
  static final int CHUNKS = 1024;

  /** Enough to carry a frame from any input over another loop to any output, with spare ones. */
  private static final int CYCLES = 8;

  final List<PollLoop> loops = new ArrayList<>();
  final List<ChunkStack> chunks = new ArrayList<>();
  final List<Integer> faults = new ArrayList<>();
  final MacTable macs = new MacTable();

  /** What inputs wait for lots by; as long as it stands still they wait for none. */
  long nowNs;

  private final HostPool pool;
  private final List<TestGuest> guests = new ArrayList<>();

  TurnedLoops(int count, String... rules) {
    pool = HostPool.create(CHUNKS * count, false);
    for (int i = 0; i < count; i++) {
      ChunkStack slice = pool.slice(CHUNKS);
      chunks.add(slice);
      loops.add(
          new PollLoop(
              "loop" + i,
              -1,
              slice,
              program(rules),
              macs,
              faults::add,
              new LoopTiming(new IdleStrategy(), LoopSleep.SLEEP_MAX_NS, () -> nowNs)));
    }
  }

  private static FlowProgram program(String... rules) {
    return TestGroups.program(String.join("\n", rules), TurnedLoops::number, PortLiveness.all());
  }

  private static int number(String port) {
    return Integer.parseInt(port.substring(1));
  }

  PollLoop loop() {
    return loops.getFirst();
  }

  HostPool pool() {
    return pool;
  }

  /** A guest on the first loop with 128 buffers posted. */
  TestGuest guest(int port) {
    return guest(loop(), port, 128);
  }

  TestGuest guest(PollLoop loop, int port, int buffers) {
    return guest(loop, port, buffers, TestGuest.FEATURES);
  }

  TestGuest guest(PollLoop loop, int port, int buffers, long features) {
    TestGuest guest = new TestGuest(this, loop, port, buffers, features);
    guests.add(guest);
    return guest;
  }

  /** A NIC on the first loop. */
  TestNic nic(int port) {
    TestNic nic = new TestNic(pool);
    run(() -> nic.bind(port, loops));
    return nic;
  }

  /** Carries out what waits for the loops, while they turn. */
  void run(Runnable command) {
    CompletableFuture<Void> done = CompletableFuture.runAsync(command);
    while (!done.isDone()) {
      loops.forEach(PollLoop::doWork);
    }
    done.join();
  }

  /** Some duty cycles of each loop. */
  void turn() {
    for (int i = 0; i < CYCLES; i++) {
      loops.forEach(PollLoop::doWork);
    }
  }

  /** Every frame has one outcome, every drop one reason. */
  static void assertSums(InputCounters counters) {
    assertThat(sum(counters.outcomes())).as("outcomes").isEqualTo(counters.frames());
    assertThat(sum(counters.dropReasons()))
        .as("drop reasons %s", counters.dropReasons())
        .isEqualTo(counters.outcome(Outcome.DROPPED));
    assertThat(sum(counters.copyReasons()))
        .as("copy reasons %s", counters.copyReasons())
        .isEqualTo(counters.outcome(Outcome.COPIED_INELIGIBLE));
  }

  private static long sum(Map<String, Long> counters) {
    return counters.values().stream().mapToLong(count -> count).sum();
  }

  @Override
  public void close() {
    guests.forEach(TestGuest::close);
    pool.close();
  }
}
