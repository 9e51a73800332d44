// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.soft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iovtee.api.DropReason;
import io.iovtee.api.Outcome;
import io.iovtee.vswitch.datapath.FrameBatch;
import io.iovtee.vswitch.datapath.LoopBuffers;
import io.iovtee.vswitch.linux.AddressSpace;
import io.iovtee.vswitch.linux.Fd;
import io.iovtee.vswitch.linux.Memfd;
import io.iovtee.vswitch.linux.Mmap;
import io.iovtee.vswitch.memory.HostPool;
import io.iovtee.vswitch.nic.pcap.PcapReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Transmit queues: what reaches the wire, whose buffers are kept, and how they come back. */
class SoftNicTransmitTest {
  private static final int GUEST_OWNER = 3;

  /** Compiled code reports a fault late. */
  private static final int FRAMES_TO_COMPILE = 20_000;

  private final HostPool pool = HostPool.create(1024, false);
  private final Driver driver = new Driver(pool, 512);
  private final List<SoftNic> opened = new ArrayList<>();
  private final FrameBatch batch = new FrameBatch();
  private final int[] index = new int[FrameBatch.CAPACITY];

  @AfterEach
  void closeAll() {
    opened.forEach(SoftNic::close);
    pool.close();
  }

  private SoftNic open(String name, Map<String, ?> section) {
    SoftNic nic = SoftNic.open(name, SoftNicConfig.of(section), pool);
    opened.add(nic);
    return nic;
  }

  /** Frames in chunks of the loop's own; each is filled with its number. */
  private void fill(int frames, int length, int owner) {
    batch.clear();
    for (int i = 0; i < frames; i++) {
      int chunk = driver.chunks.take();
      AddressSpace.fill(driver.chunks.frameAddress(chunk), length, (byte) i);
      batch.add(driver.chunks.frameAddress(chunk), length, chunk, owner, (byte) 0);
      batch.capture(i, FrameBatch.FIRST_CAPTURE);
      index[i] = i;
    }
  }

  private void release() {
    for (int i = 0; i < batch.count; i++) {
      if (!batch.taken[i]) {
        driver.chunks.give(batch.token[i]);
      }
    }
  }

  @Test
  void discardCountsAndKeepsNothing() {
    for (String dma : List.of("inline", "thread")) {
      SoftTxQueue queue = open("uplink", Map.of("dma", dma)).txQueue(0);
      queue.bind(driver);
      fill(10, 100, 0);
      batch.length[3] = 13;
      batch.length[4] = 1519;
      queue.transmit(batch, index, 10, true);
      assertThat(batch.taken).containsOnly(false);
      assertThat(batch.outcome[0]).isEqualTo((byte) Outcome.FORWARDED.ordinal());
      assertThat(batch.outcome[3]).isEqualTo((byte) Outcome.DROPPED.ordinal());
      assertThat(batch.dropReason[3]).isEqualTo((byte) DropReason.RUNT.ordinal());
      assertThat(batch.dropReason[4]).isEqualTo((byte) DropReason.TOO_LONG.ordinal());
      assertThat(queue.counters())
          .containsEntry("tx_packets", 8L)
          .containsEntry("tx_bytes", 800L)
          .containsEntry("tx_dropped", 2L);
      release();
    }
  }

  /** The buffer is read to its last byte, and free again at once when no thread does it. */
  @Test
  void discardWithCopyReadsEachFrame() {
    SoftNic nic =
        open("uplink", Map.of("dma", "inline", "tx", Map.of("type", "discard", "copy", true)));
    SoftTxQueue queue = nic.txQueue(0);
    queue.bind(driver);
    fill(1, 300, 0);
    AddressSpace.putByte(batch.address[0] + 299, (byte) 0x5a);
    queue.transmit(batch, index, 1, true);
    CopySink wire = (CopySink) Objects.requireNonNull(nic.sink());
    assertThat(wire.frame(0)[299]).isEqualTo((byte) 0x5a);
    assertThat(wire.frame(0)[0]).isEqualTo(AddressSpace.getByte(batch.address[0]));
    assertThat(batch.taken).containsOnly(false);
    assertThat(queue.counters()).containsEntry("tx_packets", 1L).containsEntry("tx_bytes", 300L);
    assertThat(nic.linkReason()).contains("each frame copied out");
    release();
  }

