// SPDX-License-Identifier: Apache-2.0
package io.iovtee.it.peers;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.iovtee.bench.peer.Veth;
import io.iovtee.vswitch.linux.FrameVector;
import io.iovtee.vswitch.linux.Namespace;
import io.iovtee.vswitch.linux.NetDevice;
import io.iovtee.vswitch.linux.PacketSocket;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** The far end of a veth pair, through an AF_PACKET socket in the pair's namespace. */
public final class VethWire implements FrameWire {
  private static final int BURST = 64;

  /** Longest frame that is told apart from a shorter one. */
  private static final int SLOT_LENGTH = 2048;

  /** The kernel charges about 2.3 KiB per waiting frame: room for about 28,000. */
  private static final int RECEIVE_BUFFER_BYTES = 64 << 20;

  private final PacketSocket socket;
  private final FrameVector outgoing = new FrameVector(BURST, SLOT_LENGTH);
  private final FrameVector incoming = new FrameVector(BURST, SLOT_LENGTH);
  private final byte[] frame = new byte[SLOT_LENGTH];
  private int queued;
  private int flushed;

  private VethWire(PacketSocket socket) {
    this.socket = socket;
  }

  /** Opens the far end of the pair. The socket belongs to the pair's namespace for good. */
  public static VethWire open(Veth veth) {
    CompletableFuture<PacketSocket> opened = new CompletableFuture<>();
    // A thread that enters a namespace is spoilt for anything else: it ends here.
    Thread visitor =
        Thread.ofPlatform()
            .name("open-" + veth.far())
            .start(() -> {
              try {
                Namespace.enter(veth.namespace().name());
                opened.complete(openHere(veth.far()));
              } catch (RuntimeException e) {
                opened.completeExceptionally(e);
              }
            });
    try {
      visitor.join();
      return new VethWire(opened.join());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CompletionException(e);
    }
  }

  private static PacketSocket openHere(String interfaceName) {
    int index;
    try (NetDevice device = NetDevice.open(interfaceName)) {
      index = device.index();
    }
    PacketSocket socket = PacketSocket.open(index, PacketSocket.ALL_PROTOCOLS);
    socket.setPromiscuous(index);
    socket.ignoreOutgoing();
    socket.setReceiveBuffer(RECEIVE_BUFFER_BYTES);
    return socket;
  }

  @Override
  public boolean send(byte[] bytes, int length) {
    if (queued == BURST && !flush()) {
      return false;
    }
    MemorySegment.copy(bytes, 0, outgoing.frame(queued), JAVA_BYTE, 0, length);
    outgoing.setLength(queued, length);
    queued++;
    return true;
  }

  /** Sends what is queued; true if nothing is left. */
  private boolean flush() {
    flushed += socket.send(outgoing, flushed, queued - flushed);
    if (flushed < queued) {
      return false;
    }
    queued = 0;
    flushed = 0;
    return true;
  }

  @Override
  public int receive(Receiver receiver) {
    flush();
    int count = socket.receive(incoming);
    for (int i = 0; i < count; i++) {
      int length = incoming.length(i);
      MemorySegment.copy(incoming.frame(i), JAVA_BYTE, 0, frame, 0, length);
      receiver.frame(frame, length);
    }
    return count;
  }

  @Override
  public void close() {
    socket.close();
  }
}
