// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.xdp;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.api.DropReason;
import io.iovtee.api.Outcome;
import io.iovtee.bench.peer.PeerRequirements;
import io.iovtee.it.peers.Needs;
import io.iovtee.vswitch.datapath.FrameBatch;
import io.iovtee.vswitch.datapath.NicPort.NicTxQueue;
import io.iovtee.vswitch.linux.AddressSpace;
import io.iovtee.vswitch.nic.xdp.XdpMode;
import io.iovtee.vswitch.nic.xdp.XdpPort;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Frames from host chunks to the wire. */
final class XdpTransmitIT {
  @BeforeAll
  static void needsRoot() {
    Needs.present(PeerRequirements.networkNamespaces());
  }

  @ParameterizedTest
  @EnumSource(names = {"NATIVE", "GENERIC"})
  void framesLeaveUnchangedAndTheirChunksComeBack(XdpMode mode) throws Exception {
    try (XdpBench bench = XdpBench.oneQueue();
        XdpPort port = bench.open(bench.options().withMode(mode).withRingSize(256))) {
      NicTxQueue queue = port.txQueue(0);
      queue.bind(bench);
      List<byte[]> sent = new ArrayList<>();
      List<byte[]> arrived = new ArrayList<>();
      for (int round = 0; round < 20; round++) {
        boolean mayTake = round % 2 == 0;
        addFrames(bench, 50, sent);
        transmit(queue, bench.batch, mayTake);
        for (int i = 0; i < bench.batch.count; i++) {
          assertThat(bench.batch.taken[i]).isEqualTo(mayTake);
          assertThat((int) bench.batch.outcome[i]).isEqualTo(Outcome.FORWARDED.ordinal());
          if (!mayTake) {
            bench.chunks.give(bench.batch.token[i]);
          }
        }
        drain(bench, queue, arrived, sent.size());
      }
      assertThat(arrived).hasSize(1000);
      for (int i = 0; i < sent.size(); i++) {
        assertThat(arrived.get(i)).as("frame %d", i).isEqualTo(sent.get(i));
      }
      assertThat(bench.chunks.available()).isEqualTo(XdpBench.CHUNKS);
      assertThat(queue.counters())
          .containsEntry("tx_packets", 1000L)
          .containsEntry("tx_completed", 1000L)
          .containsEntry("tx_copied", 500L)
          .containsEntry("tx_invalid_descs", 0L)
          .containsEntry("tx_unknown_completions", 0L);
    }
  }

  @Test
  void guestFramesAreCopiedEvenWhenTheyMayBeTaken() throws Exception {
    try (XdpBench bench = XdpBench.oneQueue();
        XdpPort port = bench.open(bench.options().withMode(XdpMode.NATIVE))) {
      NicTxQueue queue = port.txQueue(0);
      queue.bind(bench);
      int chunk = bench.chunks.take();
      byte[] bytes = XdpBench.frame(0x11, 200, 1);
      long address = bench.chunks.frameAddress(chunk);
      AddressSpace.copyFromArray(bytes, 0, address, bytes.length);
      bench.batch.clear();
      bench.batch.add(address, bytes.length, 3, 9, (byte) 0);
      transmit(queue, bench.batch, true);
      assertThat(bench.batch.taken[0]).isFalse();
      AddressSpace.fill(address, bytes.length, (byte) 0);
      List<byte[]> arrived = new ArrayList<>();
      drain(bench, queue, arrived, 1);
      assertThat(arrived).singleElement().isEqualTo(bytes);
    }
  }

  @Test
  void frameThatSomebodyElseKeepsIsCopied() throws Exception {
    try (XdpBench bench = XdpBench.oneQueue();
        XdpPort port = bench.open(bench.options().withMode(XdpMode.NATIVE))) {
      NicTxQueue queue = port.txQueue(0);
      queue.bind(bench);
      addFrames(bench, 2, new ArrayList<>());
      bench.batch.taken[0] = true;
      // Says that it lies in another chunk than it does: taking it would give back the wrong one.
      bench.batch.token[1] ^= 1;
      transmit(queue, bench.batch, true);
      assertThat(bench.batch.taken[1]).isFalse();
      assertThat(queue.counters()).containsEntry("tx_copied", 2L);
    }
  }

  @Test
  void framesThatCannotBeSentSayWhy() {
    try (XdpBench bench = XdpBench.oneQueue();
        XdpPort port = bench.open(bench.options().withMode(XdpMode.NATIVE).withRingSize(64))) {
      NicTxQueue queue = port.txQueue(0);
      addFrames(bench, 1, new ArrayList<>());
      transmit(queue, bench.batch, true);
      assertThat(reason(bench.batch, 0)).as("no loop yet").isEqualTo(DropReason.PORT_DOWN);
      queue.bind(bench);

      bench.batch.length[0] = 1537;
      transmit(queue, bench.batch, true);
      assertThat(reason(bench.batch, 0)).isEqualTo(DropReason.TOO_LONG);
      bench.batch.length[0] = 0;
      transmit(queue, bench.batch, true);
      assertThat(reason(bench.batch, 0)).isEqualTo(DropReason.RUNT);

      addFrames(bench, 60, new ArrayList<>());
      transmit(queue, bench.batch, true);
      addFrames(bench, 10, new ArrayList<>());
      transmit(queue, bench.batch, true);
      for (int i = 0; i < 10; i++) {
        assertThat(bench.batch.taken[i]).isEqualTo(i < 4);
        if (i >= 4) {
          assertThat(reason(bench.batch, i)).isEqualTo(DropReason.TX_RING_FULL);
          assertThat((int) bench.batch.outcome[i]).isEqualTo(Outcome.DROPPED.ordinal());
        }
      }
    }
  }

