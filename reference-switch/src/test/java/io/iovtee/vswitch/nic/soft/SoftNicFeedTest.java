// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.soft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iovtee.vswitch.datapath.NicRxQueue.Wake;
import io.iovtee.vswitch.linux.AddressSpace;
import io.iovtee.vswitch.memory.HostPool;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An emulated NIC whose frames somebody else brings. */
class SoftNicFeedTest {
  private final HostPool pool = HostPool.create(2048, false);
  private final Driver driver = new Driver(pool, 1024);
  private final Frames frames = new Frames();
  private SoftNic nic = open(Map.of("dma", "inline"));

  /** Frame i has 60 + i % 100 bytes and says i in its first eight. */
  private static final class Frames implements FrameSource {
    long sent;
    long removed;

    @Override
    public int waiting() {
      return (int) (sent - removed);
    }

    @Override
    public int write(int ahead, long address) {
      AddressSpace.putLong(address, removed + ahead);
      return length(removed + ahead);
    }

    static int length(long number) {
      return 60 + (int) (number % 100);
    }

    @Override
    public void remove(int count) {
      removed += count;
    }

    @Override
    public String description() {
      return "a test";
    }
  }

  private SoftNic open(Map<String, ?> section) {
    return SoftNic.open("uplink", SoftNicConfig.of(section), pool);
  }

  private void reopen(Map<String, ?> section) {
    nic.close();
    nic = open(section);
  }

  @AfterEach
  void close() {
    nic.close();
    pool.close();
  }

  private static long number(byte[] frame) {
    return AddressSpace.getArrayLong(frame, 0);
  }

  @Test
  void framesComeInOrderWithTheirLengths() {
    nic.receiveFrom(frames);
    frames.sent = 1000;
    List<byte[]> received = driver.pollAll(nic.rxQueue(0), 2);
    assertThat(received).hasSize(1000);
    for (int i = 0; i < 1000; i++) {
      assertThat(number(received.get(i))).isEqualTo(i);
      assertThat(received.get(i)).hasSize(Frames.length(i));
    }
    assertThat(frames.waiting()).isZero();
    assertThat(nic.rxQueue(0).counters())
        .containsEntry("rx_packets", 1000L)
        .containsEntry("rx_missed", 0L);
    assertThat(nic.details()).containsEntry("traffic", "a test");
  }

  @Test
  void aFrameWithoutDescriptorIsMissed() {
    nic.receiveFrom(frames);
    driver.post(nic.rxQueue(0), 3);
    frames.sent = 5;
    assertThat(driver.poll(nic.rxQueue(0))).hasSize(3);
    assertThat(driver.poll(nic.rxQueue(0))).isEmpty();
    assertThat(frames.waiting()).isZero();
    assertThat(nic.rxQueue(0).counters()).containsEntry("rx_missed", 2L);
  }

  @Test
  void withBackpressureItWaitsForOne() {
    reopen(Map.of("dma", "inline", "traffic", Map.of("backpressure", true)));
    nic.receiveFrom(frames);
    driver.post(nic.rxQueue(0), 3);
    frames.sent = 5;
    List<byte[]> received = new ArrayList<>(driver.poll(nic.rxQueue(0)));
    assertThat(driver.poll(nic.rxQueue(0))).isEmpty();
    assertThat(frames.waiting()).isEqualTo(2);
    received.addAll(driver.pollAll(nic.rxQueue(0), 2));
    assertThat(received).hasSize(5);
    assertThat(number(received.get(4))).isEqualTo(4);
    assertThat(nic.rxQueue(0).counters()).containsEntry("rx_missed", 0L);
  }

  /** Nobody announces such frames, so a loop that sleeps has to look now and then. */
  @Test
  void aSleeperIsToldToLook() {
    assertThat(nic.rxQueue(0).armInterrupt()).isEqualTo(Wake.ANNOUNCED);
    nic.rxQueue(0).disarmInterrupt();
    nic.receiveFrom(frames);
    assertThat(nic.rxQueue(0).armInterrupt()).isEqualTo(Wake.UNANNOUNCED);
    driver.post(nic.rxQueue(0), 3);
    frames.sent = 1;
    assertThat(nic.rxQueue(0).armInterrupt()).isEqualTo(Wake.WAITING);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void noPortWithLoadOfItsOwnOrWithSeveralQueues(boolean severalQueues) {
    reopen(
        severalQueues
            ? Map.of("dma", "inline", "queues", 2)
            : Map.of("dma", "inline", "traffic", Map.of("type", "null")));
    assertThatThrownBy(() -> nic.receiveFrom(frames))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("port uplink: only a port with one queue");
  }
}
