// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.nf;

import io.iovtee.vswitch.frontend.FrontendChannel;
import io.iovtee.vswitch.frontend.FrontendException;
import io.iovtee.vswitch.frontend.FrontendMemory;
import io.iovtee.vswitch.frontend.VhostUserFrontend;
import io.iovtee.vswitch.linux.ErrnoException;
import io.iovtee.vswitch.linux.Poll;
import io.iovtee.vswitch.virtio.DriverVirtqueue;
import io.iovtee.vswitch.virtio.VirtioFeature;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * The sample NF: connects, works until it is stopped or the switch goes away, connects again.
 *
 * <p>{@link #run} takes the calling thread; {@link #stop} and {@link #stats} may be called by any.
 */
public final class NfEngine {
  private static final long FEATURES =
      VirtioFeature.VERSION_1.mask()
          | VirtioFeature.MRG_RXBUF.mask()
          | VirtioFeature.INDIRECT_DESC.mask()
          | VirtioFeature.EVENT_IDX.mask();

  /** Rounds without work before it sleeps (with sleep) or looks whether the switch is there. */
  private static final int SPINS = 256;

  /** Longest sleep, ms: how late a lost call, or the switch's end, is noticed. */
  private static final int SLEEP_MS = 10;

  /** Rounds between two looks at the connection while there is work. */
  private static final int ROUNDS_PER_LOOK = 1 << 16;

  private static final long RETRY_MIN_MS = 50;
  private static final long RETRY_MAX_MS = 2000;

  private final NfOptions options;
  private final Consumer<String> say;
  private volatile boolean stopping;
  private volatile NfStats stats = new NfStats(0, 0, 0, 0, 0);

  /**
   * Prepares the NF.
   *
   * @param say told what happens, for people: connected, lost, trying again
   */
  public NfEngine(NfOptions options, Consumer<String> say) {
    this.options = options;
    this.say = say;
  }

  /** Asks {@link #run} to return. */
  public void stop() {
    stopping = true;
  }

  /** What was done so far; as of the last look at the connection. */
  public NfStats stats() {
    return stats;
  }

  /** Works until {@link #stop}. */
  public void run() throws InterruptedException {
    long retryMs = RETRY_MIN_MS;
    boolean complained = false;
    while (!stopping) {
      try (FrontendMemory memory = FrontendMemory.create(memoryBytes(), false);
          FrontendChannel channel = FrontendChannel.connect(options.socket());
          VhostUserFrontend frontend =
              new VhostUserFrontend(channel, memory, options.queuePairs(), options.queueSize())) {
        retryMs = RETRY_MIN_MS;
        complained = false;
        serve(frontend, memory);
      } catch (FrontendException | ErrnoException e) {
        if (!complained) {
          say.accept(options.socket() + ": " + e.getMessage() + "; trying again");
          complained = true;
        }
        Thread.sleep(retryMs);
        retryMs = Math.min(2 * retryMs, RETRY_MAX_MS);
      }
    }
  }

  private long memoryBytes() {
    long rings = 2L * DriverVirtqueue.bytes(options.queueSize()) + 2L * FrontendMemory.ALIGNMENT;
    return options.queuePairs() * (rings + NfQueuePair.bytes(options));
  }

  private void serve(VhostUserFrontend frontend, FrontendMemory memory) {
    frontend.negotiate(FEATURES);
    List<NfQueuePair> pairs = new ArrayList<>();
    for (int pair = 0; pair < options.queuePairs(); pair++) {
      pairs.add(new NfQueuePair(options, frontend, memory, pair));
    }
    frontend.start();
    say.accept("connected: " + VirtioFeature.describe(frontend.features()));
    NfStats before = stats;
    try {
      loop(frontend, pairs, before);
      if (stopping) {
        frontend.stop();
      }
    } finally {
      stats = sum(pairs, before);
    }
    if (!stopping) {
      say.accept("the switch has gone");
    }
  }

  private void loop(VhostUserFrontend frontend, List<NfQueuePair> pairs, NfStats before) {
    Poll poll = pollOf(frontend);
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
      stats = sum(pairs, before);
      if (empty >= SPINS && options.sleep()) {
        sleep(poll, pairs);
      }
      empty = 0;
      if (frontend.channel().isClosedByPeer()) {
        return;
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

  private static void sleep(Poll poll, List<NfQueuePair> pairs) {
    boolean quiet = true;
    for (NfQueuePair pair : pairs) {
      quiet &= pair.arm();
    }
    if (quiet) {
      poll.await(SLEEP_MS);
    }
    for (NfQueuePair pair : pairs) {
      pair.disarm();
    }
  }

  private static NfStats sum(List<NfQueuePair> pairs, NfStats before) {
    long received = before.received();
    long bytes = before.receivedBytes();
    long returned = before.returned();
    long ignored = before.ignored();
    for (NfQueuePair pair : pairs) {
      received += pair.received;
      bytes += pair.receivedBytes;
      returned += pair.returned;
      ignored += pair.ignored;
    }
    return new NfStats(received, bytes, returned, ignored, before.connections() + 1);
  }
}
