// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.vhost;

import io.iovtee.vswitch.linux.ErrnoException;
import io.iovtee.vswitch.linux.Fd;
import io.iovtee.vswitch.linux.UnixSocket;
import io.iovtee.vswitch.linux.UnixSocket.PeerCredentials;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.event.Level;

/**
 * The server role: listens on the port's socket, lets one front-end in at a time, and refuses the
 * users that may not connect. Port thread.
 */
final class VhostUserListener implements ConnectionSource {
  private final ListeningSocket socket;
  private final Path path;
  private final Set<Integer> peerUids;
  private final TickBudget budget;
  private final LogLimiter log;
  private final LongSupplier clockNs;

  /**
   * Listens.
   *
   * @throws VhostUserException when the path is too long, is no socket, or is in use
   */
  VhostUserListener(
      String port, VhostUserPortOptions options, LogLimiter log, LongSupplier clockNs) {
    this.path = options.socket();
    this.peerUids = options.peerUids();
    this.budget = new TickBudget(options.limits().acceptsPerTick(), clockNs.getAsLong());
    this.log = log;
    this.clockNs = clockNs;
    this.socket = new ListeningSocket(port, options, clockNs.getAsLong());
  }

  @Override
  public Fd fd() {
    return socket.fd();
  }

  @Override
  public @Nullable UnixSocket next(BooleanSupplier sessionIsLive) {
    String news = socket.look(clockNs.getAsLong());
    if (!news.isEmpty()) {
      log.log(socket.trouble().isEmpty() ? Level.INFO : Level.WARN, clockNs.getAsLong(), news);
    }
    while (budget.take(clockNs.getAsLong())) {
      UnixSocket connection = accept();
      if (connection == null) {
        return null;
      }
      if (sessionIsLive.getAsBoolean()) {
        refuse(connection, "the port has a front-end already");
      } else if (mayConnect(connection)) {
        return connection;
      }
    }
    return null;
  }

  private @Nullable UnixSocket accept() {
    try {
      return socket.accept();
    } catch (ErrnoException e) {
      // Out of descriptors or memory: the connection waits in the kernel, we try again next tick.
      budget.exhaust(clockNs.getAsLong());
      log.log(Level.WARN, clockNs.getAsLong(), "cannot accept a front-end: " + e.getMessage());
      return null;
    }
  }

  private boolean mayConnect(UnixSocket connection) {
    PeerCredentials peer = connection.peerCredentials();
    if (peerUids.isEmpty() || peerUids.contains(peer.uid())) {
      return true;
    }
    refuse(connection, "user %d may not connect, allowed: %s".formatted(peer.uid(), peerUids));
    return false;
  }

  private void refuse(UnixSocket connection, String why) {
    int pid = connection.peerCredentials().pid();
    connection.close();
    log.log(Level.WARN, clockNs.getAsLong(), "refused a front-end, " + why + ": pid=" + pid);
  }

  @Override
  public long waitNs() {
    return budget.waitNs(clockNs.getAsLong());
  }

  @Override
  public void sessionEnded(boolean peerSpoke) {}

  @Override
  public String waitingFor() {
    String trouble = socket.trouble();
    return trouble.isEmpty()
        ? "waiting for a front-end to connect to " + path
        : "no front-end can connect: " + trouble;
  }

  /** Stops listening and removes the socket file, if it is still ours. */
  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      log.log(Level.WARN, clockNs.getAsLong(), "cannot remove the socket file: " + e);
    }
  }
}
