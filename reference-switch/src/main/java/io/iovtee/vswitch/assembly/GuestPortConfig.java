// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.assembly;

import io.iovtee.vswitch.config.Section;
import io.iovtee.vswitch.vhost.SocketRole;
import io.iovtee.vswitch.vhost.VhostUserLimits;
import io.iovtee.vswitch.vhost.VhostUserPortOptions;
import java.nio.file.Path;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The keys of a port of type {@code vhost-user} that are about its socket. */
final class GuestPortConfig {
  private static final String PERMISSIONS = "socket-permissions";
  private static final String PEERS = "peer-uids";

  /** To connect one must be able to write; nobody executes a socket. */
  private static final Pattern PERMISSIONS_FORM = Pattern.compile("rw-(rw-|---){2}");

  /** The last number is (uid_t) -1, which stands for no user. */
  private static final long UID_MAX = 0xffff_fffeL;

  private GuestPortConfig() {}

  /**
   * Reads and checks them; {@code queues} and {@code loop} are read elsewhere.
   *
   * @throws io.iovtee.vswitch.config.ConfigException for a key or a value that is wrong
   */
  static VhostUserPortOptions of(Section keys) {
    keys.allow(
        "type", "socket", "role", "queues", "loop", "in-order", "share-memory", PERMISSIONS, PEERS);
    SocketRole role =
        keys.choice("role", "server", "server", "client").equals("server")
            ? SocketRole.SERVER
            : SocketRole.CLIENT;
    return new VhostUserPortOptions(
        Path.of(keys.text("socket")),
        role,
        keys.flag("in-order", false),
        permissions(keys, role),
        peerUids(keys, role),
        keys.flag("share-memory", false),
        VhostUserLimits.DEFAULT);
  }

  private static String permissions(Section keys, SocketRole role) {
    refuseForClient(PERMISSIONS, keys, role);
    String permissions = keys.text(PERMISSIONS, VhostUserPortOptions.OWNER_ONLY);
    if (!PERMISSIONS_FORM.matcher(permissions).matches()) {
      throw keys.error(
          PERMISSIONS,
          "'%s' is not one of rw-------, rw-rw----, rw-rw-rw-, rw----rw-".formatted(permissions));
    }
    return permissions;
  }

  private static Set<Integer> peerUids(Section keys, SocketRole role) {
    refuseForClient(PEERS, keys, role);
    return keys.numbers(PEERS, 0, UID_MAX).stream()
        .map(Long::intValue) // the kernel's 32 bits, as SO_PEERCRED has them
        .collect(Collectors.toUnmodifiableSet());
  }

  /** There the other side makes the socket, and says who may connect to it. */
  private static void refuseForClient(String key, Section keys, SocketRole role) {
    if (role == SocketRole.CLIENT && keys.has(key)) {
      throw keys.error(key, "belongs to the side that listens: role is client");
    }
  }
}
