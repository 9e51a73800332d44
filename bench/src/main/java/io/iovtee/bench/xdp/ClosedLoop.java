// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.xdp;

import io.iovtee.bench.peer.OvsDpdk;
import io.iovtee.bench.peer.Pause;
import io.iovtee.bench.peer.PeerException;
import io.iovtee.bench.peer.TestpmdOptions;
import io.iovtee.bench.peer.Veth;
import io.iovtee.bench.vswitch.Uplink;
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
 * A {@link VethUplink} whose far end sends every frame back: the same frames go round until
 * somebody loses them.
 */
public final class ClosedLoop implements Uplink {
  /** Frames that go round. A veth's receive ring has 256 entries, and all may meet there. */
  public static final int FRAME_COUNT = 192;

  /** The socket may take few frames at a time while others have the core: two seconds for all. */
  private static final int FEED_TRIES_MAX = 2_000;

  private static final long FEED_PAUSE_NS = 1_000_000;

  /** No frame has come for so long: none is left on the way. */
  private static final long QUIET_MS = 100;

  /** Frames that go round come to the far end many times in it; only lost ones never do. */
  private static final long QUIET_TIMEOUT_MS = 5000;

  private final VethUplink uplink;
  private final Reflector reflector;
  private final PacketSocket sender;
  private final FrameVector frames;
  private boolean fed;

  private ClosedLoop(VethUplink uplink, Reflector reflector, PacketSocket sender, int frameBytes) {
    this.uplink = uplink;
    this.reflector = reflector;
    this.sender = sender;
    frames = new FrameVector(FRAME_COUNT, frameBytes);
    for (int i = 0; i < FRAME_COUNT; i++) {
      byte[] frame = VethUplink.frame(frameBytes, i);
      MemorySegment.copy(frame, 0, frames.frame(i), ValueLayout.JAVA_BYTE, 0, frameBytes);
    }
  }

  /**
   * Makes it, in a namespace of its own.
   *
   * @param frameBytes frame length without FCS
   * @param transmit as for {@link VethUplink#create}
   * @throws PeerException if the machine lets nobody do it, with the next step
   */
  public static ClosedLoop create(int frameBytes, String transmit) {
    VethUplink uplink = VethUplink.create(transmit);
    Reflector reflector = null;
    try {
      reflector = Reflector.attach(uplink.veth());
      return new ClosedLoop(uplink, reflector, openSender(uplink.veth()), frameBytes);
    } catch (RuntimeException e) {
      if (reflector != null) {
        reflector.close();
      }
      uplink.close();
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
    return uplink.veth();
  }

  @Override
  public String portConfiguration() {
    return uplink.portConfiguration();
  }

  @Override
  public TestpmdOptions testpmd(List<Path> sockets) {
    return uplink.testpmd(sockets);
  }

  @Override
  public OvsDpdk.NicPort ovsPort() {
    return uplink.ovsPort();
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
    uplink.close();
  }
}
