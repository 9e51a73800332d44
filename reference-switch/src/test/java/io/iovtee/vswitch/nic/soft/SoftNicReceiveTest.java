// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.soft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iovtee.api.BufferList;
import io.iovtee.vswitch.datapath.FrameBatch;
import io.iovtee.vswitch.linux.AddressSpace;
import io.iovtee.vswitch.linux.Fd;
import io.iovtee.vswitch.linux.Memfd;
import io.iovtee.vswitch.memory.GuestMemory;
import io.iovtee.vswitch.memory.GuestMemory.RegionRequest;
import io.iovtee.vswitch.memory.HostPool;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Receive queues of the whole port: windows, recall, rebind, faults, both DMA placements. */
class SoftNicReceiveTest {
  private static final int GUEST_OWNER = 5;
  private static final long GUEST_LENGTH = 4 << 20;

  /** Compiled code reports a fault late: most rounds meet it, after this many frames. */
  private static final int FRAMES_TO_COMPILE = 20_000;

  private static final int FAULT_ROUNDS = 100;

  private final HostPool pool = HostPool.create(2048, false);
  private final Driver driver = new Driver(pool, 1024);
  private final List<AutoCloseable> opened = new ArrayList<>();

  @AfterEach
  void closeAll() throws Exception {
    for (int i = opened.size() - 1; i >= 0; i--) {
      opened.get(i).close();
    }
    pool.close();
  }

  private SoftNic open(Map<String, ?> section) {
    SoftNic nic = SoftNic.open("uplink", SoftNicConfig.of(section), pool);
    opened.add(nic);
    return nic;
  }

  private GuestMemory guest(Fd file) {
    GuestMemory memory =
        GuestMemory.map(
            "nf1",
            List.of(new RegionRequest(0, GUEST_LENGTH, 0x7000_0000_0000L, 0, file.number())),
            pool,
            GUEST_LENGTH);
    opened.add(memory);
    return memory;
  }

  private Fd guestFile() {
    Fd file = Memfd.create("guest", GUEST_LENGTH);
    opened.add(file);
    return file;
  }

  private static byte[] frame(int number) {
    byte[] frame = new byte[60];
    frame[12] = 0x08;
    frame[13] = (byte) 0x99;
    frame[20] = (byte) number;
    return frame;
  }

  @Test
  void saysEverywhereThatItIsEmulated() {
    SoftNic nic = open(Map.of("dma", "inline"));
    assertThat(nic.type()).isEqualTo("soft");
    assertThat(nic.emulated()).isTrue();
    assertThat(nic.linkUp()).isTrue();
    assertThat(nic.linkReason()).startsWith("emulated NIC");
    assertThat(nic.details()).containsEntry("emulated", true).containsEntry("dma", "inline");
    assertThat(nic.rxQueue(0).constraints().frameLengthMax()).isEqualTo(1518);
    nic.close();
    assertThat(nic.linkUp()).isFalse();
    assertThat(nic.linkReason()).isEqualTo("emulated NIC, closed");
  }

  @Test
  void injectedFramesArriveInOrderAndMissedOnesAreCounted() {
    SoftNic nic = open(Map.of("dma", "inline"));
    SoftRxQueue queue = nic.rxQueue(0);
    driver.post(queue, 3);
    for (int i = 0; i < 5; i++) {
      assertThat(nic.inject(frame(i))).isTrue();
    }
    List<byte[]> frames = driver.poll(queue);
    assertThat(frames).hasSize(3);
    assertThat(frames.get(2)).isEqualTo(frame(2));
    assertThat(queue.counters())
        .containsEntry("rx_packets", 3L)
        .containsEntry("rx_bytes", 180L)
        .containsEntry("rx_missed", 2L);
    assertThat(nic.injectedPending()).isZero();
  }

