// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.vhost;

import java.nio.file.Path;
import java.util.Set;

/**
 * How a vhost-user port meets its front-end.
 *
 * @param socket path of the Unix socket, at most 107 bytes
 * @param role whether we listen on it or connect to it
 * @param inOrder offer VIRTIO_F_IN_ORDER: then a completed buffer is shown only with all that the
 *     guest posted before it, those among them that are lent to a NIC
 * @param socketPermissions of the socket file that we make, as {@code "rw-------"}
 * @param peerUids users that may connect; empty for whoever the file's permissions admit
 * @param mayShareMemory whether another port may use the same memory file
 * @param limits for tests; {@link VhostUserLimits#DEFAULT}
 */
public record VhostUserPortOptions(
    Path socket,
    SocketRole role,
    boolean inOrder,
    String socketPermissions,
    Set<Integer> peerUids,
    boolean mayShareMemory,
    VhostUserLimits limits) {

  /** Only the user that the switch runs as, and root. */
  public static final String OWNER_ONLY = "rw-------";

  public VhostUserPortOptions {
    peerUids = Set.copyOf(peerUids);
  }

  /** We listen; only our own user may connect; no IN_ORDER. */
  public static VhostUserPortOptions server(Path socket) {
    return of(socket, SocketRole.SERVER);
  }

  /** We connect, again and again. */
  public static VhostUserPortOptions client(Path socket) {
    return of(socket, SocketRole.CLIENT);
  }

  private static VhostUserPortOptions of(Path socket, SocketRole role) {
    return new VhostUserPortOptions(
        socket, role, false, OWNER_ONLY, Set.of(), false, VhostUserLimits.DEFAULT);
  }

  public VhostUserPortOptions withInOrder(boolean offered) {
    return new VhostUserPortOptions(
        socket, role, offered, socketPermissions, peerUids, mayShareMemory, limits);
  }

  public VhostUserPortOptions withLimits(VhostUserLimits other) {
    return new VhostUserPortOptions(
        socket, role, inOrder, socketPermissions, peerUids, mayShareMemory, other);
  }
}
