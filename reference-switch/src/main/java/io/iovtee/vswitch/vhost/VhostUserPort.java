// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.vhost;

import io.iovtee.vswitch.linux.EventFd;
import io.iovtee.vswitch.linux.Fd;
import io.iovtee.vswitch.linux.Poll;
import io.iovtee.vswitch.linux.UnixSocket;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A vhost-user port: a socket, the thread that serves it, and at most one session at a time.
 *
 * <p>The thread, {@code iovtee-vhost-<port>}, polls for connections, for the session's messages and
 * for {@link SessionControl}. When a new connection was accepted the session's socket is read to
 * its end first, so that a front-end which restarts at once is not refused because of itself.
 */
public final class VhostUserPort implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(VhostUserPort.class);

  private static final int CONNECTIONS = 0;
  private static final int SESSION = 1;
  private static final int WAKE = 2;

  /** Longest sleep: bounds what a wake-up lost to a defect would cost. */
  private static final long SLEEP_MAX_MS = 1000;

  /** For the thread to end a session whose poll loop does not answer, and some more. */
  private static final long CLOSE_TIMEOUT_MS = 2 * GuestPortBackend.ACKNOWLEDGE_TIMEOUT_MS;

  private final GuestPortBackend backend;
  private final VhostUserPortOptions options;
  private final LongSupplier clockNs = System::nanoTime;
  private final LogLimiter log;
  private final ConnectionSource connections;
  private final Poll poll = new Poll(3);
  private final Thread thread;
  private final Object wakeLock = new Object();

  /** Guarded by wakeLock for signalling: closed when the thread has ended. */
  private final EventFd wake = EventFd.create();

  private boolean wakeClosed;
  private volatile boolean closing;
  private volatile SessionInfo info;
  private @Nullable VhostUserSession session;

  /** Why the last session ended, and a semicolon; empty before the first. */
  private String lastEnd = "";

  private VhostUserPort(GuestPortBackend backend, VhostUserPortOptions options) {
    this.backend = backend;
    this.options = options;
    this.log = new LogLimiter(LOG, backend.name(), clockNs.getAsLong());
    this.connections = source();
    this.info = unconnected(connections.waitingFor());
    this.thread =
        Thread.ofPlatform().daemon().name("iovtee-vhost-" + backend.name()).unstarted(this::run);
  }

  private ConnectionSource source() {
    try {
      return switch (options.role()) {
        case SERVER -> new VhostUserListener(backend.name(), options, log, clockNs);
        case CLIENT -> new VhostUserConnector(backend.name(), options, clockNs);
      };
    } catch (RuntimeException e) {
      wake.close();
      throw e;
    }
  }

  /**
   * Opens the port and starts its thread.
   *
   * @throws VhostUserException when the socket cannot be listened on, with what to do about it
   */
  public static VhostUserPort open(GuestPortBackend backend, VhostUserPortOptions options) {
    VhostUserPort port = new VhostUserPort(backend, options);
    port.thread.start();
    return port;
  }

  /** The port as people see it. Any thread. */
  public SessionInfo info() {
    return info;
  }

  private SessionInfo unconnected(String reason) {
    return SessionInfo.unconnected(
        backend.name(), options.role(), options.socket().toString(), reason);
  }

  private void run() {
    try {
      while (!closing) {
        turn();
      }
      endSession("the port was removed");
    } catch (RuntimeException | Error e) {
      // Nothing of a front-end's doing gets here. The port is lost, the others are not.
      LOG.error("port {}: defect in the port's thread, please report it", backend.name(), e);
      endSession("internal error: " + e);
    } finally {
      connections.close();
      info = unconnected("the port is closed");
    }
  }

  private void turn() {
    sessionGoesOn();
    UnixSocket connection = connections.next(this::sessionGoesOn);
    if (connection != null) {
      begin(connection);
      return;
    }
    VhostUserSession current = session;
    if (current == null) {
      showWaiting();
    }
    sleep(current);
  }

  private void showWaiting() {
    String reason = lastEnd + connections.waitingFor();
    if (!reason.equals(info.reason())) {
      info = unconnected(reason);
      backend.infoChanged(info);
    }
  }

  /** Serves the session, if there is one, and ends it when it is over. */
  private boolean sessionGoesOn() {
    VhostUserSession current = session;
    if (current == null) {
      return false;
    }
    if (!current.serve()) {
      endSession("");
      return false;
    }
    info = current.info("");
    return true;
  }

  private void begin(UnixSocket socket) {
    socket.fd().setNonBlocking(true);
    VhostUserConnection connection = new VhostUserConnection(socket, options.limits(), clockNs);
    try {
      session = new VhostUserSession(connection, backend, options, log, this::wakeUp, clockNs);
    } catch (RuntimeException e) {
      connection.close();
      throw e;
    }
  }

  private void endSession(String otherwise) {
    VhostUserSession current = session;
    if (current != null) {
      session = null;
      lastEnd = current.end(otherwise) + "; ";
      connections.sessionEnded(current.peerSpoke());
      showWaiting();
    }
  }

  private void sleep(@Nullable VhostUserSession current) {
    long waitNs = TimeUnit.MILLISECONDS.toNanos(SLEEP_MAX_MS);
    waitNs = Math.min(waitNs, pollConnections(current));
    poll.clear(SESSION);
    if (current != null) {
      long pauseNs = current.pauseNs();
      if (pauseNs == 0) {
        poll.set(SESSION, current.fd(), current.pollEvents());
        waitNs = Math.min(waitNs, current.remainingNs());
      } else {
        waitNs = Math.min(waitNs, pauseNs);
      }
    }
    poll.set(WAKE, wake.fd(), Poll.IN);
    // Rounded up: a deadline that is a fraction of a millisecond away must not spin.
    poll.await((int) ((waitNs + 999_999) / 1_000_000));
    if (poll.ready(WAKE) != 0) {
      wake.drain();
    }
  }

  private long pollConnections(@Nullable VhostUserSession current) {
    @Nullable Fd fd = connections.fd();
    long waitNs = connections.waitNs();
    poll.clear(CONNECTIONS);
    if (fd != null && waitNs == 0) {
      poll.set(CONNECTIONS, fd, Poll.IN);
      return Long.MAX_VALUE;
    }
    return fd == null && current != null ? Long.MAX_VALUE : waitNs;
  }

  /** Any thread, poll threads included. */
  private void wakeUp() {
    synchronized (wakeLock) {
      if (!wakeClosed) {
        wake.signal();
      }
    }
  }

  /**
   * Ends the session, releases everything, stops listening and removes the socket file. Blocks
   * until that is done, at most {@link #CLOSE_TIMEOUT_MS}; an interrupt waits till then, for what
   * comes next may free what the port's thread still uses.
   */
  @Override
  public void close() {
    closing = true;
    wakeUp();
    if (!hasEnded()) {
      LOG.error("port {}: the port's thread does not end, it is left alone", backend.name());
      return;
    }
    synchronized (wakeLock) {
      if (!wakeClosed) {
        wakeClosed = true;
        wake.close();
      }
    }
  }

  private boolean hasEnded() {
    long endNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(CLOSE_TIMEOUT_MS);
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return thread.join(Duration.ofNanos(endNs - System.nanoTime()));
        } catch (InterruptedException e) {
          interrupted = true;
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
