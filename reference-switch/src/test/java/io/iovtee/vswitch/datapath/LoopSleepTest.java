// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.flow.classifier.Classifier;
import io.iovtee.flow.text.FlowRuleParser;
import io.iovtee.vswitch.linux.AddressSpace;
import io.iovtee.vswitch.linux.EventFd;
import io.iovtee.vswitch.linux.Fd;
import io.iovtee.vswitch.linux.Memfd;
import io.iovtee.vswitch.linux.Mmap;
import io.iovtee.vswitch.memory.GuestMemory;
import io.iovtee.vswitch.memory.HostPool;
import io.iovtee.vswitch.memory.MemoryRegion;
import io.iovtee.vswitch.virtio.DriverVirtqueue;
import io.iovtee.vswitch.virtio.VirtioFeature;
import io.iovtee.vswitch.virtio.VirtqueueSetup;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.ToIntFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Loops that go to sleep as soon as they find nothing, and work that comes at just that moment.
 * Their sleep has practically no end, so whatever gets lost is waited for in vain.
 */
final class LoopSleepTest {
  /** Longer than any test waits: a loop that was not woken does not come to itself in time. */
  private static final long SLEEP_MAX_NS = TimeUnit.MINUTES.toNanos(10);

  /** A wake-up takes microseconds, and seconds on a machine whose cores are all taken. */
  private static final long LOST_AFTER_NS = TimeUnit.SECONDS.toNanos(60);

  /** Longer than a look takes: this thread did not run, and perhaps no other did. */
  private static final long LOOK_MAX_NS = TimeUnit.MILLISECONDS.toNanos(1);

  private static final int PINGS = 30_000;
  private static final int SIZE = 16;
  private static final int BUFFER = 0x1_0000;
  private static final int RECEIVE_RING = 0x8000;
  private static final int FRAME = 12 + 64;

  private final HostPool pool = HostPool.create(1024, false);
  private final PollLoop first = loop("first");
  private final PollLoop second = loop("second");
  private final Thread firstThread = start(first);
  private final Thread secondThread = start(second);
  private final Fd file = Memfd.create("sleep-test", 2 * BUFFER);
  private final Mmap mapping = Mmap.shared(file, 0, 2 * BUFFER, true);
  private final EventFd kick = EventFd.create();
  private final SplittableRandom random = new SplittableRandom(7);
  private long kicks;

  private PollLoop loop(String name) {
    ToIntFunction<String> numbers = port -> port.charAt(1) - '0';
    var rules = FlowRuleParser.parseRules("in_port=p1,actions=output:p2\nactions=drop");
    return new PollLoop(
        name,
        -1,
        pool.slice(256),
        FlowProgram.of(Classifier.compile(rules, numbers), numbers),
        new MacTable(),
        port -> {},
        new LoopTiming(new IdleStrategy(0, 0), SLEEP_MAX_NS, System::nanoTime));
  }