  @Test
  void backpressureHoldsFramesInsteadOfMissingThem() {
    SoftNic nic = open(Map.of("dma", "inline", "traffic", Map.of("backpressure", true)));
    SoftRxQueue queue = nic.rxQueue(0);
    driver.post(queue, 3);
    int accepted = 0;
    while (nic.inject(frame(accepted))) {
      accepted++;
    }
    assertThat(accepted).isEqualTo(1024);
    List<byte[]> frames = new ArrayList<>(driver.poll(queue));
    assertThat(frames).hasSize(3);
    frames.addAll(driver.pollAll(queue, 2));
    assertThat(frames).hasSize(accepted);
    for (int i = 0; i < accepted; i++) {
      assertThat(frames.get(i)).isEqualTo(frame(i));
    }
    assertThat(queue.counters()).containsEntry("rx_missed", 0L);
  }

  @Test
  void injectionRefusesWhatNoWireCouldCarry() {
    SoftNic nic = open(Map.of("dma", "inline"));
    assertThatThrownBy(() -> nic.inject(new byte[1519]))
        .hasMessageContaining("1519 bytes; 1..1518");
    assertThatThrownBy(() -> nic.inject(new byte[0])).hasMessageContaining("0 bytes");
    SoftNic load = open(Map.of("dma", "inline", "traffic", Map.of("type", "null")));
    assertThatThrownBy(() -> load.inject(frame(1))).isInstanceOf(IllegalStateException.class);
  }

  /** Host chunks by the pool's own address, guest buffers by the guest's window: both, and only. */
  @Test
  void theWindowIsThePoolAndTheAttachedGuest() {
    SoftNic nic = open(Map.of("dma", "inline"));
    SoftRxQueue queue = nic.rxQueue(0);
    GuestMemory guest = guest(guestFile());
    long guestBuffer = guest.regions().get(0).hostAddress() + 8192;
    BufferList list = new BufferList();
    list.add(guestBuffer, 9);
    assertThat(queue.post(list, GUEST_OWNER, (byte) 3)).as("not attached").isZero();
    assertThat(list.count).isEqualTo(1);
    assertThat(queue.counters()).containsEntry("rx_window_violations", 1L);

    driver.post(queue, 10);
    List<Integer> recovered = new ArrayList<>();
    queue.rebind(guest, (owner, token) -> recovered.add(token));
    assertThat(recovered).hasSize(10);
    recovered.forEach(driver.chunks::give);
    assertThat(queue.constraints().windowStart()).isEqualTo(guest.windowBase());
    assertThat(queue.constraints().accepts(guestBuffer)).isTrue();

    assertThat(queue.post(list, GUEST_OWNER, (byte) 3)).as("attached").isEqualTo(1);
    assertThat(driver.post(queue, 1)).as("host chunk by its own address").isEqualTo(1);
    nic.inject(frame(1));
    nic.inject(frame(2));
    FrameBatch batch = driver.batch;
    batch.clear();
    assertThat(queue.poll(batch)).isEqualTo(2);
    assertThat(batch.address[0]).isEqualTo(guestBuffer);
    assertThat(batch.token[0]).isEqualTo(9);
    assertThat(batch.owner).startsWith(GUEST_OWNER, 0);
    assertThat(batch.copyReason[0]).isEqualTo((byte) 3);
    assertThat(AddressSpace.getByte(guestBuffer + 20)).isEqualTo((byte) 1);

    list.count = 0;
    list.add(guestBuffer, 9);
    assertThat(queue.post(list, GUEST_OWNER, (byte) 3)).isEqualTo(1);
    List<String> back = new ArrayList<>();
    queue.rebind((GuestMemory) null, (owner, token) -> back.add(owner + "/" + token));
    assertThat(back).containsExactly(GUEST_OWNER + "/9");
    long before = AddressSpace.getLong(guestBuffer + 16);
    driver.post(queue, 1);
    nic.inject(frame(77));
    driver.poll(queue);
    assertThat(AddressSpace.getLong(guestBuffer + 16)).isEqualTo(before);
    list.count = 0;
    list.add(guestBuffer, 9);
    assertThat(queue.post(list, GUEST_OWNER, (byte) 3)).as("detached").isZero();
  }