  /** A guest that changes its frame after classification does not change what is sent. */
  @Test
  void sharedFramesAreSentWithTheirPrivateHeaders() {
    for (String dma : List.of("inline", "thread")) {
      for (boolean keep : new boolean[] {false, true}) {
        SoftNic nic = open("uplink", Map.of("dma", dma, "tx", Map.of("type", "peer", "peer", "x")));
        ConcurrentLinkedQueue<byte[]> wire = new ConcurrentLinkedQueue<>();
        nic.transmitTo(FrameSink.to(wire::add));
        SoftTxQueue queue = nic.txQueue(0);
        GuestDriver guest = new GuestDriver();
        queue.bind(guest);
        queue.keepGuestBuffers(keep);
        fill(1, 200, GUEST_OWNER);
        AddressSpace.fill(batch.address[0], 100, (byte) 0x66);
        queue.transmit(batch, index, 1, true);
        byte[] sent = take(wire);
        byte[] expected = new byte[200];
        Arrays.fill(expected, 64, 100, (byte) 0x66);
        assertThat(sent).as("%s keep=%s", dma, keep).isEqualTo(expected);
        boolean kept = dma.equals("thread") && keep;
        assertThat(batch.taken[0]).as("%s keep=%s", dma, keep).isEqualTo(kept);
        awaitSent(queue);
        assertThat(guest.returned).as("%s keep=%s", dma, keep).isEqualTo(kept ? 1 : 0);
        if (!kept) {
          release();
        }
        nic.close();
      }
    }
    assertThat(driver.chunks.available()).isEqualTo(512);
  }

  private static byte[] take(ConcurrentLinkedQueue<byte[]> wire) {
    Driver.await("a frame on the wire", () -> !wire.isEmpty());
    return wire.remove();
  }

  private static void awaitSent(SoftTxQueue queue) {
    Driver.await(
        "all buffers back",
        () -> {
          queue.flush();
          return queue.outstanding(0) == 0 && queue.outstanding(GUEST_OWNER) == 0;
        });
  }

  /** Buffers of a lender besides the loop's own. */
  private final class GuestDriver implements LoopBuffers {
    int returned;

    @Override
    public int takeChunk() {
      return driver.chunks.take();
    }

    @Override
    public long frameAddress(int chunk) {
      return driver.chunks.frameAddress(chunk);
    }

    @Override
    public void giveBack(int owner, int token) {
      returned += owner == GUEST_OWNER ? 1 : 0;
      driver.chunks.give(token);
    }
  }

  @Test
  void theThreadSendsInOrderAndBuffersComeBack() {
    SoftNic nic =
        open(
            "uplink",
            Map.of("dma", "thread", "ring-size", 64, "tx", Map.of("type", "peer", "peer", "x")));
    List<byte[]> wire = new ArrayList<>();
    ConcurrentLinkedQueue<byte[]> frames = new ConcurrentLinkedQueue<>();
    nic.transmitTo(FrameSink.to(frames::add));
    SoftTxQueue queue = nic.txQueue(0);
    queue.bind(driver);
    int sent = 0;
    for (int round = 0; round < 100; round++) {
      boolean mayTake = round % 2 == 0;
      fill(50, 60 + round, 0);
      queue.transmit(batch, index, 50, mayTake);
      for (int i = 0; i < 50; i++) {
        boolean forwarded = batch.outcome[i] == Outcome.FORWARDED.ordinal();
        sent += forwarded ? 1 : 0;
        assertThat(batch.taken[i]).isEqualTo(forwarded && mayTake);
        if (!forwarded) {
          assertThat(batch.dropReason[i]).isEqualTo((byte) DropReason.TX_RING_FULL.ordinal());
        }
      }
      release();
      queue.flush();
    }
    awaitSent(queue);
    wire.addAll(frames);
    assertThat(wire).hasSize(sent);
    assertThat(sent).isGreaterThanOrEqualTo(64);
    int last = 0;
    for (byte[] frame : wire) {
      assertThat(frame.length).isGreaterThanOrEqualTo(last);
      last = frame.length;
      for (byte b : frame) {
        assertThat(b).isEqualTo(frame[0]);
      }
    }
    assertThat(driver.chunks.available()).isEqualTo(512);
    assertThat(queue.counters()).containsEntry("tx_packets", (long) sent);
    assertThat(queue.counters().get("tx_dropped")).isEqualTo(5000L - sent);
  }