  private static Thread start(PollLoop loop) {
    Thread thread = new Thread(loop, loop.name());
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  @AfterEach
  void close() throws InterruptedException {
    first.stop();
    second.stop();
    firstThread.join();
    secondThread.join();
    kick.close();
    mapping.close();
    file.close();
    pool.close();
  }

  private DriverVirtqueue ring(int at, long features) {
    return new DriverVirtqueue(mapping.address() + at, at, SIZE, features);
  }

  private VirtqueueSetup setup(DriverVirtqueue driver, long features) {
    return VirtqueueSetup.of(
        "sleep",
        GuestMemory.ofMapped(List.of(new MemoryRegion(0, 2 * BUFFER, 0, 0, mapping.address()))),
        driver.descAddress(),
        driver.availAddress(),
        driver.usedAddress(),
        SIZE,
        0,
        0,
        features);
  }

  /** Sends one frame and kicks, if the device asks for it. */
  private void ping(DriverVirtqueue transmit) {
    transmit.add(BUFFER, FRAME, false, 0);
    transmit.publish();
    if (transmit.needsKick()) {
      kicks++;
      kick.signal();
    }
  }

  /** Waits some nanoseconds more or less: the loop goes to sleep about now. */
  private void hesitate() {
    for (int i = random.nextInt(1500); i > 0; i--) {
      Thread.onSpinWait();
    }
  }

  private static void await(String what, int ping, BooleanSupplier done) {
    long lastNs = System.nanoTime();
    long waitedNs = 0;
    while (!done.getAsBoolean()) {
      long nowNs = System.nanoTime();
      waitedNs += Math.min(nowNs - lastNs, LOOK_MAX_NS);
      lastNs = nowNs;
      assertThat(waitedNs)
          .as("%s %d is lost: nobody woke the loop", what, ping)
          .isLessThan(LOST_AFTER_NS);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void noKickIsLost(boolean eventIdx) {
    long features = VirtioFeature.VERSION_1.mask();
    features |= eventIdx ? VirtioFeature.EVENT_IDX.mask() : 0;
    GuestBinding guest = new GuestBinding(3, 1, first);
    DriverVirtqueue transmit = ring(0, features);
    guest.startRing(1, setup(transmit, features), true, null, kick).join();
    int[] token = new int[1];
    for (int i = 0; i < PINGS; i++) {
      ping(transmit);
      await("ping", i, () -> transmit.reap(token, new int[1], 1) == 1);
      hesitate();
    }
    assertThat(guest.inputCounters(0).frames()).isEqualTo(PINGS);
    assertThat(kicks).as("the loop slept").isPositive();
    guest.stopRing(1).join();
  }

  /** From a guest of one loop to a guest of another one: that one is woken by the first. */
  @Test
  void noFrameBetweenLoopsIsLost() {
    long features = VirtioFeature.VERSION_1.mask();
    GuestBinding sender = new GuestBinding(1, 1, first);
    GuestBinding receiver = new GuestBinding(2, 1, second);
    Runnable disconnect = receiver.connectFrom(List.of(first, second));
    DriverVirtqueue transmit = ring(0, features);
    DriverVirtqueue receive = ring(RECEIVE_RING, features);
    receiver.startRing(0, setup(receive, features), true, null, null).join();
    sender.startRing(1, setup(transmit, features), true, null, kick).join();
    int[] token = new int[1];
    for (int i = 0; i < PINGS; i++) {
      receive.add(BUFFER + 0x1000, 2048, true, 0);
      receive.publish();
      ping(transmit);
      await("frame", i, () -> receive.reap(token, new int[1], 1) == 1);
      await("buffer", i, () -> transmit.reap(token, new int[1], 1) == 1);
      hesitate();
    }
    assertThat(receiver.outputCounters().frames()).isEqualTo(PINGS);
    sender.stopRing(1).join();
    receiver.stopRing(0).join();
    disconnect.run();
  }

  @Test
  void noCommandIsLost() {
    for (int i = 0; i < PINGS; i++) {
      int number = i;
      var answer = first.execute(() -> number);
      await("command", i, answer::isDone);
      assertThat(answer).isCompletedWithValue(i);
      hesitate();
    }
  }

  /** A guest that left us no kick is polled now and then all the same. */
  @Test
  void aGuestWithoutKickIsPolled() {
    long features = VirtioFeature.VERSION_1.mask();
    GuestBinding guest = new GuestBinding(3, 1, first);
    DriverVirtqueue transmit = ring(0, features);
    guest.startRing(1, setup(transmit, features), true, null, null).join();
    for (int i = 0; i < 100; i++) {
      ping(transmit);
      await("frame", i, () -> transmit.reap(new int[1], new int[1], 1) == 1);
    }
    assertThat(kicks).as("asked for").isZero();
    guest.stopRing(1).join();
  }

  /** A kick costs the guest a system call: none is asked for while the loop is awake. */
  @Test
  void theGuestIsAskedToKickOnlyWhileTheLoopSleeps() {
    long features = VirtioFeature.VERSION_1.mask();
    GuestBinding guest = new GuestBinding(3, 1, first);
    DriverVirtqueue transmit = ring(0, features);
    guest.startRing(1, setup(transmit, features), true, null, kick).join();
    BooleanSupplier asks =
        () -> AddressSpace.getShort(mapping.address() + usedFlags(transmit)) == 0;
    for (int i = 0; i < 100; i++) {
      await("wish", i, asks);
      assertThat(first.execute(asks::getAsBoolean).join()).as("while it is awake").isFalse();
    }
    guest.stopRing(1).join();
  }

  private static long usedFlags(DriverVirtqueue ring) {
    return ring.usedAddress(); // with guest addresses that begin at 0, as here
  }
}
