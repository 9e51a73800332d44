// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.xdp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iovtee.api.DropReason;
import io.iovtee.api.Outcome;
import io.iovtee.bench.peer.PeerRequirements;
import io.iovtee.bench.xdp.Reflector;
import io.iovtee.it.peers.Needs;
import io.iovtee.it.peers.TestSwitch;
import io.iovtee.vswitch.datapath.FrameBatch;
import io.iovtee.vswitch.datapath.NicPort.NicTxQueue;
import io.iovtee.vswitch.linux.AddressSpace;
import io.iovtee.vswitch.linux.Bpf;
import io.iovtee.vswitch.linux.Fd;
import io.iovtee.vswitch.linux.Namespace;
import io.iovtee.vswitch.linux.NetDevice;
import io.iovtee.vswitch.linux.XdpAbi.Program;
import io.iovtee.vswitch.nic.xdp.BpfAssembler;
import io.iovtee.vswitch.nic.xdp.XdpException;
import io.iovtee.vswitch.nic.xdp.XdpMode;
import io.iovtee.vswitch.nic.xdp.XdpPort;
import io.iovtee.vswitch.nic.xdp.XdpPortOptions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Frames that are sent past the Tx ring. */
final class XdpRedirectIT {
  @BeforeAll
  static void needsRoot() {
    Needs.present(PeerRequirements.networkNamespaces());
  }

  private static XdpPortOptions redirecting(XdpBench bench) {
    return bench.options().withMode(XdpMode.NATIVE).withRedirect(true);
  }

  /** Few frames go by the ring, and none overtakes another. */
  @Test
  void framesLeaveUnchangedAndInOrder() throws Exception {
    try (XdpBench bench = XdpBench.oneQueue();
        XdpPort port = bench.open(redirecting(bench));
        Fd farEnd = passing(bench)) {
      assertThat(farEnd.isClosed()).isFalse();
      NicTxQueue queue = port.txQueue(0);
      queue.bind(bench);
      List<byte[]> sent = new ArrayList<>();
      List<byte[]> arrived = new ArrayList<>();
      for (int round = 0; round < 40; round++) {
        // The frames of a duty cycle may come in several lots.
        for (int count : new int[][] {{16}, {15}, {3, 20}, {20, 3}}[round % 4]) {
          transmit(bench, queue, addFrames(bench, count, sent));
        }
        awaitFrames(bench, queue, arrived, sent.size());
      }
      assertThat(arrived).hasSameSizeAs(sent);
      for (int i = 0; i < sent.size(); i++) {
        assertThat(arrived.get(i)).as("frame %d", i).isEqualTo(sent.get(i));
      }
      assertThat(bench.chunks.available()).isEqualTo(XdpBench.CHUNKS);
      assertThat(queue.counters())
          .containsEntry("tx_packets", (long) sent.size())
          .containsEntry("tx_completed", (long) sent.size())
          // Lots of 16, and of 20 before 3; what follows on 3 in the ring goes by the ring.
          .containsEntry("tx_redirected", 10L * (16 + 23))
          .containsEntry("tx_dropped", 0L)
          .containsEntry("tx_wakeup_errors", 0L);
    }
  }

  @Test
  void moreThanThereAreSlotsForIsSentAtOnce() {
    try (XdpBench bench = XdpBench.oneQueue();
        Reflector farEnd = Reflector.attach(bench.veth);
        XdpPort port = bench.open(redirecting(bench))) {
      NicTxQueue queue = port.txQueue(0);
      queue.bind(bench);
      for (int lot = 0; lot < 5; lot++) {
        transmit(bench, queue, addFrames(bench, 100, new ArrayList<>()));
      }
      assertThat(queue.awaitsCompletion()).isTrue();
      assertThat(queue.flush()).as("256 were sent before").isEqualTo(500 - 256);
      assertThat(queue.awaitsCompletion()).isFalse();
      awaitDropped(farEnd, 500);
      assertThat(queue.counters()).containsEntry("tx_redirected", 500L);
    }
  }

  @Test
  void framesThatCannotBeSentSayWhy() {
    try (XdpBench bench = XdpBench.oneQueue();
        Reflector farEnd = Reflector.attach(bench.veth);
        XdpPort port = bench.open(redirecting(bench))) {
      NicTxQueue queue = port.txQueue(0);
      queue.bind(bench);
      int count = addFrames(bench, 20, new ArrayList<>());
      bench.batch.length[3] = 13;
      bench.batch.length[4] = 1537;
      transmit(bench, queue, count);
      queue.flush();
      assertThat(DropReason.values()[bench.batch.dropReason[3]]).isEqualTo(DropReason.RUNT);
      assertThat(DropReason.values()[bench.batch.dropReason[4]]).isEqualTo(DropReason.TOO_LONG);
      assertThat((int) bench.batch.outcome[5]).isEqualTo(Outcome.FORWARDED.ordinal());
      awaitDropped(farEnd, 18);
      assertThat(queue.counters()).containsEntry("tx_dropped", 2L);
    }
  }

