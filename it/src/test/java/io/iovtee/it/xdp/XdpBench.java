// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.xdp;

import static org.assertj.core.api.Assertions.assertThat;

import io.iovtee.api.BufferList;
import io.iovtee.bench.peer.NetworkNamespace;
import io.iovtee.bench.peer.Veth;
import io.iovtee.it.peers.VethWire;
import io.iovtee.vswitch.datapath.FrameBatch;
import io.iovtee.vswitch.datapath.LoopBuffers;
import io.iovtee.vswitch.datapath.NicRxQueue;
import io.iovtee.vswitch.linux.AddressSpace;
import io.iovtee.vswitch.linux.Namespace;
import io.iovtee.vswitch.linux.NetDevice;
import io.iovtee.vswitch.linux.PacketSocket;
import io.iovtee.vswitch.memory.ChunkStack;
import io.iovtee.vswitch.memory.HostPool;
import io.iovtee.vswitch.nic.xdp.XdpPort;
import io.iovtee.vswitch.nic.xdp.XdpPortOptions;
import java.util.ArrayList;
import java.util.List;

/**
 * A veth pair in a namespace of its own: the far end is a wire, the near end may be an XDP port.
 * The test plays the poll loop.
 */
final class XdpBench implements AutoCloseable, LoopBuffers {
  static final int CHUNKS = 4096;

  /** How long frames may take through a busy machine; nothing here measures time. */
  private static final int WAIT_MS = 10_000;

  final NetworkNamespace namespace = NetworkNamespace.create();
  final Veth veth;
  final VethWire wire;
  final HostPool pool = HostPool.create(CHUNKS, false);
  final ChunkStack chunks = pool.slice(CHUNKS);
  final FrameBatch batch = new FrameBatch();

  /** Guest buffers that came back: owner and token. */
  final List<int[]> givenBack = new ArrayList<>();

  XdpBench(int queues, int mtu) {
    veth = Veth.create(namespace, "near0", "far0", queues);
    veth.mtu(mtu);
    wire = VethWire.open(veth);
  }

  static XdpBench oneQueue() {
    return new XdpBench(1, 1500);
  }

  XdpPortOptions options() {
    return XdpPortOptions.of("near0").inNamespace(namespace.name());
  }

  XdpPort open(XdpPortOptions options) {
    return XdpPort.open(options, pool);
  }

  /** One received frame: its bytes, and what its buffer was posted with. */
  record Frame(byte[] bytes, long address, int token, int owner, byte reason) {}

  /** Gives the queue as many host chunks as it takes. */
  void fillFromPool(NicRxQueue queue) {
    BufferList list = new BufferList();
    while (queue.freeSlots() > 0) {
      while (list.count < Math.min(BufferList.CAPACITY, queue.freeSlots())) {
        int chunk = chunks.take();
        list.add(chunks.frameAddress(chunk), chunk);
      }
      if (queue.post(list, FrameBatch.HOST_POOL, (byte) 0) == 0) {
        throw new AssertionError("queue takes no buffers");
      }
    }
    while (list.count > 0) {
      chunks.give(list.token[--list.count]);
    }
  }

  /** Polls until so many frames have arrived, or no more come. */
  List<Frame> receive(NicRxQueue queue, int count) throws InterruptedException {
    List<Frame> frames = new ArrayList<>();
    for (int waited = 0; frames.size() < count && waited < WAIT_MS; ) {
      batch.clear();
      if (queue.poll(batch) == 0) {
        wire.receive((bytes, length) -> {});
        Thread.sleep(1);
        waited++;
      }
      collect(frames);
    }
    return frames;
  }

  /** Waits for a counter: the kernel may look at frames that come to nobody a while later. */
  static void awaitCounter(NicRxQueue queue, String name, long value) throws InterruptedException {
    for (int i = 0; queue.counters().get(name) != value; i++) {
      assertThat(i).as("%s=%d of %s", name, value, queue.counters()).isLessThan(WAIT_MS);
      Thread.sleep(1);
    }
  }

  /** Polls for a while: for tests that expect nothing. */
  List<Frame> receiveFor(NicRxQueue queue, int milliseconds) throws InterruptedException {
    List<Frame> frames = new ArrayList<>();
    for (int i = 0; i < milliseconds; i++) {
      batch.clear();
      queue.poll(batch);
      collect(frames);
      Thread.sleep(1);
    }
    return frames;
  }

  private void collect(List<Frame> frames) {
    for (int i = 0; i < batch.count; i++) {
      byte[] bytes = new byte[batch.length[i]];
      AddressSpace.copyToArray(batch.address[i], bytes, 0, bytes.length);
      frames.add(
          new Frame(bytes, batch.address[i], batch.token[i], batch.owner[i], batch.copyReason[i]));
      if (batch.owner[i] == FrameBatch.HOST_POOL) {
        chunks.give(batch.token[i]);
      }
    }
  }

  /** Sends frames from the far end. */
  void send(byte[]... frames) {
    for (byte[] frame : frames) {
      while (!wire.send(frame, frame.length)) {
        Thread.onSpinWait();
      }
    }
    wire.receive((bytes, length) -> {});
  }

  /** A frame to {@code 02:00:00:00:00:last}, the rest of it counted up from a number. */
  static byte[] frame(int last, int length, int number) {
    byte[] frame = new byte[length];
    for (int i = 14; i < length; i++) {
      frame[i] = (byte) (number + i);
    }
    byte[] head = {2, 0, 0, 0, 0, (byte) last, 2, 0, 0, 0, 0, 1, (byte) 0x88, (byte) 0xb5};
    System.arraycopy(head, 0, frame, 0, head.length);
    return frame;
  }

  @Override
  public int takeChunk() {
    return chunks.take();
  }

  @Override
  public long frameAddress(int chunk) {
    return chunks.frameAddress(chunk);
  }

  @Override
  public void giveBack(int owner, int token) {
    if (owner == FrameBatch.HOST_POOL) {
      chunks.give(token);
    } else {
      givenBack.add(new int[] {owner, token});
    }
  }

  /** A socket that sees what the host's own network stack receives on an interface. */
  PacketSocket hostSocket(String name) {
    return Namespace.call(
        namespace.name(),
        () -> {
          try (NetDevice device = NetDevice.open(name)) {
            PacketSocket socket = PacketSocket.open(device.index(), 0x88b5);
            socket.ignoreOutgoing();
            return socket;
          }
        });
  }

  /** What the kernel says about a link of the namespace. */
  String showLink(String name) {
    return namespace.ip("-d", "link", "show", "dev", name);
  }

  @Override
  public void close() {
    wire.close();
    namespace.close();
    pool.close();
  }
}
