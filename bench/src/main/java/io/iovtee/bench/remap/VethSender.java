// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.remap;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.iovtee.bench.peer.PeerException;
import io.iovtee.bench.peer.Veth;
import io.iovtee.vswitch.linux.FrameVector;
import io.iovtee.vswitch.linux.Namespace;
import io.iovtee.vswitch.linux.NetDevice;
import io.iovtee.vswitch.linux.PacketSocket;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.CompletableFuture;

/** Sends from the far end of a veth pair. */
final class VethSender implements NumberedTraffic.Wire, AutoCloseable {
  private static final int FRAME_LENGTH_MAX = 1514;

  private final PacketSocket socket;
  private final FrameVector one = new FrameVector(1, FRAME_LENGTH_MAX);

  private VethSender(PacketSocket socket) {
    this.socket = socket;
  }

  /** Opens it. The socket belongs to the pair's namespace for good. */
  static VethSender open(Veth veth) {
    CompletableFuture<PacketSocket> opened = new CompletableFuture<>();
    // A thread that enters a namespace is spoilt for anything else: it ends here.
    Thread visitor =
        new Thread(
            () -> {
              try {
                Namespace.enter(veth.namespace().name());
                try (NetDevice device = NetDevice.open(veth.far())) {
                  opened.complete(PacketSocket.open(device.index(), PacketSocket.SEND_ONLY));
                }
              } catch (RuntimeException e) {
                opened.completeExceptionally(e);
              }
            },
            "open-" + veth.far());
    visitor.start();
    try {
      visitor.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new PeerException("interrupted", e);
    }
    return new VethSender(opened.join());
  }

  @Override
  public boolean send(byte[] frame) {
    MemorySegment.copy(frame, 0, one.frame(0), JAVA_BYTE, 0, frame.length);
    one.setLength(0, frame.length);
    return socket.send(one, 0, 1) == 1;
  }

  @Override
  public void close() {
    socket.close();
  }
}