  /** Nobody tells of frames that the far end does not take, so the port has to find out. */
  @Test
  void goesBackToTheRingWhenTheFarEndTakesNothing() throws Exception {
    try (XdpBench bench = XdpBench.oneQueue();
        XdpPort port = bench.open(redirecting(bench))) {
      NicTxQueue queue = port.txQueue(0);
      queue.bind(bench);
      assertThat(port.linkUp()).isTrue();
      transmit(bench, queue, addFrames(bench, 20, new ArrayList<>()));
      queue.flush();
      for (int look = 0; look < 3; look++) {
        assertThat(port.linkUp()).isTrue();
      }
      List<byte[]> sent = new ArrayList<>();
      List<byte[]> arrived = new ArrayList<>();
      transmit(bench, queue, addFrames(bench, 20, sent));
      awaitFrames(bench, queue, arrived, sent.size());
      assertThat(arrived).hasSize(20);
      assertThat(queue.counters()).containsEntry("tx_redirected", 20L);
    }
  }

  @Test
  void aDriverThatItWasNotTriedOnIsRefusedAndLeftAsItWas() {
    try (XdpBench bench = XdpBench.oneQueue()) {
      XdpPortOptions loopback =
          XdpPortOptions.of("lo")
              .inNamespace(bench.namespace.name())
              .withMode(XdpMode.GENERIC)
              .withQueues(1);
      assertThatThrownBy(() -> bench.open(loopback.withRedirect(true)).close())
          .isInstanceOf(XdpException.class)
          .hasMessageContaining("driver veth")
          .hasMessageContaining("interface=lo");
      bench.open(loopback).close();
    }
  }

  /** The far end's receive work takes redirected frames only if it has an XDP program (or GRO). */
  private static Fd passing(XdpBench bench) {
    long[] code =
        new BpfAssembler().moveConstant(BpfAssembler.R0, Program.XDP_PASS).exit().assemble();
    return Namespace.call(
        bench.namespace.name(),
        () -> {
          try (NetDevice device = NetDevice.open(bench.veth.far());
              Fd program = Bpf.loadXdpProgram(code, "iovtee_pass")) {
            int link = Bpf.linkXdp(program, device.index(), Program.XDP_FLAGS_DRV_MODE);
            assertThat(link).isNotNegative();
            return Fd.of(link, "XDP link of the far end");
          }
        });
  }

  /** The kernel may come to frames at the far end a while later. */
  private static void awaitDropped(Reflector farEnd, long count) {
    TestSwitch.await(() -> farEnd.dropped() == count, () -> farEnd.dropped() + " of " + count);
  }

  private static int addFrames(XdpBench bench, int count, List<byte[]> sent) {
    bench.batch.clear();
    for (int i = 0; i < count; i++) {
      int chunk = bench.chunks.take();
      byte[] bytes = XdpBench.frame(0x11, 60 + (sent.size() * 7) % 1455, sent.size());
      sent.add(bytes);
      long address = bench.chunks.frameAddress(chunk);
      AddressSpace.copyFromArray(bytes, 0, address, bytes.length);
      bench.batch.add(address, bytes.length, chunk, FrameBatch.HOST_POOL, (byte) 0);
    }
    return count;
  }

  /** Sends the batch; its buffers come back at once, as far as they are not taken. */
  private static void transmit(XdpBench bench, NicTxQueue queue, int count) {
    int[] index = new int[count];
    Arrays.setAll(index, i -> i);
    queue.transmit(bench.batch, index, count, true);
    for (int i = 0; i < count; i++) {
      if (!bench.batch.taken[i]) {
        bench.chunks.give(bench.batch.token[i]);
      }
    }
  }

  private static void awaitFrames(XdpBench bench, NicTxQueue queue, List<byte[]> arrived, int count)
      throws InterruptedException {
    for (int i = 0; i < 5000 && (arrived.size() < count || queue.awaitsCompletion()); i++) {
      queue.flush();
      bench.wire.receive((bytes, length) -> arrived.add(Arrays.copyOf(bytes, length)));
      Thread.sleep(1);
    }
  }
}