  /** Every buffer is either a frame or recalled, never both, never neither. */
  @Test
  void recallTakesBackEveryUnfilledBufferOfOneOwner() {
    for (String dma : List.of("inline", "thread")) {
      SoftNic nic = open(Map.of("dma", dma));
      SoftRxQueue queue = nic.rxQueue(0);
      GuestMemory guest = guest(guestFile());
      queue.rebind(guest, (owner, token) -> {});
      BufferList list = new BufferList();
      long base = guest.regions().get(0).hostAddress();
      int guestBuffers = 0;
      for (int i = 0; i < 8; i++) {
        list.count = 0;
        for (int k = 0; k < 64; k++) {
          list.add(base + guestBuffers * 2048L, guestBuffers++);
        }
        assertThat(queue.post(list, GUEST_OWNER, (byte) 0)).isEqualTo(64);
        driver.post(queue, 32);
      }
      boolean[] seen = new boolean[guestBuffers];
      for (int i = 0; i < 200; i++) {
        nic.inject(frame(i));
      }
      FrameBatch batch = new FrameBatch();
      int frames = 0;
      int ended = 0;
      long deadline = System.nanoTime() + 20_000_000_000L;
      while (queue.outstanding(GUEST_OWNER) > 0) {
        assertThat(System.nanoTime()).as("waited in vain").isLessThan(deadline);
        list.count = 0;
        int recalled = queue.recall(GUEST_OWNER, list);
        assertThat(recalled).isEqualTo(list.count);
        for (int i = 0; i < recalled; i++) {
          assertThat(seen[list.token[i]]).isFalse();
          seen[list.token[i]] = true;
          ended++;
        }
        batch.clear();
        queue.poll(batch);
        for (int i = 0; i < batch.count; i++) {
          frames++;
          if (batch.owner[i] == GUEST_OWNER) {
            assertThat(seen[batch.token[i]]).isFalse();
            seen[batch.token[i]] = true;
            ended++;
          } else {
            driver.chunks.give(batch.token[i]);
          }
        }
      }
      assertThat(ended).as(dma).isEqualTo(guestBuffers);
      while (frames < 200) {
        assertThat(System.nanoTime()).as("waited in vain").isLessThan(deadline);
        batch.clear();
        frames += queue.poll(batch);
        for (int i = 0; i < batch.count; i++) {
          assertThat(batch.owner[i]).isZero();
          driver.chunks.give(batch.token[i]);
        }
      }
      recallHostBuffers(queue, deadline);
      assertThat(driver.chunks.available()).as(dma).isEqualTo(1024);
      nic.close();
      closeGuests();
    }
  }

  private void recallHostBuffers(SoftRxQueue queue, long deadline) {
    BufferList list = new BufferList();
    while (queue.outstanding(0) > 0) {
      assertThat(System.nanoTime()).as("waited in vain").isLessThan(deadline);
      queue.recall(0, list);
      for (; list.count > 0; list.count--) {
        driver.chunks.give(list.token[list.count - 1]);
      }
    }
  }

  /** The next round maps another guest's memory. */
  private void closeGuests() {
    for (AutoCloseable each : List.copyOf(opened)) {
      if (each instanceof GuestMemory memory) {
        memory.close();
        opened.remove(each);
      }
      if (each instanceof Fd file) {
        file.close();
        opened.remove(each);
      }
    }
  }

  @Test
  void nobodyWaitsForAnEngineThatIsHeld() {
    SoftNic nic = open(Map.of("dma", "inline"));
    SoftRxQueue queue = nic.rxQueue(0);
    driver.post(queue, 10);
    assertThat(nic.engine().tryEnter()).isTrue();
    try {
      assertThat(queue.recall(0, new BufferList())).isZero();
      assertThat(queue.poll(driver.batch)).isZero();
      assertThat(nic.txQueue(0).cancel(0)).as("nothing is kept").isTrue();
      assertThatThrownBy(() -> nic.engine().enter("port uplink: test", 10))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("port uplink: test: the emulated DMA engine did not stop");
    } finally {
      nic.engine().exit();
    }
    BufferList list = new BufferList();
    assertThat(queue.recall(0, list)).isEqualTo(10);
  }

