// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.vhost;

import io.iovtee.vswitch.linux.Fd;
import io.iovtee.vswitch.linux.UnixSocket;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** Where a port's connections come from: a listening socket, or our own attempts. Port thread. */
interface ConnectionSource extends AutoCloseable {
  /** What to poll for the next connection, or null when only time brings one. */
  @Nullable Fd fd();

  /**
   * The next connection, if there is one now. Never blocks.
   *
   * @param sessionIsLive tells whether the port has a front-end: then the connection is taken and
   *     closed, so that its peer learns at once that the place is taken. Asked after the connection
   *     was taken, since its peer may be the front-end, which closed the one before just now
   */
  @Nullable UnixSocket next(BooleanSupplier sessionIsLive);

  /**
   * Nanoseconds until {@link #next} may have something although the descriptor is silent; while
   * this is 0 the descriptor tells.
   */
  long waitNs();

  /** A session has ended; {@code messages} says whether the peer ever spoke. */
  void sessionEnded(boolean peerSpoke);

  /** For people, while there is no session. */
  String waitingFor();

  @Override
  void close();
}
