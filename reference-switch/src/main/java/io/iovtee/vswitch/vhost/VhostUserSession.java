// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.vhost;

import io.iovtee.vswitch.linux.ErrnoException;
import io.iovtee.vswitch.linux.Fd;
import io.iovtee.vswitch.linux.UnixSocket.PeerCredentials;
import io.iovtee.vswitch.memory.GuestMemoryException;
import io.iovtee.vswitch.virtio.VirtqueueException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * One connection with a front-end, from its first byte to the release of everything that came over
 * it. The port's thread calls {@link #serve} whenever there may be something to do; only {@link
 * SessionControl} may be used from other threads.
 */
public final class VhostUserSession implements SessionControl {
  private static final Logger LOG = LoggerFactory.getLogger(VhostUserSession.class);

  private final VhostUserConnection connection;
  private final GuestPortBackend backend;
  private final VhostUserPortOptions options;
  private final VhostUserHandler handler;
  private final PeerCredentials peer;
  private final LongSupplier clockNs;
  private final LogLimiter log;
  private final Runnable wakeUp;
  private final TickBudget messageBudget;
  private final long startNs;
  private long messages;
  private boolean announced;
  private String memoryWarning = "";
  private Level endLevel = Level.WARN;

  /** Why the session ends, once it does; the first reason stays. */
  private final AtomicReference<@Nullable String> endReason = new AtomicReference<>();

  /** Rings that a poll loop found broken and this thread has not looked at. */
  private final AtomicReferenceArray<@Nullable String> brokenRings;

  private volatile boolean ringsBroken;

  /**
   * @param connection with the peer; closed at the end
   * @param wakeUp makes the port's thread call {@link #serve}; must not block
   */
  VhostUserSession(
      VhostUserConnection connection,
      GuestPortBackend backend,
      VhostUserPortOptions options,
      LogLimiter log,
      Runnable wakeUp,
      LongSupplier clockNs) {
    this.connection = connection;
    this.backend = backend;
    this.options = options;
    this.log = log;
    this.wakeUp = wakeUp;
    this.clockNs = clockNs;
    this.peer = connection.socket().peerCredentials();
    this.startNs = clockNs.getAsLong();
    this.messageBudget = new TickBudget(options.limits().messagesPerTick(), startNs);
    this.handler = new VhostUserHandler(backend, options, connection::reply);
    this.brokenRings = new AtomicReferenceArray<>(handler.vringCount());
    log.log(Level.INFO, startNs, "front-end connected: pid=" + peer.pid() + ", uid=" + peer.uid());
  }

  /**
   * Handles what is there, up to the tick's budget.
   *
   * @return false when the session is over; then call {@link #end}
   */
  boolean serve() {
    if (endReason.get() != null) {
      return false;
    }
    try {
      announce();
      long before = messages;
      noteBrokenRings();
      connection.flush();
      boolean open = handleMessages();
      if (messages != before) {
        warnOfMemory();
        backend.infoChanged(info(""));
      }
      if (open) {
        connection.checkDeadlines();
        checkFirstMessage();
      }
      return open;
    } catch (VhostUserException | VirtqueueException | GuestMemoryException e) {
      return ends(Level.WARN, "front-end broke the protocol: " + e.getMessage());
    } catch (BackendTimeoutException e) {
      return ends(Level.ERROR, e.getMessage());
    } catch (ErrnoException e) {
      return ends(Level.WARN, "connection failed: " + e.getMessage());
    } catch (InternalError e) {
      // The JVM's word for SIGBUS: the file behind a ring was truncated while we looked at it.
      return ends(Level.WARN, "the guest's memory faulted, its file was truncated or punched");
    } catch (RuntimeException e) {
      LOG.error("port {}: defect in the vhost-user session, please report it", backend.name(), e);
      return ends(Level.ERROR, "internal error: " + e);
    }
  }

  private void announce() {
    if (!announced) {
      announced = true;
      backend.connected(this, info(""));
    }
  }

  /** Returns false when the peer has closed. */
  private boolean handleMessages() {
    while (messageBudget.waitNs(clockNs.getAsLong()) == 0) {
      VhostUserMessage message = connection.receive();
      if (message == null) {
        if (!connection.ended()) {
          return true;
        }
        String when = connection.endedInMessage() ? " in the middle of a message" : "";
        return ends(Level.INFO, "front-end closed the connection" + when);
      }
      messages++;
      messageBudget.take(clockNs.getAsLong());
      if (LOG.isTraceEnabled()) {
        LOG.trace("port {}: {}", backend.name(), message);
      }
      handler.handle(message);
    }
    return true;
  }