  /**
   * A guest that truncates its memory is told apart from the others on the same NIC, and costs them
   * no frame.
   */
  @ParameterizedTest
  @ValueSource(strings = {"inline", "thread"})
  void aVanishedPageIsReportedToTheQueueThatUsesIt(String dma) {
    SoftNic nic = open(Map.of("dma", dma, "queues", 3));
    SoftRxQueue sick = nic.rxQueue(1);
    SoftRxQueue well = nic.rxQueue(0);
    nic.steering().steer("dl_dst=00:00:00:00:00:00", 0);
    nic.steering().steer("dl_dst=00:00:00:00:00:01", 1);
    for (int frames = 0; frames < FRAMES_TO_COMPILE; frames += 50) {
      driver.post(well, 50);
      for (int i = 0; i < 50; i++) {
        nic.inject(frame(i));
      }
      awaitFrames(well, 50);
    }
    byte[] poison = frame(1);
    poison[5] = 1;
    for (int round = 0; round < FAULT_ROUNDS; round++) {
      String as = dma + ", round " + round;
      driver.post(well, 64 - well.outstanding(FrameBatch.HOST_POOL));
      attachTruncatedGuest(sick);
      nic.inject(poison);
      nic.inject(frame(2));
      assertFaultThenEmptyBuffers(sick, 8L * (round + 1), as);
      assertThat(awaitFrames(well, 1)).as(as).containsExactly(frame(2));
      sick.rebind((GuestMemory) null, (owner, token) -> {});
      closeGuests();
    }
    assertThat(sick.counters()).containsEntry("rx_packets", 0L);
    assertThat(well.counters()).containsEntry("rx_dma_faults", 0L).containsEntry("rx_missed", 0L);
  }

  @ParameterizedTest
  @ValueSource(strings = {"inline", "thread"})
  void theNullLoadReportsAVanishedPageToo(String dma) {
    SoftNic nic = open(Map.of("dma", dma, "traffic", Map.of("type", "null")));
    SoftRxQueue queue = nic.rxQueue(0);
    for (int frames = 0; frames < FRAMES_TO_COMPILE; frames += 50) {
      driver.post(queue, 50);
      awaitFrames(queue, 50);
    }
    long before = queue.counters().get("rx_packets");
    for (int round = 0; round < FAULT_ROUNDS; round++) {
      attachTruncatedGuest(queue);
      assertFaultThenEmptyBuffers(queue, 8L * (round + 1), dma + ", round " + round);
      queue.rebind((GuestMemory) null, (owner, token) -> {});
      closeGuests();
    }
    assertThat(queue.counters()).containsEntry("rx_packets", before);
  }

  private void attachTruncatedGuest(SoftRxQueue queue) {
    Fd file = guestFile();
    GuestMemory guest = guest(file);
    queue.rebind(guest, (owner, token) -> {});
    Memfd.truncate(file, 0);
    long base = guest.regions().get(0).hostAddress();
    BufferList list = new BufferList();
    for (int i = 0; i < 8; i++) {
      list.add(base + i * 4096L, i);
    }
    assertThat(queue.post(list, GUEST_OWNER, (byte) 0)).isEqualTo(8);
  }

  /** The error comes first: whoever gets the buffers back knows already whom to blame. */
  private void assertFaultThenEmptyBuffers(SoftRxQueue queue, long faults, String as) {
    assertThatThrownBy(() -> pollFor(queue)).as(as).isInstanceOf(InternalError.class);
    assertThat(pollFor(queue)).as(as).isEqualTo(8);
    assertThat(driver.batch.length).as(as).startsWith(0, 0, 0, 0, 0, 0, 0, 0);
    assertThat(queue.outstanding(GUEST_OWNER)).as(as).isZero();
    assertThat(queue.counters()).as(as).containsEntry("rx_dma_faults", faults);
  }

