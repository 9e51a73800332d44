// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nf;

import io.iovtee.vswitch.frontend.FrontendChannel;
import io.iovtee.vswitch.frontend.FrontendException;
import io.iovtee.vswitch.frontend.FrontendMemory;
import io.iovtee.vswitch.frontend.VhostUserFrontend;
import io.iovtee.vswitch.linux.ErrnoException;
import io.iovtee.vswitch.linux.Poll;
import io.iovtee.vswitch.linux.UnixSocket;
import io.iovtee.vswitch.vhost.SocketRole;
import io.iovtee.vswitch.virtio.DriverVirtqueue;
import io.iovtee.vswitch.virtio.VirtioFeature;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The sample NF: connects, works until it is stopped or the switch goes away, connects again with
 * pauses that double up to a limit.
 *
 * <p>{@link #run} takes the calling thread; {@link #stop} and {@link #stats} may be called by any.
 */
public final class NfEngine {
  /** Rounds without work before it sleeps (with sleep) or looks whether the switch is there. */
  private static final int SPINS = 256;

  /** Rounds between two looks at the clock while there is work. */
  private static final int ROUNDS_PER_LOOK = 1 << 10;

  /** Between two looks at the connection: how late the switch's end is noticed. */
  private static final long LOOK_NS = TimeUnit.MILLISECONDS.toNanos(10);

  /** Longest sleep, ms: how late a lost call is noticed. */
  private static final int SLEEP_MS = 10;

  /** Longest sleep of a source with a limited rate, ms: no call tells that a frame is due. */
  private static final int SLEEP_SOURCE_MS = 1;

  private static final long RETRY_MIN_MS = 50;
  private static final long RETRY_MAX_MS = 2000;

  /** How late a stop is noticed while nobody connects to us, ms. */
  private static final int ACCEPT_WAIT_MS = 100;

  private final NfOptions options;
  private final Consumer<String> say;
  private final NfCounters counters = new NfCounters();
  private final List<@Nullable TrafficSource> sources = new ArrayList<>();
  private final @Nullable TrafficCheck check;
  private volatile boolean stopping;

  /**
   * Prepares the NF.
   *
   * @param say told what happens, for people: connected, lost, trying again
   */
  public NfEngine(NfOptions options, Consumer<String> say) {
    this.options = options;
    this.say = say;
    check = options.verify() ? new TrafficCheck(options.traffic(), counters) : null;
    for (int pair = 0; pair < options.queuePairs(); pair++) {
      boolean sends = options.mode() == NfMode.source;
      sources.add(
          sends ? new TrafficSource(options, pair, options.queuePairs(), System.nanoTime()) : null);
    }
  }

  /** Asks {@link #run} to return. */
  public void stop() {
    stopping = true;
  }

  /** What was done so far. */
  public NfStats stats() {
    return counters.snapshot();
  }

  /** Works until {@link #stop}. */
  public void run() throws InterruptedException {
    if (options.role() == SocketRole.CLIENT) {
      serveAgainAndAgain(null);
      return;
    }
    try (UnixSocket listener = UnixSocket.listen(options.socket(), "rw-------", 1)) {
      listener.fd().setNonBlocking(true);
      serveAgainAndAgain(listener);
    } finally {
      deleteSocket();
    }
  }

  private void deleteSocket() {
    try {
      Files.deleteIfExists(options.socket());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void serveAgainAndAgain(@Nullable UnixSocket listener) throws InterruptedException {
    long retryMs = RETRY_MIN_MS;
    String complaint = "";
    while (!stopping) {
      try {
        UnixSocket socket =
            listener == null ? UnixSocket.connect(options.socket()) : accept(listener);
        if (socket == null) {
          continue;
        }
        serve(new FrontendChannel(socket));
        retryMs = RETRY_MIN_MS;
        complaint = "";
      } catch (FrontendException | ErrnoException | IllegalStateException e) {
        // The last: the switch broke a ring's rules. All of them: start from nothing.
        if (!complaint.equals(e.getMessage())) {
          complaint = String.valueOf(e.getMessage());
          say.accept(options.socket() + ": " + complaint + "; trying again");
        }
        Thread.sleep(retryMs);
        retryMs = Math.min(2 * retryMs, RETRY_MAX_MS);
      }
    }
  }

  private static @Nullable UnixSocket accept(UnixSocket listener) {
    Poll poll = new Poll(1);
    poll.set(0, listener.fd(), Poll.IN);
    return poll.await(ACCEPT_WAIT_MS) > 0 ? listener.accept() : null;
  }

  private long memoryBytes() {
    long rings = 2L * DriverVirtqueue.bytes(options.queueSize()) + 2L * FrontendMemory.ALIGNMENT;
    return options.queuePairs() * (rings + NfQueuePair.bytes(options));
  }

  /** One connection, from its first message to its end. */
  private void serve(FrontendChannel channel) {
    try (FrontendMemory memory = openMemory(channel);
        VhostUserFrontend frontend =
            new VhostUserFrontend(channel, memory, options.queuePairs(), options.queueSize())) {
      frontend.negotiate(VhostUserFrontend.FEATURES);
      List<NfQueuePair> pairs = new ArrayList<>();
      for (int pair = 0; pair < options.queuePairs(); pair++) {
        pairs.add(
            new NfQueuePair(options, frontend, memory, pair, sources.get(pair), check, counters));
      }
      frontend.start();
      counters.add(NfCounters.CONNECTIONS, 1);
      say.accept("connected: " + VirtioFeature.describe(frontend.features()));
      loop(frontend, pairs);
      if (stopping) {
        frontend.stop();
      } else {
        say.accept("the switch has gone");
      }
    }
  }

  private FrontendMemory openMemory(FrontendChannel channel) {
    try {
      return FrontendMemory.create(memoryBytes(), options.hugePages());
    } catch (RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  private void loop(VhostUserFrontend frontend, List<NfQueuePair> pairs) {
    Poll poll = pollOf(frontend);
    long lastLookNs = System.nanoTime();
    int empty = 0;
    int rounds = 0;
    while (!stopping) {
      int work = 0;
      for (NfQueuePair pair : pairs) {
        work += pair.work();
      }
      empty = work > 0 ? 0 : empty + 1;
      if (empty < SPINS && ++rounds < ROUNDS_PER_LOOK) {
        if (work == 0) {
          Thread.onSpinWait();
        }
        continue;
      }
      rounds = 0;
      if (empty >= SPINS && options.sleep()) {
        sleep(poll, pairs);
        empty = 0;
      }
      long nowNs = System.nanoTime();
      if (nowNs - lastLookNs >= LOOK_NS) {
        lastLookNs = nowNs;
        if (frontend.channel().isClosedByPeer()) {
          return;
        }
      }
    }
  }

  private static Poll pollOf(VhostUserFrontend frontend) {
    Poll poll = new Poll(frontend.queueCount());
    for (int vring = 0; vring < frontend.queueCount(); vring++) {
      poll.set(vring, frontend.call(vring).fd(), Poll.IN);
    }
    return poll;
  }

  private void sleep(Poll poll, List<NfQueuePair> pairs) {
    boolean quiet = true;
    for (NfQueuePair pair : pairs) {
      quiet &= pair.arm();
    }
    if (quiet) {
      boolean paced = options.mode() == NfMode.source && options.traffic().framesPerSecond() > 0;
      poll.await(paced ? SLEEP_SOURCE_MS : SLEEP_MS);
    }
    for (NfQueuePair pair : pairs) {
      pair.disarm();
    }
  }
}
