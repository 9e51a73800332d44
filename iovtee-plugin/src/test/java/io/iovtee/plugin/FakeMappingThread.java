// SPDX-License-Identifier: Apache-2.0
package io.iovtee.plugin;

import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.PriorityQueue;

/** A mapping thread that runs when the test says so, on a clock that the test moves. */
final class FakeMappingThread implements MappingThread {
  private record Timer(long dueMs, long number, Runnable task) {}

  private final ArrayDeque<Runnable> ready = new ArrayDeque<>();
  private final PriorityQueue<Timer> timers =
      new PriorityQueue<>(Comparator.comparingLong(Timer::dueMs).thenComparingLong(Timer::number));
  private long nowMs = 1_000_000;
  private long timerCount;

  @Override
  public void execute(Runnable task) {
    ready.add(task);
  }

  @Override
  public void schedule(Runnable task, long delayMs) {
    timers.add(new Timer(nowMs + delayMs, timerCount++, task));
  }

  @Override
  public long timeMs() {
    return nowMs;
  }

  /** Runs what is ready, and what that makes ready. */
  void run() {
    Runnable task = ready.poll();
    while (task != null) {
      task.run();
      task = ready.poll();
    }
  }

  /** Lets time pass; timers fire when they are due, in order. */
  void advance(long ms) {
    run();
    long target = nowMs + ms;
    Timer timer = timers.peek();
    while (timer != null && timer.dueMs() <= target) {
      timers.remove();
      nowMs = Math.max(nowMs, timer.dueMs());
      timer.task().run();
      run();
      timer = timers.peek();
    }
    nowMs = target;
  }
}