  private List<byte[]> awaitFrames(SoftRxQueue queue, int count) {
    List<byte[]> frames = new ArrayList<>();
    Driver.await(
        count + " frames",
        () -> {
          frames.addAll(driver.poll(queue));
          return frames.size() >= count;
        });
    return frames;
  }

  private int pollFor(SoftRxQueue queue) {
    driver.batch.clear();
    Driver.await("a frame", () -> queue.poll(driver.batch) > 0);
    return driver.batch.count;
  }

  @Test
  void steeringIsReadBackAndObeyed() {
    SoftNic nic = open(Map.of("dma", "inline", "queues", 4));
    for (int queue = 0; queue < 4; queue++) {
      driver.post(nic.rxQueue(queue), 4);
    }
    assertThat(nic.rxQueue(2).steer("dl_dst=00:00:00:00:00:00")).isTrue();
    assertThat(nic.steeringEntries()).containsExactly(Map.entry("dl_dst=00:00:00:00:00:00", 2));
    nic.inject(frame(1));
    assertThat(driver.poll(nic.rxQueue(2))).hasSize(1);
    assertThat(nic.rxQueue(3).steer("dl_dst=02:00:00:00:00:11/ff:ff:ff:00:00:00")).isFalse();
    assertThat(nic.details().get("steering-last-refusal").toString())
        .contains("a mask is no exact match");
    assertThat(nic.rxQueue(1).unsteer("dl_dst=00:00:00:00:00:00")).as("not its entry").isFalse();
    assertThat(nic.rxQueue(1).unsteer("nonsense")).isFalse();
    assertThat(nic.rxQueue(2).unsteer("dl_dst=0:0:0:0:0:0")).isTrue();
    assertThat(nic.steeringEntries()).isEmpty();
    nic.inject(frame(1));
    assertThat(driver.poll(nic.rxQueue(0))).as("not IP: the first queue").hasSize(1);
  }

  @Test
  void aFilterIsReadBackAndObeyed() {
    SoftNic nic = open(Map.of("dma", "inline"));
    SoftRxQueue queue = nic.rxQueue(0);
    assertThat(queue.steer("dl_dst=00:00:00:00:00:01")).as("the only queue").isFalse();
    assertThat(nic.details().get("steering-last-refusal").toString())
        .isEqualTo(
            "dl_dst=00:00:00:00:00:01: each of the 1 queues would be steered, none left for other"
                + " frames");
    assertThat(queue.filtering()).isNull();
    assertThat(queue.filter("dl_dst=00:00:00:00:00:01/1")).isFalse();
    assertThat(queue.filter("dl_dst=0:0:0:0:0:1")).isTrue();
    assertThat(queue.filtering()).isEqualTo("emulated-filter dl_dst=00:00:00:00:00:01");
    driver.post(queue);
    byte[] mine = frame(1);
    mine[5] = 1;
    nic.inject(frame(2));
    nic.inject(mine);
    nic.inject(frame(3));
    assertThat(driver.poll(queue)).containsExactly(mine);
    assertThat(queue.counters()).containsEntry("rx_filtered", 2L).containsEntry("rx_missed", 0L);
    assertThat(queue.unfilter("dl_dst=00:00:00:00:00:02")).isFalse();
    assertThat(queue.unfilter("dl_dst=00:00:00:00:00:01")).isTrue();
    assertThat(queue.filtering()).isNull();
    nic.inject(frame(4));
    assertThat(driver.poll(queue)).hasSize(1);
  }

