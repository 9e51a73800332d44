// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.vxlan;

import io.iovtee.vswitch.datapath.FrameBatch;
import io.iovtee.vswitch.datapath.NicPort;
import io.iovtee.vswitch.datapath.NicRxQueue;
import io.iovtee.vswitch.linux.Namespace;
import io.iovtee.vswitch.memory.HostPool;
import io.netty.util.NetUtil;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One end of a point-to-point VXLAN tunnel. It has one receive queue, and a transmit queue for each
 * loop. Control thread.
 */
public final class VxlanPort implements NicPort {
  /** Bytes of an untagged Ethernet header. */
  private static final int ETHERNET = FrameBatch.FRAME_LENGTH_MIN;

  private final VxlanPortOptions options;
  private final VxlanSockets sockets;
  private final VxlanSocket socket;
  private final VxlanTunnel tunnel;
  private final int mtu;
  private final VxlanRxQueue rxQueue;
  private final List<VxlanTxQueue> txQueues = new ArrayList<>();
  private volatile boolean closed;

  private VxlanPort(
      VxlanPortOptions options,
      VxlanSockets sockets,
      VxlanSocket socket,
      VxlanTunnel tunnel,
      int mtu,
      HostPool pool) {
    this.options = options;
    this.sockets = sockets;
    this.socket = socket;
    this.tunnel = tunnel;
    this.mtu = mtu;
    rxQueue = new VxlanRxQueue(tunnel, socket, pool);
    for (int i = 0; i < tunnel.toSend.length; i++) {
      txQueues.add(new VxlanTxQueue(tunnel, socket, i));
    }
  }

  /**
   * Opens a tunnel's end.
   *
   * @param loops poll loops that send to the port
   * @param pool whose chunks the receive queue will be given; it must outlive the port
   * @param sockets those of the switch
   * @throws VxlanException with what is wrong and what to do
   */
  public static VxlanPort open(
      VxlanPortOptions options, int loops, HostPool pool, VxlanSockets sockets) {
    VxlanSocket socket = sockets.use(options);
    try {
      int mtu = options.mtu() == 0 ? socket.pathMtu(options.remote()) : options.mtu();
      int frameLengthMax = Math.min(mtu - options.overhead(), HostPool.FRAME_LENGTH_MAX);
      VxlanTunnel tunnel = new VxlanTunnel(options, frameLengthMax, loops, socket::drain);
      if (!socket.add(tunnel)) {
        throw new VxlanException(
            "another port has the tunnel from %s to %s with VNI %d: remove it, or choose another"
                .formatted(
                    VxlanSocket.text(options.local()),
                    NetUtil.toAddressString(options.remote().getAddress()),
                    options.vni()),
            null);
      }
      return new VxlanPort(options, sockets, socket, tunnel, mtu, pool);
    } catch (RuntimeException e) {
      sockets.leave(socket);
      throw e;
    }
  }

  /** Whether the namespace for the socket is there. */
  public static boolean isThere(VxlanPortOptions options) {
    String netns = options.netns();
    return netns == null || Namespace.exists(netns);
  }

  @Override
  public String type() {
    return "vxlan";
  }

  @Override
  public boolean emulated() {
    return false;
  }

  @Override
  public int rxQueues() {
    return 1;
  }

  @Override
  public NicRxQueue rxQueue(int queue) {
    return rxQueue;
  }

  @Override
  public int txQueues() {
    return txQueues.size();
  }

  @Override
  public NicTxQueue txQueue(int queue) {
    return txQueues.get(queue);
  }

  /** A tunnel knows nothing of its other end: it is up while its socket is. */
  @Override
  public boolean linkUp() {
    return !closed && socket.isOpen() && !isGone();
  }

  @Override
  public String linkReason() {
    if (isGone()) {
      return "network namespace %s was deleted".formatted(options.netns());
    }
    return closed || !socket.isOpen()
        ? "UDP socket %s is closed".formatted(VxlanSocket.text(options.local()))
        : "UDP %s to %s, VNI %d"
            .formatted(
                VxlanSocket.text(options.local()),
                VxlanSocket.text(options.remote()),
                options.vni());
  }

  @Override
  public boolean isGone() {
    try {
      return !closed && socket.isNamespaceGone();
    } catch (IllegalStateException e) {
      return false; // closed meanwhile
    }
  }

  /**
   * Beside what was configured: {@code mtu}, of the outer packets; {@code frameLengthMax}, of inner
   * frames that are sent; {@code innerMtu}, what to set at the hosts behind the tunnel, less 4 for
   * a VLAN tag.
   */
  @Override
  public Map<String, Object> details() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("local", VxlanSocket.text(options.local()));
    map.put("remote", VxlanSocket.text(options.remote()));
    map.put("vni", options.vni());
    String netns = options.netns();
    if (netns != null) {
      map.put("netns", netns);
    }
    map.put("mtu", mtu);
    map.put("frameLengthMax", tunnel.frameLengthMax);
    map.put("innerMtu", tunnel.frameLengthMax - ETHERNET);
    map.put("ringSize", options.ringSize());
    map.put("sendErrors", tunnel.counters.get(VxlanTunnel.SEND_ERRORS));
    return map;
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      socket.remove(tunnel);
      sockets.leave(socket);
      tunnel.interrupt.close();
    }
  }
}
