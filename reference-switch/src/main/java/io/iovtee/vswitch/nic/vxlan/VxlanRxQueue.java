// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.vxlan;

import io.iovtee.vswitch.datapath.FrameBatch;
import io.iovtee.vswitch.linux.EventFd;
import io.iovtee.vswitch.memory.HostPool;
import io.iovtee.vswitch.nic.parts.PostedRxQueue;
import java.util.LinkedHashMap;
import java.util.Map;

/** Inner frames that the socket's thread has put into chunks. Poll thread. */
final class VxlanRxQueue extends PostedRxQueue {
  private final VxlanTunnel tunnel;
  private final VxlanSocket socket;

  VxlanRxQueue(VxlanTunnel tunnel, VxlanSocket socket, HostPool pool) {
    super("vxlan", pool, tunnel.received);
    this.tunnel = tunnel;
    this.socket = socket;
  }

  @Override
  public int poll(FrameBatch batch) {
    return take(batch);
  }

  @Override
  public EventFd interrupt() {
    return tunnel.interrupt.counter();
  }

  @Override
  public Wake armInterrupt() {
    tunnel.interrupt.arm();
    return tunnel.received.isAnyFilled() ? Wake.WAITING : Wake.ANNOUNCED;
  }

  @Override
  public void disarmInterrupt() {
    tunnel.interrupt.disarm();
  }

  /**
   * {@code rx_packets}, {@code rx_bytes}; of the tunnel's datagrams {@code rx_missed} (the ring to
   * the loop was full), {@code rx_runt} (inner frame without an Ethernet header), {@code
   * rx_too_long} (longer than a chunk); and those of the socket, see {@link
   * VxlanReceiver#counters}.
   */
  @Override
  public Map<String, Long> counters() {
    Map<String, Long> values = new LinkedHashMap<>();
    values.put("rx_packets", packets());
    values.put("rx_bytes", bytes());
    values.put("rx_missed", tunnel.counters.get(VxlanTunnel.MISSED));
    values.put("rx_runt", tunnel.counters.get(VxlanTunnel.RUNT));
    values.put("rx_too_long", tunnel.counters.get(VxlanTunnel.TOO_LONG));
    values.putAll(socket.counters());
    return values;
  }

  /** Nothing of its own to release: the port does. */
  @Override
  public void close() {}
}
