// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.vxlan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iovtee.api.BufferList;
import io.iovtee.api.DropReason;
import io.iovtee.api.Outcome;
import io.iovtee.vswitch.datapath.FrameBatch;
import io.iovtee.vswitch.datapath.NicPort.NicTxQueue;
import io.iovtee.vswitch.linux.AddressSpace;
import io.iovtee.vswitch.memory.ChunkStack;
import io.iovtee.vswitch.memory.GuestMemory;
import io.iovtee.vswitch.memory.HostPool;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Frames of a loop on their way to a UDP socket of this test. */
final class VxlanTxQueueTest {
  private static final int VNI = 0xabcdef;
  private static final int RING_SIZE = 256;
  private static final int MTU = 1000;
  private static final int LONGEST = MTU - 36;

  private final HostPool pool = HostPool.create(1024, false);
  private final ChunkStack chunks = pool.slice(1024);
  private final DatagramSocket far = socket();
  private final VxlanSockets sockets = new VxlanSockets();
  private final VxlanPort port = open();
  private final NicTxQueue queue = port.txQueue(0);
  private final FrameBatch batch = new FrameBatch();

  private static DatagramSocket socket() {
    try {
      DatagramSocket socket =
          new DatagramSocket(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.2"), 0));
      socket.setSoTimeout(60_000);
      socket.setReceiveBufferSize(1 << 20); // holds a ring full of short frames
      return socket;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private VxlanPortOptions options(int mtu) {
    return new VxlanPortOptions(
        new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0),
        new InetSocketAddress(far.getLocalAddress(), far.getLocalPort()),
        VNI,
        mtu,
        RING_SIZE,
        null);
  }

  private VxlanPort open() {
    return VxlanPort.open(options(MTU), 2, pool, sockets);
  }

  @AfterEach
  void close() {
    port.close();
    far.close();
    pool.close();
  }

  /** A batch of frames of these lengths, whose bytes are their index, all sent to the queue. */
  private void transmit(int... lengths) {
    batch.clear();
    for (int i = 0; i < lengths.length; i++) {
      int chunk = chunks.take();
      long address = chunks.frameAddress(chunk);
      AddressSpace.fill(address, lengths[i], (byte) i);
      batch.add(address, lengths[i], chunk, FrameBatch.HOST_POOL, (byte) 0);
    }
    queue.transmit(batch, IntStream.range(0, lengths.length).toArray(), lengths.length, true);
    for (int i = 0; i < lengths.length; i++) {
      assertThat(batch.taken[i]).isFalse();
      chunks.give(batch.token[i]);
    }
  }

  private byte[] receive() throws IOException {
    DatagramPacket packet = new DatagramPacket(new byte[2048], 2048);
    far.receive(packet);
    return Arrays.copyOf(packet.getData(), packet.getLength());
  }

  private void dropped(int frame, DropReason reason) {
    assertThat(batch.outcome[frame]).isEqualTo((byte) 0);
    assertThat(batch.dropReason[frame]).isEqualTo((byte) reason.ordinal());
  }

  /** As many frames as fit, each of another length. */
  private void fillRing() {
    for (int from = 0; from < RING_SIZE; from += FrameBatch.CAPACITY) {
      transmit(IntStream.range(60 + from, 60 + from + FrameBatch.CAPACITY).toArray());
      assertThat(batch.outcome[FrameBatch.CAPACITY - 1])
          .isEqualTo((byte) Outcome.FORWARDED.ordinal());
    }
  }

  private void receiveRing() throws IOException {
    for (int i = 0; i < RING_SIZE; i++) {
      assertThat(receive()).hasSize(VxlanHeader.LENGTH + 60 + i);
    }
  }

  @Test
  void framesLeaveBehindTheHeaderInOrder() throws IOException {
    transmit(14, 60, LONGEST);
    queue.flush();
    int[] lengths = {14, 60, LONGEST};
    for (int i = 0; i < 3; i++) {
      byte[] datagram = receive();
      assertThat(datagram).hasSize(VxlanHeader.LENGTH + lengths[i]);
      assertThat(Arrays.copyOf(datagram, VxlanHeader.LENGTH))
          .containsExactly(0x08, 0, 0, 0, 0xab, 0xcd, 0xef, 0);
      byte[] inner = Arrays.copyOfRange(datagram, VxlanHeader.LENGTH, datagram.length);
      assertThat(inner).containsOnly(i);
      assertThat(batch.outcome[i]).isEqualTo((byte) Outcome.FORWARDED.ordinal());
    }
    assertThat(queue.counters())
        .containsEntry("tx_packets", 3L)
        .containsEntry("tx_bytes", 74L + LONGEST)
        .containsEntry("tx_dropped", 0L);
  }

  @Test
  void whatTheOuterMtuLeavesNoRoomForIsDropped() {
    transmit(13, LONGEST + 1, 60);
    dropped(0, DropReason.RUNT);
    dropped(1, DropReason.TOO_LONG);
    assertThat(batch.outcome[2]).isEqualTo((byte) Outcome.FORWARDED.ordinal());
    assertThat(queue.counters())
        .containsEntry("tx_dropped", 2L)
        .containsEntry("tx_too_long", 1L)
        .containsEntry("tx_packets", 1L);
  }

  /** Nobody was told of the frames, so nobody empties the ring meanwhile. */
  @Test
  void aFullRingCostsTheFrameAndNoTime() throws IOException {
    fillRing();
    transmit(60, 60);
    dropped(0, DropReason.TX_RING_FULL);
    dropped(1, DropReason.TX_RING_FULL);
    assertThat(queue.counters()).containsEntry("tx_ring_full", 2L).containsEntry("tx_dropped", 2L);
    queue.flush();
    receiveRing();
    transmit(61);
    queue.flush();
    assertThat(receive()).hasSize(VxlanHeader.LENGTH + 61);
  }

  @Test
  void whatWaitsIsSentBeforeThePortCloses() throws IOException {
    fillRing();
    port.close();
    receiveRing();
    assertThat(port.linkUp()).isFalse();
    transmit(60);
    dropped(0, DropReason.PORT_DOWN);
  }

  @Test
  void theKernelIsAskedForTheMtuAndChunksAreTheLimit() {
    VxlanPortOptions options =
        new VxlanPortOptions(
            new InetSocketAddress("127.0.0.1", 0),
            new InetSocketAddress("127.0.0.9", 9),
            1,
            0,
            RING_SIZE,
            null);
    VxlanPort other = VxlanPort.open(options, 1, pool, sockets);
    assertThat(other.details())
        .containsEntry("mtu", 65_535)
        .containsEntry("frameLengthMax", HostPool.FRAME_LENGTH_MAX);
    other.close();
  }

  @Test
  void aGuestCanNotFillTheQueue() {
    assertThatThrownBy(() -> port.rxQueue(0).post(new BufferList(), 7, (byte) 0))
        .hasMessageContaining("map a queue of an xdp or soft port");
    GuestMemory guest = GuestMemory.ofMapped(List.of());
    assertThatThrownBy(() -> port.rxQueue(0).prepareRebind(guest))
        .hasMessageContaining("frames of a vxlan port are copied out of the kernel");
  }
}
