// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.vhost;

import io.iovtee.vswitch.linux.Errno;
import io.iovtee.vswitch.linux.ErrnoException;
import io.iovtee.vswitch.linux.Fd;
import io.iovtee.vswitch.linux.UnixSocket;
import io.iovtee.vswitch.linux.UnixSocket.PeerCredentials;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
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
  /** Connections that the kernel holds; those behind wait or fail at their own side. */
  private static final int BACKLOG = 16;

  private final UnixSocket socket;
  private final Path path;
  private final Set<Integer> peerUids;
  private final TickBudget budget;
  private final LogLimiter log;
  private final LongSupplier clockNs;

  /** Which file our socket is: another process may have put its own in the place since. */
  private final @Nullable Object fileKey;

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
    this.socket = listen(port, options);
    socket.fd().setNonBlocking(true);
    this.fileKey = fileKey(path);
  }

  private static @Nullable Object fileKey(Path path) {
    try {
      return Files.readAttributes(path, BasicFileAttributes.class).fileKey();
    } catch (IOException e) {
      return null;
    }
  }

  private static UnixSocket listen(String port, VhostUserPortOptions options) {
    Path path = options.socket();
    try {
      return UnixSocket.listen(path, options.socketPermissions(), BACKLOG);
    } catch (ErrnoException e) {
      String what =
          switch (e.errno()) {
            case Errno.EADDRINUSE ->
                "socket path is in use by another process or is no socket; "
                    + "stop that process, or give the port another path";
            case Errno.ENOENT -> "the directory of the socket does not exist; create it";
            case Errno.EACCES, Errno.EPERM -> "no right to make the socket";
            default -> e.getMessage();
          };
      throw new VhostUserException("%s: path=%s, port=%s".formatted(what, path, port), e);
    } catch (IllegalArgumentException e) {
      throw new VhostUserException(e.getMessage() + ", port=" + port, e);
    }
  }

  @Override
  public Fd fd() {
    return socket.fd();
  }

  @Override
  public @Nullable UnixSocket next(BooleanSupplier sessionIsLive) {
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
    return "waiting for a front-end to connect to " + path;
  }

  /** Stops listening and removes the socket file, if it is still ours. */
  @Override
  public void close() {
    socket.close();
    try {
      if (fileKey != null && fileKey.equals(fileKey(path))) {
        Files.deleteIfExists(path);
      }
    } catch (IOException e) {
      log.log(Level.WARN, clockNs.getAsLong(), "cannot remove the socket file: " + e);
    }
  }
}