  @Test
  void aBlockedWireFillsTheRingAndCancelFreesIt() {
    SoftNic nic =
        open(
            "uplink",
            Map.of("dma", "thread", "ring-size", 64, "tx", Map.of("type", "peer", "peer", "x")));
    AtomicBoolean open = new AtomicBoolean();
    nic.transmitTo(new BlockedWire(open));
    SoftTxQueue queue = nic.txQueue(0);
    queue.bind(new GuestDriver());
    queue.keepGuestBuffers(true);
    fill(40, 60, GUEST_OWNER);
    queue.transmit(batch, index, 40, true);
    fill(40, 60, 0);
    queue.transmit(batch, index, 40, true);
    release();
    assertThat(queue.outstanding(GUEST_OWNER)).isEqualTo(40);
    assertThat(queue.outstanding(0)).isEqualTo(24);
    assertThat(queue.counters()).containsEntry("tx_ring_full", 16L);
    assertThat(batch.taken[24]).isFalse();
    assertThat(batch.dropReason[24]).isEqualTo((byte) DropReason.TX_RING_FULL.ordinal());
    Driver.await("the engine", () -> queue.cancel(GUEST_OWNER));
    Driver.await(
        "the guest's buffers",
        () -> {
          queue.flush();
          return queue.outstanding(GUEST_OWNER) == 0;
        });
    assertThat(queue.counters()).containsEntry("tx_cancelled", 40L).containsEntry("tx_packets", 0L);
    open.set(true);
    awaitSent(queue);
    assertThat(queue.counters()).containsEntry("tx_packets", 24L);
    assertThat(driver.chunks.available()).isEqualTo(512);
  }

  @Test
  void withoutAChunkACopyIsDropped() {
    SoftNic nic =
        open("uplink", Map.of("dma", "thread", "tx", Map.of("type", "peer", "peer", "x")));
    nic.transmitTo(FrameSink.to(frame -> {}));
    SoftTxQueue queue = nic.txQueue(0);
    fill(1, 60, 0);
    queue.transmit(batch, index, 1, true);
    assertThat(batch.dropReason[0])
        .as("nobody bound")
        .isEqualTo((byte) DropReason.NO_HOST_BUFFER.ordinal());
    release();
    queue.bind(driver);
    fill(1, 60, 0);
    List<Integer> all = new ArrayList<>();
    while (driver.chunks.available() > 0) {
      all.add(driver.chunks.take());
    }
    queue.transmit(batch, index, 1, false);
    assertThat(batch.dropReason[0]).isEqualTo((byte) DropReason.NO_HOST_BUFFER.ordinal());
    all.forEach(driver.chunks::give);
    release();
  }

