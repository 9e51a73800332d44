// SPDX-License-Identifier: Apache-2.0
package io.iovtee.vswitch.datapath;

import java.util.ArrayDeque;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * Commands to a poll loop: many senders, one taker. Commands are rare (a rule change, a guest that
 * connects), so a lock in the sender is fine; the taker looks at one volatile field per duty cycle
 * and takes the lock only when a command waits.
 */
public final class Mailbox {
  /** Waiting commands at most; beyond it the sender is refused. */
  public static final int CAPACITY = 1024;

  private final ArrayDeque<Runnable> commands = new ArrayDeque<>();
  private volatile int waiting;
  private boolean closed;

  /**
   * Leaves a command for the loop. Any thread.
   *
   * @return completes with what it answers, or exceptionally: with what it throws, or at once if
   *     {@link #CAPACITY} commands wait
   */
  public <T> CompletableFuture<T> submit(Supplier<T> command) {
    CompletableFuture<T> answer = new CompletableFuture<>();
    Runnable carried =
        () -> {
          try {
            answer.complete(command.get());
          } catch (RuntimeException | Error e) {
            answer.completeExceptionally(e);
          }
        };
    synchronized (commands) {
      if (closed) {
        carried.run(); // the loop has ended: nobody else touches its state
      } else if (commands.size() == CAPACITY) {
        answer.completeExceptionally(
            new IllegalStateException(CAPACITY + " commands wait for the poll loop; try later"));
      } else {
        commands.add(carried);
        waiting = commands.size();
      }
    }
    return answer;
  }

  /** Runs at most one command; returns 1 if it did. Loop thread. */
  public int runOne() {
    if (waiting == 0) {
      return 0;
    }
    Runnable command;
    synchronized (commands) {
      command = commands.poll();
      waiting = commands.size();
    }
    if (command == null) {
      return 0;
    }
    command.run();
    return 1;
  }

  /** Whether a command waits. Loop thread. */
  boolean hasCommands() {
    return waiting != 0;
  }

  /** Runs what waits; later commands run in the sender's thread. Loop thread, at its end. */
  public void close() {
    synchronized (commands) {
      closed = true;
      for (Runnable command = commands.poll(); command != null; command = commands.poll()) {
        command.run();
      }
      waiting = 0;
    }
  }
}
