// SPDX-License-Identifier: Apache-2.0
package io.iovtee.bench.peer;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;

/** A TCP port on the loopback address that was free a moment ago. */
public final class FreePort {
  private FreePort() {}

  /** A port that nobody listens on now. */
  public static int find() throws IOException {
    try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return probe.getLocalPort();
    }
  }
}