  @Test
  void aCableCarriesFramesBothWays() {
    for (String dma : List.of("inline", "thread")) {
      SoftNic a =
          open(
              "a",
              Map.of(
                  "dma",
                  dma,
                  "queues",
                  2,
                  "tx",
                  Map.of("type", "peer", "peer", "b"),
                  "traffic",
                  Map.of("backpressure", true)));
      SoftNic b =
          open(
              "b",
              Map.of(
                  "dma", dma,
                  "tx", Map.of("type", "peer", "peer", "a"),
                  "traffic", Map.of("backpressure", true)));
      assertThat(a.linkUp()).isFalse();
      assertThat(a.linkReason()).contains("emulated NIC b, not plugged in");
      a.txQueue(0).bind(driver);
      fill(1, 60, 0);
      a.txQueue(0).transmit(batch, index, 1, false);
      assertThat(batch.dropReason[0]).isEqualTo((byte) DropReason.PORT_DOWN.ordinal());
      release();
      SoftNic.connectPeers(List.of(a, b));
      assertThat(a.linkUp() && b.linkUp()).isTrue();
      a.txQueue(1).bind(driver);
      b.txQueue(0).bind(driver);
      send(a.txQueue(0), 60, 30);
      send(a.txQueue(1), 61, 30);
      send(b.txQueue(0), 62, 30);
      assertThat(receive(b, 60)).hasSize(60);
      List<byte[]> back = receive(a, 30);
      assertThat(back).hasSize(30);
      for (int i = 0; i < 30; i++) {
        assertThat(back.get(i)).hasSize(62).containsOnly(i);
      }
      b.close();
      assertThat(a.linkUp()).as("the other end is gone").isFalse();
    }
  }

  private void send(SoftTxQueue queue, int length, int frames) {
    fill(frames, length, 0);
    queue.transmit(batch, index, frames, false);
    release();
    awaitSent(queue);
  }

  /** Few buffers with each queue: all queues share what the driver has. */
  private List<byte[]> receive(SoftNic nic, int frames) {
    List<byte[]> all = new ArrayList<>();
    Driver.await(
        frames + " frames",
        () -> {
          for (int q = 0; q < nic.rxQueues(); q++) {
            driver.post(nic.rxQueue(q), 64 - nic.rxQueue(q).outstanding(FrameBatch.HOST_POOL));
            all.addAll(driver.poll(nic.rxQueue(q)));
          }
          return all.size() >= frames;
        });
    return all;
  }

  /**
   * The guest truncates its memory after its frame was accepted, its headers captured: nothing of
   * the frame is sent, least of all what an older one left on the wire, and the NIC goes on.
   */
  @Test
  void aFrameWhosePageVanishedIsNotSent() {
    SoftNic a = open("a", Map.of("dma", "thread", "tx", Map.of("type", "peer", "peer", "b")));
    SoftNic b = open("b", Map.of("dma", "inline", "traffic", Map.of("backpressure", true)));
    SoftNic.connectPeers(List.of(a, b));
    SoftTxQueue queue = a.txQueue(0);
    queue.bind(new GuestDriver());
    queue.keepGuestBuffers(true);
    for (int frames = 0; frames < FRAMES_TO_COMPILE; frames += 50) {
      send(queue, 200, 50);
      assertThat(receive(b, 50)).hasSize(50);
    }
    try (Fd file = Memfd.create("guest", 4096);
        Mmap guest = Mmap.shared(file, 0, 4096, true)) {
      for (int round = 0; round < 30; round++) {
        fill(3, 200, FrameBatch.HOST_POOL);
        batch.address[1] = guest.address();
        batch.owner[1] = GUEST_OWNER;
        batch.capture(1, FrameBatch.FIRST_CAPTURE);
        Memfd.truncate(file, 0);
        queue.transmit(batch, index, 3, true);
        awaitSent(queue);
        List<byte[]> received = receive(b, 2);
        assertThat(received).as("round %d", round).hasSize(2);
        assertThat(received.get(0)).as("round %d", round).containsOnly(0);
        assertThat(received.get(1)).as("round %d", round).containsOnly(2);
        Memfd.truncate(file, 4096);
      }
    }
    assertThat(a.linkUp()).as(a.linkReason()).isTrue();
    assertThat(queue.counters())
        .containsEntry("tx_dma_faults", 30L)
        .containsEntry("tx_packets", FRAMES_TO_COMPILE + 60L);
  }

