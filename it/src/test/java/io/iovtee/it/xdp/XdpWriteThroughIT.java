// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.xdp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.iovtee.api.BufferList;
import io.iovtee.api.DmaConstraints;
import io.iovtee.bench.peer.PeerRequirements;
import io.iovtee.it.peers.Needs;
import io.iovtee.it.xdp.XdpBench.Frame;
import io.iovtee.vswitch.datapath.FrameBatch;
import io.iovtee.vswitch.datapath.NicRxQueue;
import io.iovtee.vswitch.linux.AddressSpace;
import io.iovtee.vswitch.linux.Fd;
import io.iovtee.vswitch.linux.Memfd;
import io.iovtee.vswitch.memory.GuestMemory;
import io.iovtee.vswitch.memory.GuestMemory.RegionRequest;
import io.iovtee.vswitch.nic.xdp.XdpException;
import io.iovtee.vswitch.nic.xdp.XdpMode;
import io.iovtee.vswitch.nic.xdp.XdpPort;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Frames from the wire straight into buffers of a memfd that stands for a guest's memory. */
final class XdpWriteThroughIT {
  private static final List<String> SUM =
      List.of("rx_packets", "rx_lost_in_rebind", "rx_unserved", "rx_dropped", "rx_ring_full");

  private static final int GUEST_BYTES = 4 << 20;

  /** Where a frame begins in a posted buffer: behind the virtio-net header. */
  private static final int HEADER = 12;

  /** As DPDK's: 2176 bytes of mbuf behind a private area, at no round address. */
  private static final int STRIDE = 2368;

  private static final int FIRST = 4096 + 116;
  private static final int OWNER = 7;
  private static final byte UNTOUCHED = (byte) 0xa5;

  @BeforeAll
  static void needsRoot() {
    Needs.present(PeerRequirements.networkNamespaces());
  }

  @ParameterizedTest
  @EnumSource(names = {"NATIVE", "GENERIC"})
  void frameLandsAtBufferPlusTwelveAndNothingElseIsWritten(XdpMode mode) throws Exception {
    try (XdpBench bench = XdpBench.oneQueue();
        Fd file = Memfd.create("guest", GUEST_BYTES);
        XdpPort port = bench.open(bench.options().withMode(mode));
        GuestMemory guest = guest(bench, file)) {
      NicRxQueue queue = port.rxQueue(0);
      long base = guest.translateGuest(0, GUEST_BYTES);
      AddressSpace.fill(base, GUEST_BYTES, UNTOUCHED);
      queue.rebind(guest, (owner, token) -> {});
      post(queue, base, 64);
      assertThat(queue.outstanding(OWNER)).isEqualTo(64);
      byte[][] frames = new byte[64][];
      for (int i = 0; i < frames.length; i++) {
        frames[i] = XdpBench.frame(0x11, 60 + i * 23, i);
        bench.send(frames[i]);
      }
      List<Frame> received = bench.receive(queue, 64);
      assertThat(received).hasSize(64);
      byte[] expected = new byte[GUEST_BYTES];
      Arrays.fill(expected, UNTOUCHED);
      for (int i = 0; i < frames.length; i++) {
        Frame frame = received.get(i);
        int at = FIRST + i * STRIDE + HEADER;
        assertThat(frame.address()).isEqualTo(base + at);
        assertThat(frame.token()).isEqualTo(1000 + i);
        assertThat(frame.owner()).isEqualTo(OWNER);
        assertThat(frame.reason()).isEqualTo((byte) 3);
        assertThat(frame.bytes()).isEqualTo(frames[i]);
        System.arraycopy(frames[i], 0, expected, at, frames[i].length);
      }
      byte[] memory = new byte[GUEST_BYTES];
      AddressSpace.copyToArray(base, memory, 0, GUEST_BYTES);
      assertThat(Arrays.mismatch(memory, expected)).as("first byte that differs").isEqualTo(-1);
      queue.rebind(null, (owner, token) -> {});
    }
  }

