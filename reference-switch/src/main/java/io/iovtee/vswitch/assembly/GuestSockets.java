// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.assembly;

import io.iovtee.vswitch.config.Section;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Each vhost-user port has a socket of its own, whatever its role: two that listen on one path can
 * not both be reached, and one that connects to the path where another listens would be the only
 * front-end that it ever gets. Found before anything is opened, however the paths are spelled.
 */
final class GuestSockets {
  private static final String SOCKET = "socket";

  private GuestSockets() {}

  /**
   * Checks ports among themselves.
   *
   * @throws io.iovtee.vswitch.config.ConfigException at the second of two with one socket
   */
  static void checkEachOther(Map<String, Section> ports) {
    Map<String, Path> sockets = new LinkedHashMap<>();
    ports.forEach((name, keys) -> {
      if ("vhost-user".equals(keys.values().get("type")) && keys.has(SOCKET)) {
        Path socket = Path.of(keys.text(SOCKET));
        sockets.forEach((other, taken) -> refuseSame(keys, socket, other, taken));
        sockets.put(name, socket);
      }
    });
  }

  /**
   * Checks a new port's against those that run.
   *
   * @throws io.iovtee.vswitch.config.ConfigException if one of them has its socket
   */
  static void checkFree(Section keys, Path socket, Collection<SwitchPort> running) {
    for (SwitchPort port : running) {
      if (port instanceof GuestSwitchPort guest) {
        refuseSame(keys, socket, guest.name(), guest.socket());
      }
    }
  }

  private static void refuseSame(Section keys, Path socket, String other, Path taken) {
    if (isSame(socket, taken)) {
      throw keys.error(
          SOCKET, "is the socket of port %s, too; give each its own: %s".formatted(other, socket));
    }
  }

  /** Whether two paths lead to one place; it may be empty yet. */
  static boolean isSame(Path one, Path other) {
    try {
      return Files.isSameFile(one, other) || place(one).equals(place(other));
    } catch (IOException e) { // not both are there
      return place(one).equals(place(other));
    }
  }

  private static Path place(Path path) {
    Path absolute = path.toAbsolutePath();
    Path directory = absolute.getParent();
    try {
      return directory == null
          ? absolute
          : directory.toRealPath().resolve(absolute.getFileName().toString());
    } catch (IOException e) { // no such directory
      return absolute.normalize();
    }
  }
}