  @Test
  void noCableEndsAtANullLoad() {
    SoftNic a = open("a", Map.of("dma", "inline", "tx", Map.of("type", "peer", "peer", "b")));
    SoftNic b = open("b", Map.of("dma", "inline", "traffic", Map.of("type", "null")));
    assertThatThrownBy(() -> SoftNic.connectPeers(List.of(a, b)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "port a: no cable can end at port b: its traffic type null takes each descriptor;"
                + " set traffic.type of b to none");
    assertThat(a.linkUp()).isFalse();
  }

  @Test
  void aCableIsPluggedAgainWhenThePeerComesBack() {
    SoftNic a = open("a", Map.of("dma", "inline", "tx", Map.of("type", "peer", "peer", "b")));
    Map<String, Object> peer = Map.of("dma", "inline", "traffic", Map.of("backpressure", true));
    SoftNic b = open("b", peer);
    SoftNic.connectPeers(List.of(a, b));
    b.close();
    SoftNic.connectPeers(List.of(a, b));
    assertThat(a.linkUp()).isFalse();
    SoftNic again = open("b", peer);
    SoftNic.connectPeers(List.of(a, again));
    assertThat(a.linkUp()).isTrue();
    a.txQueue(0).bind(driver);
    send(a.txQueue(0), 60, 10);
    assertThat(receive(again, 10)).hasSize(10);
  }

  @Test
  void whatTheQueueKeptWhenItClosedComesBackOnce() {
    SoftNic nic =
        open("uplink", Map.of("dma", "thread", "tx", Map.of("type", "peer", "peer", "x")));
    nic.transmitTo(new BlockedWire(new AtomicBoolean()));
    SoftTxQueue queue = nic.txQueue(0);
    queue.bind(driver);
    fill(7, 60, 0);
    queue.transmit(batch, index, 7, true);
    nic.close();
    queue.recoverAfterClose((owner, token) -> driver.chunks.give(token));
    queue.recoverAfterClose((owner, token) -> driver.chunks.give(token));
    assertThat(driver.chunks.available()).isEqualTo(512);
    assertThat(queue.outstanding(0)).isZero();
  }

  /** A wire that takes frames only while it is open. */
  private record BlockedWire(AtomicBoolean open) implements FrameSink {
    @Override
    public boolean accept(
        int txQueue, byte[] head, int headOffset, int headLength, long rest, int length) {
      return open.get();
    }

    @Override
    public String description() {
      return "a wire that can be blocked";
    }
  }

  @Test
  void thePcapWireWritesWhatWasSent(@TempDir Path directory) throws IOException {
    for (String dma : List.of("inline", "thread")) {
      Path file = directory.resolve(dma + ".pcap");
      SoftNic nic =
          open("uplink", Map.of("dma", dma, "tx", Map.of("type", "pcap", "file", file.toString())));
      nic.txQueue(0).bind(driver);
      for (int i = 0; i < 20; i++) {
        send(nic.txQueue(0), 60 + i, 10);
      }
      nic.close();
      int frames = 0;
      try (PcapReader reader = PcapReader.open(file)) {
        while (reader.next()) {
          assertThat(reader.frame().length()).isEqualTo(60 + frames / 10);
          assertThat(reader.frame().bytes()[59]).isEqualTo((byte) (frames % 10));
          frames++;
        }
      }
      assertThat(frames).as(dma).isEqualTo(200);
    }
  }

  @Test
  void aFileThatCanNotBeWrittenIsNamed(@TempDir Path directory) {
    Path file = directory.resolve("missing/out.pcap");
    assertThatThrownBy(
            () -> open("uplink", Map.of("tx", Map.of("type", "pcap", "file", file.toString()))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("tx.file: ")
        .hasMessageContaining(file.toString());
    assertThatThrownBy(() ->
            open("uplink", Map.of("traffic", Map.of("type", "pcap", "file", file.toString()))))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("traffic.file: ")
        .hasMessageContaining(file.toString());
  }
}