  @Test
  void hostChunksAndGuestBuffersShareTheQueue() throws Exception {
    try (XdpBench bench = XdpBench.oneQueue();
        Fd file = Memfd.create("guest", GUEST_BYTES);
        XdpPort port = bench.open(bench.options().withMode(XdpMode.NATIVE));
        GuestMemory guest = guest(bench, file)) {
      NicRxQueue queue = port.rxQueue(0);
      queue.rebind(guest, (owner, token) -> {});
      long base = guest.translateGuest(0, GUEST_BYTES);
      BufferList list = new BufferList();
      for (int i = 0; i < 20; i++) {
        list.count = 0;
        if (i % 2 == 0) {
          int chunk = bench.chunks.take();
          list.add(bench.chunks.frameAddress(chunk), chunk);
          queue.post(list, FrameBatch.HOST_POOL, (byte) 0);
        } else {
          list.add(base + FIRST + i * STRIDE + HEADER, i);
          queue.post(list, OWNER, (byte) 0);
        }
      }
      for (int i = 0; i < 20; i++) {
        bench.send(XdpBench.frame(0x11, 300, i));
      }
      List<Frame> received = bench.receive(queue, 20);
      assertThat(received).hasSize(20);
      for (int i = 0; i < 20; i++) {
        assertThat(received.get(i).owner()).isEqualTo(i % 2 == 0 ? FrameBatch.HOST_POOL : OWNER);
        assertThat(received.get(i).bytes()).isEqualTo(XdpBench.frame(0x11, 300, i));
      }
      queue.rebind(null, (owner, token) -> {});
    }
  }

  @Test
  void rebindRecoversEveryBufferAndTheOldMemoryIsWrittenNoMore() throws Exception {
    try (XdpBench bench = XdpBench.oneQueue();
        Fd file = Memfd.create("guest", GUEST_BYTES);
        XdpPort port = bench.open(bench.options().withMode(XdpMode.NATIVE));
        GuestMemory guest = guest(bench, file)) {
      NicRxQueue queue = port.rxQueue(0);
      long base = guest.translateGuest(0, GUEST_BYTES);
      for (int round = 0; round < 5; round++) {
        queue.rebind(guest, (owner, token) -> {});
        post(queue, base, 64);
        bench.send(XdpBench.frame(0x11, 60, round));
        assertThat(bench.receive(queue, 1)).hasSize(1);

        List<Integer> recovered = new ArrayList<>();
        queue.rebind(
            null,
            (owner, token) -> {
              assertThat(owner).isEqualTo(OWNER);
              recovered.add(token);
            });
        assertThat(recovered).hasSize(63).startsWith(1001).endsWith(1063).doesNotHaveDuplicates();
        assertThat(queue.outstanding(OWNER)).isZero();

        AddressSpace.fill(base, GUEST_BYTES, UNTOUCHED);
        bench.fillFromPool(queue);
        for (int i = 0; i < 100; i++) {
          bench.send(XdpBench.frame(0x11, 1000, i));
        }
        assertThat(bench.receive(queue, 100)).hasSize(100);
        byte[] memory = new byte[GUEST_BYTES];
        AddressSpace.copyToArray(base, memory, 0, GUEST_BYTES);
        for (int i = 0; i < GUEST_BYTES; i++) {
          if (memory[i] != UNTOUCHED) {
            throw new AssertionError("round " + round + ": byte " + i + " was written");
          }
        }
        queue.rebind(null, (owner, token) -> bench.giveBack(owner, token));
      }
    }
  }

  /** Also those that were on their way to the socket when it was taken away. */
  @ParameterizedTest
  @EnumSource(names = {"NATIVE", "GENERIC"})
  void everyFrameIsCountedOnceOverRebindsUnderTraffic(XdpMode mode) throws Exception {
    try (XdpBench bench = XdpBench.oneQueue();
        XdpPort port = bench.open(bench.options().withMode(mode).withRingSize(256))) {
      NicRxQueue queue = port.rxQueue(0);
      AtomicBoolean ends = new AtomicBoolean();
      AtomicLong sent = new AtomicLong();
      Thread sender =
          Thread.ofPlatform()
              .start(() -> {
                byte[] frame = XdpBench.frame(0x11, 60, 0);
                while (!ends.get()) {
                  bench.send(frame);
                  sent.incrementAndGet();
                }
              });
      for (int round = 0; round < 20; round++) {
        bench.fillFromPool(queue);
        bench.receiveFor(queue, 5);
        bench.fillFromPool(queue);
        Thread.sleep(5); // these fill up, and nobody takes them
        queue.prepareRebind(null);
        queue.rebind(null, bench::giveBack);
      }
      ends.set(true);
      sender.join();
      bench.fillFromPool(queue);
      for (int i = 0; i < 10_000 && counted(queue) < sent.get(); i++) {
        bench.receiveFor(queue, 1);
        bench.fillFromPool(queue);
      }
      assertThat(counted(queue)).as("sum of %s", queue.counters()).isEqualTo(sent.get());
      assertThat(queue.counters().get("rx_lost_in_rebind")).isPositive();
    }
  }

