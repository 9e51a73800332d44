// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.vhost;

import io.iovtee.vswitch.linux.ErrnoException;
import io.iovtee.vswitch.linux.Fd;
import io.iovtee.vswitch.linux.UnixSocket;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The client role: connects to a front-end that listens, and again after it went away, with pauses
 * that double up to a limit. Port thread.
 */
final class VhostUserConnector implements ConnectionSource {
  private final Path path;
  private final long pauseMinNs;
  private final long pauseMaxNs;
  private final LongSupplier clockNs;
  private long pauseNs;
  private long nextAttemptNs;
  private String lastFailure = "";

  VhostUserConnector(String port, VhostUserPortOptions options, LongSupplier clockNs) {
    this.path = options.socket();
    this.pauseMinNs = TimeUnit.MILLISECONDS.toNanos(options.limits().reconnectMinMs());
    this.pauseMaxNs = TimeUnit.MILLISECONDS.toNanos(options.limits().reconnectMaxMs());
    this.clockNs = clockNs;
    this.pauseNs = pauseMinNs;
    this.nextAttemptNs = clockNs.getAsLong();
    if (path.toString().getBytes(java.nio.charset.StandardCharsets.UTF_8).length
        > UnixSocket.PATH_LENGTH_MAX) {
      throw new VhostUserException(
          "socket path must have at most %d bytes, use a shorter directory: path=%s, port=%s"
              .formatted(UnixSocket.PATH_LENGTH_MAX, path, port));
    }
  }

  @Override
  public @Nullable Fd fd() {
    return null;
  }

  @Override
  public @Nullable UnixSocket next(BooleanSupplier sessionIsLive) {
    if (clockNs.getAsLong() - nextAttemptNs < 0 || sessionIsLive.getAsBoolean()) {
      return null;
    }
    try {
      return UnixSocket.connect(path);
    } catch (ErrnoException e) {
      lastFailure = " (" + e.errnoName() + ")";
      backOff();
      return null;
    }
  }

  private void backOff() {
    nextAttemptNs = clockNs.getAsLong() + pauseNs;
    pauseNs = Math.min(2 * pauseNs, pauseMaxNs);
  }

  @Override
  public long waitNs() {
    return Math.max(0, nextAttemptNs - clockNs.getAsLong());
  }

  /**
   * A peer that spoke is a real one: the next attempt comes soon. One that did not backs us off.
   */
  @Override
  public void sessionEnded(boolean peerSpoke) {
    if (peerSpoke) {
      pauseNs = pauseMinNs;
    }
    lastFailure = "";
    backOff();
  }

  @Override
  public String waitingFor() {
    return "connecting to the front-end at " + path + lastFailure;
  }

  @Override
  public void close() {}
}
