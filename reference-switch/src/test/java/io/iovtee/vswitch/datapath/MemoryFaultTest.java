// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.api.Outcome;
import io.iovtee.flow.classifier.Classifier;
import io.iovtee.flow.text.FlowRuleParser;
import io.iovtee.vswitch.linux.AddressSpace;
import io.iovtee.vswitch.linux.Fd;
import io.iovtee.vswitch.linux.Memfd;
import io.iovtee.vswitch.linux.Mmap;
import io.iovtee.vswitch.memory.ChunkStack;
import io.iovtee.vswitch.memory.GuestMemory;
import io.iovtee.vswitch.memory.HostPool;
import io.iovtee.vswitch.memory.MemoryRegion;
import io.iovtee.vswitch.virtio.DriverVirtqueue;
import io.iovtee.vswitch.virtio.VirtioFeature;
import io.iovtee.vswitch.virtio.VirtqueueSetup;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A guest truncates the file behind its memory: it pays, and nobody else. */
final class MemoryFaultTest {
  private static final int SIZE = 64;
  private static final int BYTES = 1 << 19;
  private static final int RX = 0;
  private static final int TX = 0x8000;
  private static final int BUFFERS = 0x1_0000;
  private static final int BUFFER_BYTES = 2048;
  private static final int FRAME_BYTES = 60;
  private static final long FEATURES = VirtioFeature.VERSION_1.mask();
  private static final String RULES =
      "in_port=p1,actions=output:p2\nin_port=p2,actions=output:p1\nin_port=p3,actions=output:p2";

  private final HostPool pool = HostPool.create(1024, false);
  private final ChunkStack chunks = pool.slice(1024);
  private final List<Integer> blamed = new ArrayList<>();
  private final PollLoop loop =
      new PollLoop("test", -1, chunks, program(), new MacTable(), blamed::add);
  private final List<Guest> guests = new ArrayList<>();

  private static FlowProgram program() {
    return FlowProgram.of(
        Classifier.compile(FlowRuleParser.parseRules(RULES), MemoryFaultTest::number),
        MemoryFaultTest::number);
  }

  private static int number(String port) {
    return port.charAt(1) - '0';
  }

  /** One guest with one queue pair; the loop is turned by hand. */
  private final class Guest {
    final Fd file = Memfd.create("fault-test", BYTES);
    final Mmap mapping = Mmap.shared(file, 0, BYTES, true);
    final GuestMemory memory =
        GuestMemory.ofMapped(List.of(new MemoryRegion(0, BYTES, 0, 0, mapping.address())));
    final GuestBinding binding;
    DriverVirtqueue receive;
    DriverVirtqueue transmit;

    Guest(int port) {
      binding = new GuestBinding(port, 1, loop);
      guests.add(this);
      receive = new DriverVirtqueue(mapping.address() + RX, RX, SIZE, FEATURES);
      transmit = new DriverVirtqueue(mapping.address() + TX, TX, SIZE, FEATURES);
      start();
    }

    void start() {
      for (int i = 0; i < SIZE; i++) {
        receive.add(BUFFERS + i * BUFFER_BYTES, BUFFER_BYTES, true, i);
      }
      receive.publish();
      run(() -> binding.startRing(0, setup(receive), true, null, null));
      run(() -> binding.startRing(1, setup(transmit), true, null, null));
    }

    /** The session ends, and the next one comes with memory that is whole. */
    void reconnect() {
      run(() -> binding.stopRing(0));
      run(() -> binding.stopRing(1));
      Memfd.truncate(file, 0);
      Memfd.truncate(file, BYTES);
      receive = new DriverVirtqueue(mapping.address() + RX, RX, SIZE, FEATURES);
      transmit = new DriverVirtqueue(mapping.address() + TX, TX, SIZE, FEATURES);
      start();
    }

    private VirtqueueSetup setup(DriverVirtqueue driver) {
      return VirtqueueSetup.of(
          "fault",
          memory,
          driver.descAddress(),
          driver.availAddress(),
          driver.usedAddress(),
          SIZE,
          0,
          0,
          FEATURES);
    }

    void send(int count, int at) {
      for (int i = 0; i < count; i++) {
        long guest = at + (long) i * BUFFER_BYTES;
        AddressSpace.fill(mapping.address() + guest, 12 + FRAME_BYTES, (byte) 0);
        AddressSpace.putByte(mapping.address() + guest + 12 + 5, (byte) 2);
        transmit.add(guest, 12 + FRAME_BYTES, false, i);
      }
      transmit.publish();
    }

    int received() {
      int[] tokens = new int[SIZE];
      int[] lengths = new int[SIZE];
      int count = receive.reap(tokens, lengths, SIZE);
      for (int i = 0; i < count; i++) {
        receive.add(BUFFERS + tokens[i] * BUFFER_BYTES, BUFFER_BYTES, true, tokens[i]);
      }
      receive.publish();
      int[] sent = new int[SIZE];
      transmit.reap(sent, lengths, SIZE);
      return count;
    }
  }

  private void run(Runnable command) {
    command.run();
    loop.doWork();
  }

  @AfterEach
  void release() {
    for (Guest guest : guests) {
      guest.mapping.close();
      guest.file.close();
    }
    pool.close();
  }