  private void warnOfMemory() {
    String hint = handler.memoryHint();
    if (!hint.equals(memoryWarning)) {
      memoryWarning = hint;
      if (!hint.isEmpty()) {
        log.log(Level.WARN, clockNs.getAsLong(), hint);
      }
    }
  }

  private void checkFirstMessage() {
    if (messages == 0
        && options.role() == SocketRole.SERVER
        && clockNs.getAsLong() - startNs >= firstMessageTimeoutNs()) {
      throw new VhostUserException(
          "front-end said nothing for %d ms after connecting"
              .formatted(options.limits().firstMessageTimeoutMs()));
    }
  }

  private long firstMessageTimeoutNs() {
    return TimeUnit.MILLISECONDS.toNanos(options.limits().firstMessageTimeoutMs());
  }

  private boolean ends(Level level, @Nullable String reason) {
    if (endReason.compareAndSet(null, reason == null ? "" : reason)) {
      endLevel = level;
    }
    return false;
  }

  private void noteBrokenRings() {
    if (!ringsBroken) {
      return;
    }
    ringsBroken = false;
    for (int i = 0; i < brokenRings.length(); i++) {
      @Nullable String reason = brokenRings.getAndSet(i, null);
      if (reason != null) {
        handler.ringBroken(i, reason);
        log.log(
            Level.WARN,
            clockNs.getAsLong(),
            "vring " + i + " is broken until the driver resets it: " + reason);
        backend.infoChanged(info(""));
      }
    }
  }

  @Override
  public void disconnect(String reason) {
    endReason.compareAndSet(null, reason);
    wakeUp.run();
  }

  @Override
  public void ringBroken(int vring, String reason) {
    brokenRings.set(vring, reason);
    ringsBroken = true;
    wakeUp.run();
  }

  /**
   * Releases everything: the data path lets go first, then memory and descriptors go, and the
   * socket last.
   *
   * @param otherwise the reason, unless the session has ended for one of its own
   * @return why the session ended
   */
  String end(String otherwise) {
    ends(Level.INFO, otherwise);
    @Nullable String known = endReason.get();
    String reason = known == null ? otherwise : known;
    log.log(endLevel, clockNs.getAsLong(), "front-end disconnected: " + reason);
    try {
      handler.release(letGo(reason));
    } finally {
      connection.close();
    }
    return reason;
  }

  /** Whether the data path has let go of everything. */
  private boolean letGo(String reason) {
    if (!announced) {
      return true;
    }
    try {
      backend.disconnected(reason);
      return true;
    } catch (RuntimeException e) {
      LOG.error(
          "port {}: the guest's memory stays mapped until the switch restarts", backend.name(), e);
      return false;
    }
  }

  /** What the port's thread polls. */
  Fd fd() {
    return connection.socket().fd();
  }

  /** Whether this tick's messages are used up, so that polling the socket is of no use. */
  long pauseNs() {
    return messageBudget.waitNs(clockNs.getAsLong());
  }

  int pollEvents() {
    return connection.pollEvents();
  }

  /** Whether the front-end has ever sent a whole message. */
  boolean peerSpoke() {
    return messages > 0;
  }

  /** Nanoseconds until {@link #serve} must be called although nothing arrived. */
  long remainingNs() {
    long remaining = connection.remainingNs();
    if (messages == 0 && options.role() == SocketRole.SERVER) {
      long first = firstMessageTimeoutNs() - (clockNs.getAsLong() - startNs);
      remaining = Math.min(remaining, Math.max(0, first));
    }
    return remaining;
  }

  /** The state that people see. */
  SessionInfo info(String reason) {
    return new SessionInfo(
        backend.name(),
        options.role(),
        options.socket().toString(),
        true,
        reason.isEmpty() ? handler.memoryHint() : reason,
        peer.pid(),
        peer.uid(),
        handler.features(),
        handler.protocolFeatures(),
        handler.status(),
        handler.regions(),
        handler.vringInfo(),
        messages);
  }
}