  /** With backpressure nothing is lost, and nothing lands where steering forbids it by now. */
  @Test
  void framesKeptOverARebindGoByTheSteeringOfAfterwards() {
    SoftNic nic =
        open(Map.of("dma", "inline", "queues", 2, "traffic", Map.of("backpressure", true)));
    SoftRxQueue first = nic.rxQueue(0);
    SoftRxQueue second = nic.rxQueue(1);
    driver.post(first);
    byte[] mine = frame(1);
    mine[5] = 1;
    for (int i = 0; i < 4; i++) {
      nic.inject(i % 2 == 0 ? frame(10 + i) : mine);
    }
    second.poll(driver.batch);
    assertThat(nic.injectedPending()).as("received by the other queue's poll").isZero();
    assertThat(first.steer("dl_dst=00:00:00:00:00:01")).isTrue();
    first.rebind(
        DmaWindow.pool(pool.baseAddress(), pool.length()),
        (owner, token) -> driver.chunks.give(token));
    driver.post(first, 8);
    driver.post(second, 1);
    nic.inject(frame(20));
    assertThat(driver.poll(first)).as("the third frame is held").containsExactly(mine);
    assertThat(driver.poll(second)).containsExactly(frame(10));
    driver.post(second, 8);
    assertThat(driver.poll(second)).containsExactly(frame(12), frame(20));
    assertThat(driver.poll(first)).containsExactly(mine);
    assertThat(first.counters()).containsEntry("rx_dropped_rebind", 0L);
  }

  @Test
  void whatWasWithTheNicWhenItClosedComesBackOnce() {
    SoftNic nic = open(Map.of("dma", "thread"));
    SoftRxQueue queue = nic.rxQueue(0);
    driver.post(queue, 5);
    nic.close();
    List<Integer> tokens = new ArrayList<>();
    queue.recoverAfterClose((owner, token) -> tokens.add(token));
    assertThat(tokens).hasSize(5).doesNotHaveDuplicates();
    queue.recoverAfterClose((owner, token) -> tokens.add(token));
    assertThat(tokens).hasSize(5);
  }

  @Test
  void placementFollowsProcessorsOnlyWhenAuto() {
    assertThat(DmaPlacement.AUTO.resolve(2, 2)).isEqualTo(DmaPlacement.INLINE);
    assertThat(DmaPlacement.AUTO.resolve(3, 2)).isEqualTo(DmaPlacement.THREAD);
    assertThat(DmaPlacement.THREAD.resolve(1, 9)).isEqualTo(DmaPlacement.THREAD);
    assertThat(DmaPlacement.INLINE.resolve(64, 1)).isEqualTo(DmaPlacement.INLINE);
  }

  @Test
  void onePollInEightIsTimedAndStandsForAll() {
    SoftRxQueue queue = inlineQueueWhoseClockSteps(250, Map.of());
    assertThat(emulationNs(queue)).isEqualTo(8 * 250);
    for (int i = 1; i < 8; i++) {
      assertThat(emulationNs(queue)).isZero();
    }
    assertThat(emulationNs(queue)).isEqualTo(8 * 250);
  }

  /** Its next frame is due by the clock, so that is read in each poll anyway. */
  @Test
  void eachPollOfAPacedLoadIsTimed() {
    SoftRxQueue queue =
        inlineQueueWhoseClockSteps(
            250, Map.of("traffic", Map.of("type", "generator", "rate-pps", 1)));
    assertThat(emulationNs(queue)).isEqualTo(250);
    assertThat(emulationNs(queue)).isEqualTo(250);
  }

  @Test
  void aPollThatWasHeldUpStandsForItselfAlone() {
    SoftRxQueue queue = inlineQueueWhoseClockSteps(1_000_000, Map.of());
    assertThat(emulationNs(queue)).isEqualTo(1_000_000);
  }

  private SoftRxQueue inlineQueueWhoseClockSteps(long ns, Map<String, Object> traffic) {
    Map<String, Object> config = new HashMap<>(traffic);
    config.put("dma", "inline");
    long[] now = {0};
    SoftNic nic =
        SoftNic.open(
            "uplink",
            SoftNicConfig.of(config),
            DmaWindow.pool(pool.baseAddress(), pool.length()),
            1,
            () -> now[0] += ns);
    opened.add(nic);
    return nic.rxQueue(0);
  }

  private long emulationNs(SoftRxQueue queue) {
    queue.poll(driver.batch);
    return queue.emulationNs();
  }
}
