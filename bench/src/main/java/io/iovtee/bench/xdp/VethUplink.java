// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.xdp;

import io.iovtee.bench.peer.NetworkNamespace;
import io.iovtee.bench.peer.OvsDpdk;
import io.iovtee.bench.peer.Pause;
import io.iovtee.bench.peer.PeerException;
import io.iovtee.bench.peer.PeerRequirements;
import io.iovtee.bench.peer.TestpmdOptions;
import io.iovtee.bench.peer.Veth;
import io.iovtee.bench.vswitch.Uplink;
import io.iovtee.vswitch.frames.TestFrame;
import io.iovtee.vswitch.linux.FrameVector;
import io.iovtee.vswitch.linux.Namespace;
import io.iovtee.vswitch.linux.NetDevice;
import io.iovtee.vswitch.linux.PacketSocket;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * A veth pair whose far end sends every frame back: a closed loop, in which the same frames go
 * round until somebody loses them. A switch is on the near end by AF_XDP, in the kernel's copy
 * mode.
 */
public final class VethUplink implements Uplink {
  /** Frames that go round. A veth's receive ring has 256 entries, and all may meet there. */
  public static final int FRAME_COUNT = 192;

  /** The socket may take few frames at a time while others have the core: two seconds for all. */
  private static final int FEED_TRIES_MAX = 2_000;

  private static final long FEED_PAUSE_NS = 1_000_000;

  /** No frame has come for so long: none is left on the way. */
  private static final long QUIET_MS = 100;

  /** Frames that go round come to the far end many times in it; only lost ones never do. */
  private static final long QUIET_TIMEOUT_MS = 5000;

  private static final String NEAR = "near0";
  private static final String FAR = "far0";

  private final Veth veth;
  private final Reflector reflector;
  private final PacketSocket sender;
  private final FrameVector frames;
  private boolean fed;

  private VethUplink(Veth veth, Reflector reflector, PacketSocket sender, int frameBytes) {
    this.veth = veth;
    this.reflector = reflector;
    this.sender = sender;
    frames = new FrameVector(FRAME_COUNT, frameBytes);
    TestFrame frame =
        new TestFrame(0x020000000011L, 0x020000000001L, 0xc6120001, 0xc6120002, 49152, 4789);
    byte[] bytes = new byte[frameBytes];
    for (int i = 0; i < FRAME_COUNT; i++) {
      frame.write(bytes, 0, frameBytes, 0, 0, i);
      MemorySegment.copy(bytes, 0, frames.frame(i), ValueLayout.JAVA_BYTE, 0, frameBytes);
    }
  }

  /**
   * Makes the pair, in a namespace of its own.
   *
   * @param frameBytes frame length without FCS
   * @throws PeerException if the machine lets nobody do it, with the next step
   */
  public static VethUplink create(int frameBytes) {
    String missing = PeerRequirements.networkNamespaces();
    if (missing != null) {
      throw new PeerException(missing);
    }
    NetworkNamespace namespace = NetworkNamespace.create();
    Reflector reflector = null;
    try {
      Veth veth = Veth.create(namespace, NEAR, FAR, 1);
      reflector = Reflector.attach(veth);
      return new VethUplink(veth, reflector, openSender(veth), frameBytes);
    } catch (RuntimeException e) {
      if (reflector != null) {
        reflector.close();
      }
      namespace.close();
      throw e;
    }
  }

  private static PacketSocket openSender(Veth veth) {
    return Namespace.call(
        veth.namespace().name(),
        () -> {
          try (NetDevice device = NetDevice.open(veth.far())) {
            return PacketSocket.open(device.index(), PacketSocket.SEND_ONLY);
          }
        });
  }

  /** The pair; the switch's end is the near one. */
  public Veth veth() {
    return veth;
  }

  @Override
  public String portConfiguration() {
    return "{type: xdp, interface: %s, netns: %s, mode: native}"
        .formatted(veth.near(), veth.namespace().name());
  }

  @Override
  public TestpmdOptions testpmd(List<Path> sockets) {
    if (sockets.size() != 1) {
      throw new IllegalArgumentException("one interface, one network function: " + sockets);
    }
    return TestpmdOptions.xdpToVhost(veth.namespace().name(), veth.near(), sockets.getFirst());
  }

  @Override
  public OvsDpdk.NicPort ovsPort() {
    return OvsDpdk.NicPort.xdp(veth);
  }

  @Override
  public void feed() {
    takeOut();
    reflector.reflect();
    int sent = sender.send(frames, 0, FRAME_COUNT);
    for (int tries = 0; sent < FRAME_COUNT && tries < FEED_TRIES_MAX; tries++) {
      LockSupport.parkNanos(FEED_PAUSE_NS); // the device's queue was full
      sent += sender.send(frames, sent, FRAME_COUNT - sent);
    }
    if (sent < FRAME_COUNT) {
      throw new PeerException("only " + sent + " of " + FRAME_COUNT + " frames could be sent");
    }
    fed = true;
  }

  @Override
  public int lost() {
    boolean were = fed;
    int found = takeOut();
    return were ? FRAME_COUNT - found : 0;
  }

  /** Drops at the far end what comes, until nothing comes any more; answers how many came. */
  private int takeOut() {
    reflector.drop();
    fed = false;
    long endNs = System.nanoTime() + QUIET_TIMEOUT_MS * 1_000_000;
    long before = -1;
    long now = reflector.dropped();
    while (now != before) {
      if (System.nanoTime() > endNs) {
        throw new PeerException("frames come from nowhere: dropped=" + now);
      }
      Pause.ms(QUIET_MS);
      before = now;
      now = reflector.dropped();
    }
    return (int) now;
  }

  @Override
  public void close() {
    sender.close();
    reflector.close();
    veth.namespace().close();
  }
}