  private static long counted(NicRxQueue queue) {
    return SUM.stream().mapToLong(queue.counters()::get).sum();
  }

  /** Else neither the guest could leave nor the port be removed while the interface is gone. */
  @Test
  void interfaceThatIsGoneLetsTheGuestsMemoryGo() throws Exception {
    try (XdpBench bench = XdpBench.oneQueue();
        Fd file = Memfd.create("guest", GUEST_BYTES);
        XdpPort port = bench.open(bench.options().withMode(XdpMode.NATIVE));
        GuestMemory guest = guest(bench, file)) {
      NicRxQueue queue = port.rxQueue(0);
      queue.rebind(guest, (owner, token) -> {});
      post(queue, guest.translateGuest(0, GUEST_BYTES), 64);
      bench.namespace.ip("link", "del", "near0");

      List<Integer> recovered = new ArrayList<>();
      queue.rebind(null, (owner, token) -> recovered.add(token));
      assertThat(recovered).hasSize(64).doesNotHaveDuplicates();
      assertThat(queue.constraints().windowStart()).isNotEqualTo(guest.windowBase());
      assertThatThrownBy(() -> queue.rebind(guest, (owner, token) -> {}))
          .isInstanceOf(XdpException.class)
          .hasMessageContaining("the interface is gone");
      queue.rebind(null, (owner, token) -> {});
    }
  }

  @Test
  void refusesBuffersThatMustNotReachTheKernel() throws Exception {
    try (XdpBench bench = XdpBench.oneQueue();
        Fd file = Memfd.create("guest", GUEST_BYTES);
        Fd otherFile = Memfd.create("other", GUEST_BYTES);
        XdpPort port = bench.open(bench.options().withMode(XdpMode.NATIVE));
        GuestMemory guest = guest(bench, file);
        GuestMemory other =
            GuestMemory.map(
                "nf2",
                List.of(new RegionRequest(0, GUEST_BYTES, 0, 0, otherFile.number())),
                bench.pool,
                GUEST_BYTES)) {
      NicRxQueue queue = port.rxQueue(0);
      queue.rebind(guest, (owner, token) -> {});
      long base = guest.translateGuest(0, GUEST_BYTES);
      DmaConstraints constraints = queue.constraints();
      assertThat(constraints.windowStart()).isEqualTo(guest.windowBase());
      assertThat(constraints.windowEnd()).isEqualTo(guest.windowBase() + guest.windowLength());
      long[] bad = {
        0,
        -1,
        guest.windowBase() + constraints.bytesBefore() - 1,
        constraints.windowEnd() - constraints.bytesAfter() + 1,
        constraints.windowEnd(),
        other.translateGuest(0, 1),
      };
      BufferList list = new BufferList();
      list.add(base + FIRST, 1);
      for (long address : bad) {
        list.add(address, 2);
      }
      list.add(base + FIRST, 3);
      list.add(base + FIRST + 100, 4);
      list.add(constraints.windowEnd() - constraints.bytesAfter(), 5);
      assertThat(queue.post(list, OWNER, (byte) 0)).isEqualTo(2);
      assertThat(list.count).isEqualTo(bad.length + 2);
      assertThat(Arrays.copyOf(list.token, list.count)).containsExactly(2, 2, 2, 2, 2, 2, 3, 4);
      assertThat(Arrays.copyOf(list.address, bad.length)).isEqualTo(bad);
      assertThat(queue.outstanding(OWNER)).isEqualTo(2);
      assertThat(queue.counters()).containsEntry("rx_refused_buffers", bad.length + 2L);
      bench.send(XdpBench.frame(0x11, 60, 0), XdpBench.frame(0x11, 1514, 1));
      assertThat(bench.receive(queue, 2)).extracting(Frame::token).containsExactly(1, 5);
      queue.rebind(null, (owner, token) -> {});
    }
  }

