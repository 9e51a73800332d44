// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.vhost;

import io.iovtee.vswitch.memory.MemoryRegion;
import io.iovtee.vswitch.virtio.VirtioFeature;
import java.util.List;

/**
 * A vhost-user port as people see it, at one moment; immutable.
 *
 * @param port the port's name
 * @param role which side listens
 * @param socketPath the Unix socket
 * @param connected whether a front-end is connected
 * @param reason what the connection waits for, or why the last one ended, or what seems wrong with
 *     one that there is; empty while all is well
 * @param peerPid process at the other end; 0 when none is connected
 * @param peerUid its user
 * @param features acknowledged virtio features
 * @param protocolFeatures acknowledged protocol features
 * @param status the device status as the front-end last set it, 0..255
 * @param regions the guest's memory, mapped
 * @param vrings the rings that the front-end has said something about
 * @param messages requests handled on this connection
 */
public record SessionInfo(
    String port,
    SocketRole role,
    String socketPath,
    boolean connected,
    String reason,
    int peerPid,
    int peerUid,
    long features,
    long protocolFeatures,
    int status,
    List<MemoryRegion> regions,
    List<VringInfo> vrings,
    long messages) {

  public SessionInfo {
    regions = List.copyOf(regions);
    vrings = List.copyOf(vrings);
  }

  /**
   * One ring.
   *
   * @param index {@code 2 * pair} for what the guest receives from, {@code 2 * pair + 1} for what
   *     it transmits to
   * @param size entries; 0 when not set yet
   * @param base next index of the available ring when it was last set or stopped
   * @param started whether the data path works on it
   * @param enabled whether the front-end wants it to
   * @param kick how the driver notifies us: {@code eventfd}, {@code polled} or {@code none}
   * @param call how we notify the driver: {@code eventfd} or {@code none}
   * @param broken which rule the driver broke; empty while all is well
   */
  public record VringInfo(
      int index,
      int size,
      int base,
      boolean started,
      boolean enabled,
      String kick,
      String call,
      String broken) {}

  /** A port without a connection. */
  public static SessionInfo unconnected(
      String port, SocketRole role, String socketPath, String reason) {
    return new SessionInfo(
        port, role, socketPath, false, reason, 0, 0, 0, 0, 0, List.of(), List.of(), 0);
  }

  /** The virtio features by name, {@code "VERSION_1|MRG_RXBUF"}. */
  public String featureNames() {
    return VirtioFeature.describe(features);
  }

  /** The protocol features by name and bit. */
  public List<String> protocolFeatureNames() {
    return ProtocolFeature.names(protocolFeatures);
  }

  /** Rings that the data path works on. */
  public int ringsStarted() {
    int count = 0;
    for (VringInfo vring : vrings) {
      count += vring.started() ? 1 : 0;
    }
    return count;
  }
}