  /** Behind the receive buffers: what only a transmitted frame lies in. */
  private static final int FRAMES_AT = BUFFERS + SIZE * BUFFER_BYTES;

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void senderWhoseFramesVanishIsBlamedAndNothingIsLostOrSent(boolean lend) {
    Guest victim = new Guest(1);
    Guest receiver = new Guest(2);
    Guest other = new Guest(3);
    run(() -> victim.binding.setTransmitLending(lend));
    for (int round = 0; round < 50; round++) {
      blamed.clear();
      victim.send(8, FRAMES_AT);
      Memfd.truncate(victim.file, FRAMES_AT); // the rings stay, the frames go
      other.send(4, FRAMES_AT);
      loop.doWork();
      loop.doWork();
      assertThat(blamed).as("round %d", round).isNotEmpty().containsOnly(1);
      assertThat(receiver.received()).as("frames of port 3 alone, round %d", round).isEqualTo(4);
      other.received();
      assertThat(chunks.available()).as("round %d", round).isEqualTo(1024);
      victim.reconnect();
      run(() -> victim.binding.setTransmitLending(lend));
    }
    assertOutcomesSumUp(victim);
    assertThat(victim.binding.inputCounters(0).outcome(Outcome.COPIED)).isZero();
    assertThat(other.binding.inputCounters(0).outcome(Outcome.COPIED)).isEqualTo(200);
  }

  /** The header can be read, the rest can not: the copy for the receiver fails, not its memory. */
  @Test
  void receiverIsNotBlamedForTheMemoryOfTheSender() {
    Guest victim = new Guest(1);
    Guest receiver = new Guest(2);
    run(() -> victim.binding.setTransmitLending(true));
    int at = FRAMES_AT + 0x1000 - 12 - FrameBatch.FIRST_CAPTURE; // to the page's end
    for (int round = 0; round < 50; round++) {
      blamed.clear();
      AddressSpace.fill(victim.mapping.address() + at + 12, FrameBatch.FIRST_CAPTURE, (byte) 2);
      victim.transmit.add(at, 12 + 1000, false, 0);
      victim.transmit.publish();
      Memfd.truncate(victim.file, FRAMES_AT + 0x1000);
      loop.doWork();
      assertThat(blamed).as("round %d", round).isNotEmpty().containsOnly(1);
      assertThat(receiver.binding.receiveRing(0)).isNotNull();
      victim.reconnect();
      run(() -> victim.binding.setTransmitLending(true));
    }
    assertOutcomesSumUp(victim);
  }

  /** As above, but whoever looks after the fault may find the sender's memory whole again. */
  @Test
  void receiverIsNotBlamedThoughTheSenderMendsItsMemoryAtOnce() throws InterruptedException {
    Guest victim = new Guest(1);
    Guest receiver = new Guest(2);
    run(() -> victim.binding.setTransmitLending(true));
    int at = FRAMES_AT + 0x1000 - 12 - FrameBatch.FIRST_CAPTURE; // to the page's end
    for (int round = 0; round < 500; round++) {
      AddressSpace.fill(victim.mapping.address() + at + 12, FrameBatch.FIRST_CAPTURE, (byte) 2);
      victim.transmit.add(at, 12 + 1000, false, 0);
      victim.transmit.publish();
      AtomicBoolean handled = new AtomicBoolean();
      Thread mender =
          Thread.ofPlatform()
              .start(() -> {
                while (!handled.get()) {
                  Memfd.truncate(victim.file, FRAMES_AT + 0x1000);
                  Memfd.truncate(victim.file, BYTES);
                }
              });
      loop.doWork();
      handled.set(true);
      mender.join();
      assertThat(blamed).as("round %d", round).doesNotContain(2);
      receiver.received();
      victim.reconnect();
      run(() -> victim.binding.setTransmitLending(true));
    }
    assertThat(receiver.binding.receiveRing(0)).isNotNull();
    assertOutcomesSumUp(victim);
  }

  /** The receiver's memory is gone: it is blamed, and the sender can go on sending. */
  @Test
  void receiverWhoseMemoryVanishesIsBlamed() {
    Guest sender = new Guest(1);
    Guest receiver = new Guest(2);
    for (int round = 0; round < 50; round++) {
      blamed.clear();
      Memfd.truncate(receiver.file, 0);
      sender.send(8, FRAMES_AT);
      loop.doWork();
      loop.doWork();
      assertThat(blamed).as("round %d", round).isNotEmpty().containsOnly(2);
      assertThat(chunks.available()).as("round %d", round).isEqualTo(1024);
      sender.received();
      receiver.reconnect();
      sender.send(3, FRAMES_AT);
      loop.doWork();
      assertThat(receiver.received()).as("round %d", round).isEqualTo(3);
      sender.received();
    }
    assertOutcomesSumUp(sender);
    assertThat(sender.binding.inputCounters(0).outcome(Outcome.COPIED)).isEqualTo(150);
  }

  private static void assertOutcomesSumUp(Guest guest) {
    InputCounters counters = guest.binding.inputCounters(0);
    assertThat(counters.outcomes().values().stream().mapToLong(n -> n).sum())
        .isEqualTo(counters.frames());
    assertThat(counters.dropReasons().values().stream().mapToLong(n -> n).sum())
        .isEqualTo(counters.outcome(Outcome.DROPPED));
  }
}