  @Test
  void foreignFramesNeverReachTheMemoryOfAFilteredQueue() throws Exception {
    try (XdpBench bench = XdpBench.oneQueue();
        Fd file = Memfd.create("guest", GUEST_BYTES);
        XdpPort port = bench.open(bench.options().withMode(XdpMode.NATIVE));
        GuestMemory guest = guest(bench, file)) {
      NicRxQueue queue = port.rxQueue(0);
      long base = guest.translateGuest(0, GUEST_BYTES);
      AddressSpace.fill(base, GUEST_BYTES, UNTOUCHED);
      queue.filter("dl_dst=02:00:00:00:00:11");
      queue.rebind(guest, (owner, token) -> {});
      assertThat(queue.filtering()).as("the filter outlives a re-bind").isNotNull();
      post(queue, base, 64);
      for (int i = 0; i < 200; i++) {
        bench.send(XdpBench.frame(0x12, 500, i));
      }
      bench.send(XdpBench.frame(0x11, 500, 0));
      assertThat(bench.receive(queue, 1)).hasSize(1);
      byte[] memory = new byte[GUEST_BYTES];
      AddressSpace.copyToArray(base, memory, 0, GUEST_BYTES);
      byte[] expected = new byte[GUEST_BYTES];
      Arrays.fill(expected, UNTOUCHED);
      System.arraycopy(XdpBench.frame(0x11, 500, 0), 0, expected, FIRST + HEADER, 500);
      assertThat(Arrays.mismatch(memory, expected)).isEqualTo(-1);
      assertThat(queue.counters()).containsEntry("rx_filtered", 200L);
      queue.rebind(null, (owner, token) -> {});
    }
  }

  @Test
  void memoryThatTheKernelDoesNotLetGoIsNotCalledFree() throws Exception {
    try (XdpBench bench = XdpBench.oneQueue();
        Fd file = Memfd.create("guest", GUEST_BYTES);
        GuestMemory guest = guest(bench, file)) {
      Set<Integer> before = openSockets();
      XdpPort port = bench.open(bench.options().withMode(XdpMode.NATIVE));
      NicRxQueue queue = port.rxQueue(0);
      queue.rebind(guest, (owner, token) -> {});
      post(queue, guest.translateGuest(0, GUEST_BYTES), 10);
      // A second descriptor keeps the socket, and its hold on the memory, beyond every close.
      List<Fd> holders = hold(before);
      List<Integer> recovered = new ArrayList<>();
      assertThatThrownBy(() -> queue.rebind(null, (owner, token) -> recovered.add(token)))
          .isInstanceOf(XdpException.class)
          .hasMessageContaining("serves no frames now")
          .hasMessageContaining("EBUSY");
      assertThat(recovered).isEmpty();
      assertThat(port.linkReason()).isEqualTo("no socket: interface=near0, queue=0");
      holders.forEach(Fd::close);

      queue.rebind(null, (owner, token) -> recovered.add(token));
      assertThat(recovered).hasSize(10);
      bench.fillFromPool(queue);
      bench.send(XdpBench.frame(0x11, 60, 0));
      assertThat(bench.receive(queue, 1)).hasSize(1);

      List<Fd> again = hold(before);
      assertThatThrownBy(queue::close).hasMessageContaining("EBUSY");
      queue.recoverAfterClose((owner, token) -> recovered.add(token));
      assertThat(recovered).as("not while the NIC may write").hasSize(10);
      again.forEach(Fd::close);
      port.close();
      queue.recoverAfterClose((owner, token) -> recovered.add(token));
      assertThat(recovered).as("a ring full of host chunks but one").hasSize(10 + 2047);
    }
  }

  private static Set<Integer> openSockets() throws Exception {
    Set<Integer> sockets = new HashSet<>();
    try (var files = Files.list(Path.of("/proc/self/fd"))) {
      for (Path file : (Iterable<Path>) files::iterator) {
        int number = Integer.parseInt(file.getFileName().toString());
        if (Fd.of(number, "looked at").target().startsWith("socket:")) {
          sockets.add(number);
        }
      }
    }
    return sockets;
  }

  private static List<Fd> hold(Set<Integer> before) throws Exception {
    List<Fd> holders = new ArrayList<>();
    for (int number : openSockets()) {
      if (!before.contains(number)) {
        holders.add(Fd.of(number, "socket of the port").duplicate());
      }
    }
    return holders;
  }

  private static GuestMemory guest(XdpBench bench, Fd file) {
    return GuestMemory.map(
        "nf1",
        List.of(new RegionRequest(0, GUEST_BYTES, 0, 0, file.number())),
        bench.pool,
        GUEST_BYTES);
  }

  private static void post(NicRxQueue queue, long base, int count) {
    BufferList list = new BufferList();
    for (int i = 0; i < count; i++) {
      list.add(base + FIRST + (long) i * STRIDE + HEADER, 1000 + i);
    }
    assertThat(queue.post(list, OWNER, (byte) 3)).isEqualTo(count);
  }
}
