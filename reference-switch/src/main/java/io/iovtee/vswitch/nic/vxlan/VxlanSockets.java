// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nic.vxlan;

import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The UDP sockets of a switch: ports with the same local address share one. Control thread. */
public final class VxlanSockets {
  private final Map<Place, VxlanSocket> sockets = new HashMap<>();

  private record Place(InetSocketAddress local, @Nullable String netns) {}

  /** The socket at this address, bound if it is not yet; {@link #leave} when it is done with. */
  VxlanSocket use(VxlanPortOptions options) {
    VxlanSocket socket =
        sockets.computeIfAbsent(
            new Place(options.local(), options.netns()),
            place -> VxlanSocket.open(place.local, place.netns));
    socket.use();
    return socket;
  }

  /** A port does not use it any more; the last one closes it. */
  void leave(VxlanSocket socket) {
    if (socket.leave()) {
      sockets.values().remove(socket);
      socket.close();
    }
  }
}