  @Test
  void frameThatNeedsACopyIsDroppedWithoutAChunk() {
    try (XdpBench bench = XdpBench.oneQueue();
        XdpPort port = bench.open(bench.options().withMode(XdpMode.NATIVE))) {
      NicTxQueue queue = port.txQueue(0);
      queue.bind(bench);
      addFrames(bench, 1, new ArrayList<>());
      while (bench.chunks.take() >= 0) {
        // Takes all that are left.
      }
      transmit(queue, bench.batch, false);
      assertThat(reason(bench.batch, 0)).isEqualTo(DropReason.NO_HOST_BUFFER);
      transmit(queue, bench.batch, true);
      assertThat(bench.batch.taken[0]).isTrue();
    }
  }

  @Test
  void rebindGivesBackTheChunksOfFramesThatItLost() throws Exception {
    try (XdpBench bench = XdpBench.oneQueue();
        XdpPort port = bench.open(bench.options().withMode(XdpMode.NATIVE))) {
      NicTxQueue queue = port.txQueue(0);
      queue.bind(bench);
      addFrames(bench, 50, new ArrayList<>());
      transmit(queue, bench.batch, true);
      assertThat(bench.chunks.available()).isEqualTo(XdpBench.CHUNKS - 50);
      port.rxQueue(0).rebind(null, (owner, token) -> {});
      queue.flush();
      assertThat(bench.chunks.available()).isEqualTo(XdpBench.CHUNKS);
      assertThat(queue.counters()).containsEntry("tx_lost_in_rebind", 50L);

      List<byte[]> sent = new ArrayList<>();
      List<byte[]> arrived = new ArrayList<>();
      addFrames(bench, 50, sent);
      transmit(queue, bench.batch, true);
      drain(bench, queue, arrived, 50);
      assertThat(arrived).hasSize(50);
      assertThat(arrived.get(49)).isEqualTo(sent.get(49));
    }
  }

  @Test
  void transmittingDuringARebindIsSafe() throws Exception {
    try (XdpBench bench = XdpBench.oneQueue();
        XdpPort port = bench.open(bench.options().withMode(XdpMode.NATIVE))) {
      NicTxQueue queue = port.txQueue(0);
      queue.bind(bench);
      Thread control =
          Thread.ofPlatform()
              .start(() -> {
                for (int i = 0; i < 5; i++) {
                  port.rxQueue(0).rebind(null, (owner, token) -> {});
                }
              });
      int number = 0;
      while (control.isAlive()) {
        addFrames(bench, Math.min(20, bench.chunks.available()), new ArrayList<>());
        transmit(queue, bench.batch, true);
        for (int i = 0; i < bench.batch.count; i++) {
          if (!bench.batch.taken[i]) {
            bench.chunks.give(bench.batch.token[i]);
          }
        }
        queue.flush();
        bench.wire.receive((bytes, length) -> {});
        number++;
      }
      control.join();
      assertThat(number).isPositive();
      drain(bench, queue, new ArrayList<>(), Integer.MAX_VALUE);
      assertThat(bench.chunks.available()).as("no chunk is lost").isEqualTo(XdpBench.CHUNKS);
    }
  }

  private static void addFrames(XdpBench bench, int count, List<byte[]> sent) {
    bench.batch.clear();
    for (int i = 0; i < count; i++) {
      int chunk = bench.chunks.take();
      byte[] bytes = XdpBench.frame(0x11, 60 + (sent.size() * 7) % 1455, sent.size());
      sent.add(bytes);
      AddressSpace.copyFromArray(bytes, 0, bench.chunks.frameAddress(chunk), bytes.length);
      bench.batch.add(
          bench.chunks.frameAddress(chunk), bytes.length, chunk, FrameBatch.HOST_POOL, (byte) 0);
    }
  }

  private static void transmit(NicTxQueue queue, FrameBatch batch, boolean mayTake) {
    int[] index = new int[batch.count];
    Arrays.setAll(index, i -> i);
    queue.transmit(batch, index, batch.count, mayTake);
  }

  /** Flushes and collects until so many frames have arrived and all chunks are back. */
  private static void drain(XdpBench bench, NicTxQueue queue, List<byte[]> arrived, int count)
      throws InterruptedException {
    for (int i = 0; i < 5000; i++) {
      queue.flush();
      bench.wire.receive((bytes, length) -> arrived.add(Arrays.copyOf(bytes, length)));
      boolean allBack = bench.chunks.available() >= XdpBench.CHUNKS - 1;
      if (allBack && (arrived.size() >= count || count == Integer.MAX_VALUE)) {
        return;
      }
      Thread.sleep(1);
    }
  }

  private static DropReason reason(FrameBatch batch, int frame) {
    return DropReason.values()[batch.dropReason[frame]];
  }
}
