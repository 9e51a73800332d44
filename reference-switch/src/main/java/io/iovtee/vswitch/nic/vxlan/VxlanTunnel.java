// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.vxlan;

import io.iovtee.vswitch.datapath.FrameBatch;
import io.iovtee.vswitch.datapath.FrameRing;
import io.iovtee.vswitch.linux.AddressSpace;
import io.iovtee.vswitch.memory.HostPool;
import io.iovtee.vswitch.nic.parts.BufferRing;
import io.iovtee.vswitch.nic.parts.Counters;
import io.iovtee.vswitch.nic.parts.Doorbell;
import io.iovtee.vswitch.nic.parts.Interrupt;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.function.Consumer;

/** What the socket's thread and the poll loops share of one port: rings, and who wakes whom. */
final class VxlanTunnel {
  /** By which a datagram's tunnel is found; one socket has each at most once. */
  record Key(InetAddress remote, int vni) {}

  /** Counters of the socket's thread. */
  static final int MISSED = 0;

  static final int RUNT = 1;
  static final int TOO_LONG = 2;
  static final int SEND_ERRORS = 3;

  final InetSocketAddress remote;
  final int vni;

  /** Longest inner frame that is sent, bytes. */
  final int frameLengthMax;

  /** Towards the loop that polls the port. */
  final BufferRing received;

  final Interrupt interrupt = new Interrupt();

  /** Towards the socket, one for each loop. */
  final FrameRing[] toSend;

  final Counters counters = new Counters(4);

  /** Rung by loops, answered by the socket's thread. */
  final Doorbell bell = new Doorbell();

  /** For the socket's thread, made once: sends what waits. */
  final Runnable drain;

  /** Counts what the kernel refused. */
  final ChannelFutureListener sent;

  /** The socket's thread's: whether the interrupt is to be raised when the socket is empty. */
  private boolean touched;

  /**
   * Made once.
   *
   * @param drainer sends what waits in the tunnel's rings; called on the socket's thread
   */
  VxlanTunnel(
      VxlanPortOptions options, int frameLengthMax, int loops, Consumer<VxlanTunnel> drainer) {
    drain = () -> drainer.accept(this);
    sent = this::countError;
    remote = options.remote();
    vni = options.vni();
    this.frameLengthMax = frameLengthMax;
    received = new BufferRing(options.ringSize());
    toSend = new FrameRing[loops];
    for (int i = 0; i < loops; i++) {
      toSend[i] = new FrameRing(options.ringSize(), HostPool.FRAME_LENGTH_MAX);
    }
  }

  private void countError(ChannelFuture sending) {
    if (!sending.isSuccess()) {
      counters.add(SEND_ERRORS, 1);
    }
  }

  /** By what its datagrams are found. */
  Key key() {
    return new Key(remote.getAddress(), vni);
  }

  /** Socket's thread. */
  boolean isAnyToSend() {
    for (FrameRing frames : toSend) {
      if (frames.peek() >= 0) {
        return true;
      }
    }
    return false;
  }

  /** Takes an inner frame, or counts why not. Socket's thread. */
  void receive(byte[] datagram, int offset, int length) {
    if (length < FrameBatch.FRAME_LENGTH_MIN) {
      counters.add(RUNT, 1);
    } else if (length > HostPool.FRAME_LENGTH_MAX) {
      counters.add(TOO_LONG, 1);
    } else {
      long buffer = received.next();
      if (buffer == 0) {
        counters.add(MISSED, 1);
      } else {
        AddressSpace.copyFromArray(datagram, offset, buffer, length);
        received.fill(length);
      }
    }
  }

  /** Remembers that the loop is to be woken; true the first time. Socket's thread. */
  boolean touch() {
    boolean first = !touched;
    touched = true;
    return first;
  }

  /** Wakes the loop if it sleeps. Socket's thread. */
  void raise() {
    touched = false;
    interrupt.raise();
  }
}
